# SPDX-License-Identifier: BSD-2-Clause
"""What `socketrace dump` printed, and the sockets of those who spoke."""
import ast
import os
import random
import re
import socket
import struct
import tempfile

from harness import Tracer, check, check_equal

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


class Numbered:
    """`count` messages of 1 B to 64 KiB: the number in front, as far as it fits, and noise."""
    MOST = 65536

    def __init__(self, count):
        numbers = random.Random(count)
        self.noise = numbers.randbytes(2 * self.MOST)
        self.sizes = [numbers.randint(1, self.MOST) for _ in range(count)]

    def __len__(self):
        return len(self.sizes)

    def __getitem__(self, number):
        at = number % self.MOST
        return (struct.pack(">I", number) + self.noise[at + 4:at + self.MOST])[:self.sizes[number]]

    def missing_in(self, path):
        """How many are not in a file of --format pcap; those that are must be whole and in order."""
        at = missing = 0
        for _, _, _, payload, cut in packets_of(path):
            check_equal(cut, 0, "cut off")
            while at < len(self) and self[at] != payload:
                at, missing = at + 1, missing + 1
            check(at < len(self), "a message that was not sent, or out of order")
            at += 1
        return missing + len(self) - at
