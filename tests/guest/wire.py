# SPDX-License-Identifier: BSD-2-Clause
"""Frames made here, and the tap device that they come from."""
import fcntl
import os
import socket
import struct

from networks import run


def udp_frame(source, destination, payload=b"x" * 20, tags=()):
    """An Ethernet frame with an IPv4 datagram from (address, port) to (address, port), behind VLAN tags."""
    ip_of = lambda end: socket.inet_aton(end[0])
    datagram = struct.pack("!HHHH", source[1], destination[1], 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0x1234, 0, 64, 17, 0, ip_of(source),
                       ip_of(destination))
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xffff) + (total >> 16)
    head = head[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xffff) + head[12:]
    tagged = b"".join(struct.pack("!HH", 0x8100, tag) for tag in tags)
    return b"\xff" * 6 + b"\x02\0\0\0\0\x09" + tagged + b"\x08\x00" + head + datagram


class Tap:
    """The case is the wire: what it writes comes from the device, with a sock without a family."""

    def __init__(self, name, address):
        run("modprobe", "tun")
        self.fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.fd, 0x400454CA, struct.pack("16sH", name.encode(), 0x1002))  # TUNSETIFF, tap, no header
        run("ip", "address", "add", address, "dev", name)
        run("ip", "link", "set", name, "up")

    def write(self, frame):
        os.write(self.fd, frame)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)


TAP_ENDS = ("10.3.0.9", 5000), ("10.3.0.2", 5353)


def tap_receiver():
    """Whom TAP_ENDS are for."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(TAP_ENDS[1])
    receiver.settimeout(5)
    return receiver


def sent_through(tap, receiver):
    for _ in range(3):
        tap.write(udp_frame(*TAP_ENDS))
        receiver.recv(100)
