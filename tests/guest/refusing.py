# SPDX-License-Identifier: BSD-2-Clause
"""seccomp filters that refuse one system call by an errno."""
import ctypes
import errno
import platform
import struct

from msghdr import LIBC

NUMBERS = {"x86_64": {"connect": 42, "bind": 49}, "aarch64": {"connect": 203, "bind": 200}}[platform.machine()]


def refuse(call, number=errno.EPERM):
    """From now on, in this thread: the call has no entry, as tracers see it, but its exit."""
    code = b"".join(struct.pack("<HBBI", *one) for one in (
        (0x20, 0, 0, 0),                     # the call's number
        (0x15, 0, 1, NUMBERS[call]),         # this one?
        (0x06, 0, 0, 0x00050000 | number),   # SECCOMP_RET_ERRNO
        (0x06, 0, 0, 0x7fff0000)))           # SECCOMP_RET_ALLOW
    instructions = ctypes.create_string_buffer(code)
    program = struct.pack("@HQ", len(code) // 8, ctypes.addressof(instructions))
    if LIBC.prctl(38, 1, 0, 0, 0) or LIBC.prctl(22, 2, program):  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
        raise OSError(ctypes.get_errno(), "prctl")
