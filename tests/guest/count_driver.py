# SPDX-License-Identifier: BSD-2-Clause
"""Socket calls whose number and results the caller knows: it counts each as it makes it."""
import collections
import ctypes
import errno
import os
import socket
import tempfile

from msghdr import LIBC, vector_of

MPTCP = 262


class Driver:
    """counts[operation] is [calls, errors, bytes]; outcomes[outcome, family, protocol] a number."""

    def __init__(self):
        self.counts = collections.defaultdict(lambda: [0, 0, 0])
        self.outcomes = collections.Counter()

    def note(self, operation, failed=False, size=0, times=1):
        self.counts[operation][0] += times
        self.counts[operation][1] += times if failed else 0
        self.counts[operation][2] += size

    def socket(self, family, kind=socket.SOCK_STREAM, protocol=0):
        self.note("socket")
        sock = socket.socket(family, kind, protocol)
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return sock

    def bind(self, sock, address, want=None):
        try:
            sock.bind(address)
        except OSError as error:
            assert error.errno == want, error
        self.note("bind", failed=want is not None)

    def connect(self, sock, address, want=0, outcome=None):
        got = sock.connect_ex(address)
        assert got == want, (address, got, want)
        self.note("connect", failed=want not in (0, errno.EINPROGRESS))
        outcome = outcome or ("connect" if want == 0 else "connect started"
                              if want == errno.EINPROGRESS else "connect failed")
        self.outcomes[outcome, int(sock.family), int(sock.proto)] += 1

    def accepted(self, listener):
        self.note("accept")
        self.outcomes["accept", int(listener.family), int(listener.proto)] += 1

    def accept(self, listener):
        end = listener.accept()[0]
        self.accepted(listener)
        return end

    def accept_null(self, listener):
        """accept(2), not accept4, and no address wanted."""
        fd = LIBC.accept(listener.fileno(), None, None)
        assert fd >= 0, os.strerror(ctypes.get_errno())
        self.accepted(listener)
        return fd

    def accept_as_descriptor_0(self, listener):
        kept = os.dup(0)
        os.close(0)
        assert self.accept_null(listener) == 0
        os.dup2(kept, 0)
        os.close(kept)

    def accept_nothing(self, listener):
        listener.setblocking(False)
        try:
            listener.accept()
            raise AssertionError("accepted something")
        except BlockingIOError:
            pass
        listener.setblocking(True)
        self.note("accept", failed=True)
        self.outcomes["accept failed", int(listener.family), int(listener.proto)] += 1

    # ---- what is done with them

    def pair(self, family, address, protocol=0):
        listener = self.socket(family, protocol=protocol)
        self.bind(listener, address)
        listener.listen(8)
        client = self.socket(family, protocol=protocol)
        self.connect(client, listener.getsockname())
        return listener, client

    def stream(self, family, address, protocol=0):
        """Four connections of a family: accepted in four ways, one of them in vain."""
        listener, client = self.pair(family, address, protocol)
        server = self.accept(listener)
        for take in (self.accept_null, self.accept_as_descriptor_0):
            other = self.socket(family, protocol=protocol)
            self.connect(other, listener.getsockname())
            fd = take(listener)
            if fd is not None:
                os.close(fd)
            other.close()
        self.accept_nothing(listener)
        client.close()
        server.close()
        listener.close()

    def refused(self, family, address):
        """Nobody listens there any more."""
        closed = self.socket(family)
        self.bind(closed, address)
        where = closed.getsockname()
        closed.close()
        for _ in range(2):
            client = self.socket(family)
            self.connect(client, where, errno.ECONNREFUSED)
            client.close()

    def started(self):
        listener, client = self.pair(socket.AF_INET, ("127.0.0.1", 0))
        self.accept(listener).close()
        client.close()
        client = self.socket(socket.AF_INET)
        client.setblocking(False)
        self.connect(client, listener.getsockname(), errno.EINPROGRESS)
        client.close()
        listener.close()

    def netlink(self):
        sock = self.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.connect(sock, (0, 0))
        sock.close()

    def families(self):
        with tempfile.TemporaryDirectory() as folder:
            self.stream(socket.AF_INET, ("127.0.0.1", 0))
            self.stream(socket.AF_INET6, ("::1", 0))
            self.stream(socket.AF_UNIX, folder + "/x.sock")
            self.refused(socket.AF_INET, ("127.0.0.1", 0))
            client = self.socket(socket.AF_UNIX)
            self.connect(client, folder + "/nobody", errno.ENOENT)
            client.close()
        self.netlink()
        self.started()
        try:
            socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP).close()
        except OSError:  # a kernel without it
            self.note("socket", failed=True)
            return
        self.note("socket")
        self.stream(socket.AF_INET, ("127.0.0.1", 0), MPTCP)

    def both(self, client, server, size, send, receive, times=1):
        send(client)
        self.note("send", size=size * times, times=times)
        got = receive(server)
        assert got == size * times, (got, size, times)
        self.note("receive", size=got)

    def whole(self, size):
        """A receive of so much: several messages are there together, or not yet."""
        return lambda end: len(end.recv(size, socket.MSG_WAITALL))

    def input_and_output(self):
        listener, client = self.pair(socket.AF_INET, ("127.0.0.1", 0))
        server = self.accept(listener)
        c, s = client.fileno(), server.fileno()
        piece = b"p" * 100
        self.both(client, server, 100, lambda e: e.send(piece), self.whole(100))
        self.both(client, server, 100, lambda e: os.write(c, piece), lambda e: len(os.read(s, 4096)))
        self.both(client, server, 200, lambda e: os.writev(c, [piece, piece]),
                  lambda e: os.readv(s, [bytearray(150), bytearray(150)]))
        self.both(client, server, 100, lambda e: e.sendmsg([piece]),
                  lambda e: len(e.recvmsg(4096)[0]))
        with tempfile.TemporaryFile() as file:
            file.write(b"f" * 1000)
            file.flush()
            self.both(client, server, 1000, lambda e: os.sendfile(c, file.fileno(), 0, 1000),
                      self.whole(1000))
        from_pipe, into_pipe = os.pipe()
        os.write(into_pipe, piece)
        self.both(client, server, 100, lambda e: os.splice(from_pipe, c, 100),
                  lambda e: os.splice(s, into_pipe, 4096))
        os.close(from_pipe)
        os.close(into_pipe)
        self.both(client, server, 50, lambda e: LIBC.sendmmsg(c, vector_of([b"m" * 50] * 4), 4, 0), self.whole(200),
                  times=4)
        client.send(piece)
        self.note("send", size=100)
        assert len(server.recv(4096, socket.MSG_PEEK)) == 100
        self.note("receive")  # peeking takes nothing
        assert self.whole(100)(server) == 100
        self.note("receive", size=100)
        try:
            server.recv(10, socket.MSG_DONTWAIT)
        except BlockingIOError:
            self.note("receive", failed=True)
        client.close()
        assert len(server.recv(10)) == 0
        self.note("receive")
        server.close()
        listener.close()
        self.datagrams()

    def datagrams(self):
        server = self.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.bind(server, ("127.0.0.1", 0))
        client = self.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.bind(client, server.getsockname(), errno.EADDRINUSE)
        for _ in range(3):
            client.sendto(b"d" * 30, server.getsockname())
            self.note("send", size=30)
        batch = vector_of([b"m" * 30] * 3)
        assert LIBC.recvmmsg(server.fileno(), batch, 3, 0, None) == 3
        self.note("receive", size=90, times=3)
        one, other = socket.socketpair()
        self.note("socket")
        # To one address again and again: the kernel asks its security hooks only once.
        self.connect(client, server.getsockname())
        assert LIBC.sendmmsg(client.fileno(), vector_of([b"m" * 10] * 5), 5, 0) == 5
        self.note("send", size=50, times=5)
        for end in (one, other, client, server):
            end.close()
