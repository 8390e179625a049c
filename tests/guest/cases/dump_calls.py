# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace dump`: every way to say and to hear something; byte for byte."""
import array
import errno
import os
import random
import socket
import struct
import tempfile
import time

from dumped import TYPES, check_said, dump, messages_of
from harness import case, check, check_equal
from msghdr import LIBC, vector_of
from traffic import in_thread, recv_exactly


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
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with a, b, dump("*", "--type", "dgram", "--filter-pid", os.getpid(), "--side", "both") as tracer:
        parts = [bytes([65 + n]) * (n * 7) for n in range(20)]  # the first is empty
        os.writev(a.fileno(), parts)
        buffers = [bytearray(100) for _ in range(20)]
        b.recvmsg_into(buffers)

        words = [b"un", b"deux", b"trois", b"quatre"]
        check_equal(LIBC.sendmmsg(a.fileno(), vector_of(words), 4, 0), 4, "sendmmsg")
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
