# SPDX-License-Identifier: BSD-2-Clause
"""What connect.py and dump.py share: a workload untraced, then traced, of one moment of the machine."""
import itertools
import json
import os
import re
import subprocess
import sys

from tools import PORT, Running, Tool


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def ours(name, *options):
    return Tool(name, lambda _: ["socketrace", *options], "socketrace: attached ", words=2)


class Strace:
    """It starts the workload itself, so that nothing escapes it."""

    def __init__(self, name, *options):
        self.name, self.options = name, options


def took(command):
    """The workload prints nanoseconds."""
    return float(subprocess.run(command, check=True, capture_output=True).stdout)


def lost_as_told(tool, running):
    if summary := running.summary():
        return summary["lost"]
    with open(running.out, encoding="latin-1") as out:
        told = itertools.chain(running.said.splitlines(), out)
        return sum(int(found[1]) for line in told if (found := re.search(r"Lost (\d+) events", line)))


def beside(tool, workload, count):
    """`count(path)`: what is complete in a tool's output."""
    untraced = took(workload)
    if isinstance(tool, Strace):
        out = "/tmp/strace.out"
        traced = took(["strace", *tool.options, "-o", out, *workload])
        result = {"complete": count(out), "lost_as_told": 0}
        os.unlink(out)
    else:
        running = Running(tool, PORT).until_ready()
        traced = took(workload)
        running.until_quiet()
        running.stop()
        result = {"complete": count(running.out), "lost_as_told": lost_as_told(tool, running)}
    return {"untraced_ns": untraced, "traced_ns": traced} | result


def version(package):
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], check=True,
                          capture_output=True, text=True).stdout


def measure(rounds, tools, run):
    """A list of run(tool) by the tool's name. One that fails costs its own figures, not the others'."""
    results = {}
    for turn in range(rounds):
        for tool in tools:
            say(f"round {turn + 1} of {rounds}: {tool.name}")
            try:
                results.setdefault(tool.name, []).append(run(tool))
            except (RuntimeError, OSError) as error:
                say(f"{tool.name}: {error}")
    return {name: runs for name, runs in results.items() if runs}


def put(packages, **what):
    json.dump({"kernel": os.uname().release, "processors": os.cpu_count(),
               "versions": {package: version(package) for package in packages}, **what}, sys.stdout,
              indent=1)
    print()
