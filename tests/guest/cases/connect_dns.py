# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace connect --host` and resolvers that use no libc: names from DNS answers."""
import contextlib
import ctypes
import os
import socket
import struct
import subprocess
import threading

from connect_rows import connect, free_port, rows_of
from harness import Tracer, case, check, check_equal, check_no_residue
from msghdr import LIBC, Mmsghdr, vector_of
from traffic import run_as

A, AAAA, CNAME = 1, 28, 5
NXDOMAIN = 3


def labels(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def query(name, kind=A):
    return struct.pack(">6H", 0x4711, 0x0100, 1, 0, 0, 0) + labels(name) + struct.pack(">HH", kind, 1)


def record(owner, kind, data):
    return owner + struct.pack(">HHIH", kind, 1, 60, len(data)) + data


def reply(asked, names):
    """names: small name -> [(kind, data), ...]. What is unknown does not exist, and yet an address
    comes along, which nobody must believe."""
    end = asked.index(b"\0", 12)
    kind = struct.unpack(">H", asked[end + 1:end + 3])[0]
    at, wanted = 12, []
    while asked[at]:
        wanted.append(asked[at + 1:at + 1 + asked[at]].decode().lower())
        at += 1 + asked[at]
    known = names.get(".".join(wanted))
    if known is None:
        found, code = [record(b"\xc0\x0c", A, socket.inet_aton("127.0.5.99"))], NXDOMAIN
    else:
        found, code = [one if isinstance(one, bytes) else record(b"\xc0\x0c", *one) for one in known
                       if isinstance(one, bytes) or one[0] == kind], 0
    return (asked[:2] + struct.pack(">5H", 0x8180 | code, 1, len(found), 0, 0) + asked[12:end + 5] +
            b"".join(found))


def serve(sock, names):
    while True:
        asked, client = sock.recvfrom(2048)
        if asked == b"stop":
            return
        sock.sendto(reply(asked, names), client)


def serve_stream(listener, names):
    while True:
        client = listener.accept()[0]
        with client:
            size = client.recv(2, socket.MSG_WAITALL)
            if len(size) < 2:
                return
            answer = reply(client.recv(struct.unpack(">H", size)[0], socket.MSG_WAITALL), names)
            client.sendall(struct.pack(">H", len(answer)) + answer)


@contextlib.contextmanager
def dns_server(names):
    """On 127.0.0.1 and ::1, by UDP, and by TCP on the former."""
    with contextlib.ExitStack() as stack:
        threads = []
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            sock = stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
            sock.bind((address, 53))
            threads.append((threading.Thread(target=serve, args=(sock, names), daemon=True), sock))
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 53)))
        stream = threading.Thread(target=serve_stream, args=(listener, names), daemon=True)
        for thread in [one for one, _ in threads] + [stream]:
            thread.start()
        try:
            yield
        finally:
            for thread, sock in threads:
                with socket.socket(sock.family, socket.SOCK_DGRAM) as last:
                    last.sendto(b"stop", sock.getsockname()[:2])
                thread.join(60)
            socket.create_connection(("127.0.0.1", 53)).close()
            stream.join(60)


# ---- resolvers, each by another call: query -> answer -----------------------------------------


@contextlib.contextmanager
def asking(name, connected, family=socket.AF_INET, kind=A):
    server = ("::1" if family == socket.AF_INET6 else "127.0.0.1", 53)
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        one.settimeout(60)
        if connected:
            one.connect(server)
            one.send(query(name, kind))
        else:
            one.sendto(query(name, kind), server)
        yield one


def by_recv(name, **how):
    with asking(name, True, **how) as one:
        one.recv(512)


def by_recvfrom(name, **how):
    with asking(name, False, **how) as one:
        one.recvfrom(512)


def by_recvmsg(name, connected=False, **how):
    with asking(name, connected, **how) as one:
        one.recvmsg(512, 512)


def by_read(name, **how):
    with asking(name, True, **how) as one:
        one.setblocking(True)
        os.read(one.fileno(), 512)


def by_recvmmsg(first, second, connected):
    """Two answers by one call."""
    check_equal(ctypes.sizeof(Mmsghdr), 64, "struct mmsghdr")
    with asking(first, connected) as one:
        one.sendto(query(second), ("127.0.0.1", 53))
        one.setblocking(True)
        buffers = [ctypes.create_string_buffer(512) for _ in range(2)]
        senders = [ctypes.create_string_buffer(28) for _ in range(2)]
        messages = vector_of(buffers)
        if not connected:
            for message, sender in zip(messages, senders):
                message.header.name, message.header.namelen = ctypes.addressof(sender), 28
        check_equal(LIBC.recvmmsg(one.fileno(), messages, 2, 0, None), 2, "recvmmsg")


def by_stream(name, at_once):
    with socket.create_connection(("127.0.0.1", 53)) as one:
        one.sendall(struct.pack(">H", len(query(name))) + query(name))
        size = struct.unpack(">H", one.recv(2, socket.MSG_WAITALL | (socket.MSG_PEEK if at_once else 0)))[0]
        one.recv(size + (2 if at_once else 0), socket.MSG_WAITALL)


def ipv4(n):
    return [(A, socket.inet_aton(f"127.0.5.{n}"))]


LONGEST = ".".join(["x" * 63] * 3 + ["y" * 61])


@case
def dns_answers_name_what_resolvers_of_ones_own_find():
    """By each call, connected and not, IPv4 and IPv6; a failed answer, a malformed one and what
    comes from another port leave no name."""
    names = {f"n{n}.test": ipv4(n) for n in range(1, 11)}
    names[LONGEST] = ipv4(11)
    names["alias.test"] = [record(b"\xc0\x0c", CNAME, labels("real.test")),
                           record(labels("real.test"), A, socket.inet_aton("127.0.5.12"))]
    names["six.test"] = [(AAAA, socket.inet_pton(socket.AF_INET6, "::1"))]
    names["torn.test"] = [record(b"\xc0\x0c", A, b"\x7f\x00\x05")]
    names["cross.test"] = ipv4(13)
    port = free_port()
    targets = [f"127.0.5.{n}" for n in list(range(1, 15)) + [99]]
    with dns_server(names), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere, \
            Tracer("connect", "--host", "--filter-port", port, "--filter-protocol", "tcp") as tracer:
        by_recv("n1.test")
        by_recvfrom("n2.test")
        by_recvmsg("n3.test")
        by_recvmsg("N4.Test", connected=True)
        by_read("n5.test")
        by_recvmmsg("n6.test", "n7.test", connected=True)
        by_recvmmsg("n8.test", "n9.test", connected=False)
        by_stream("n10.test", at_once=False)
        by_stream(LONGEST, at_once=True)
        by_recv("alias.test")
        by_recvfrom("six.test", family=socket.AF_INET6, kind=AAAA)
        by_read("cross.test", family=socket.AF_INET6)
        by_recv("nobody.test")
        by_recv("torn.test")
        # An answer, but of no DNS server.
        elsewhere.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.connect(elsewhere.getsockname())
            elsewhere.sendto(reply(query("other.test"), {"other.test": ipv4(14)}), one.getsockname())
            one.recv(512)
        for target in targets:
            connect(socket.AF_INET, (target, port))
        connect(socket.AF_INET6, ("::ffff:127.0.5.1", port))
        connect(socket.AF_INET6, ("::1", port))
        run_as("foreign", connect, socket.AF_INET, ("127.0.5.2", port))
        outcome = tracer.stop().ok()
    told = [(row["to"].rpartition(":")[0], row["rest"]) for row in rows_of(outcome)]
    want = [(f"127.0.5.{n}", f"n{n}.test") for n in range(1, 11)]
    want += [("127.0.5.11", LONGEST), ("127.0.5.12", "alias.test"), ("127.0.5.13", "cross.test"),
             ("127.0.5.14", "-"), ("127.0.5.99", "-"), ("[::ffff:127.0.5.1]", "n1.test"),
             ("[::1]", "six.test"), ("127.0.5.2", "~n2.test")]
    check_equal(told, want, "HOST")
    check("1 messages from port 53 not understood" in outcome.err, outcome.err)
    check("DNS answers" not in outcome.err, outcome.err)
    check_no_residue()


def has_interpreter(path):
    """PT_INTERP among the program headers of a 64-bit ELF file."""
    with open(path, "rb") as f:
        image = f.read(4096)
    at, = struct.unpack_from("=Q", image, 32)
    size, count = struct.unpack_from("=HH", image, 54)
    return 3 in [struct.unpack_from("=I", image, at + n * size)[0] for n in range(count)]


@case
def a_statically_linked_resolver_is_named():
    """busybox has its own copy of the C library: no uprobe sees its getaddrinfo."""
    busybox = "/host/busybox"
    check(not has_interpreter(busybox), "not statically linked:", busybox)
    port = free_port()
    before = None
    if os.path.exists("/etc/resolv.conf"):
        with open("/etc/resolv.conf", encoding="ascii") as f:
            before = f.read()
    try:
        with open("/etc/resolv.conf", "w", encoding="ascii") as f:
            f.write("nameserver 127.0.0.1\n")
        with dns_server({"static.test": ipv4(40)}), \
                Tracer("connect", "--host", "--filter-port", port, "--filter-protocol", "tcp") as tracer:
            child = subprocess.Popen([busybox, "wget", "-q", "-O", "-", f"http://static.test:{port}/"],
                                     stderr=subprocess.DEVNULL)
            child.wait(120)
            rows = rows_of(tracer.stop().ok())
    finally:
        if before is None:
            os.unlink("/etc/resolv.conf")
        else:
            with open("/etc/resolv.conf", "w", encoding="ascii") as f:
                f.write(before)
    check(rows, "no attempt")
    for row in rows:
        check_equal((row["to"], row["pid"], row["rest"]),
                    (f"127.0.5.40:{port}", str(child.pid), "static.test"), "the attempt")


@case
def long_and_many_answers_are_read_as_far_as_they_go():
    """An answer of more than 1232 bytes: its beginning counts, and that is told."""
    many = [(A, socket.inet_aton(f"127.0.6.{n}")) for n in range(1, 121)]
    port = free_port()
    with dns_server({"many.test": many}), \
            Tracer("connect", "--host", "--filter-port", port, "--filter-protocol", "tcp") as tracer:
        with asking("many.test", True) as one:
            check(len(one.recv(4096)) > 1900, "the answer is short")
        for n in (1, 70, 120):
            connect(socket.AF_INET, (f"127.0.6.{n}", port))
        outcome = tracer.stop().ok()
    check_equal([row["rest"] for row in rows_of(outcome)], ["many.test", "many.test", "-"], "HOST")
    check("1 DNS answers of which only the beginning was read" in outcome.err, outcome.err)


@case
def without_host_no_answer_is_looked_at():
    port = free_port()
    with dns_server({"n1.test": ipv4(1)}), \
            Tracer("connect", "-v", "--args", "--filter-port", port) as tracer:
        by_recv("n1.test")
        connect(socket.AF_INET, ("127.0.5.1", port))
        outcome = tracer.stop().ok()
    check("n1.test" not in outcome.out, outcome.out)
    check_equal(outcome.attached, 3, "programs attached")
