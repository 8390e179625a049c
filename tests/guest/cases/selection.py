# SPDX-License-Identifier: BSD-2-Clause
"""Which functions are traced, and what is said of those that are not."""
import os
import re
import socket
import subprocess
import tempfile

from harness import (HAS_MULTI, KERNEL, SOCKETRACE, TRACEFS, Tracer, case, check, check_equal,
                     socketrace)
from msghdr import LIBC
from traffic import TcpPair


@case
def const_pointers_are_traced():
    listed = subprocess.run([SOCKETRACE, "--list-funcs", "--trace-types", "sock,socket,sk_buff"],
                            capture_output=True, text=True)
    check_equal(listed.returncode, 0, "status: " + listed.stderr)
    functions = {line.split()[0] for line in listed.stdout.splitlines() if line.startswith("\t")}
    with open(TRACEFS + "/available_filter_functions", encoding="ascii") as f:
        available = {line.split()[0] for line in f}
    const = {"inet_csk_clone_lock", "sk_clone_lock", "tcp_create_openreq_child"} & available
    check(const, "this kernel has none of the functions that this case knows")
    check(const <= functions, "not listed although they take const struct sock *:",
          const - functions)
    total = int(re.search(r"^Total: (\d+)$", listed.stdout, re.M)[1])
    check_equal(total, sum(line.startswith("\t") for line in listed.stdout.splitlines()), "Total")
    check(total > 2000, "few functions:", total)
    with Tracer("--filter-funcs", "|".join(const)) as tracer:
        with TcpPair().connect():
            pass
        outcome = tracer.stop().ok()
    check_equal({hit.func for hit in outcome.hits}, const, "functions hit by a connection")


@case
def a_module_is_traced():
    subprocess.run(["modprobe", "dummy"], check=True)
    subprocess.run(["ip", "link", "add", "d0", "type", "dummy"], check=True)
    subprocess.run(["ip", "addr", "add", "10.99.0.1/24", "brd", "+", "dev", "d0"], check=True)
    subprocess.run(["ip", "link", "set", "d0", "up"], check=True)
    try:
        if not os.path.exists("/sys/kernel/btf/dummy"):
            # Modules have BTF from 5.11 on. Asked for by name, that is an error with the reason.
            outcome = socketrace("--modules", "dummy", "--filter-funcs", "dummy_xmit")
            check(outcome.status != 0 and "dummy" in outcome.err, outcome.status, outcome.err)
            check(KERNEL < (5, 11), "no BTF of the module dummy")
            return
        with Tracer("--modules", "dummy", "--filter-funcs", "dummy_xmit", "--filter-protocol",
                    "udp", "--filter-comm", "python3") as tracer:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                sender.sendto(b"to all", ("10.99.0.255", 7777))
            outcome = tracer.stop().ok()
        check_equal([(h.func, h.module, h.protocol) for h in outcome.hits],
                    [("dummy_xmit", "dummy", "IPPROTO_UDP")], "hits")
    finally:
        subprocess.run(["ip", "link", "del", "d0"], check=True)
        subprocess.run(["rmmod", "dummy"], check=True)


def bad_names():
    """Of this kernel, one name for each reason that keeps a function with a socket from being traced,
    and names that no kernel traces."""
    listed = subprocess.run([SOCKETRACE, "--list-funcs", "--trace-types", "sock,socket,sk_buff", "-v"],
                            capture_output=True, text=True, check=True)
    by_reason = {}
    for name, reason in re.findall(r"skipped (\w+): (.+)", listed.stderr):
        by_reason.setdefault(re.sub(r"\d+", "N", reason), name)
    blacklisted = re.search(r"\t(\w+)$", open("/sys/kernel/debug/kprobes/blacklist",
                                              encoding="ascii").read(), re.M)[1]
    return [*by_reason.values(), "no_such_function", blacklisted]


@case
def a_list_with_bad_names_attaches_the_rest_and_explains_each():
    names = bad_names()
    check(len(names) >= 3, "few bad names:", names)
    with Tracer("-v", "--filter-funcs", "|".join(["tcp_sendmsg", "tcp_recvmsg", *names])) as tracer:
        with TcpPair().connect() as pair:
            pair.roundtrips(2)
        outcome = tracer.stop().ok()
    check_equal(outcome.attached, 2, "attached")
    check_equal({hit.func for hit in outcome.hits}, {"tcp_sendmsg", "tcp_recvmsg"}, "hits")
    skipped = dict(re.findall(r"skipped (\S+): (.+)", outcome.err))
    for name in names:
        check(len(skipped.get(name, "")) > 10, "no reason for", name, "in", outcome.err)
    check_equal(outcome.wanted - outcome.attached, len(skipped), "skipped, each with a reason")


@case
def names_that_exist_twice():
    """Every function of the name is attached, or the name is explained."""
    lines = open("/proc/kallsyms", encoding="ascii").read().splitlines()
    counts = {}
    for name in (line.split()[2] for line in lines if len(line.split()) == 3):
        counts[name] = counts.get(name, 0) + 1
    listed = subprocess.run([SOCKETRACE, "--list-funcs"], capture_output=True, text=True,
                            check=True).stdout
    functions = {line.split()[0] for line in listed.splitlines() if line.startswith("\t")}
    twice = sorted(name for name in functions if counts.get(name, 0) > 1)
    # Where this kernel has none, tcp_sendmsg alone must hold the same account.
    with Tracer("-v", "--filter-funcs", "|".join(["tcp_sendmsg", *twice[:3]])) as tracer:
        outcome = tracer.stop().ok()
    explained = len(re.findall(r"skipped ", outcome.err))
    check(outcome.attached >= 1, outcome.err)
    check_equal(outcome.wanted, outcome.attached + explained, "each attached or explained")


@case
def strict_refuses():
    outcome = socketrace("--strict", "--filter-funcs", "tcp_sendmsg|no_such_function")
    check_equal(outcome.status, 1, "status; stderr: " + outcome.err)
    check("--strict" in outcome.err, outcome.err)
    outcome = socketrace("--filter-funcs", "no_such_function")
    check_equal(outcome.status, 1, "status; stderr: " + outcome.err)
    check("no_such_function cannot be traced: the kernel's BTF knows no function of this name"
          in outcome.err, "no reason without -v:", outcome.err)
    outcome = socketrace("--filter-funcs", "no_such_function|nor_this")
    check_equal(outcome.status, 1, "status; stderr: " + outcome.err)
    for name in ("no_such_function", "nor_this"):
        check(f"skipped {name}: the kernel's BTF knows no" in outcome.err, "no reason:", outcome.err)


@case
def both_ways_of_attaching_agree():
    if not HAS_MULTI:
        # Forced and impossible is an error with the reason.
        outcome = socketrace("--kprobe-way", "kprobe-multi")
        check_equal(outcome.status, 1, "status")
        check("FPROBE" in outcome.err, "the reason is missing:", outcome.err)
        return
    counts = []
    for way in ("kprobe-multi", "kprobe"):
        with TcpPair().connect() as pair:
            with Tracer("--kprobe-way", way, "--filter-port", pair.port, "--filter-funcs",
                        "tcp_sendmsg|tcp_recvmsg") as tracer:
                pair.roundtrips(20)
                outcome = tracer.stop().ok()
        check(f"by {way} in" in outcome.err, outcome.err)
        counts.append(sorted(hit.func for hit in outcome.hits))
    check_equal(counts[0], counts[1], "functions hit")
    check_equal(counts[0].count("tcp_sendmsg"), 40, "tcp_sendmsg")


@case
def trace_types_narrow():
    def listed(*args):
        out = subprocess.run([SOCKETRACE, "--list-funcs", *args], capture_output=True, text=True,
                             check=True).stdout
        return {line.split()[0] for line in out.splitlines() if line.startswith("\t")}, out

    socks, text = listed("sock")
    check("tcp_sendmsg" in socks and "struct socket *" not in text, "sock only")
    buffers, text = listed("--trace-types", "sk_buff")
    check("ip_rcv" in buffers and "'struct sock *'" not in text, "sk_buff only")
    glue = [name for name in listed()[0] if re.match(r"__bpf_trace_|__traceiter_|bpf_", name)]
    check_equal(glue, [], "glue")
    named, _ = listed("--filter-funcs", "bpf_skb_.*|tcp_sendmsg")
    check("tcp_sendmsg" in named and len(named) > 1, "glue when asked for:", named)
    fewer, _ = listed("--filter-funcs", "tcp_.*", "--exclude-funcs", "tcp_send.*")
    check("tcp_recvmsg" in fewer and "tcp_sendmsg" not in fewer, "excluded")


def listed_by(*words):
    """({function: its type}, Total)"""
    done = socketrace("--list-funcs", *words)
    check_equal(done.status, 0, "status: " + done.err)
    functions, kind = {}, None
    for line in done.out.splitlines():
        if header := re.match(r"With 'struct (\w+) \*'", line):
            kind = header[1]
        elif line.startswith("\t"):
            functions[line.split()[0]] = kind
    return functions, int(re.search(r"^Total: (\d+)$", done.out, re.M)[1])


def blacklisted():
    with open("/sys/kernel/debug/kprobes/blacklist", encoding="ascii") as lines:
        return {line.split()[1] for line in lines}


@case
def the_list_is_what_would_be_attached():
    """By each way; single kprobes take a second each, so of those a part."""
    if HAS_MULTI:
        _, total = listed_by()
        with Tracer() as tracer:
            outcome = tracer.stop().ok()
        print(f"     kprobe-multi: attached / listed {outcome.attached}/{total}")
        check_equal(outcome.attached, total, "attached, of what is listed")
    some = "^(tcp_v4_.*|udp_.*_skb|icmp_rcv|icmp_glue_bits)$"
    everything, _ = listed_by("--trace-types", "sock,socket,sk_buff")
    refused = sorted(blacklisted() & everything.keys())[:3]
    for way in ("kprobe", "kprobe-event"):
        functions, _ = listed_by("--kprobe-way", way)
        check_equal({kind for kind in functions.values() if kind == "sk_buff"}, set(), f"sk_buff functions by {way}")
        check_equal(blacklisted() & functions.keys(), set(), f"what kprobes refuse, by {way}")
        chosen = ["--kprobe-way", way, "--filter-funcs", "|".join([some, *refused])]
        functions, total = listed_by(*chosen)
        with Tracer(*chosen) as tracer:
            outcome = tracer.stop().ok()
        print(f"     {way}: attached / listed {outcome.attached}/{total}")
        check(total > 5, "few:", functions)
        check_equal(outcome.attached, total, f"attached by {way}, of what is listed")


def without_kernel_btf():
    check_equal(LIBC.unshare(0x20000), 0, "unshare(CLONE_NEWNS)")
    for command in (["mount", "--make-rprivate", "/"], ["mount", "-t", "tmpfs", "none", "/sys/kernel/btf"]):
        subprocess.run(command, check=True)


@case
def types_from_a_file():
    """What the running kernel can do, its own BTF says; one without can list from a file, and says that it cannot
    trace."""
    with open("/sys/kernel/btf/vmlinux", "rb") as types, tempfile.NamedTemporaryFile() as file:
        file.write(types.read())
        file.flush()
        with Tracer("--btf", file.name, "--filter-funcs", "tcp_sendmsg") as tracer:
            with TcpPair().connect() as pair:
                pair.roundtrips(3)
                outcome = tracer.stop().ok()
        check_equal(len(outcome.hits), 6, "hits")
        check_equal("by kprobe-multi" in outcome.err, HAS_MULTI, "the way: " + outcome.err)
        listed = socketrace("--list-funcs", "--btf", file.name, "--filter-funcs", "tcp_sendmsg",
                            preexec=without_kernel_btf)
        check("\ttcp_sendmsg\n" in listed.out, listed.err)
        for words in ([], ["--btf", file.name]):
            refused = socketrace(*words, "--filter-funcs", "tcp_sendmsg", preexec=without_kernel_btf)
            check_equal(refused.status, 1, f"status with {words}: {refused.err}")
            check("CONFIG_DEBUG_INFO_BTF=y" in refused.err, refused.err)


@case
def cpu_0_may_be_offline():
    switch = "/sys/devices/system/cpu/cpu0/online"
    if not os.access(switch, os.W_OK) or not os.path.exists(switch):
        print("     this kernel keeps CPU 0 online")
        return
    try:
        with open(switch, "w", encoding="ascii") as f:
            f.write("0")
    except OSError as error:
        print(f"     this kernel keeps CPU 0 online: {error}")
        return
    try:
        for way in ("kprobe", "kprobe-event"):
            with Tracer("--kprobe-way", way, "--filter-funcs", "tcp_sendmsg") as tracer:
                with TcpPair().connect() as pair:
                    pair.roundtrips(2)
                check_equal(len(tracer.stop().ok().hits), 4, f"hits by {way}")
        with Tracer("connect") as attempts, Tracer("count", "calls") as count, Tracer("calls", "connect") as calls:
            with TcpPair().connect():
                pass
            check_equal(attempts.stop().ok().printed, 1, "attempts")
            check(re.search(r"^ +1 +0 .*connect$", count.stop().ok().out, re.M), "count calls")
            check_equal(len(calls.stop().ok().out.splitlines()), 1, "calls")
    finally:
        with open(switch, "w", encoding="ascii") as f:
            f.write("1")
