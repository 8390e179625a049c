# SPDX-License-Identifier: BSD-2-Clause
"""Traffic with exact counts, to loopback only."""
import contextlib
import os
import socket
import sys
import threading
import traceback


def recv_exactly(sock, count):
    got = 0
    while got < count:
        data = sock.recv(count - got)
        if not data:
            raise EOFError("peer closed")
        got += len(data)


class TcpPair:
    """A listener and one connection to it, both ends in this process.

    roundtrips(n): n requests and n responses of 64 bytes, each sent with one send(2): tcp_sendmsg is
    hit exactly 2n times, tcp_recvmsg 2n times (each recv waits for the whole message)."""

    def __init__(self, family=socket.AF_INET, address=None, server_family=None, port=0):
        address = address or {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}[family]
        server_family = server_family or family
        self.listener = socket.socket(server_family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # A v6 client of a v4 listener talks v4-mapped.
        self.listener.bind((address.removeprefix("::ffff:") if server_family != family else address,
                            port))
        self.listener.listen(8)
        self.port = self.listener.getsockname()[1]
        self.client = socket.socket(family, socket.SOCK_STREAM)
        self.address = address
        self.server = None

    def connect(self):
        self.client.connect((self.address, self.port))
        self.server, _ = self.listener.accept()
        for end in (self.client, self.server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client_port = self.client.getsockname()[1]
        return self

    def roundtrips(self, count):
        request = b"q" * 64
        for _ in range(count):
            self.client.sendall(request)
            recv_exactly(self.server, 64)
            self.server.sendall(request)
            recv_exactly(self.client, 64)

    def close(self):
        for end in (self.client, self.server, self.listener):
            if end is not None:
                end.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def udp_pair(family=socket.AF_INET, address="127.0.0.1"):
    server = socket.socket(family, socket.SOCK_DGRAM)
    server.bind((address, 0))
    client = socket.socket(family, socket.SOCK_DGRAM)
    client.connect(server.getsockname()[:2])
    return client, server


def udp_exchange(count, family=socket.AF_INET, address="127.0.0.1"):
    client, server = udp_pair(family, address)
    with client, server:
        for _ in range(count):
            client.send(b"x" * 32)
            server.recv(64)
        return client.getsockname()[1], server.getsockname()[1]


@contextlib.contextmanager
def in_thread(function, *args):
    thread = threading.Thread(target=function, args=args, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(60)


@contextlib.contextmanager
def reading(fd):
    """Reads a pipe to its end meanwhile; the list given has all that came, once it is left."""
    chunks = []

    def read_all():
        with os.fdopen(fd, "rb") as pipe:
            while data := pipe.read(65536):
                chunks.append(data)

    with in_thread(read_all):
        yield chunks


def run_as(comm, function, *args):
    """Calls function in a child whose comm is `comm`; returns the child's pid."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            with open("/proc/self/comm", "wb") as f:
                f.write(comm if isinstance(comm, bytes) else comm.encode())
            function(*args)
            status = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise RuntimeError(f"child {comm!r} failed with wait status {status}")
    return pid
