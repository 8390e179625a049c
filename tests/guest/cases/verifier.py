# SPDX-License-Identifier: BSD-2-Clause
"""Does this kernel take every BPF program under every kind of filter and option? Only loaded,
nothing is attached; tests/bpf/verify_configs.cc knows the configurations."""
import re
import subprocess

from harness import KERNEL, case, check, check_equal


@case
def every_configuration_of_every_program_loads():
    done = subprocess.run(["verify-configs"], capture_output=True, text=True, timeout=600)
    lines = done.stdout.splitlines()
    bad = [line for line in lines if not re.match(r"(ok|skip) ", line)]
    check_equal(bad, ["0 failed"], "what failed (stderr: " + done.stderr + ")")
    check_equal(done.returncode, 0, "exit status")
    # A matrix that shrinks unseen proves nothing.
    taken = {}
    for line in lines:
        if line.startswith("ok "):
            _, program, configuration = line.split()[:3]
            taken.setdefault(program, set()).add(configuration)
    every = taken["st_sock_1"]
    check(len(every) >= 18, "few configurations:", sorted(every))
    for program, configurations in taken.items():
        check_equal(configurations, every, "configurations of " + program)
    wanted = {f"st_{kind}_{n}" for kind in ("sock", "socket", "skb") for n in range(1, 6)}
    wanted |= {"st_state_change", "st_call_begins", "st_call_ends"}
    if KERNEL >= (5, 15):
        wanted |= {"st_kprobe_cookie", "st_multi", "st_kprobe_cookie_context", "st_multi_context"}
    if KERNEL >= (6, 2):
        wanted.add("st_multi_direct")
    check_equal(set(taken), wanted, "programs that load")
