#!/usr/bin/env python3
"""Law 1: who may include whom. Prints each breach and exits with 1 if there is one."""
import pathlib
import re
import sys

# Left to right. Rooms in one inner list stand side by side and do not include each other.
SRC = [["base"], ["names"], ["cli"], ["select"], ["host"], ["attach"], ["sandbox"], ["events"], ["format"],
       ["output"], ["run"], ["cmd"]]
BPF = [["contract"], ["kernel"], ["identity"], ["verdict"], ["tell"], ["follow"], ["connect", "count", "dump"]]
INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def ranks(rooms):
    return {room: rank for rank, row in enumerate(rooms) for room in row}


def room_of(path, tree):
    """The folder below the tree; None for what lies in the tree itself: the programs and main."""
    parts = pathlib.PurePath(path).relative_to(tree).parts
    return parts[0] if len(parts) > 1 else None


def complaint(source, room, included, tree, rank):
    if tree == "src" and included.endswith(".skel.h"):
        return None if room == "cmd" else "only src/cmd includes skeletons"
    if tree == "src" and included.startswith("bpf/"):
        return None if included.startswith("bpf/contract/") else "src/ sees only bpf/contract/"
    inner = included.removeprefix("bpf/") if tree == "bpf" else included
    if tree == "bpf" and inner == included:
        return "bpf/ includes only bpf/"
    if "/" not in inner:
        return None if room is None else "a room includes no program"
    target = inner.split("/")[0]
    if target not in rank:
        return f"no room {target}"
    if room is None or target == room or rank[target] < rank[room]:
        return None
    return "against the flow"


def main():
    breaches = []
    for tree, rooms in (("src", SRC), ("bpf", BPF)):
        rank = ranks(rooms)
        for source in sorted(pathlib.Path(tree).rglob("*.[hc]*")):
            room = room_of(source, tree)
            if room is not None and room not in rank:
                breaches.append(f"{source}: no room {room}")
                continue
            for included in INCLUDE.findall(source.read_text()):
                reason = complaint(source, room, included, tree, rank)
                if reason:
                    breaches.append(f"{source} includes {included}: {reason}")
    print("\n".join(breaches))
    return 1 if breaches else 0


sys.exit(main())
