#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Inside the guest: peers.py ROUNDS PAIRS. socketrace and pwru at the same work in one boot; raw
figures as JSON on stdout."""
import json
import os
import subprocess
import sys
import threading
import time

from tools import (BPFTRACE, DEFAULT, OTHER_PORT, PORT, PWRU, SK_BUFF, Running, roundtrips,
                   same_functions, waiting_traffic)

IDLE_SECONDS = 10
CALIBRATION_PAIRS = 20


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def first_line(tool):
    """Seconds from exec to the first line that names the port, then from Ctrl-C to exit."""
    with waiting_traffic() as start_traffic:
        running = Running(tool, PORT, subprocess.PIPE)
        out = running.process.stdout
        if tool.ready_in_output:
            while line := out.readline():
                if b"READY" in line:
                    break
        else:
            running.until_ready()
        ready = time.monotonic() - running.begin
        start_traffic()
        while f":{PORT}".encode() not in out.readline():
            if running.process.poll() is not None:
                raise RuntimeError(f"{tool.name} ended early:\n{running.said}")
        first = time.monotonic() - running.begin
    # Whoever waits for its reader cannot end.
    reader = threading.Thread(target=out.read)
    reader.start()
    exit_took = running.stop()
    reader.join()
    return {"ready_s": ready, "first_line_s": first, "exit_s": exit_took}


def idle(tool):
    running = Running(tool, PORT).until_ready()
    time.sleep(1)
    before, begin = running.cpu_ns(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    after, took = running.cpu_ns(), time.monotonic() - begin
    used = sum(ns - before.get(task, 0) for task, ns in after.items())
    running.stop()
    return {"idle_cpu_percent": used / 1e7 / took}


def traffic(tool, port, pairs):
    """Untraced, then traced, of one moment of the machine."""
    untraced = roundtrips(pairs)
    running = Running(tool, port).until_ready()
    traced = roundtrips(pairs)
    running.until_quiet()
    result = {"untraced_ns": untraced, "traced_ns": traced, "peak_kib": running.peak_kib(),
              "attached": running.attached()}
    result["exit_s"] = running.stop()
    result["lines"] = running.lines()
    result["summary"] = running.summary()
    return result


def calibrate(tool):
    """Lines of a connection without pairs, and of each pair, counted where no tool loses any."""
    few, more = (traffic(tool, PORT, pairs)["lines"] for pairs in (0, CALIBRATION_PAIRS))
    return {"lines_per_connection": few, "lines_per_pair": (more - few) / CALIBRATION_PAIRS}


def version(package):
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], check=True,
                          capture_output=True, text=True).stdout


def main():
    rounds, pairs = int(sys.argv[1]), int(sys.argv[2])
    tools = [SK_BUFF, DEFAULT, PWRU]
    results = {tool.name: {"start": [], "match": [], "reject": []} for tool in tools}
    same = same_functions(PWRU)
    results["same"] = {"match": [], "reject": []}
    for tool in tools:
        say(f"{tool.name}: counting lines, idling")
        results[tool.name] |= calibrate(tool) | idle(tool)
    for turn in range(rounds):
        say(f"round {turn + 1} of {rounds}")
        for tool in tools:
            results[tool.name]["start"].append(first_line(tool))
        try:  # one figure of a table: it shall not cost the others
            started = first_line(BPFTRACE)
            results.setdefault("bpftrace", {"start": []})["start"].append(started)
        except (RuntimeError, OSError) as error:
            say(f"bpftrace: {error}")
        for tool in tools:
            results[tool.name]["match"].append(traffic(tool, PORT, pairs))
            results[tool.name]["reject"].append(traffic(tool, OTHER_PORT, pairs))
        results["same"]["match"].append(traffic(same, PORT, pairs))
        results["same"]["reject"].append(traffic(same, OTHER_PORT, pairs))
    json.dump({"kernel": os.uname().release, "processors": os.cpu_count(), "pwru": version("pwru"),
               "bpftrace": version("bpftrace"), "pairs": pairs, "tools": results}, sys.stdout,
              indent=1)
    print()


main()
