# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace dump`: much at a time."""
import os
import socket
import struct
import tempfile
import time

from dumped import TYPES, Numbered, messages_of
from harness import Tracer, case, check, check_equal, check_no_residue
from traffic import in_thread, reading


def until_written(path, size, patience=20):
    """Holds the sender until so much is in the file, or nothing more comes."""
    last, since = -1, time.monotonic()
    while (now := os.path.getsize(path)) < size:
        if now != last:
            last, since = now, time.monotonic()
        if time.monotonic() - since > patience:
            return  # something was lost: the account will tell
        time.sleep(0.01)


def many(kind, count):
    """Every one is there, byte-equal and in order. At no pace, for two emulated processors take turns
    on one of the host: the sender goes on when the reader has caught up. What a reader is up to who
    must keep up by himself, counted/dump_pace.py shows."""
    a, b = socket.socketpair(socket.AF_UNIX, kind)
    for end in (a, b):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    messages = Numbered(count)

    def drain():
        left = sum(messages.sizes) if kind == socket.SOCK_STREAM else count
        while left:
            got = len(b.recv(1 << 17))
            left -= got if kind == socket.SOCK_STREAM else 1

    with a, b, tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
        with Tracer("dump", "*", "--filter-pid", os.getpid(), "--type", TYPES[kind], "--format", "pcap",
                    "-o", file.name) as tracer:
            with in_thread(drain):
                for number in range(count):
                    check_equal(a.send(messages[number]), messages.sizes[number], "sent")
                    if number % 100 == 0:
                        until_written(file.name, sum(messages.sizes[:max(0, number - 100)]))
            outcome = tracer.stop().ok()
        missing = messages.missing_in(file.name)
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
