# SPDX-License-Identifier: BSD-2-Clause
"""Faults of the output and of the ring: F03, F06, F07, F08, F09, F10 (see tests/guest/FAULTS.md)."""
import fcntl
import os
import pty
import resource
import signal
import subprocess
import time

from cases.ends import FEW, one_message
from harness import (SOCKETRACE, Tracer, case, check, check_equal, check_no_residue, parse_hits,
                     socketrace)
from traffic import TcpPair, in_thread

SENDS = ["--filter-funcs", "tcp_sendmsg"]
F_SETPIPE_SZ = 1031
WORDS_OF_MEMORY = "not enough kernel memory; choose a smaller ring buffer"


@case
def f03_ring_sizes():
    for size in ("1", "5000"):  # rounded up to a power of two of at least a page
        with TcpPair().connect() as pair:
            with Tracer(*SENDS, "--filter-port", pair.port, "--buffer-size", size) as tracer:
                pair.roundtrips(2)
                outcome = tracer.stop().ok()
        check_equal(outcome.printed + outcome.lost, 4, "hits with a ring of " + size)
    for size in ("0", "2G", "-1", "4096x"):
        outcome = socketrace(*SENDS, "--buffer-size", size)
        check_equal(outcome.status, 2, "status of --buffer-size " + size)
        check("--buffer-size" in outcome.err and size in outcome.err and "up to 1G" in outcome.err,
              outcome.err)
    check_no_residue()


@case
def f06_stopped_for_a_while_under_load():
    rounds = 1500
    with TcpPair().connect() as pair:
        with Tracer(*SENDS, "--filter-port", pair.port, "--buffer-size", 4096) as tracer:
            pair.roundtrips(5)
            tracer.process.send_signal(signal.SIGSTOP)
            pair.roundtrips(rounds)
            tracer.process.send_signal(signal.SIGCONT)
            time.sleep(0.5)
            pair.roundtrips(5)  # goes on
            outcome = tracer.stop().ok()
    check_equal(outcome.printed, len(outcome.hits), "printed in the summary")
    check(outcome.lost > rounds, "lost while stopped:", outcome.lost)
    check_equal(outcome.printed + outcome.lost, 2 * (rounds + 10), "printed + lost")
    check_no_residue()


@case
def f07_a_terminal_that_goes_away():
    """Once without SIGHUP, by EIO alone, and once as the terminal's own session, which gets both."""
    for session in (False, True):
        master, slave = pty.openpty()

        def adopt(session=session, slave=slave):
            if session:
                os.setsid()
                fcntl.ioctl(slave, 0x540E, 0)  # TIOCSCTTY

        with TcpPair().connect() as pair:
            tracer = Tracer(*FEW, "--filter-port", pair.port, stdout=slave, preexec=adopt).start()
            os.close(slave)
            pair.roundtrips(3)
            os.close(master)
            end = time.monotonic() + 60
            while tracer.process.poll() is None:
                pair.roundtrips(3)
                time.sleep(0.05)
                check(time.monotonic() < end, "goes on without its terminal")
            tracer.wait().ok()
        check_no_residue()


@case
def f08_closed_stderr():
    """Nothing may land in what is opened in its place."""
    with TcpPair().connect() as pair:
        shell = subprocess.Popen(
            [SOCKETRACE, *SENDS, "--filter-port", str(pair.port), "--output-limit-lines", "4",
             "--output-file", "/tmp/f08"], stdout=subprocess.DEVNULL,
            preexec_fn=lambda: os.close(2))
        end = time.monotonic() + 120
        while shell.poll() is None:
            pair.roundtrips(1)
            time.sleep(0.05)
            check(time.monotonic() < end, "does not end")
    check_equal(shell.returncode, 0, "status")
    with open("/tmp/f08", encoding="utf-8") as out:
        check_equal(len(parse_hits(out.read())), 4, "hits")
    check_no_residue()


def failing_output(*words, path, preexec=None):
    with TcpPair().connect() as pair:
        with Tracer(*FEW, "--filter-port", pair.port, "--quiet", "--output-file", path,
                    wait_ready=False, preexec=preexec) as tracer:
            end = time.monotonic() + 120
            while tracer.process.poll() is None:
                pair.roundtrips(50)
                check(time.monotonic() < end, "goes on although", path, "cannot be written")
            outcome = tracer.wait()
    one_message(outcome, 1, path, *words)


@case
def f09_output_that_cannot_be_written():
    """ENOSPC on a tmpfs is in ends.a_full_disk_is_one_message; EDQUOT is the same code with another
    errno (tests/unit/output): the guest's file systems have no quota."""
    failing_output("No space left", path="/dev/full")

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

    failing_output("File too large", path="/tmp/f09", preexec=small_files)
    with open("/tmp/f09", encoding="utf-8") as out:
        text = out.read()
    check(10000 < len(text) <= 20000, "bytes written:", len(text))
    check(parse_hits(text), "no whole hit in the file")


def check_all_once_in_order(text, outcome, sends):
    """Every line whole, none twice: the event times only grow, and their number is the hits'."""
    lines = text.splitlines()[1:]
    check(text.endswith("\n") and all(" tcp_sendmsg " in line for line in lines), "torn lines")
    stamps = [float(line.split()[0]) for line in lines]
    check(all(a < b for a, b in zip(stamps, stamps[1:])), "order of", stamps[:20])
    check_equal(len(lines), sends, "lines")
    check_equal(outcome.printed, sends, "printed in the summary")


@case
def f10_short_writes_and_eagain():
    """A non-blocking pipe of one page, and a reader that takes 100 bytes at a time."""
    rounds = 150
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, F_SETPIPE_SZ, 4096)
    os.set_blocking(write_end, False)
    chunks = []

    def read_slowly():
        with os.fdopen(read_end, "rb", buffering=0) as pipe:
            while data := pipe.read(100):
                chunks.append(data)
                time.sleep(0.0005)

    with TcpPair().connect() as pair:
        tracer = Tracer(*SENDS, "--filter-port", pair.port, "--timestamp", "monotonic",
                        stdout=write_end).start()
        os.close(write_end)
        with in_thread(read_slowly):
            pair.roundtrips(rounds)
            outcome = tracer.stop().ok()
    check_all_once_in_order(b"".join(chunks).decode(), outcome, 2 * rounds)
    check_no_residue()


@case
def f10_interrupted_writes():
    """Every second write(2) fails, by strace."""
    for error in ("EINTR", "EAGAIN"):
        with TcpPair().connect() as pair:
            with Tracer(*SENDS, "--filter-port", pair.port, "--timestamp", "monotonic",
                        "--output-file", "/tmp/f10") as tracer:
                strace = subprocess.Popen(["strace", "-f", "-q", "-o", "/tmp/f10.strace", "-e",
                                           "trace=write", "-e", f"inject=write:error={error}:when=1+2",
                                           "-p", str(tracer.process.pid)])
                status = f"/proc/{tracer.process.pid}/status"
                while "TracerPid:\t0\n" in open(status, encoding="ascii").read():
                    time.sleep(0.05)
                for _ in range(10):
                    pair.roundtrips(10)
                    time.sleep(0.15)  # a batch of its own: the ring is looked at each 100 ms
                outcome = tracer.stop().ok()
            strace.wait()
        with open("/tmp/f10.strace", encoding="ascii") as log:
            injected = log.read().count("(INJECTED)")
        check(injected > 4, "writes that strace interrupted:", injected)
        with open("/tmp/f10", encoding="utf-8") as out:
            check_all_once_in_order(out.read(), outcome, 200)
        check_no_residue()
