#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""table.py peers|icount|native FILE...: the raw figures of scripts/bench as a Markdown table with
targets, and whether each is reached."""
import json
import re
import statistics
import sys

# Of the work of one kind: ours --trace-types sk_buff beside pwru.
FIRST_LINE, REJECT, MATCH, IDLE_PERCENT, RSS_MB = 0.5, 0.5, 1.0, 0.5, 40
REJECT_INSTRUCTIONS, EMIT_INSTRUCTIONS = 400, 750
LINE_NS, LINE_INSTRUCTIONS, LINES_PER_SECOND = 90, 1200, 6e6


def spread(values, digits=2):
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def verdict(value, target, at_least=False):
    return "reached" if (value >= target if at_least else value <= target) else "**not reached**"


def table(header, rows):
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def column(runs, field):
    return [run[field] for run in runs]


def slowdowns(runs):
    return [run["traced_ns"] / run["untraced_ns"] for run in runs]


def expected_lines(tool, pairs):
    return round(tool["lines_per_connection"] + tool["lines_per_pair"] * pairs)


def peers(path):
    raw = json.load(open(path))
    tools = [raw["tools"][name] for name in ("sk_buff", "default", "pwru")]
    medians = {}

    def compared(name, values, target=None, digits=2):
        middle = [statistics.median(v) for v in values]
        medians[name] = middle
        ratio = middle[0] / middle[2]
        told = ["", ""] if target is None else [f"<= {target} x", verdict(ratio, target)]
        return [name, *(spread(v, digits) for v in values), f"{ratio:.2f} x", *told]

    def plain(name, cells, told=("", "")):
        return [name, *cells, "", *told]

    starts = [t["start"] for t in tools]
    attached = [t["match"][0]["attached"] for t in tools]
    rows = [
        plain("functions attached", attached),
        compared("exec to first line, s", [column(s, "first_line_s") for s in starts], FIRST_LINE),
        compared("slowdown, rejecting filter", [slowdowns(t["reject"]) for t in tools], REJECT),
        compared("slowdown, matching filter", [slowdowns(t["match"]) for t in tools], MATCH),
    ]
    for kind in ("rejecting", "matching"):
        added = [m - 1 for m in medians[f"slowdown, {kind} filter"]]
        rows.append([f"added time, {kind} filter (slowdown - 1)", *(f"{a:.2f}" for a in added),
                     f"{added[0] / added[2]:.2f} x", "", ""])
    expected = [expected_lines(t, raw["pairs"]) for t in tools]
    printed = [column(t["match"], "lines") for t in tools]
    rows.append(plain("lines expected / printed", (
        f"{e} / {statistics.median(p):.0f}" for e, p in zip(expected, printed))))
    told = [sum(run["summary"]["lost"] for run in t["match"]) for t in tools[:2]]
    short = [100 * max(0, 1 - statistics.median(p) / e) for e, p in zip(expected, printed)]
    rows.append(plain("lines lost", [f"{told[0]}", f"{told[1]}", f"{short[2]:.0f} %, not told"],
                      ("0", verdict(max(told), 0))))
    idle = [t["idle_cpu_percent"] for t in tools]
    rows.append(plain("idle CPU over 10 s, %", [f"{i:.2f}" for i in idle],
                      (f"<= {IDLE_PERCENT}", verdict(idle[0], IDLE_PERCENT))))
    peak = [max(column(t["match"] + t["reject"], "peak_kib")) * 1024 / 1e6 for t in tools]
    rows.append(plain("peak RSS, MB", [f"{p:.0f}" for p in peak],
                      (f"<= {RSS_MB}", verdict(max(peak[:2]), RSS_MB))))
    rows.append(compared("Ctrl-C to exit, s", [column(s, "exit_s") for s in starts]))
    print(f"{raw['kernel']}, {raw['processors']} processors, pwru {raw['pwru']}, {raw['pairs']} "
          f"round trips, median (min-max) of {len(starts[0])}\n")
    table(["", "ours, sk_buff", "ours, default set", "pwru", "sk_buff / pwru", "target", ""], rows)
    if not 0.8 <= attached[0] / attached[2] <= 1.25:
        sys.exit("the two do not attach the same number of functions: no comparison")


def icount(path):
    raw = json.load(open(path))
    base = raw["untraced"]
    ours = [raw["sk_buff"], raw["default"]]

    def per_hit(what):
        return [(o[what]["instructions_per_pair"] - base) / o["hits_per_pair"] for o in ours]

    def told(values, target):
        return [*(f"{v:.0f}" for v in values), f"<= {target}", verdict(max(values), target)]

    print(f"{raw['kernel']}, icount: kernel instructions; a round trip untraced has {base:.0f}\n")
    table(["", "ours, sk_buff", "ours, default set", "target", ""], [
        ["functions attached", *(o["emit"]["attached"] for o in ours), "", ""],
        ["hits per round trip", *(f"{o['hits_per_pair']:.1f}" for o in ours), "", ""],
        ["per hit rejected by pid", *(f"{v:.0f}" for v in per_hit("reject_pid")), "", ""],
        ["per hit rejected by port", *told(per_hit("reject_port"), REJECT_INSTRUCTIONS)],
        ["per hit emitted", *told(per_hit("emit"), EMIT_INSTRUCTIONS)],
    ])
    rows = []
    for what, name in (("reject_port", "rejecting"), ("match_port", "matching")):
        us, pwru = (raw[t][what]["instructions_per_pair"] / base for t in ("sk_buff", "pwru"))
        rows.append([f"slowdown, {name} filter", f"{us:.2f}", f"{pwru:.2f}", f"{us / pwru:.2f} x",
                     f"{(us - 1) / (pwru - 1):.2f} x"])
    print()
    table(["", "ours, sk_buff", "pwru", "ratio", "ratio of added instructions"], rows)


def native(benchmark_path, *counts):
    raw = json.load(open(benchmark_path))
    by_name = {b["name"].removeprefix("lines/"): b for b in raw["benchmarks"]}
    ns = by_name["ipv4"]["ns/line"]
    per_second = by_name["ipv4_to_file"]["items_per_second"]
    few, more = (int(re.search(r"Collected : (\d+)", open(c).read())[1]) for c in counts)
    instructions = (more - few) / 20000
    print(f"{raw['context']['num_cpus']} x {raw['context']['mhz_per_cpu']} MHz, "
          f"load {raw['context']['load_avg']}\n")
    table(["", "ours", "target", ""], [
        ["ns per line, decode to buffer", f"{ns:.0f}", f"<= {LINE_NS}", verdict(ns, LINE_NS)],
        ["instructions per line", f"{instructions:.0f}", f"<= {LINE_INSTRUCTIONS}",
         verdict(instructions, LINE_INSTRUCTIONS)],
        ["lines per second to a file, M", f"{per_second / 1e6:.1f}", ">= 6",
         verdict(per_second, LINES_PER_SECOND, at_least=True)]])


{"peers": peers, "icount": icount, "native": native}[sys.argv[1]](*sys.argv[2:])
