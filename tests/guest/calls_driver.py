# SPDX-License-Identifier: BSD-2-Clause
"""Makes socket calls whose results it knows, and says for each the line that `socketrace calls` has
to print. Runs as a program of its own, so that no other call of the test is among them."""
import ctypes
import errno
import mmap
import os
import socket
import struct
import sys

from msghdr import LIBC, Mmsghdr, Msghdr, fill

NAME = "driver"


class Said:
    """What was called, as the lines that must appear, in their order."""

    def __init__(self):
        self.lines = []

    def add(self, fd, text, result):
        # Of two names for one number Python knows the other one.
        names = {**errno.errorcode, errno.EOPNOTSUPP: "EOPNOTSUPP"}
        name = f" [{names[-result]}]" if result < 0 else ""
        self.lines.append(f"{NAME}/{os.getpid()}/{fd} syscall::{text} = {result}{name}")


said = Said()


def raw(function, *args):
    """The system call's result as the kernel gives it."""
    ctypes.set_errno(0)
    result = getattr(LIBC, function)(*args)
    return -ctypes.get_errno() if result == -1 else result


def sockaddr_in(address, port):
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H4s8x", port,
                                                           socket.inet_aton(address))


def sockaddr_in6(address, port, scope=0):
    return (struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0) +
            socket.inet_pton(socket.AF_INET6, address) + struct.pack("=I", scope))


def sockaddr_un(name):
    return struct.pack("=H", socket.AF_UNIX) + name


def call(function, fd, address, shown, length=None):
    """bind or connect with any bytes for an address."""
    result = raw(function, fd, address, len(address) if length is None else length)
    said.add(fd, f"{function}({shown})", result)
    return result


def listen(sock, shown):
    said.add(sock.fileno(), f"listen({shown})", raw("listen", sock.fileno(), 5))


def accept(sock, shown, call="accept4", address=None):
    """Without an address to be filled in, unless given one."""
    room = ctypes.c_uint32(len(address) if address else 0)
    length = ctypes.byref(room) if address else None
    if call == "accept4":
        fd = raw("accept4", sock.fileno(), address, length, 0)
    else:
        fd = raw("accept", sock.fileno(), address, length)
    said.add(sock.fileno(), f"{call}({shown if fd >= 0 else '-'})", fd)
    return fd


def sendto(fd, data, address, shown):
    result = raw("sendto", fd, data, len(data), 0, address, len(address) if address else 0)
    said.add(fd, f"sendto({shown})", result)
    return result


def recvfrom(fd, shown, room=None, flags=0):
    data = ctypes.create_string_buffer(64)
    address = ctypes.create_string_buffer(b"\xaa" * room, room) if room is not None else None
    length = ctypes.c_uint32(room or 0)
    result = raw("recvfrom", fd, data, 64, flags, address,
                 ctypes.byref(length) if address else None)
    said.add(fd, f"recvfrom({shown})", result)
    return result


kept = []  # memory that structs point to


def address_and_fill(header, data, name=None, room=0):
    fill(header, data)
    if name is not None or room:
        text = ctypes.create_string_buffer(name or b"", len(name) if name else room)
        header.name, header.namelen = ctypes.addressof(text), len(text)
        kept.append(text)
    return header


def sendmsg(fd, data, name, shown):
    header = address_and_fill(Msghdr(), data, name)
    said.add(fd, f"sendmsg({shown})", raw("sendmsg", fd, ctypes.byref(header), 0))


def recvmsg(fd, shown, room=0, flags=0):
    header = address_and_fill(Msghdr(), ctypes.create_string_buffer(64), None, room)
    said.add(fd, f"recvmsg({shown})", raw("recvmsg", fd, ctypes.byref(header), flags))


def mmsg(function, fd, messages, *more):
    """messages: (data or buffer, name, room, shown, bytes)"""
    headers = (Mmsghdr * len(messages))()
    for header, (data, name, room, _, _) in zip(headers, messages):
        address_and_fill(header.header, data, name, room)
    result = raw(function, fd, headers, len(messages), 0, *more)
    if result < 0:
        said.add(fd, f"{function}({messages[0][3]})", result)
        return
    for at, (_, _, _, shown, size) in enumerate(messages[:result]):
        said.add(fd, f"{function}({shown})", result)
        said.lines[-1] += f" message={at + 1}/{result} bytes={size}"


def close(fd, shown):
    said.add(fd, f"close({shown})", raw("close", fd))


def port_of(fd):
    with socket.socket(fileno=os.dup(fd)) as s:
        return s.getsockname()[1]


# ---- the parts of the driver: each a function, chosen by name ---------------------------------

def inet():
    listener = socket.socket()
    fd = listener.fileno()
    call("bind", fd, sockaddr_in("127.0.0.1", 0), "127.0.0.1:0")
    port = port_of(fd)
    listen(listener, f"127.0.0.1:{port}")
    call("bind", fd, sockaddr_in("127.0.0.1", port), f"127.0.0.1:{port}")  # EINVAL: bound already
    client = socket.socket()
    call("connect", client.fileno(), sockaddr_in("127.0.0.1", port), f"127.0.0.1:{port}")
    mine = client.getsockname()[1]
    new = accept(listener, f"127.0.0.1:{mine}")
    other = socket.socket()
    call("connect", other.fileno(), sockaddr_in("127.0.0.1", port), f"127.0.0.1:{port}")
    call("connect", other.fileno(), sockaddr_in("127.0.0.1", port), f"127.0.0.1:{port}")  # EISCONN
    accept(listener, f"127.0.0.1:{other.getsockname()[1]}", "accept",
           ctypes.create_string_buffer(16))
    listener.setblocking(False)
    accept(listener, "")  # EAGAIN
    sendto(client.fileno(), b"hello", None, f"peer 127.0.0.1:{port}")
    recvfrom(new, f"peer 127.0.0.1:{mine}", 16)  # TCP gives no address back
    sendmsg(new, b"answer", None, f"peer 127.0.0.1:{mine}")
    recvmsg(client.fileno(), f"peer 127.0.0.1:{port}")
    recvfrom(client.fileno(), f"peer 127.0.0.1:{port}", None, socket.MSG_DONTWAIT)  # EAGAIN
    # Refused, at once and later.
    refused = socket.socket()
    call("connect", refused.fileno(), sockaddr_in("127.0.0.1", 1), "127.0.0.1:1")
    later = socket.socket()
    later.setblocking(False)
    call("connect", later.fileno(), sockaddr_in("127.0.0.1", port), f"127.0.0.1:{port}")
    # What no address is.
    odd = socket.socket()
    call("connect", odd.fileno(), sockaddr_in("127.0.0.1", port)[:1], "short(1)")
    call("connect", odd.fileno(), None, "NULL", 0)
    call("bind", odd.fileno(), ctypes.c_void_p(8), "?(EFAULT)", 16)
    call("connect", odd.fileno(), struct.pack("=H14x", 0), "unspec")
    call("connect", odd.fileno(), struct.pack("=H14s", 29, b"\1\2"), "AF_CAN:0102" + "00" * 12)
    call("connect", odd.fileno(), struct.pack("=H14s", 57, b"\3"), "AF_57:03" + "00" * 13)
    # Descriptors that are no sockets.
    call("connect", 999, sockaddr_in("127.0.0.1", 5), "127.0.0.1:5")
    null = os.open("/dev/null", os.O_RDONLY)
    call("bind", null, sockaddr_in("127.0.0.1", 5), "127.0.0.1:5")
    said.add(null, "listen(-)", raw("listen", null, 1))
    os.close(null)  # of no socket: no line
    # Descriptor 0 is as good as any.
    os.close(0)
    zero = socket.socket()
    call("connect", zero.fileno(), sockaddr_in("127.0.0.1", port), f"127.0.0.1:{port}")


def inet6():
    listener = socket.socket(socket.AF_INET6)
    fd = listener.fileno()
    call("bind", fd, sockaddr_in6("::", 0), "[::]:0")
    port = port_of(fd)
    listen(listener, f"[::]:{port}")
    client = socket.socket(socket.AF_INET6)
    call("connect", client.fileno(), sockaddr_in6("::1", port), f"[::1]:{port}")
    accept(listener, f"[::1]:{client.getsockname()[1]}", "accept4", ctypes.create_string_buffer(28))
    mapped = socket.socket(socket.AF_INET6)
    call("connect", mapped.fileno(), sockaddr_in6("::ffff:127.0.0.1", port),
         f"[::ffff:127.0.0.1]:{port}")
    accept(listener, f"[::ffff:127.0.0.1]:{mapped.getsockname()[1]}")
    lost = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    call("bind", lost.fileno(), sockaddr_in6("fe80::1:2", 7, 1), "[fe80::1:2%1]:7")  # no such


def udp():
    a, b = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for s in (a, b):
        call("bind", s.fileno(), sockaddr_in("127.0.0.1", 0), "127.0.0.1:0")
    here, there = a.getsockname()[1], b.getsockname()[1]
    sendto(a.fileno(), b"one", sockaddr_in("127.0.0.1", there), f"127.0.0.1:{there}")
    recvfrom(b.fileno(), f"127.0.0.1:{here}", 16)
    sendto(a.fileno(), b"short", sockaddr_in("127.0.0.1", there), f"127.0.0.1:{there}")
    recvfrom(b.fileno(), f"AF_INET:{here:04x}", 4)  # room for family and port only
    sendto(a.fileno(), b"nobody", None, "NULL")  # EDESTADDRREQ
    sendmsg(a.fileno(), b"two", sockaddr_in("127.0.0.1", there), f"127.0.0.1:{there}")
    recvmsg(b.fileno(), f"127.0.0.1:{here}", 128)
    addresses = []
    for at in range(4):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", 0))
        said.add(s.fileno(), "bind(127.0.0.1:0)", 0)
        addresses.append(s)
    ports = [s.getsockname()[1] for s in addresses]
    mmsg("sendmmsg", a.fileno(), [(b"x" * (at + 1), sockaddr_in("127.0.0.1", port), 0,
                                   f"127.0.0.1:{port}", at + 1) for at, port in enumerate(ports)])
    for at, s in enumerate(addresses):
        s.settimeout(None)
        sendto(s.fileno(), b"y" * (at + 1), sockaddr_in("127.0.0.1", here), f"127.0.0.1:{here}")
    mmsg("recvmmsg", a.fileno(), [(ctypes.create_string_buffer(64), None, 16, f"127.0.0.1:{port}",
                                   at + 1) for at, port in enumerate(ports)], None)
    mmsg("sendmmsg", a.fileno(), [(b"x", None, 0, "NULL", 1)])  # EDESTADDRREQ
    call("connect", a.fileno(), sockaddr_in("127.0.0.1", there), f"127.0.0.1:{there}")
    sendto(a.fileno(), b"three", None, f"peer 127.0.0.1:{there}")
    recvfrom(b.fileno(), "NULL")
    sendto(a.fileno(), b"elsewhere", sockaddr_in("127.0.0.1", ports[0]), f"127.0.0.1:{ports[0]}")
    mmsg("sendmmsg", a.fileno(), [(b"z", None, 0, f"peer 127.0.0.1:{there}", 1)] * 2)
    call("connect", a.fileno(), struct.pack("=H14x", 0), "unspec")


def unbound():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sendto(s.fileno(), b"x", sockaddr_in("127.0.0.77", 9), "127.0.0.77:9")


def unix():
    path = f"/tmp/calls-{os.getpid()}"
    listener = socket.socket(socket.AF_UNIX)
    call("bind", listener.fileno(), sockaddr_un(path.encode() + b"\0"), f"unix:{path}")
    listen(listener, f"unix:{path}")
    client = socket.socket(socket.AF_UNIX)
    call("connect", client.fileno(), sockaddr_un(path.encode()), f"unix:{path}")
    new = accept(listener, "unix:-")
    sendto(client.fileno(), b"hello", None, f"peer unix:{path}")
    recvfrom(new, "peer unix:-", 110)
    os.unlink(path)
    gone = socket.socket(socket.AF_UNIX)
    call("connect", gone.fileno(), sockaddr_un(path.encode()), f"unix:{path}")  # ENOENT
    name = f"\0calls {os.getpid()}\0\x1b".encode()
    abstract = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    shown = f"unix:@calls\\x20{os.getpid()}\\x00\\x1b"
    call("bind", abstract.fileno(), sockaddr_un(name), shown)
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sendto(sender.fileno(), b"x", sockaddr_un(name), shown)
    recvfrom(abstract.fileno(), "NULL", 110)  # an unnamed sender has no address
    call("bind", sender.fileno(), sockaddr_un(name + b"2"), shown + "2")
    sendto(sender.fileno(), b"y", sockaddr_un(name), shown)
    recvfrom(abstract.fileno(), shown + "2", 110)
    auto = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    call("bind", auto.fileno(), sockaddr_un(b""), "unix:-")  # the kernel chooses
    one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sendto(one.fileno(), b"pair", None, "peer unix:-")
    recvfrom(two.fileno(), "peer unix:-")


def others():
    route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    call("bind", route.fileno(), struct.pack("=HHII", socket.AF_NETLINK, 0, 0, 0x11),
         "netlink:ROUTE pid=0 groups=0x11")
    request = struct.pack("=IHHIIBxHiII", 32, 18, 0x301, 1, 0, 0, 0, 0, 0, 0)  # RTM_GETLINK, dump
    sendto(route.fileno(), request, struct.pack("=HHII", socket.AF_NETLINK, 0, 0, 0),
           "netlink:ROUTE pid=0 groups=0x0")
    sendto(route.fileno(), b"x", None, "peer netlink:ROUTE pid=0 groups=0x0")
    data = ctypes.create_string_buffer(8192)
    address, length = ctypes.create_string_buffer(12), ctypes.c_uint32(12)
    got = raw("recvfrom", route.fileno(), data, 8192, 0, address, ctypes.byref(length))
    said.add(route.fileno(), "recvfrom(netlink:ROUTE pid=0 groups=0x0)", got)
    said.add(route.fileno(), f"listen(netlink:ROUTE pid={os.getpid()} groups=0x11)",
             raw("listen", route.fileno(), 1))  # EOPNOTSUPP
    packet = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    call("bind", packet.fileno(), struct.pack("=H", socket.AF_PACKET) + struct.pack("!H", 0x88b5) +
         struct.pack("=i12x", 1), "packet:1/0x88b5")
    vsock = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    call("bind", vsock.fileno(), struct.pack("=HHIIB3x", socket.AF_VSOCK, 0, 4321, 0xffffffff, 0),
         "vsock:*:4321")
    listen(vsock, "vsock:*:4321")
    client = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    client.setblocking(False)
    call("connect", client.fileno(), struct.pack("=HHIIB3x", socket.AF_VSOCK, 0, 4321, 1, 0),
         "vsock:1:4321")
    algorithm = b"no".ljust(14, b"\0") + bytes(8) + b"such".ljust(64, b"\0")
    hash_ = socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)
    call("bind", hash_.fileno(), struct.pack("=H", socket.AF_ALG) + algorithm,
         "AF_ALG:" + algorithm[:32].hex() + "...")
    said.add(hash_.fileno(), "listen(AF_ALG)", raw("listen", hash_.fileno(), 1))
    bluetooth = struct.pack("=HH6sH", 31, 1, b"\1\2\3\4\5\6", 0)
    call("connect", packet.fileno(), bluetooth, "AF_BLUETOOTH:" + bluetooth[2:].hex())


def closes():
    """Descriptors alone: a socket object of Python would be closed by itself."""
    pair = (ctypes.c_int * 2)()
    raw("socketpair", socket.AF_UNIX, socket.SOCK_STREAM, 0, pair)
    a = raw("socket", socket.AF_INET, socket.SOCK_DGRAM, 0)
    address = sockaddr_in("127.0.0.1", 0)
    raw("bind", a, address, len(address))
    raw("connect", a, sockaddr_in("127.0.0.1", 9), 16)
    name = ctypes.create_string_buffer(16)
    raw("getsockname", a, name, ctypes.byref(ctypes.c_uint32(16)))
    here = struct.unpack("!H", name.raw[2:4])[0]
    again = os.dup(a)
    close(a, f"127.0.0.1:{here} <-> 127.0.0.1:9")
    close(again, f"127.0.0.1:{here} <-> 127.0.0.1:9")  # still open: another name of it
    close(pair[0], "unix:- <-> unix:-")
    close(pair[1], "unix:- <-> unix:-")  # the other end, closed, is still its peer
    raw("close", pair[1])  # EBADF, of no socket
    raw("close", raw("dup", 1))  # nor this one
    other = raw("socket", socket.AF_INET6, socket.SOCK_STREAM, 0)
    close(other, "[::]:0 <-> [::]:0")


def refused():
    """So many that every table would be full that keeps one."""
    sock = raw("socket", socket.AF_INET, socket.SOCK_STREAM, 0)
    nobody = sockaddr_in("127.0.0.1", 1)
    for _ in range(10_000):
        assert raw("connect", sock, nobody, 16) == -errno.ECONNREFUSED
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    call("connect", sock, sockaddr_in("127.0.0.1", port), f"127.0.0.1:{port}")


def blocked():
    """Its accept has begun before the tracer: the parent sees to that."""
    listener = socket.socket(fileno=int(os.environ["LISTENER"]))
    print("ready", flush=True)
    fd, _ = listener._accept()
    said.add(listener.fileno(), f"accept4(127.0.0.1:{os.environ['CLIENT']})", fd)


def compat():
    """socketcall and bind as a 32-bit program makes them, five times each; connect and sendmsg as one of x32 does,
    twice."""
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    # push rbx; mov eax, edi; mov ebx, esi; xor ecx, ecx; xor edx, edx; int 0x80; pop rbx; ret
    code.write(bytes.fromhex("53 89f8 89f3 31c9 31d2 cd80 5b c3"))
    call32 = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)(
        ctypes.addressof(ctypes.c_char.from_buffer(code)))
    for _ in range(5):
        for number in (361, 102):  # bind(-1), socketcall(SYS_BIND)
            result = call32(number, -1 if number == 361 else 2)
            assert result in (-errno.EBADF, -errno.EFAULT), result
    for _ in range(2):
        for number in (42, 518):
            assert LIBC.syscall(0x40000000 | number, -1, None, 0) == -1
    print("compat done", flush=True)


if __name__ == "__main__":
    with open("/proc/self/comm", "w") as f:
        f.write(NAME)
    for part in sys.argv[1:]:
        globals()[part]()
    sys.stdout.write("".join(line + "\n" for line in said.lines))
    sys.stdout.flush()
    os._exit(0)  # Python would close what is left
