# SPDX-License-Identifier: BSD-2-Clause
"""Does this kernel take every BPF program under every kind of filter and option? Only loaded,
nothing is attached; tests/bpf/verify_configs.cc knows the configurations. scripts/test --all brings
one verify-configs for each compiler that the objects are tested with."""
import glob
import re
import subprocess

from harness import ALL, KERNEL, case, check, check_equal

# The verifier gives up at a million instructions; kernels and compilers to come may need more.
MOST_VERIFIED = 500_000


def taken_of(verify, of, *words):
    """{program: configurations that it loads under} of one object; nothing may fail, nor take the
    verifier too long."""
    done = subprocess.run([verify, of, *words], capture_output=True, text=True, timeout=1800)
    lines = done.stdout.splitlines()
    bad = [line for line in lines if not re.match(r"(ok|skip|most) ", line)]
    check_equal(bad, ["0 failed"], "what failed (stderr: " + done.stderr + ")")
    check_equal(done.returncode, 0, "exit status")
    taken = {}
    for line in lines:
        if line.startswith("ok "):
            _, program, configuration, verified = line.split()[:4]
            taken.setdefault(program.removeprefix(of + "."), set()).add(configuration)
            count = int(verified.removeprefix("verified="))
            check(0 < count <= MOST_VERIFIED, "instructions verified:", line)
    largest = sorted((line for line in lines if line.startswith("most ")),
                     key=lambda line: int(re.search(r"verified=(\d+)", line)[1]))
    print(largest[-1] if largest else "nothing verified")
    return taken


def check_matrix(of, programs, few=18, only=()):
    """`only`: these configurations, and by --all every one."""
    only = () if ALL else only
    for verify in sorted(glob.glob("/usr/local/bin/verify-configs*")) or ["verify-configs"]:
        check_one_matrix(verify, of, programs, len(only) or few, only)


def check_one_matrix(verify, of, programs, few, only):
    """A matrix that shrinks unseen proves nothing."""
    taken = {}
    for words in [["", one] for one in only] or [[]]:
        for program, configurations in taken_of(verify, of, *words).items():
            taken.setdefault(program, set()).update(configurations)
    check_equal(set(taken), programs, "programs that load")
    every = set.union(*taken.values())
    check(len(every) >= few, "few configurations:", sorted(every))
    for program, configurations in taken.items():
        check_equal(configurations, every & {"none", "everything"} if has_brothers(program) else every,
                    "configurations of " + program)


def has_brothers(program):
    """As tests/bpf/verify_configs.cc has it: these differ in nothing but two argument registers."""
    return re.match(r"st_(sock|socket|skb)_", program) and not program.endswith(("_1_0", "_1_2"))


def behind_probes():
    """bpf/functions.h: an argument, and the sk_buff beside it if there is one."""
    names = {f"st_{kind}_{n}_{packet}" for kind in ("sock", "socket") for n in range(1, 6)
             for packet in range(6) if packet != n}
    names |= {f"st_skb_{n}_0" for n in range(1, 6)}
    if KERNEL >= (5, 15):
        names |= {"st_kprobe_cookie", "st_multi", "st_kprobe_cookie_context", "st_multi_context"}
    if KERNEL >= (6, 2):
        names.add("st_multi_direct")
    return names


def held(names):
    """From 6.15 on a twin is loaded in the place of each (bpf/kernel/preemption.h)."""
    return {name + "_held" for name in names} if KERNEL >= (6, 15) else names


def of_calls(*calls):
    return {f"st_{end}_{call}" for end in ("enter", "exit") for call in calls}


@case
def the_fastest_programs_load():
    """Where the kernel has bpf_rdonly_cast (6.2+, not Debian's 6.1). Without them the others do the work, and nobody
    would notice but by the clock."""
    if KERNEL < (6, 2):
        print("     this kernel has no direct loads")
        return
    for of in ("trace", "count"):
        for configuration in ("none", "everything"):
            done = subprocess.run(["verify-configs", of, "st_multi_direct", configuration], capture_output=True,
                                  text=True, timeout=600)
            check_equal(done.returncode, 0, f"{of} under {configuration}: " + done.stdout[-2000:])
            check(f"ok   {of}.st_multi_direct" in done.stdout, done.stdout)


# What takes the verifier longest, and nothing at all. By --all each filter and option by itself, too.
HEAVIEST = ("none", "full-lists", "any-family", "everything")


@case
def every_configuration_of_trace_loads():
    check_matrix("trace", behind_probes(), only=HEAVIEST)


@case
def every_configuration_of_calls_and_connect_loads():
    check_matrix("calls", held({"st_state_change", "st_call_begins", "st_call_ends"}), only=HEAVIEST)
    check_matrix("connect", held({"st_connect_enter", "st_connect_exit", "st_connect_state", "st_answer_received"})
                 | {"st_host_asked", "st_host_answered"}, only=HEAVIEST)


@case
def every_configuration_of_count_loads():
    by_key = of_calls("accept", "accept4", "connect")
    names = by_key | of_calls("bind", "socket", "socketpair", "sendto", "sendmsg", "sendmmsg", "recvfrom",
                      "recvmsg", "recvmmsg")
    names |= {"st_sent", "st_received", "st_written", "st_read", "st_spliced"}
    if KERNEL < (6, 5):
        names.add("st_page_sent")
    check_matrix("count", behind_probes() | held(names), only=HEAVIEST)
    for key in ("family", "protocol", "comm", "pid", "port", "addr"):
        check_matrix("count-by-" + key, held(by_key), few=2)


@case
def every_configuration_of_dump_loads():
    names = {f"st_{kind}_{what}" for kind in ("stream", "dgram", "seqpacket")
             for what in ("send", "sent", "recv", "received")}
    names |= {"st_may_send", "st_datagram_taken", "st_stream_spliced", "st_closed", "st_shut"}
    if KERNEL < (6, 5):
        names.add("st_stream_page_sent")
    check_matrix("dump", held(names), only=HEAVIEST)
    check_matrix("dump-file", held(names), few=2)
