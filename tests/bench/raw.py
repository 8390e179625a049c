#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""raw.py OUT --guest FILE, or OUT --native BENCHMARK FEW MORE: raw figures and the conditions they were
taken under, as one JSON file."""
import datetime
import json
import os
import re
import sys


def conditions():
    with open("/proc/cpuinfo", encoding="ascii") as info:
        model = re.search(r"^model name\s*: (.+)$", info.read(), re.M)
    return {"date": datetime.date.today().isoformat(), "host_cpu": model[1] if model else "unknown",
            "load": " ".join(f"{part:.1f}" for part in os.getloadavg())}


def native(benchmark, few, more):
    """`few` and `more`: callgrind's last words on 10 000 and on 30 000 lines."""
    with open(benchmark, encoding="utf-8") as f:
        raw = json.load(f)
    by_name = {b["name"].removeprefix("lines/"): b for b in raw["benchmarks"]}
    counts = []
    for path in (few, more):
        with open(path, encoding="utf-8") as f:
            counts.append(int(re.search(r"Collected : (\d+)", f.read())[1]))
    return {"benchmark": raw, "ns_per_line": by_name["ipv4"]["ns/line"],
            "lines_per_second": by_name["ipv4_to_file"]["items_per_second"],
            "instructions_per_line": (counts[1] - counts[0]) / 20000}


def main(out, kind, *files):
    if kind == "--guest":
        with open(files[0], encoding="utf-8") as f:
            raw = json.load(f)
        with os.popen("qemu-system-x86_64 --version") as version:
            raw["qemu"] = version.readline().split(" (")[0].strip()
    else:
        raw = native(*files)
    with open(out, "w", encoding="utf-8") as f:
        json.dump(raw | conditions(), f, indent=1)


main(*sys.argv[1:])
