# SPDX-License-Identifier: BSD-2-Clause
"""BPF programs made here, for the cases in which somebody else's run."""
import ctypes
import os
import platform
import socket
import struct

from msghdr import LIBC

BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
PROG_LOAD, SOCKET_FILTER = 5, 1
SO_ATTACH_BPF = 50
GET_SOCKET_COOKIE = 46


def instruction(code, registers=0, offset=0, immediate=0):
    return struct.pack("<BBhi", code, registers, offset, immediate)


def socket_filter(name, padding):
    """The descriptor of a program that asks for the socket's cookie and takes every packet. `padding` instructions make
    it long."""
    code = instruction(0x85, immediate=GET_SOCKET_COOKIE)
    code += instruction(0xb7, 0, 0, 0x7fffffff) * (padding + 1) + instruction(0x95)
    instructions, license_text = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
    attributes = ctypes.create_string_buffer(struct.pack(
        "<IIQQIIQII16s", SOCKET_FILTER, len(code) // 8, ctypes.addressof(instructions), ctypes.addressof(license_text),
        0, 0, 0, 0, 0, name.encode()))
    fd = LIBC.syscall(BPF, PROG_LOAD, attributes, 64)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "bpf(BPF_PROG_LOAD)")
    return fd


class FilteredReceiver:
    """A UDP socket on loopback whose every datagram runs such a program."""

    def __init__(self, name, padding=0):
        program = socket_filter(name, padding)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_BPF, program)
        os.close(program)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(5)

    def receive_one(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"x", self.socket.getsockname())
            self.socket.recv(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
