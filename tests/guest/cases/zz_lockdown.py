# SPDX-License-Identifier: BSD-2-Clause
"""Lockdown cannot be taken back before the next boot: the last file of all, and its only case."""
import subprocess

from harness import SOCKETRACE, case, check, check_equal, read

LOCKDOWN = "/sys/kernel/security/lockdown"


@case
def confidentiality_is_told_with_its_remedy():
    with open(LOCKDOWN, "w", encoding="ascii") as f:
        f.write("confidentiality")
    check("[confidentiality]" in read(LOCKDOWN), read(LOCKDOWN))
    done = subprocess.run([SOCKETRACE, "--filter-funcs", "tcp_sendmsg"], capture_output=True,
                          text=True, timeout=120)
    check_equal(done.returncode, 1, "status; stderr: " + done.stderr)
    check_equal(len(done.stderr.splitlines()), 1, "lines on stderr: " + done.stderr)
    check("lockdown" in done.stderr and "confidentiality" in done.stderr, done.stderr)
