#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Inside a guest whose kernel has no kprobe-multi: from exec until all probes are attached, and from
Ctrl-C until the prompt is back, beside pwru. Raw figures as JSON on stdout."""
import json
import os
import sys
import time

from tools import DEFAULT, PORT, PWRU_SINGLE, SK_BUFF, Running


def start_and_end(tool):
    print(f"bench: single kprobes: {tool.name}", file=sys.stderr, flush=True)
    running = Running(tool, PORT).until_ready()
    ready = time.monotonic() - running.begin
    attached = running.attached()
    return {"ready_s": ready, "attached": attached, "exit_s": running.stop()}


def main():
    results = {tool.name: start_and_end(tool) for tool in (DEFAULT, SK_BUFF, PWRU_SINGLE)}
    json.dump({"kernel": os.uname().release, "processors": os.cpu_count(), "tools": results},
              sys.stdout, indent=1)
    print()


main()
