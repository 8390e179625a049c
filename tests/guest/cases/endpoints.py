# SPDX-License-Identifier: BSD-2-Clause
"""Each family's lines name the right ends, and each filter passes its own and no foreign line."""
import os
import socket
import struct
import subprocess

from harness import Tracer, case, check, check_equal
from traffic import TcpPair, run_as, udp_exchange, udp_pair


def traced(arguments, traffic, functions):
    """The hits of `functions` while traffic() runs under these filters; at least one."""
    with Tracer("--filter-funcs", functions, *arguments) as tracer:
        result = traffic()
        outcome = tracer.stop().ok()
    check_equal(outcome.lost, 0, "lost")
    hits = outcome.hits
    check(hits, "no hit with", arguments)
    return hits, result


@case
def ipv4_tcp():
    with TcpPair().connect() as pair, TcpPair().connect() as foreign:
        def both():
            foreign.roundtrips(3)
            pair.roundtrips(3)

        hits, _ = traced(["--filter-port", pair.port], both, "tcp_sendmsg")
        ends = {f"127.0.0.1:{pair.port}", f"127.0.0.1:{pair.client_port}"}
        check_equal(len(hits), 6, "hits")
        for hit in hits:
            check_equal({hit.local, hit.remote}, ends, "ends")
            check_equal((hit.family, hit.protocol), ("AF_INET", "IPPROTO_TCP"), "family, protocol")
            check_equal(hit.tgid, os.getpid(), "tgid")


@case
def ipv6_tcp():
    with TcpPair(socket.AF_INET6).connect() as pair:
        hits, _ = traced(["--filter-addr", "::1", "--filter-port", pair.port],
                         lambda: pair.roundtrips(2), "tcp_sendmsg")
        ends = {f"[::1]:{pair.port}", f"[::1]:{pair.client_port}"}
        for hit in hits:
            check_equal({hit.local, hit.remote}, ends, "ends")
            check_equal(hit.family, "AF_INET6", "family")


@case
def an_ipv4_filter_matches_v4_mapped_sockets():
    """A v6 socket that talks IPv4: the v4 filter matches, the ends read as v4-mapped."""
    with TcpPair(socket.AF_INET6, "::ffff:127.0.0.1", socket.AF_INET).connect() as pair:
        hits, _ = traced(["--filter-addr", "127.0.0.0/8", "--filter-port", pair.port],
                         lambda: pair.roundtrips(2), "tcp_sendmsg")
        families = {hit.family for hit in hits}
        check_equal(families, {"AF_INET", "AF_INET6"}, "families")
        mapped = [hit for hit in hits if hit.family == "AF_INET6"][0]
        check_equal({mapped.local, mapped.remote},
                    {f"[::ffff:127.0.0.1]:{pair.port}", f"[::ffff:127.0.0.1]:{pair.client_port}"},
                    "mapped ends")


@case
def a_native_v6_socket_does_not_match_an_ipv4_filter():
    """The kernel keeps 127.0.0.6 in the IPv4 words of native v6 sockets (LOOPBACK4_IPV6)."""
    with TcpPair(socket.AF_INET6).connect() as native, TcpPair().connect() as pair:
        def both():
            native.roundtrips(2)
            pair.roundtrips(2)

        hits, _ = traced(["--filter-addr", "127.0.0.0/8"], both, "tcp_sendmsg")
        for hit in hits:
            check_equal(hit.family, "AF_INET", "family")


@case
def udp():
    with udp_pair()[1] as foreign_server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        def both():
            other.sendto(b"foreign", foreign_server.getsockname())
            return udp_exchange(4)

        # udp_sendmsg of the connected client knows both ends.
        with Tracer("--filter-funcs", "udp_sendmsg|tcp_sendmsg", "--filter-protocol",
                    "udp") as tracer, TcpPair().connect() as pair:
            pair.roundtrips(2)
            client, server = both()
            outcome = tracer.stop().ok()
        hits = outcome.hits
        check_equal({hit.protocol for hit in hits}, {"IPPROTO_UDP"}, "protocols")
        wanted = [h for h in hits if h.local == f"127.0.0.1:{client}"]
        check_equal(len(wanted), 4, "sends of the client")
        for hit in wanted:
            check_equal(hit.remote, f"127.0.0.1:{server}", "remote")


@case
def icmp():
    def ping():
        subprocess.run(["ping", "-c", "2", "-i", "0.2", "127.0.0.1"], check=True,
                       stdout=subprocess.DEVNULL)

    hits, _ = traced(["--filter-protocol", "icmp", "--trace-types", "sk_buff,sock"], ping,
                     "icmp_rcv|raw_sendmsg|ping_v4_sendmsg")
    check(any(hit.func == "icmp_rcv" for hit in hits), "no icmp_rcv")
    for hit in hits:
        check_equal(hit.protocol, "IPPROTO_ICMP", "protocol of " + hit.text)
    received = [hit for hit in hits if hit.func == "icmp_rcv"][0]
    check("127.0.0.1" in received.local and "127.0.0.1" in received.remote, received.text)


def unix_stream(name):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(name)
    server.listen(1)
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(name)
    accepted, _ = server.accept()
    with server, client, accepted:
        client.sendall(b"one")
        accepted.recv(8)
        accepted.sendall(b"two")
        client.recv(8)


@case
def unix_stream_by_path():
    path = "/tmp/stream.sock"
    hits, _ = traced(["--filter-family", "unix", "--filter-comm", "python3"],
                     lambda: unix_stream(path), "unix_stream_sendmsg|tcp_sendmsg")
    os.unlink(path)
    check_equal(len(hits), 2, "hits")
    client, server = hits
    check_equal((client.local, client.remote), ("unix:-", "unix:" + path), "the client's ends")
    check_equal((server.local, server.remote), ("unix:" + path, "unix:-"), "the server's ends")
    check_equal(client.family, "AF_UNIX", "family")


@case
def unix_abstract_with_nul_and_escape():
    hits, _ = traced(["--filter-family", "unix", "--filter-comm", "python3"],
                     lambda: unix_stream(b"\0abs\0x\x1b"), "unix_stream_sendmsg")
    check_equal(hits[0].remote, "unix:@abs\\x00x\\x1b", "remote")


@case
def unix_datagram():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        receiver.bind("/tmp/dgram.sock")
        sender.connect("/tmp/dgram.sock")
        hits, _ = traced(["--filter-family", "unix", "--filter-comm", "python3"],
                         lambda: sender.send(b"x"), "unix_dgram_sendmsg")
        os.unlink("/tmp/dgram.sock")
    check_equal((hits[0].local, hits[0].remote), ("unix:-", "unix:/tmp/dgram.sock"), "ends")


@case
def netlink():
    def ask():
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as route:
            route.bind((0, 0))
            portid = route.getsockname()[0]
            # RTM_GETLINK with NLM_F_REQUEST|NLM_F_DUMP
            route.send(struct.pack("=IHHIIBxHiII", 32, 18, 0x301, 1, 0, 0, 0, 0, 0, 0))
            route.recv(65536)
            return portid

    hits, portid = traced(["--filter-family", "netlink", "--filter-pid", os.getpid()], ask,
                          "netlink_sendmsg|netlink_recvmsg")
    for hit in hits:
        check_equal(hit.protocol, "NETLINK_ROUTE", "protocol")
        check_equal(hit.family, "AF_NETLINK", "family")
        check(str(portid) in hit.local, "no port id", portid, "in", hit.text)


@case
def comm_and_pid():
    def work():
        with TcpPair().connect() as pair:
            pair.roundtrips(2)

    def crowd():
        run_as("wanted-one", work)
        run_as("other", work)
        return run_as("wanted-two", work)

    hits, _ = traced(["--filter-comm", "wanted*"], crowd, "tcp_sendmsg")
    check_equal({hit.comm for hit in hits}, {"wanted-one", "wanted-two"}, "comms of a prefix")
    hits, _ = traced(["--filter-comm", "wanted-one,other"], crowd, "tcp_sendmsg")
    check_equal({hit.comm for hit in hits}, {"wanted-one", "other"}, "comms of a list")
    # comm holds 15 bytes: a name that merely begins the same is another one.
    hits, _ = traced(["--filter-comm", "wanted-one"], crowd, "tcp_sendmsg")
    check_equal({hit.comm for hit in hits}, {"wanted-one"}, "an exact comm")
    with TcpPair().connect() as pair:
        def mine_and_others():
            crowd()
            pair.roundtrips(1)

        hits, _ = traced(["--filter-pid", os.getpid()], mine_and_others, "tcp_sendmsg")
        check_equal({hit.tgid for hit in hits}, {os.getpid()}, "tgids")


@case
def a_hostile_comm_cannot_forge_a_line():
    def work():
        with TcpPair().connect() as pair:
            pair.roundtrips(1)

    with Tracer("--filter-funcs", "tcp_sendmsg", "--filter-comm", "a*") as tracer:
        run_as(b"a\n\x1b[31mred\xff", work)
        outcome = tracer.stop().ok()
    check_equal({hit.comm for hit in outcome.hits}, {"a\\x0a\\x1b[31mred\\xff"}, "comm")


@case
def mark_with_mask():
    def work(mark):
        with TcpPair().connect() as pair:
            pair.client.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
            pair.client.sendall(b"x")
            return pair.client_port

    def both():
        return work(0x1234), work(0x9934), work(0x77)

    hits, (first, second, _) = traced(["--filter-mark", "0x34/0xff"], both, "tcp_sendmsg")
    ports = {int(hit.local.rsplit(":", 1)[1]) for hit in hits}
    check_equal(ports, {first, second}, "ports under a mask")
    hits, (first, _, _) = traced(["--filter-mark", "0x1234"], both, "tcp_sendmsg")
    check_equal({int(hit.local.rsplit(":", 1)[1]) for hit in hits}, {first}, "ports of a mark")


@case
def netns_by_name_path_pid_and_inode():
    subprocess.run(["ip", "netns", "add", "blue"], check=True)
    holder = subprocess.Popen(["ip", "netns", "exec", "blue", "sleep", "1000"])
    try:
        subprocess.run(["ip", "-n", "blue", "link", "set", "lo", "up"], check=True)
        inode = os.stat("/run/netns/blue").st_ino
        here = os.stat("/proc/self/ns/net").st_ino

        def both():
            script = ("import sys; sys.path.insert(0, '/tests')\n"
                      "from traffic import TcpPair\n"
                      "with TcpPair().connect() as p: p.roundtrips(2)\n")
            subprocess.run(["ip", "netns", "exec", "blue", "python3", "-c", script], check=True)
            with TcpPair().connect() as pair:
                pair.roundtrips(2)

        for spelled in ("blue", "/run/netns/blue", f"pid:{holder.pid}", str(inode)):
            hits, _ = traced(["--filter-netns", spelled], both, "tcp_sendmsg")
            check_equal({hit.netns for hit in hits}, {str(inode)}, "netns of " + spelled)
        hits, _ = traced(["--filter-netns", "self"], both, "tcp_sendmsg")
        check_equal({hit.netns for hit in hits}, {str(here)}, "netns of self")
    finally:
        holder.kill()
        holder.wait()
        subprocess.run(["ip", "netns", "del", "blue"], check=True)
