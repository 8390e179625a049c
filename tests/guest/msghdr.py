# SPDX-License-Identifier: BSD-2-Clause
"""The structs of sendmsg(2), recvmsg(2), sendmmsg(2) and recvmmsg(2), which Python's socket does not show."""
import ctypes

LIBC = ctypes.CDLL(None, use_errno=True)


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.POINTER(ctypes.c_char)), ("length", ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint32),
                ("iov", ctypes.POINTER(Iovec)), ("iovlen", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class Mmsghdr(ctypes.Structure):
    _fields_ = [("header", Msghdr), ("length", ctypes.c_uint)]


def fill(header, data):
    """One segment: bytes, or a buffer to receive in; the header keeps it."""
    buffer = ctypes.create_string_buffer(data, len(data)) if isinstance(data, bytes) else data
    iovec = Iovec(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_char)), len(buffer))
    header.iov, header.iovlen = ctypes.pointer(iovec), 1


def vector_of(messages):
    """struct mmsghdr[], each message as fill() takes it."""
    vector = (Mmsghdr * len(messages))()
    for one, data in zip(vector, messages):
        fill(one.header, data)
    return vector
