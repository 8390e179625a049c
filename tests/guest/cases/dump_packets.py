# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace dump --format pcap, pcapng, pcap-tcp`."""
import os
import struct

from dumped import Folder, connected, listener, packets_of
from harness import Tracer, case, check, check_equal
from traffic import in_thread, recv_exactly, run_as


@case
def packets_as_sockdump_lays_them_out():
    with Folder() as folder, listener("p.sock") as server, connected("p.sock") as client:
        end, _ = server.accept()
        with end, Tracer("dump", folder + "/p.sock", "--side", "both", "--format", "pcap",
                         "--max-bytes", "1000", "-o", folder + "/said.pcap") as tracer:
            pid = run_as("child", client.send, b"x" * 1200)
            end.recv(2000)
            outcome = tracer.stop().ok()
        found = list(packets_of(folder + "/said.pcap"))
    check_equal(outcome.printed, 2, "packets")
    check_equal(found[0], (os.getpid(), pid, b"p.sock", b"x" * 1000, 200), "sent")
    check_equal(found[1], (os.getpid(), pid, b"p.sock", b"x" * 1000, 200), "received")


def segments_of(path):
    """Yields (source port, destination port, sequence number, flags, payload) of --format pcap-tcp."""
    with open(path, "rb") as file:
        check_equal(struct.unpack("=IHHiIII", file.read(24))[6], 1, "link type")
        while record := file.read(16):
            _, _, kept, length = struct.unpack("=IIII", record)
            frame = file.read(kept)
            check_equal((len(frame), length), (kept, kept), "a frame's length")
            check_equal(struct.unpack(">H", frame[16:18])[0], kept - 14, "length in the IP header")
            source, destination, sequence, _, words, flags = struct.unpack(">HHIIBB", frame[34:48])
            yield source, destination, sequence, flags, frame[34 + words // 16 * 4:]


@case
def an_http_exchange_as_tcp():
    """tests/unit/output/tcp_packets_test.cc has tshark read the like of it."""
    request = b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 150000\r\n\r\n" + os.urandom(150000)
    with Folder() as folder, listener("h.sock") as server:
        for side in ("send", "recv"):
            file = f"{folder}/{side}.pcap"
            with Tracer("dump", folder + "/h.sock", "--side", side, "--format", "pcap-tcp",
                        "--max-bytes", "1M", "-o", file) as tracer:
                client = connected("h.sock")
                client.send(request)  # before it is accepted
                end, _ = server.accept()
                recv_exactly(end, len(request))
                with in_thread(end.sendall, answer):
                    recv_exactly(client, len(answer))
                end.close()
                client.close()
                tracer.stop().ok()
            found = list(segments_of(file))
            ports = (found[0][0], 80)
            check_equal([s[3] for s in found[:3]], [2, 0x12, 0x10], "flags of the handshake")
            said, ended = {80: b"", ports[0]: b""}, set()
            for source, destination, sequence, flags, payload in found[2:]:
                check_equal({source, destination}, set(ports), "one connection")
                check_equal(sequence, 1 + len(said[source]) + (source in ended), "sequence number")
                said[source] += payload
                if flags & 1:
                    ended.add(source)
            check_equal(said[80], answer, side)
            check_equal(said[ports[0]], request, side)
            check_equal(ended, set(ports), "FIN")


@case
def packets_with_comments():
    with Folder() as folder, listener("c.sock") as server, connected("c.sock") as client:
        end, _ = server.accept()
        with end, Tracer("dump", folder + "/c.sock", "--format", "pcapng",
                         "-o", folder + "/said.pcapng") as tracer:
            client.send(b"hello")
            check_equal(end.recv(10), b"hello", "received")
            tracer.stop().ok()
        with open(folder + "/said.pcapng", "rb") as file:
            said = file.read()
    kinds = []
    while said:
        kind, length = struct.unpack("=II", said[:8])
        check_equal(struct.unpack("=I", said[length - 4:length])[0], length, "both lengths of a block")
        kinds.append(kind)
        last, said = said[:length], said[length:]
    check_equal(kinds, [0x0a0d0d0a, 1, 6], "blocks")
    check(f"[{os.getpid()} -> ~{os.getpid()}] path c.sock len 5(5)".encode() in last, "no comment:", last)
