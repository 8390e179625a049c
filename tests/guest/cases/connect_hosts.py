# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace connect --host`: names that getaddrinfo was asked for."""
import contextlib
import mmap
import os
import shutil
import signal
import socket
import tempfile

from connect_rows import connect, free_port, rows_of
from harness import Tracer, case, check, check_equal, check_no_residue, socketrace
from traffic import in_thread, run_as


@contextlib.contextmanager
def names_in_hosts(names):
    """name -> address"""
    with open("/etc/hosts", encoding="ascii") as f:
        before = f.read()
    with open("/etc/hosts", "a", encoding="ascii") as f:
        f.writelines(f"{address} {name}\n" for name, address in names)
    try:
        yield
    finally:
        with open("/etc/hosts", "w", encoding="ascii") as f:
            f.write(before)


def ask_and_connect(name, port, family=socket.AF_INET):
    for answer in socket.getaddrinfo(name, port, family, socket.SOCK_STREAM):
        connect(answer[0], answer[4][:2])


@case
def hosts_are_named_by_who_asked_for_them():
    """Two threads that ask at once, sixteen answers and more, a name of 255 bytes, a lookup that
    fails, and a name that only another process knows. Only TCP: to sort its answers getaddrinfo
    connects UDP sockets to them, before anybody knows the name."""
    port = free_port()
    longest = ".".join(["x" * 63] * 3 + ["y" * 63])
    names = [("one.test", "127.0.1.1"), ("two.test", "127.0.2.1"), ("six.test", "::1"),
             (longest, "127.0.3.1")]
    names += [("many.test", f"127.0.4.{n}") for n in range(1, 21)]
    with names_in_hosts(names), \
            Tracer("connect", "--host", "--filter-port", port, "--filter-protocol", "tcp") as tracer:
        def many(name):
            for _ in range(50):
                ask_and_connect(name, port)
        with in_thread(many, "one.test"), in_thread(many, "two.test"):
            pass
        ask_and_connect("six.test", port, socket.AF_INET6)
        ask_and_connect(longest, port)
        ask_and_connect("many.test", port)
        try:
            socket.getaddrinfo("nobody.invalid", port)
        except socket.gaierror:
            pass
        connect(socket.AF_INET, ("127.0.9.1", port))
        run_as("foreign", connect, socket.AF_INET, ("127.0.3.1", port))
        rows = rows_of(tracer.stop().ok())
    told = {}
    for row in rows:
        told.setdefault(row["to"].rpartition(":")[0], []).append(row["rest"])
    want = {"127.0.1.1": ["one.test"] * 50, "127.0.2.1": ["two.test"] * 50, "[::1]": ["six.test"],
            "127.0.3.1": [longest, "~" + longest], "127.0.9.1": ["-"]}
    want.update({f"127.0.4.{n}": ["many.test"] for n in range(1, 21)})
    check_equal(told, want, "HOST")
    check_no_residue()


def as_pid(number, function, *args):
    """In a child of that number, which nobody has."""
    with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as f:
        f.write(str(number - 1))
    return run_as("other", function, *args)


@case
def the_next_process_of_a_number_asked_nothing():
    port = free_port()
    with names_in_hosts([("one.test", "127.0.1.1")]), \
            Tracer("connect", "--host", "--filter-port", port, "--filter-protocol", "tcp") as tracer:
        first = run_as("asks", ask_and_connect, "one.test", port)
        for _ in range(10):  # somebody else may have taken the number
            if as_pid(first, connect, socket.AF_INET, ("127.0.1.1", port)) == first:
                break
        rows = rows_of(tracer.stop().ok())
    mine = [row["rest"] for row in rows if row["pid"] == str(first)]
    check_equal(mine, ["one.test", "~one.test"], "HOST of the two")


@case
def a_result_that_is_cut_is_told():
    """The kernel side reads 64 of the list: 70 addresses of one name have 70 entries at least."""
    port = free_port()
    with names_in_hosts([("long.test", f"127.0.5.{n}") for n in range(1, 71)]), \
            Tracer("connect", "--host", "--filter-port", port, "--filter-protocol", "tcp") as tracer:
        ask_and_connect("long.test", port)
        outcome = tracer.stop().ok()
    check("1 results of getaddrinfo of which only the first 64 entries were read" in outcome.err, outcome.err)


@case
def a_library_that_is_none_is_refused():
    outcome = socketrace("connect", "--libc", "/etc/passwd", "--duration", "1")
    check_equal(outcome.status, 1, "status; stderr: " + outcome.err)
    check("--libc" in outcome.err and "/etc/passwd" in outcome.err, outcome.err)


@contextlib.contextmanager
def mapped_by_nobody(path):
    """By a process of uid 65534, as its C library; afterwards a FIFO has the name."""
    with open("/lib/x86_64-linux-gnu/libc.so.6" if os.uname().machine == "x86_64" else
              "/lib/aarch64-linux-gnu/libc.so.6", "rb") as libc:
        content = libc.read()
    ready, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setresuid(65534, 65534, 65534)
            with open(path, "wb") as file:
                file.write(content)
            with open(path, "rb") as file:
                kept = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ | mmap.PROT_EXEC, flags=mmap.MAP_PRIVATE)
            os.unlink(path)
            os.mkfifo(path)
            os.write(told, b"x")
            signal.pause()
            kept.close()
        finally:
            os._exit(1)
    os.close(told)
    check_equal(os.read(ready, 1), b"x", "the child")
    os.close(ready)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@case
def a_library_of_somebody_else_is_not_opened():
    """Neither the file that nobody maps under that name, nor the FIFO that bears it by now; names still come."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        path = folder + "/libc.so.6"
        with mapped_by_nobody(path), names_in_hosts([("one.test", "127.0.1.1")]):
            with Tracer("connect", "--host", "--filter-port", port, "--filter-protocol", "tcp", timeout=60) as tracer:
                ask_and_connect("one.test", port)
                outcome = tracer.stop().ok()
            check_equal([row["rest"] for row in rows_of(outcome)], ["one.test"], "HOST; " + outcome.err)
            # Of a file that is deleted the name in maps says so, and it is no C library in use.
            check("somebody else than root may write to it" in outcome.err or path not in outcome.err, outcome.err)
            refused = socketrace("connect", "--libc", path, "--duration", 1, timeout=60)
            check_equal(refused.status, 1, refused.err)
            check("is not a regular file" in refused.err, refused.err)
            os.unlink(path)
            with open(path, "wb") as cut:
                cut.write(b"\x7fELF\x02\x01\x01" + b"\xff" * 4000)
            refused = socketrace("connect", "--libc", path, "--duration", 1, timeout=60)
            check_equal(refused.status, 1, refused.err)
            check("no function getaddrinfo in it" in refused.err, refused.err)


@case
def a_library_that_others_may_write_to_is_left_out():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/libc.so.6"
        shutil.copy("/proc/self/exe", path)
        os.chmod(path, 0o666)
        with open(path, "rb") as file, \
                mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE):
            outcome = socketrace("connect", "--host", "--duration", 1, timeout=60).ok()
    check(f"no names from {path}: somebody else than root may write to it" in outcome.err, outcome.err)
