# SPDX-License-Identifier: BSD-2-Clause
"""Networks of network namespaces inside the guest, and sockets in them. Whatever is made goes with the namespaces."""
import contextlib
import os
import socket
import subprocess

CLONE_NEWNET = 0x40000000


def run(*words, netns=None):
    where = ["ip", "netns", "exec", netns] if netns else []
    done = subprocess.run([*where, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def within(netns, make):
    """make() in that namespace; a socket stays where it was made."""
    with open("/proc/self/ns/net", "rb") as here, open(f"/run/netns/{netns}", "rb") as there:
        os.setns(there.fileno(), CLONE_NEWNET)
        try:
            return make()
        finally:
            os.setns(here.fileno(), CLONE_NEWNET)


def inode(netns):
    return os.stat(f"/run/netns/{netns}").st_ino


def udp(netns, address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = within(netns, lambda: socket.socket(family, socket.SOCK_DGRAM))
    sock.bind((address, port))
    sock.settimeout(10)
    return sock


def round_trips(client, server, to, count=3):
    """2 * count datagrams, half of them back to where they came from."""
    for _ in range(count):
        client.sendto(b"q" * 40, to)
        _, back = server.recvfrom(100)
        server.sendto(b"a" * 40, back)
        client.recvfrom(100)


@contextlib.contextmanager
def namespaces(*names):
    for name in names:
        run("ip", "netns", "add", name)
        run("ip", "link", "set", "lo", "up", netns=name)
        # No duplicate address detection: it takes a second, in which nothing can be bound.
        run("sysctl", "-q", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0", netns=name)
    try:
        yield
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False)


def cable(one, address, other, far_address):
    """A veth pair between two namespaces, e-OTHER in `one` and e-ONE in `other`."""
    run("ip", "link", "add", f"e-{other}", "netns", one, "type", "veth", "peer", "name", f"e-{one}", "netns", other)
    for netns, device, of in ((one, f"e-{other}", address), (other, f"e-{one}", far_address)):
        for each in of.split():
            run("ip", "address", "add", each, "dev", device, netns=netns)
        run("ip", "link", "set", device, "up", netns=netns)


@contextlib.contextmanager
def router():
    """a (10.1.0.1, fd01::1) - router - b (10.2.0.2, fd02::2)."""
    with namespaces("a", "router", "b"):
        cable("a", "10.1.0.1/24 fd01::1/64", "router", "10.1.0.254/24 fd01::fe/64")
        cable("b", "10.2.0.2/24 fd02::2/64", "router", "10.2.0.254/24 fd02::fe/64")
        run("sysctl", "-q", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", netns="router")
        for netns, gateway in (("a", "1"), ("b", "2")):
            run("ip", "route", "add", "default", "via", f"10.{gateway}.0.254", netns=netns)
            run("ip", "route", "add", "default", "via", f"fd0{gateway}::fe", netns=netns)
        yield


@contextlib.contextmanager
def nat():
    """As router(); what leaves a for port 7022 goes to 10.2.0.2:7023."""
    with router():
        run("nft", "add table ip n; add chain ip n o { type nat hook output priority -100; };"
                   " add rule ip n o tcp dport 7022 dnat to 10.2.0.2:7023", netns="a")
        yield


@contextlib.contextmanager
def translated():
    """(client, talk): a connection from a to 10.2.0.2:7022, which output NAT leads to port 7023 of b."""
    with nat(), within("b", socket.socket) as listener, within("a", socket.socket) as client:
        listener.bind(("10.2.0.2", 7023))
        listener.listen()

        def talk():
            client.connect(("10.2.0.2", 7022))
            server, _ = listener.accept()
            with server:
                client.sendall(b"x" * 10)
                server.recv(10)

        yield client, talk


@contextlib.contextmanager
def bridge():
    """a (10.1.0.1) and b (10.1.0.2), over a bridge in a third namespace."""
    with namespaces("a", "bridge", "b"):
        for netns, address in (("a", "10.1.0.1/24"), ("b", "10.1.0.2/24")):
            cable(netns, address, "bridge", "")
        run("ip", "link", "add", "name", "br0", "type", "bridge", netns="bridge")
        for netns in ("a", "b"):
            run("ip", "link", "set", f"e-{netns}", "master", "br0", netns="bridge")
        run("ip", "link", "set", "br0", "up", netns="bridge")
        yield


@contextlib.contextmanager
def vlan():
    """a (10.7.0.1) and b (10.7.0.2), by VLAN 7 of a veth pair: the tag is beside the packet, not in it."""
    with namespaces("a", "b"):
        cable("a", "10.9.0.1/24", "b", "10.9.0.2/24")
        for netns, device, address in (("a", "e-b", "10.7.0.1/24"), ("b", "e-a", "10.7.0.2/24")):
            run("ip", "link", "add", "link", device, "name", "v7", "type", "vlan", "id", 7, netns=netns)
            run("ip", "address", "add", address, "dev", "v7", netns=netns)
            run("ip", "link", "set", "v7", "up", netns=netns)
        yield


KEYS = ("enc", "cbc(aes)", "0x" + "12" * 16, "auth", "hmac(sha256)", "0x" + "34" * 32)


@contextlib.contextmanager
def encrypted():
    """a (10.9.0.1) and b (10.9.0.2), by ESP in transport mode."""
    with namespaces("a", "b"):
        cable("a", "10.9.0.1/24", "b", "10.9.0.2/24")
        for netns, own, other, spi, far_spi in (("a", "10.9.0.1", "10.9.0.2", 1, 2), ("b", "10.9.0.2", "10.9.0.1", 2, 1)):
            for source, to, number in ((own, other, spi), (other, own, far_spi)):
                run("ip", "xfrm", "state", "add", "src", source, "dst", to, "proto", "esp", "spi", number,
                    "mode", "transport", *KEYS, netns=netns)
            for source, to, way in ((own, other, "out"), (other, own, "in")):
                run("ip", "xfrm", "policy", "add", "src", source, "dst", to, "dir", way, "tmpl", "src", source,
                    "dst", to, "proto", "esp", "mode", "transport", netns=netns)
        yield


TUNNELS = {
    "ipip": "type ipip local {} remote {}",
    "gre": "type gre local {} remote {}",
    "vxlan": "type vxlan id 7 local {} remote {} dstport 4789",
    "ip6tnl": "type ip6tnl mode ipip6 local {} remote {}",
}


@contextlib.contextmanager
def tunnel(kind):
    """a (10.8.0.1) and b (10.8.0.2), through a tunnel between 10.9.0.1 and 10.9.0.2, ip6tnl's fd09::1 and fd09::2."""
    outside = "fd09::" if kind == "ip6tnl" else "10.9.0."
    with namespaces("a", "b"):
        cable("a", "10.9.0.1/24 fd09::1/64", "b", "10.9.0.2/24 fd09::2/64")
        for netns, own, other in (("a", 1, 2), ("b", 2, 1)):
            words = TUNNELS[kind].format(f"{outside}{own}", f"{outside}{other}").split()
            run("ip", "link", "add", "inside", *words, netns=netns)
            run("ip", "address", "add", f"10.8.0.{own}/24", "dev", "inside", netns=netns)
            run("ip", "link", "set", "inside", "up", netns=netns)
        yield
