#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""table.py FOLDER [README]: what scripts/bench left in FOLDER as Markdown: one table of figures with
their targets, and whether each is reached; then the details. With README, between its two marks."""
import json
import os
import sys

from beside import connect_details, connect_figures, dump_details, dump_figures
from rows import at_most, column, lines_of, median, slowdowns, spread, verdict

BEGIN, END = "<!-- scripts/bench -->\n", "<!-- end of scripts/bench -->\n"
FLOOR_INSTRUCTIONS = 257  # of a kprobe-multi hit whose program is empty, 6.12


def per_hit(raw, types, what):
    return (raw[types][what]["instructions_per_pair"] - raw["untraced"]) / raw[types]["hits_per_pair"]


def instruction_slowdowns(raw, what):
    return [raw[t][what]["instructions_per_pair"] / raw["untraced"] for t in ("same", "pwru")]


# ---- the figures that were promised: what, where, ours, beside what, target, reached? ----------------


def icount_figures(raw):
    for what, name, target in (("reject_port", "rejected by port", 400), ("emit", "emitted", 750)):
        values = [per_hit(raw, types, what) for types in ("sk_buff", "default")]
        yield (f"kernel instructions of a hit {name}", "icount, 6.12",
               "{:.0f}; default set {:.0f}".format(*values),
               f"empty program {FLOOR_INSTRUCTIONS}", *at_most(max(values), target))
    for what, name, target, first in (("reject_port", "rejecting", 0.4, 0.5),
                                      ("match_port", "matching", 0.6, 1)):
        ours, pwru = instruction_slowdowns(raw, what)
        yield (f"round-trip slowdown in instructions, {name} filter, the "
               f"{raw['same'][what]['attached']} functions of pwru", "icount, 6.12", f"{ours:.2f}",
               f"pwru {pwru:.2f}", f"<= {target} x",
               f"{ours / pwru:.2f} x, {verdict(ours / pwru, target, first)}")


def native_figures(raw):
    ns, instructions = raw["ns_per_line"], raw["instructions_per_line"]
    per_second = raw["lines_per_second"] / 1e6
    yield "user time of a line, ns", "native", f"{ns:.0f}", "", *at_most(ns, 90)
    yield ("user instructions of a line", "native, callgrind", f"{instructions:.0f}", "",
           *at_most(instructions, 1200))
    yield ("lines a second on one core, to a file, M", "native", f"{per_second:.1f}", "", ">= 6",
           verdict(-per_second, -6))


def peers_figures(raw):
    ours, same, default, pwru = (raw["tools"][name] for name in ("sk_buff", "same", "default", "pwru"))
    where = "guest, 6.12"

    def beside(name, mine, theirs, target, first=None, also=""):
        ratio = median(mine) / median(theirs)
        return (name, where, spread(mine), f"pwru {spread(theirs)}{also}", f"<= {target} x",
                f"{ratio:.2f} x, {verdict(ratio, target, first)}")

    also = "; bpftrace failed"
    if "bpftrace" in raw["tools"]:
        also = f"; bpftrace {spread(column(raw['tools']['bpftrace']['start'], 'first_line_s'))}"
    yield beside("exec to first line, s", column(ours["start"], "first_line_s"),
                 column(pwru["start"], "first_line_s"), 0.25, 0.5, also)
    for what, name, target, first in (("reject", "rejecting", 0.4, 0.5),
                                      ("match", "matching", 0.6, 1)):
        yield beside(f"round-trip slowdown by the clock, {name} filter, the {same['match'][0]['attached']} "
                     "functions of pwru", slowdowns(same[what]), slowdowns(pwru[what]), target, first)
        yield (f"the same with all three types ({default['match'][0]['attached']} functions)", where,
               spread(slowdowns(default[what])), "", "", "")
    lost = [sum(run["summary"]["lost"] for run in tool["match"]) for tool in (ours, default)]
    expected = expected_lines(pwru, raw["pairs"])
    short = 100 * max(0, 1 - median(pwru["match"], "lines") / expected)
    yield ("lines lost", where, f"{lost[0]}; default set {lost[1]}", f"pwru {short:.0f} %, not told",
           *at_most(max(lost), 0))
    idle = [tool["idle_cpu_percent"] for tool in (ours, default, pwru)]
    yield ("idle CPU over 10 s, %", where, f"{idle[0]:.2f}; default set {idle[1]:.2f}",
           f"pwru {idle[2]:.0f}", *at_most(max(idle[:2]), 0.2, 0.5))
    peak = [max(column(t["match"] + t["reject"], "peak_kib")) * 1024 / 1e6
            for t in (ours, default, pwru)]
    yield ("peak RSS, MB", where, f"{peak[0]:.0f}; default set {peak[1]:.0f}", f"pwru {peak[2]:.0f}",
           *at_most(max(peak[:2]), 25, 40))
    yield beside("Ctrl-C to exit, s", column(ours["start"], "exit_s"),
                 column(pwru["start"], "exit_s"), 1)


def single_figures(raw):
    ours, pwru = raw["tools"]["default"], raw["tools"]["pwru"]
    for field, name, target in (("ready_s", "exec to attached", 0.8),
                                ("exit_s", "Ctrl-C to prompt", 0.3)):
        # Nearly as many functions, so by function.
        ratio = ours[field] / ours["attached"] / (pwru[field] / pwru["attached"])
        yield (f"{name}, single kprobes, s", "guest, 6.1",
               f"{ours[field]:.1f} ({ours['attached']} functions)",
               f"pwru {pwru[field]:.1f} ({pwru['attached']} functions)", f"<= {target} x a function",
               f"{ratio:.2f} x, {verdict(ratio, target)}")


# ---- details ------------------------------------------------------------------------------------------


def expected_lines(tool, pairs):
    return round(tool["lines_per_connection"] + tool["lines_per_pair"] * pairs)


def told_losses(runs):
    return "none" if runs[0]["summary"] is None else sum(r["summary"]["lost"] for r in runs)


def peers_details(raw):
    names = ("sk_buff", "default", "pwru")
    tools = [raw["tools"][name] for name in names]
    printed = [f"{expected_lines(t, raw['pairs'])} / {median(t['match'], 'lines'):.0f}" for t in tools]
    yield (f"{raw['kernel']}, {raw['processors']} processors, {raw['pairs']} round trips of 64 bytes over "
           f"one loopback connection, median (min-max) of {len(tools[0]['start'])} rounds in one boot, "
           f"beside Debian's pwru {raw['pwru']} and bpftrace {raw.get('bpftrace', '?')}:")
    yield ""
    yield from lines_of(["", "ours, sk_buff", "ours, default set", "pwru"], [
        ["functions attached", *(t["match"][0]["attached"] for t in tools)],
        ["exec to first line, s", *(spread(column(t["start"], "first_line_s")) for t in tools)],
        ["slowdown, rejecting filter", *(spread(slowdowns(t["reject"])) for t in tools)],
        ["slowdown, matching filter", *(spread(slowdowns(t["match"])) for t in tools)],
        ["lines expected, as 20 round trips have / printed", *printed],
        ["losses told of", *(told_losses(t["match"]) for t in tools)],
        ["Ctrl-C to exit, s", *(spread(column(t["start"], "exit_s")) for t in tools)]])
    attached = [t["match"][0]["attached"] for t in tools]
    if not 0.8 <= attached[0] / attached[2] <= 1.25:
        sys.exit("ours and pwru do not attach the same number of functions: no comparison")


def icount_details(raw):
    base, ours = raw["untraced"], ("sk_buff", "default")
    yield f"Kernel instructions, {raw['kernel']}; a round trip untraced has {base:.0f}:"
    yield ""
    rows = [["functions attached", *(raw[o]["emit"]["attached"] for o in ours)],
            ["hits of a round trip", *(f"{raw[o]['hits_per_pair']:.1f}" for o in ours)]]
    for what, name in (("reject_pid", "rejected by pid"), ("reject_port", "rejected by port"),
                       ("emit", "emitted")):
        rows.append([f"per hit {name}", *(f"{per_hit(raw, o, what):.0f}" for o in ours)])
    yield from lines_of(["", "ours, sk_buff", "ours, default set"], rows)


# ---- all of it ----------------------------------------------------------------------------------------

PARTS = (("6.12-icount", icount_figures, icount_details), ("native", native_figures, None),
         ("6.12-peers", peers_figures, peers_details), ("6.12-connect", connect_figures, connect_details),
         ("6.12-dump", dump_figures, dump_details), ("6.1-single", single_figures, None))


def load(folder, name):
    path = os.path.join(folder, f"bench-{name}.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as raw:
        return json.load(raw)


def conditions(parts):
    """Date, kernel, QEMU, processor and load of each part that was measured."""
    for name, raw in parts.items():
        told = [raw["date"], raw.get("kernel"), raw.get("qemu"), raw["host_cpu"],
                f"load {raw['load']}"]
        yield f"- {name}: " + ", ".join(t for t in told if t)


def report(folder):
    parts = {name: raw for name, *_ in PARTS if (raw := load(folder, name))}
    rows = []
    for name, figures, _ in PARTS:
        rows += figures(parts[name]) if name in parts else [(f"({name})", "", "not measured", "", "", "")]
    yield from lines_of(["", "where", "ours", "beside", "target", ""], rows)
    yield ""
    yield from conditions(parts)
    for name, _, details in PARTS:
        if details and name in parts:
            yield ""
            yield from details(parts[name])


def main(folder, readme=None):
    text = "\n".join(report(folder)) + "\n"
    if readme is None:
        print(text, end="")
        return
    with open(readme, encoding="utf-8") as f:
        before, rest = f.read().split(BEGIN)
    with open(readme, "w", encoding="utf-8") as f:
        f.write(before + BEGIN + text + END + rest.split(END)[1])


main(*sys.argv[1:])
