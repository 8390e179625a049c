# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace dump`: every message the driver sends must be there, byte for byte."""
import array
import ast
import errno
import os
import random
import re
import socket
import struct
import tempfile
import threading
import time

from harness import KERNEL, Tracer, case, check, check_equal, check_no_residue, socketrace
from traffic import in_thread, reading, recv_exactly, run_as

HEADER = re.compile(
    r"^(?P<time>\d\d:\d\d:\d\d\.\d{3}) (?P<arrow>>>>|<<<) process (?P<comm>\S+)"
    r" \[(?P<pid>\d+|-) -> (?P<peer>~?\d+|-)\] path (?P<path>\S+) len (?P<captured>\d+)\((?P<length>\d+)\)"
    r" inode=(?P<inode>\S+) peer_inode=(?P<peer_inode>\S+) type=(?P<type>\w+)(?P<rest>.*)$")


class Said:
    """One message: fields of its header, and its payload (of --format hexstring)."""

    def __init__(self, match):
        for name, value in match.groupdict().items():
            setattr(self, name, value)
        self.words = self.rest.split()
        self.pid = int(self.pid)
        self.captured, self.length = int(self.captured), int(self.length)
        self.payload = b""


def messages_of(outcome):
    """Of --format hexstring: its literals are read by Python itself."""
    found = []
    for line in outcome.out.splitlines():
        if line.startswith("\\x"):
            check(found and not found[-1].payload, "a payload without a header:", line[:80])
            found[-1].payload = ast.literal_eval('b"' + line + '"')
            continue
        match = HEADER.match(line)
        check(match, "not a header:", repr(line[:200]))
        found.append(Said(match))
    for said in found:
        check_equal(len(said.payload), said.captured, f"payload of {vars(said)}")
    check_equal(outcome.printed, len(found), "printed in the account")
    return found


def dump(*args):
    return Tracer("dump", *args, "--format", "hexstring")


class Folder:
    """A folder to bind in, as the current one."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="dump-")
        self.before = os.getcwd()
        os.chdir(self.folder.name)
        return self.folder.name

    def __exit__(self, *_):
        os.chdir(self.before)
        self.folder.cleanup()


def listener(name, kind=socket.SOCK_STREAM):
    sock = socket.socket(socket.AF_UNIX, kind)
    sock.bind(name)
    if kind != socket.SOCK_DGRAM:
        sock.listen(8)
    return sock


def connected(name, kind=socket.SOCK_STREAM):
    sock = socket.socket(socket.AF_UNIX, kind)
    sock.connect(name)
    return sock


TYPES = {socket.SOCK_STREAM: "stream", socket.SOCK_DGRAM: "dgram", socket.SOCK_SEQPACKET: "seqpacket"}


def say_once(pattern, name, said=b"hello", kind=socket.SOCK_STREAM, before=lambda: None):
    """A client of a server bound to `name` says something; what `dump PATTERN` tells of it."""
    with listener(name, kind) as server, connected(name, kind) as client:
        end = server if kind == socket.SOCK_DGRAM else server.accept()[0]
        with dump(pattern, "--type", TYPES[kind]) as tracer:
            before()
            client.send(said)
            check_equal(end.recv(100), said, "received")
            outcome = tracer.stop().ok()
        if end is not server:
            end.close()
        return messages_of(outcome)


def check_said(found, *payloads):
    check_equal([m.payload for m in found], list(payloads), "messages")


# ---- whose ---------------------------------------------------------------------------------------

@case
def path_alias_relative_and_glob():
    with Folder() as folder:
        path = folder + "/a.sock"
        found = say_once(path, path)
        check_said(found, b"hello")
        check_equal((found[0].path, found[0].pid, found[0].arrow, found[0].type),
                    (path, os.getpid(), ">>>", "stream"), "header")
        check_equal(found[0].peer, f"~{os.getpid()}", "the recorded peer")
        check_said(say_once(folder + "/[a-h]?obb*.sock", folder + "/globbed.sock"), b"hello")
        os.symlink(folder + "/real.sock", folder + "/link.sock")
        found = say_once("./link.sock", folder + "/real.sock")  # by its file
        check_said(found, b"hello")
        check_equal(found[0].path, folder + "/real.sock", "path as bound")


@case
def abstract_names():
    with listener("\0dump-test2") as server, connected("\0dump-test2") as other:
        end, _ = server.accept()
        with end:
            check_said(say_once("@dump-test", "\0dump-test", before=lambda: other.send(b"foreign")), b"hello")
    found = say_once("@du\\x00m*", "\0du\0mp")
    check_said(found, b"hello")
    check_equal(found[0].path, "@du\\x00mp", "an abstract name with a NUL")


@case
def autobind_and_unconnected_datagrams():
    with Folder() as folder, listener("d.sock", socket.SOCK_DGRAM) as server, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.bind("")  # the kernel chooses: five hexadecimal digits
        own = client.getsockname()[1:].decode()
        with dump(folder + "/d.sock", "--type", "dgram") as by_file, \
                dump("d.sock", "--type", "dgram") as by_name, dump("@" + own, "--type", "dgram") as by_own:
            client.sendto(b"one", "d.sock")
            server.recv(10)
            client.sendto(b"two", folder + "/d.sock")
            server.recv(10)
            file, name, mine = (messages_of(t.stop().ok()) for t in (by_file, by_name, by_own))
    check_said(file, b"one", b"two")
    check_said(name, b"one", b"two")
    check_said(mine, b"one", b"two")
    check_equal(mine[0].path, "@" + own, "an autobound name")
    check_equal(file[0].path, "d.sock", "the destination's name")


@case
def pairs_have_no_name():
    for kind, word in TYPES.items():
        a, b = socket.socketpair(socket.AF_UNIX, kind)
        with a, b, dump("*", "--type", word, "--filter-pid", os.getpid(), "--side", "both") as tracer:
            a.send(b"to b")
            b.recv(10)
            b.send(b"to a")
            a.recv(10)
            found = messages_of(tracer.stop().ok())
            inodes = [os.fstat(s.fileno()).st_ino for s in (a, b)]
        check_said(found, b"to b", b"to b", b"to a", b"to a")
        check_equal([m.arrow for m in found], [">>>", "<<<", ">>>", "<<<"], "directions")
        check_equal([m.type for m in found], [word] * 4, "type")
        check_equal(found[0].path, "-", "path")
        check_equal([(int(m.inode), int(m.peer_inode)) for m in found],
                    [(inodes[0], inodes[1]), (inodes[1], inodes[0]),
                     (inodes[1], inodes[0]), (inodes[0], inodes[1])], "inodes")
        check_equal(found[-1].peer, str(os.getpid()), "the peer is who used it last")


@case
def seqpacket_connection():
    with Folder():
        found = say_once("q.sock", "q.sock", kind=socket.SOCK_SEQPACKET)
    check_said(found, b"hello")
    check_equal(found[0].type, "seqpacket", "type")


@case
def the_child_that_accepted_is_the_peer():
    """The kernel recorded the parent, who listened."""
    with Folder() as folder, listener("l.sock") as server:
        ready_r, ready_w = os.pipe()
        go_r, go_w = os.pipe()
        child = os.fork()
        if child == 0:
            end, _ = server.accept()
            os.write(ready_w, b"x")
            os.read(go_r, 1)
            end.recv(10)
            end.send(b"answer")
            end.recv(10)
            os._exit(0)
        client = connected("l.sock")
        os.read(ready_r, 1)
        with client, dump(folder + "/l.sock", "--type", "stream") as tracer:
            client.send(b"first")
            os.write(go_w, b"x")
            check_equal(client.recv(10), b"answer", "received")
            client.send(b"second")
            os.waitpid(child, 0)
            found = messages_of(tracer.stop().ok())
    check_said(found, b"first", b"answer", b"second")
    check_equal([m.peer for m in found], [f"~{os.getpid()}", str(os.getpid()), str(child)],
                "peers: recorded, then seen")


# ---- how -----------------------------------------------------------------------------------------

@case
def non_blocking_partial_write_and_failure():
    a, b = socket.socketpair()
    with a, b:
        a.setblocking(False)
        data = random.Random(1).randbytes(10 << 20)
        with dump("*", "--filter-pid", os.getpid(), "--max-bytes", "1M", "--type", "stream") as tracer, \
                dump("*", "--filter-pid", os.getpid(), "--failed", "--type", "stream") as with_failed:
            sent = a.send(data)
            try:
                a.send(b"more")
                check(False, "the queue is not full")
            except BlockingIOError:
                pass
            found = messages_of(tracer.stop().ok())
            failed = messages_of(with_failed.stop().ok())
    check(0 < sent < len(data), "not partial:", sent)
    check_equal(len(found), 1, "messages")
    check_equal(found[0].payload, data[:min(sent, 1 << 20)], "payload")
    check_equal(found[0].length, sent, "length")
    check(f"asked={len(data)}" in found[0].words, found[0].rest)
    check_equal("truncated" in found[0].words, sent > 1 << 20, "truncated")
    check_equal(len(failed), 2, "with failures")
    check_equal(failed[1].words, ["asked=4", "=", str(-errno.EAGAIN), "[EAGAIN]"], "failure")
    check_equal(failed[1].payload, b"", "payload of a failure")
    check("truncated" in failed[0].words, "64K of", sent)


@case
def twenty_segments_and_sendmmsg():
    import ctypes
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with a, b, dump("*", "--type", "dgram", "--filter-pid", os.getpid(), "--side", "both") as tracer:
        parts = [bytes([65 + n]) * (n * 7) for n in range(20)]  # the first is empty
        os.writev(a.fileno(), parts)
        buffers = [bytearray(100) for _ in range(20)]
        b.recvmsg_into(buffers)

        class Iovec(ctypes.Structure):
            _fields_ = [("base", ctypes.c_char_p), ("length", ctypes.c_size_t)]

        class Mmsg(ctypes.Structure):
            _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint),
                        ("iov", ctypes.POINTER(Iovec)), ("iovlen", ctypes.c_size_t),
                        ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                        ("flags", ctypes.c_int), ("pad", ctypes.c_int),
                        ("sent", ctypes.c_uint), ("pad2", ctypes.c_int)]

        words = [b"un", b"deux", b"trois", b"quatre"]
        iovecs = [Iovec(word, len(word)) for word in words]
        vector = (Mmsg * 4)(*[Mmsg(iov=ctypes.pointer(i), iovlen=1) for i in iovecs])
        libc = ctypes.CDLL(None, use_errno=True)
        check_equal(libc.sendmmsg(a.fileno(), vector, 4, 0), 4, "sendmmsg")
        for word in words:
            check_equal(b.recv(10), word, "received")
        found = messages_of(tracer.stop().ok())
    whole = b"".join(parts)
    check_said(found, whole, whole, *words, *words)


@case
def sendfile_and_splice():
    with tempfile.TemporaryFile() as file:
        file.write(b"from a file")
        file.flush()
        a, b = socket.socketpair()
        with a, b, dump("*", "--type", "stream", "--filter-pid", os.getpid(), "--side", "both") as tracer:
            check_equal(os.sendfile(a.fileno(), file.fileno(), 0, 11), 11, "sendfile")
            check_equal(b.recv(100), b"from a file", "received")
            a.send(b"to a pipe")
            r, w = os.pipe()
            check_equal(os.splice(b.fileno(), w, 100), 9, "splice")
            check_equal(os.read(r, 100), b"to a pipe", "read")
            found = messages_of(tracer.stop().ok())
    check_equal([(m.length, m.arrow) for m in found],
                [(11, ">>>"), (11, "<<<"), (9, ">>>"), (9, "<<<")], "lengths")
    check_equal([m.payload for m in found], [b"", b"from a file", b"to a pipe", b""], "payloads")
    check_equal([m.words for m in found], [["spliced"], [], [], ["spliced"]], "words")


@case
def peek_is_marked():
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        a, b = socket.socketpair(socket.AF_UNIX, kind)
        with a, b, dump("*", "--type", TYPES[kind], "--filter-pid", os.getpid(), "--side", "recv") as tracer:
            a.send(b"look")
            b.recv(10, socket.MSG_PEEK)
            b.recv(10)
            found = messages_of(tracer.stop().ok())
        check_said(found, b"look", b"look")
        check_equal([m.words for m in found], [["peek"], []], "words")


@case
def descriptors_and_credentials_are_told():
    a, b = socket.socketpair()
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))
    mine = (socket.SOL_SOCKET, socket.SCM_CREDENTIALS,
            struct.pack("3i", os.getpid(), os.getuid(), os.getgid()))
    with a, b, dump("*", "--type", "stream", "--filter-pid", os.getpid(), "--side", "both") as tracer:
        b.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        a.sendmsg([b"three"], [rights])
        b.recvmsg(10, 1000)
        a.sendmsg([b"who"], [mine])
        b.recvmsg(10, 1000)
        a.sendmsg([b"lost"], [rights])
        b.recvmsg(10, 0)
        found = messages_of(tracer.stop().ok())
    check_said(found, b"three", b"three", b"who", b"who", b"lost", b"lost")
    check_equal([m.words for m in found],
                [["fds=3"], ["creds", "fds=3"], ["creds"], ["creds"], ["fds=3"], ["MSG_CTRUNC"]], "words")


@case
def a_datagram_that_the_receiver_cuts():
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with a, b, dump("*", "--type", "dgram", "--filter-pid", os.getpid(), "--side", "recv") as tracer:
        a.send(b"0123456789")
        b.recv(4)
        a.send(b"0123456789")
        b.recv(4, socket.MSG_TRUNC)
        a.send(b"")
        b.recv(4)
        found = messages_of(tracer.stop().ok())
    check_said(found, b"0123", b"0123", b"")
    check_equal([(m.length, m.words) for m in found],
                [(4, ["MSG_TRUNC"]), (10, ["MSG_TRUNC"]), (0, [])], "lengths")


@case
def bytes_that_are_gone_are_told():
    """While the sender waits for room, its buffer's first page is given back."""
    import ctypes
    import mmap
    size = 4 << 20
    memory = mmap.mmap(-1, size)
    memory.write(b"x" * size)
    a, b = socket.socketpair()
    with a, b, dump("*", "--filter-pid", os.getpid(), "--type", "stream") as tracer:
        with in_thread(a.sendall, memory):
            time.sleep(1)  # it sleeps in the middle of the one call
            memory.madvise(mmap.MADV_DONTNEED, 0, 4096 * 4)
            recv_exactly(b, size)
        found = messages_of(tracer.stop().ok())
    check_equal([(m.captured, m.length) for m in found], [(0, size)], "captured")
    check("EFAULT" in found[0].words, found[0].rest)


@case
def filters_by_type_comm_uid():
    def talk():
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            a, b = socket.socketpair(socket.AF_UNIX, kind)
            a.send(b"s" if kind == socket.SOCK_STREAM else b"d")

    with dump("*", "--type", "dgram", "--filter-comm", "talker*") as dgrams, \
            dump("*", "--filter-comm", "talker*", "--filter-uid", "12345") as others, \
            dump("*", "--filter-comm", "talker*", "--filter-uid", "0", "--filter-netns", "self") as roots:
        run_as("talker one", talk)
        run_as("silent", talk)
        found = [messages_of(t.stop().ok()) for t in (dgrams, others, roots)]
    check_said(found[0], b"d")
    check_equal(found[0][0].comm, "talker\\x20one", "comm")
    check_said(found[1])
    check_said(found[2], b"s", b"d")


# ---- as packets ----------------------------------------------------------------------------------

def packets_of(path):
    """Yields (destination pid, source pid, path, payload, bytes cut off) of a file of --format pcap."""
    with open(path, "rb") as file:
        head = file.read(24)
        check_equal(struct.unpack("=IHHiIII", head)[:3], (0xa1b2c3d4, 2, 4), "pcap")
        check_equal(struct.unpack("=IHHiIII", head)[6], 147, "link type")
        while record := file.read(16):
            _, _, kept, length = struct.unpack("=IIII", record)
            packet = file.read(kept)
            check_equal(len(packet), kept, "a torn packet")
            name, destination, source = struct.unpack(">109pQQ", packet[:125])
            yield destination, source, name, packet[125:], length - kept


@case
def packets_as_sockdump_lays_them_out():
    with Folder() as folder, listener("p.sock") as server, connected("p.sock") as client:
        end, _ = server.accept()
        with end, Tracer("dump", folder + "/p.sock", "--side", "both", "--format", "pcap",
                         "--max-bytes", "1000", "-o", folder + "/said.pcap") as tracer:
            pid = run_as("child", client.send, b"x" * 1200)
            end.recv(2000)
            outcome = tracer.stop().ok()
        found = list(packets_of(folder + "/said.pcap"))
    check_equal(outcome.printed, 2, "packets")
    check_equal(found[0], (os.getpid(), pid, b"p.sock", b"x" * 1000, 200), "sent")
    check_equal(found[1], (os.getpid(), pid, b"p.sock", b"x" * 1000, 200), "received")


def segments_of(path):
    """Yields (source port, destination port, sequence number, flags, payload) of --format pcap-tcp."""
    with open(path, "rb") as file:
        check_equal(struct.unpack("=IHHiIII", file.read(24))[6], 1, "link type")
        while record := file.read(16):
            _, _, kept, length = struct.unpack("=IIII", record)
            frame = file.read(kept)
            check_equal((len(frame), length), (kept, kept), "a frame's length")
            check_equal(struct.unpack(">H", frame[16:18])[0], kept - 14, "length in the IP header")
            source, destination, sequence, _, words, flags = struct.unpack(">HHIIBB", frame[34:48])
            yield source, destination, sequence, flags, frame[34 + words // 16 * 4:]


@case
def an_http_exchange_as_tcp():
    """tests/unit/output/tcp_packets_test.cc has tshark read the like of it."""
    request = b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 150000\r\n\r\n" + os.urandom(150000)
    with Folder() as folder, listener("h.sock") as server:
        for side in ("send", "recv"):
            file = f"{folder}/{side}.pcap"
            with Tracer("dump", folder + "/h.sock", "--side", side, "--format", "pcap-tcp",
                        "--max-bytes", "1M", "-o", file) as tracer:
                client = connected("h.sock")
                client.send(request)  # before it is accepted
                end, _ = server.accept()
                recv_exactly(end, len(request))
                with in_thread(end.sendall, answer):
                    recv_exactly(client, len(answer))
                end.close()
                client.close()
                tracer.stop().ok()
            found = list(segments_of(file))
            ports = (found[0][0], 80)
            check_equal([s[3] for s in found[:3]], [2, 0x12, 0x10], "flags of the handshake")
            said, ended = {80: b"", ports[0]: b""}, set()
            for source, destination, sequence, flags, payload in found[2:]:
                check_equal({source, destination}, set(ports), "one connection")
                check_equal(sequence, 1 + len(said[source]) + (source in ended), "sequence number")
                said[source] += payload
                if flags & 1:
                    ended.add(source)
            check_equal(said[80], answer, side)
            check_equal(said[ports[0]], request, side)
            check_equal(ended, set(ports), "FIN")


@case
def packets_with_comments():
    with Folder() as folder, listener("c.sock") as server, connected("c.sock") as client:
        end, _ = server.accept()
        with end, Tracer("dump", folder + "/c.sock", "--format", "pcapng",
                         "-o", folder + "/said.pcapng") as tracer:
            client.send(b"hello")
            check_equal(end.recv(10), b"hello", "received")
            tracer.stop().ok()
        with open(folder + "/said.pcapng", "rb") as file:
            said = file.read()
    kinds = []
    while said:
        kind, length = struct.unpack("=II", said[:8])
        check_equal(struct.unpack("=I", said[length - 4:length])[0], length, "both lengths of a block")
        kinds.append(kind)
        last, said = said[:length], said[length:]
    check_equal(kinds, [0x0a0d0d0a, 1, 6], "blocks")
    check(f"[{os.getpid()} -> ~{os.getpid()}] path c.sock len 5(5)".encode() in last, "no comment:", last)


# ---- how much ------------------------------------------------------------------------------------

PACE = 5000


def until_written(path, size, patience=20):
    """Emulated, sender and reader share a processor: the pace is also what the reader keeps up with."""
    last, since = -1, time.monotonic()
    while (now := os.path.getsize(path)) < size:
        if now != last:
            last, since = now, time.monotonic()
        if time.monotonic() - since > patience:
            return  # something was lost: the account will tell
        time.sleep(0.01)


def many(kind, count):
    """`count` messages of 1 B to 64 KiB, their number in front, at most PACE a second and as the reader keeps up; what is not
    in the file, byte-equal and in order, is counted as lost."""
    a, b = socket.socketpair(socket.AF_UNIX, kind)
    for end in (a, b):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    numbers = random.Random(count)
    noise = numbers.randbytes(1 << 17)
    sizes = [numbers.randint(1, 65536) for _ in range(count)]

    def message(number):
        return (struct.pack(">I", number) + noise[number:number + 65536])[:sizes[number]]

    def drain():
        left = sum(sizes) if kind == socket.SOCK_STREAM else count
        while left:
            got = len(b.recv(1 << 17))
            left -= got if kind == socket.SOCK_STREAM else 1

    with a, b, tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
        with Tracer("dump", "*", "--filter-pid", os.getpid(), "--type", TYPES[kind], "--format", "pcap",
                    "-o", file.name) as tracer:
            with in_thread(drain):
                begin = time.monotonic()
                for number in range(count):
                    check_equal(a.send(message(number)), sizes[number], "sent")
                    if number % 100 == 0:
                        until_written(file.name, sum(sizes[:max(0, number - 100)]))
                    ahead = begin + number / PACE - time.monotonic()
                    if ahead > 0:
                        time.sleep(ahead)
                took = time.monotonic() - begin
            outcome = tracer.stop().ok()
        at = missing = 0
        for _, _, _, payload, cut in packets_of(file.name):
            check_equal(cut, 0, "cut off")
            while at < count and message(at) != payload:
                at, missing = at + 1, missing + 1
            check(at < count, "a message that was not sent, or out of order")
            at += 1
    missing += count - at
    print(f"     {count / took:.0f} a second, {sum(sizes) / took / 1e6:.0f} MB/s,"
          f" {outcome.lost} lost, {outcome.missed} missed")
    check_equal(outcome.lost, missing, "lost in the account, and not in the file")
    check_equal(missing, 0, f"lost, {outcome.err}")


@case
def ten_thousand_datagrams():
    many(socket.SOCK_DGRAM, 10000)
    check_no_residue()


@case
def ten_thousand_stream_writes():
    many(socket.SOCK_STREAM, 10000)
    check_no_residue()


@case
def overload_counts_every_loss():
    """A ring for two messages, a reader that does not read: what is not shown is counted, by socket."""
    read_end, write_end = os.pipe()
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    payload = os.urandom(30000)
    with a, b:
        tracer = Tracer("dump", "*", "--filter-pid", os.getpid(), "--type", "dgram",
                        "--format", "hexstring", "--buffer-size", "128K", stdout=write_end)
        tracer.start()
        os.close(write_end)
        for number in range(300):
            a.send(struct.pack(">I", number) + payload)
            b.recv(65536)
        with reading(read_end) as chunks:
            outcome = tracer.stop().ok()
    outcome.out = b"".join(chunks).decode()
    found = messages_of(outcome)
    order = [struct.unpack(">I", m.payload[:4])[0] for m in found]
    check_equal(order, sorted(order), "order")
    check(all(m.payload[4:] == payload for m in found), "a payload differs")
    check_equal(len(found) + outcome.lost, 300, "shown and lost")
    check(outcome.lost > 0, "nothing was lost: this is no overload")


@case
def hostile_names_print_safely():
    """Escapes, newlines and bytes that are no UTF-8, in path and comm."""
    with Folder() as folder:
        name = (folder + "/\x1b[2J\n12:00:00.000 >>> process x ").encode() + b"\xff\xfe"
        with listener(name) as server, connected(name) as client:
            end, _ = server.accept()
            with end, dump(folder + "/*") as tracer, \
                    Tracer("dump", folder + "/*", "--format", "string") as text:
                run_as(b"a] path \x1b\n\xff", client.send, b"\x1b[2J\n12:00 >>> \xff \xe2\x80\xae caf\xc3\xa9")
                end.recv(100)
                found = messages_of(tracer.stop().ok())
                said = text.stop().ok().out
    check_equal(len(found), 1, "messages")
    check_equal(found[0].path, folder + "/\\x1b[2J\\x0a12:00:00.000\\x20>>>\\x20process\\x20x\\x20\\xff\\xfe",
                "path")
    check_equal(found[0].comm, "a]\\x20path\\x20\\x1b\\x0a\\xff", "comm")
    lines = said.splitlines()
    check_equal(lines[1:], ["\t\\x1b[2J\\n", "\t12:00 >>> \\xff \\u202e caf\u00e9"], "string")


@case
def foreign_sockets_never_appear():
    with Folder() as folder, listener("mine.sock") as mine, listener("mine.sock2") as other:
        with connected("mine.sock") as client, connected("mine.sock2") as stranger:
            a, b = socket.socketpair()
            with a, b, dump(folder + "/mine.sock", "--side", "both") as by_file, \
                    dump("mine.soc?", "--side", "both") as by_glob:
                end, _ = mine.accept()
                far, _ = other.accept()
                with end, far:
                    for speaker, hearer in ((stranger, far), (a, b), (client, end), (far, stranger)):
                        speaker.send(b"said")
                        hearer.recv(10)
                found = [messages_of(t.stop().ok()) for t in (by_file, by_glob)]
    for one in found:
        check_said(one, b"said", b"said")
        check_equal({m.path for m in one}, {"mine.sock"}, "path")


@case
def wrong_usage_and_examples():
    for words in (["dump"], ["dump", "@" + "x" * 200], ["dump", "a[b"], ["dump", "*", "--format", "x"],
                  ["dump", "*", "--max-bytes", "2M"], ["dump", "a", "b"]):
        outcome = socketrace(*words)
        check_equal(outcome.status, 2, f"status of {words}; {outcome.err}")
    outcome = socketrace("dump", "/etc/passwd", "--duration", "0.1").ok()
    check("/etc/passwd is no socket's file here" in outcome.err, outcome.err)
    text = socketrace("dump", "--help").out
    lines = re.findall(r"^  socketrace (dump .*)$", text, re.M)
    check(len(lines) >= 3, "no examples:", text)
    import shlex
    for line in lines:
        words = [re.sub("^10$", "1", w) for w in shlex.split(line)]
        socketrace(*words).ok()
