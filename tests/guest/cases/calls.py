# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace calls`: the driver knows what every call gives, and every line must say so."""
import collections
import errno
import os
import re
import shlex
import socket
import subprocess
import sys
import time

from harness import (ACCEPT4, KERNEL, SOCKETRACE, Tracer, case, check, check_equal, check_no_residue, read,
                     socketrace)
from traffic import TcpPair, run_as

DRIVER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                      "calls_driver.py")
CHANGE = re.compile(r"^(?P<comm>.*)/(?P<pid>\d+|-) socket::set_state\((?P<local>.*) <->"
                    r" (?P<remote>.*)\) (?P<old>\w+) -> (?P<new>\w+)(?P<rest>.*)$")
EVERY_CALL = ("bind", "connect", "listen", "accept", "sendto", "recvfrom", "sendmsg", "recvmsg",
              "sendmmsg", "recvmmsg")


def drive(*parts, **options):
    """Runs the driver; the lines that must be told."""
    done = subprocess.run([sys.executable, DRIVER, *parts], capture_output=True, text=True,
                          timeout=300, **options)
    check_equal(done.returncode, 0, "driver: " + done.stderr)
    return done.stdout.splitlines()


def check_lines(outcome, want):
    """Every line once, in the order of the calls, and nothing else."""
    got = outcome.out.splitlines()
    for at, (g, w) in enumerate(zip(got, want)):
        check_equal(g, w, f"line {at + 1}")
    check_equal(got[len(want):], [], "more lines than calls")
    check_equal(want[len(got):], [], "calls without a line")
    check_equal((outcome.printed, outcome.lost, outcome.missed), (len(want), 0, 0), outcome.err)


def trace_driver(events, *parts):
    with Tracer("calls", *events, "--filter-comm", "driver") as tracer:
        want = drive(*parts)
        outcome = tracer.stop().ok()
    check_lines(outcome, want)
    check_no_residue()
    return want


def changes_of(outcome):
    found = []
    for line in outcome.out.splitlines():
        match = CHANGE.match(line)
        check(match, "not a change of state:", repr(line))
        found.append(match.groupdict())
    return found


@case
def inet_calls_and_their_errors():
    want = trace_driver(EVERY_CALL, "inet")
    for name in ("EINVAL", "EISCONN", "EAGAIN", "ECONNREFUSED", "EINPROGRESS", "EFAULT", "EBADF",
                 "ENOTSOCK", "EAFNOSUPPORT"):
        check(any(f"[{name}]" in line for line in want), name, "was not had:", want)


@case
def inet6_scopes_and_mapped():
    trace_driver(EVERY_CALL, "inet6")


@case
def datagrams_one_by_one_and_many_at_once():
    want = trace_driver(EVERY_CALL, "udp")
    check(any(" message=4/4 bytes=4" in line for line in want), want)


@case
def unix_names_of_every_kind():
    trace_driver(EVERY_CALL, "unix")


@case
def every_other_family():
    trace_driver(EVERY_CALL, "others")


@case
def closes_of_sockets_only():
    trace_driver(("close",), "closes")


@case
def ten_thousand_refused_and_a_good_one():
    with Tracer("calls", "connect", "--filter-comm", "driver") as tracer:
        want = drive("refused")
        outcome = tracer.stop().ok()
    lines = outcome.out.splitlines()
    counts = collections.Counter(line.rpartition(" ")[2] for line in lines[:-1])
    check_equal(dict(counts), {"[ECONNREFUSED]": 10_000}, "all but the last")
    check_equal(lines[-1:], want, "the last")
    check_equal((outcome.printed, outcome.lost), (10_001, 0), outcome.err)


@case
def a_call_that_began_before_us():
    """The server sleeps in accept when the tracer comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        client.bind(("127.0.0.1", 0))
        driver = subprocess.Popen([sys.executable, DRIVER, "blocked"], stdout=subprocess.PIPE,
                                  text=True, pass_fds=[listener.fileno()],
                                  env={**os.environ, "LISTENER": str(listener.fileno()),
                                       "CLIENT": str(client.getsockname()[1])})
        check_equal(driver.stdout.readline(), "ready\n", "driver")
        end = time.monotonic() + 60
        while not read(f"/proc/{driver.pid}/syscall").startswith(f"{ACCEPT4} "):
            check(time.monotonic() < end, "the driver never sleeps in accept4")
            time.sleep(0.05)
        with Tracer("calls", "--filter-comm", "driver") as tracer:
            client.connect(listener.getsockname())
            want = driver.communicate(timeout=60)[0].splitlines()
            outcome = tracer.stop().ok()
    calls = [line for line in outcome.out.splitlines() if "syscall::" in line]
    check_equal(calls, want, "calls")


@case
def calls_of_32_bit_programs_are_counted():
    """x32 as well: where the kernel does not take its calls, they are made, and refused."""
    with Tracer("calls", "--filter-comm", "driver") as tracer:
        check_equal(drive("compat"), ["compat done"], "driver")
        outcome = tracer.stop().ok()
    check_equal(outcome.out, "", "lines")
    check(", 14 calls of 32-bit and x32 programs not shown" in outcome.err, outcome.err)


@case
def filters_look_at_what_a_call_names():
    """The ends of an unconnected socket are nobody's: the call itself says where it goes."""
    def lines(*args):
        with Tracer("calls", "connect", "sendto", "bind", *args) as tracer:
            want = drive("inet", "udp", "unbound")
            outcome = tracer.stop().ok()
        return want, outcome.out.splitlines()

    want, got = lines("--filter-port", "1")
    check_equal(got, [line for line in want if "connect(127.0.0.1:1)" in line], "port 1, refused")
    check_equal(len(got), 1, "lines")
    want, got = lines("--filter-addr", "127.0.0.77", "--filter-protocol", "udp")
    check_equal(got, [line for line in want if "127.0.0.77" in line], "sendto of an unbound socket")
    check_equal(len(got), 1, "lines")
    want, got = lines("--failed", "--filter-comm", "driver")
    failed = [line for line in want if re.search(r"::(connect|sendto|bind)\(", line) and
              " = -" in line and "EINPROGRESS" not in line]
    check_equal(got, failed, "failed")
    want, got = lines("--filter-family", "unix")
    check(not any("driver/" in line for line in got), got)


@case
def users():
    def as_nobody():
        os.setresuid(65534, 65534, 65534)
        with TcpPair().connect():
            pass

    for name, uid in (("nobody", 65534), ("65534", 65534), ("root", 0)):
        with Tracer("calls", "--filter-uid", name, "--filter-comm", "user,driver") as tracer:
            theirs = run_as("user", as_nobody)
            drive("inet")
            outcome = tracer.stop().ok()
        pids = {line.split("/")[1].split(" ")[0] for line in outcome.out.splitlines()}
        check_equal(str(theirs) in pids, uid == 65534, f"lines of nobody with {name}: {pids}")
        check_equal(len(pids), 1, f"processes with {name}: {pids}")


@case
def states_carry_their_owner():
    """The peer's packets arrive while somebody else runs: each end is its own process."""
    with TcpPair() as pair:
        with Tracer("calls", "listen", "accept", "state", "--filter-port", pair.port) as tracer:
            pair.listener.listen(9)

            def talk():
                pair.client.connect(("127.0.0.1", pair.port))
                pair.client.recv(1)

            pid = os.fork()
            if pid == 0:
                with open("/proc/self/comm", "w") as f:
                    f.write("other")
                talk()
                os._exit(0)
            server, _ = pair.listener.accept()
            pair.client.close()  # the child's alone now
            server.close()
            os.waitpid(pid, 0)
            outcome = tracer.stop().ok()
    lines = [line for line in outcome.out.splitlines() if "set_state" in line]
    mine = {"server": [], "client": []}
    for line in lines:
        change = CHANGE.match(line).groupdict()
        check_equal(change["rest"], "", line)
        is_server = change["local"].endswith(f":{pair.port}")
        mine["server" if is_server else "client"].append(change)
        want = str(os.getpid()) if is_server else str(pid)
        check_equal(change["pid"], want, "owner of " + line)
        if not is_server:
            check_equal(change["comm"], "other", line)
    steps = {side: [(c["old"], c["new"]) for c in changes] for side, changes in mine.items()}
    check_equal(steps["client"][:2], [("Close", "SynSent"), ("SynSent", "Established")], lines)
    check(("SynReceived", "Established") in steps["server"], lines)
    check(("Established", "FinWait1") in steps["server"], lines)
    check(any(old == "CloseWait" for old, _ in steps["client"]), lines)
    check_no_residue()


@case
def other_protocols_are_named():
    """MPTCP, of which Debian's 5.10 has none (CONFIG_MPTCP): there its socket must be refused."""
    if KERNEL < (5, 15):
        try:
            socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).close()
        except OSError as error:
            check_equal(error.errno, errno.EPROTONOSUPPORT, "MPTCP")
            return
        check(False, "this kernel has MPTCP after all: test it here as well")
    with Tracer("calls", "state", "--filter-comm", "mptcp") as tracer:
        def connect():
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262) as server, \
                    socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262) as client:
                server.bind(("127.0.0.1", 0))
                server.listen(1)
                client.connect(server.getsockname())
        run_as("mptcp", connect)
        outcome = tracer.stop().ok()
    changes = changes_of(outcome)
    named = [c for c in changes if c["rest"] == " protocol=IPPROTO_MPTCP"]
    check(any(c["new"] == "Listen" for c in named), outcome.out)
    check(any(c["rest"] == "" for c in changes), "no subflow of TCP:", outcome.out)


@case
def every_call_is_shown_or_counted():
    """A ring of a page, and a reader that does not come round."""
    with Tracer("calls", "connect", "--filter-comm", "driver", "--buffer-size", "4K") as tracer:
        drive("refused")
        outcome = tracer.stop().ok()
    check_equal(outcome.printed, len(outcome.out.splitlines()), "printed")
    check_equal(outcome.printed + outcome.lost, 10_001, outcome.err)
    check(outcome.lost > 0, "nothing was lost:", outcome.err)


@case
def limit_duration_and_file():
    with Tracer("calls", "connect", "--filter-comm", "driver", "--output-limit-lines", "7",
                "-o", "/tmp/calls-out", "--timestamp", "relative") as tracer:
        drive("inet")
        outcome = tracer.wait().ok()
    with open("/tmp/calls-out") as f:
        lines = f.read().splitlines()
    check_equal((outcome.out, len(lines), outcome.printed), ("", 7, 7), outcome.err)
    check(all(re.match(r"\+\d+\.\d{6} +driver/", line) for line in lines), lines)
    begin = time.monotonic()
    socketrace("calls", "--duration", "1.5").ok()
    check(1.5 <= time.monotonic() - begin < 30, "took", time.monotonic() - begin)


@case
def the_examples_of_the_help():
    text = subprocess.run([SOCKETRACE, "calls", "--help"], capture_output=True, text=True).stdout
    examples = re.findall(r"^  (socketrace .*)$", text.split("\nExamples:\n")[1], re.M)
    check(len(examples) >= 4, text)
    for example in examples:
        args = shlex.split(example)[1:]
        check("--duration" in args, "would not end:", example)
        outcome = socketrace(*args)
        check_equal((outcome.status, outcome.has_summary), (0, True), example + "\n" + outcome.err)
