# SPDX-License-Identifier: BSD-2-Clause
"""`connect` and `dump` beside the tools that people use for the same: figures and details."""
from rows import column, lines_of, median, slowdowns, spread, verdict

# Tools beside which `connect` and `dump` were measured: what they are, what they tell.
CONNECT_TOOLS = {
    "connect": ("`socketrace connect`", "process's path, user, destination, final result, latency; all families"),
    "calls": ("`socketrace calls connect`", "process, descriptor, destination, result; all families"),
    "bcc": ("bcc's tcpconnect (`tcpconnect-libbpf` {libbpf-tools})", "process, both ends but our port; TCP; no result"),
    "bpftrace": ("bpftrace's tcpconnect.bt ({bpftrace})", "process, both ends; TCP; no result"),
    "strace": ("`strace -f -qq -e trace=connect` ({strace})", "thread, descriptor, destination, result; "
               "only of what it started"),
}
DUMP_TOOLS = {
    "dump": "`socketrace dump PATH`",
    "undump": "bpftrace's undump.bt ({bpftrace}), which knows streams only",
    "strace": "`strace -f -e trace=network,write -xx -s 65536` ({strace})",
}


def fewest(runs):
    """What a tool has whole in its worst round."""
    return min(column(runs, "complete"))


def lost_as_told(runs):
    return max(column(runs, "lost_as_told"))


def connect_details(raw):
    yield (f"{raw['kernel']}, {raw['processors']} processors, {raw['count']} connects over loopback, each "
           "closed at once, client and server on one processor; median (min-max) of "
           f"{len(raw['tools']['connect'])} rounds in one boot, each beside an untraced one; nobody "
           "filters; the fewest lines of any round. bcc's tool is the build that needs neither LLVM nor "
           "kernel headers:")
    yield ""
    yield from lines_of(["tool", "tells", "lines complete", "losses it told of", "slowdown"], [
        [tool.format(**raw["versions"]), tells, fewest(raw["tools"][name]),
         lost_as_told(raw["tools"][name]), spread(slowdowns(raw["tools"][name]))]
        for name, (tool, tells) in CONNECT_TOOLS.items() if name in raw["tools"]])


def dump_details(raw):
    loads = raw["workloads"]
    yield (f"{raw['kernel']}, {raw['processors']} processors, messages of pseudo-random sizes and bytes over "
           "a unix socket, unpaced, sender and receiver on one processor; whole: byte for byte, the fewest "
           "of any round. "
           f"Slowdown: median (min-max) of {len(loads[0]['tools']['dump'])} rounds in one boot, each beside "
           "an untraced one:")
    yield ""
    header = ["tool"]
    for load in loads:
        header += [f"{load['name']} of up to {load['most']} bytes, whole of {load['count']}", "slowdown"]
    rows = []
    for name, tool in DUMP_TOOLS.items():
        row = [tool.format(**raw["versions"])]
        for load in loads:
            runs = load["tools"].get(name)
            row += [fewest(runs), spread(slowdowns(runs))] if runs else ["failed", ""]
        rows.append(row)
    yield from lines_of(header, rows)


def connect_figures(raw):
    tools, where, count = raw["tools"], "guest, 6.12", raw["count"]
    peers = {name: slowdowns(runs) for name, runs in tools.items() if name not in ("connect", "calls")}
    beside = "; ".join(f"{name} {spread(values)}" for name, values in peers.items())
    for name, told in (("connect", "`connect`"), ("calls", "`calls connect`")):
        mine = slowdowns(tools[name])
        ratio = median(mine) / min(map(median, peers.values()))
        yield (f"slowdown of connecting and closing, {told}", where, spread(mine), beside,
               "<= 1 x the least", f"{ratio:.2f} x, {verdict(ratio, 1)}")
        beside = "as above"
    yield (f"lines complete, of {count} connects", where,
           "; ".join(f"{name} {fewest(tools[name])}" for name in ("connect", "calls")),
           "; ".join(f"{name} {fewest(tools[name])}" for name in peers), count,
           verdict(-min(fewest(tools[name]) for name in ("connect", "calls")), -count))


def dump_figures(raw):
    loads, where = raw["workloads"], "guest, 6.12"

    def whole(tool):
        return "; ".join(str(fewest(load["tools"][tool])) if tool in load["tools"] else "failed"
                         for load in loads)
    for load in loads:
        tools = load["tools"]
        mine = slowdowns(tools["dump"])
        peers = {name: runs for name, runs in tools.items() if name != "dump"}
        # Who has less of them has done less.
        equals = [median(slowdowns(runs)) for runs in peers.values()
                  if fewest(runs) >= fewest(tools["dump"])]
        ratio = median(mine) / min(equals) if equals else None
        yield (f"slowdown of sending {load['name']} of up to {load['most']} bytes, `dump`", where,
               spread(mine), "; ".join(f"{name} {spread(slowdowns(runs))}" for name, runs in peers.items()),
               *(("<= 1 x the least of who has as many whole", f"{ratio:.2f} x, {verdict(ratio, 1)}")
                 if ratio else ("", "nobody else has them whole")))
    counts = [load["count"] for load in loads]
    short = max(load["count"] - fewest(load["tools"]["dump"]) for load in loads)
    yield (f"messages whole, of {'; '.join(map(str, counts))}", where, whole("dump"),
           f"undump {whole('undump')}, strace {whole('strace')}", "all", verdict(short, 0))
