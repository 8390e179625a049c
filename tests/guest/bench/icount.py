#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Inside an icount guest, where 1 ns is 1 instruction: what the hits of one round trip cost the
kernel. The tracer stands still (SIGSTOP) while the round trips run, so that they share the one
processor with nobody; the ring has room for all hits. Raw figures as JSON on stdout."""
import json
import os
import signal
import sys
import time

from tools import OTHER_PORT, PORT, PWRU, Running, roundtrips, same_functions, socketrace

PAIRS = 50
RING = ("--buffer-size", "64M")


def cost(tool, port=PORT, pairs=PAIRS):
    print(f"bench: icount: {tool.name}", file=sys.stderr, flush=True)
    running = Running(tool, port).until_ready()
    time.sleep(0.5)
    running.process.send_signal(signal.SIGSTOP)
    instructions = roundtrips(pairs)
    running.process.send_signal(signal.SIGCONT)
    running.until_quiet()
    attached = running.attached()
    running.stop()
    return {"instructions_per_pair": instructions, "attached": attached, "lines": running.lines(),
            "summary": running.summary()}


def with_options(command, options):
    return lambda port: [*command(port), *options]


def costs(*options):
    def ours(name, *more, filter_port=False):
        return socketrace(name, *RING, *options, *more, filter_port=filter_port)
    every = ours("every hit emitted")
    results = {"emit": cost(every), "emit_more": cost(every, pairs=2 * PAIRS),
               "reject_pid": cost(ours("rejected by pid", "--filter-pid", "1")),
               "reject_port": cost(ours("rejected by port", filter_port=True), OTHER_PORT),
               "match_port": cost(ours("matched by port", filter_port=True))}
    # All hits of a pair, whoever they belong to: from the difference of two runs.
    few, more = (results[name]["summary"] for name in ("emit", "emit_more"))
    results["hits_per_pair"] = (more["printed"] - few["printed"]) / PAIRS
    return results


def main():
    results = {"kernel": os.uname().release, "pairs": PAIRS, "untraced": roundtrips(PAIRS)}
    results["sk_buff"] = costs("--trace-types", "sk_buff")
    results["default"] = costs()
    same = same_functions(PWRU)
    same.command = with_options(same.command, RING)
    results["same"] = {"reject_port": cost(same, OTHER_PORT), "match_port": cost(same)}
    results["pwru"] = {"reject_port": cost(PWRU, OTHER_PORT), "match_port": cost(PWRU)}
    results["untraced_again"] = roundtrips(PAIRS)
    json.dump(results, sys.stdout, indent=1)
    print()


main()
