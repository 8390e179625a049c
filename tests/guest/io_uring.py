# SPDX-License-Identifier: BSD-2-Clause
"""As much of io_uring as one send or receive at a time takes, by hand: <linux/io_uring.h>."""
import ctypes
import mmap
import os
import struct

LIBC = ctypes.CDLL(None, use_errno=True)
SETUP, ENTER = 425, 426
OP_SEND, OP_RECV = 26, 27
OFF_SQ_RING, OFF_CQ_RING, OFF_SQES = 0, 0x8000000, 0x10000000
ENTER_GETEVENTS = 1
ENTRIES = 4


class Ring:
    def __init__(self):
        parameters = ctypes.create_string_buffer(120)
        self.fd = LIBC.syscall(SETUP, ENTRIES, parameters)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "io_uring_setup")
        words = struct.unpack("30I", parameters.raw)
        self.sq_tail, self.sq_mask, self.sq_array = words[11], words[12], words[16]
        self.cq_head, self.cq_tail, self.cq_mask, self.cqes = words[20], words[21], words[22], words[25]
        self.sq = mmap.mmap(self.fd, self.sq_array + words[0] * 4, offset=OFF_SQ_RING)
        self.cq = mmap.mmap(self.fd, self.cqes + words[1] * 16, offset=OFF_CQ_RING)
        self.sqes = mmap.mmap(self.fd, words[0] * 64, offset=OFF_SQES)

    def do(self, operation, fd, buffer):
        """Its result. The kernel tries at once, in this thread: it does not sleep if it need not."""
        tail = struct.unpack_from("I", self.sq, self.sq_tail)[0]
        index = tail & struct.unpack_from("I", self.sq, self.sq_mask)[0]
        struct.pack_into("<BBHiQQIIQ24x", self.sqes, index * 64, operation, 0, 0, fd, 0,
                         ctypes.addressof(buffer), len(buffer), 0, 0)
        struct.pack_into("I", self.sq, self.sq_array + index * 4, index)
        struct.pack_into("I", self.sq, self.sq_tail, tail + 1)
        if LIBC.syscall(ENTER, self.fd, 1, 1, ENTER_GETEVENTS, None, 0) != 1:
            raise OSError(ctypes.get_errno(), "io_uring_enter")
        head = struct.unpack_from("I", self.cq, self.cq_head)[0]
        assert struct.unpack_from("I", self.cq, self.cq_tail)[0] == head + 1
        at = self.cqes + 16 * (head & struct.unpack_from("I", self.cq, self.cq_mask)[0])
        result = struct.unpack_from("<Qi", self.cq, at)[1]
        struct.pack_into("I", self.cq, self.cq_head, head + 1)
        return result

    def send(self, sock, data):
        return self.do(OP_SEND, sock.fileno(), ctypes.create_string_buffer(data, len(data)))

    def receive(self, sock, size):
        return self.do(OP_RECV, sock.fileno(), ctypes.create_string_buffer(size))

    def close(self):
        for one in (self.sq, self.cq, self.sqes):
            one.close()
        os.close(self.fd)
