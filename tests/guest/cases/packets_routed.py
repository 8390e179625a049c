# SPDX-License-Identifier: BSD-2-Clause
"""Packets that are forwarded, translated or sent elsewhere: each line has the packet's own ends, each hit is there, and
a filter finds them all. Told and truth are printed."""
import os
import socket

from harness import case, check, check_equal
from networks import cable, inode, namespaces, round_trips, router, translated, udp
from packets import check_counts, ends, exchanged, there, traced

# Of three round trips, six datagrams: twice sent (by the host and by the router), or once.
TWICE = ("ip_output", "ip_finish_output2")
# On arm64 the compiler has put ip_forward_finish, of which there is a copy as well, into ip_forward.
FORWARD = "ip_forward_finish" if os.uname().machine == "x86_64" else "ip_forward"
ONCE = (FORWARD, "ip_local_deliver_finish", "udp_queue_rcv_skb")


@case
def udp_through_a_router():
    with router(), udp("a", "10.1.0.1", 7007) as client, udp("b", "10.2.0.2", 7000) as server:
        functions = there([*TWICE, *ONCE])
        hits = exchanged(client, server, ("10.2.0.2", 7000), functions)
        check_counts("IPv4", hits, {name: 12 if name in TWICE else 6 for name in functions})
        for hit in hits:
            check_equal(ends(hit), {"10.1.0.1:7007", "10.2.0.2:7000"}, "ends of " + hit.text)
            check("sock" not in hit.extra, "another sock in", hit.text)
            if hit.func == FORWARD:
                check_equal(int(hit.netns), inode("router"), "netns of " + hit.text)


@case
def udp_of_ipv6_through_a_router():
    with router(), udp("a", "fd01::1", 7007) as client, udp("b", "fd02::2", 7000) as server:
        functions = there(["ip6_output", "ip6_finish_output2", "ip6_input", "udpv6_queue_rcv_skb"])
        hits = exchanged(client, server, ("fd02::2", 7000), functions)
        check_counts("IPv6", hits, {name: 12 if "output" in name else 6 for name in functions})
        for hit in hits:
            check_equal(ends(hit), {"[fd01::1]:7007", "[fd02::2]:7000"}, "ends of " + hit.text)


@case
def the_receiving_namespace_is_where_it_runs():
    """On the far side of a veth pair the sk_buff still has the sender's sock."""
    with namespaces("a", "b"):
        cable("a", "10.1.0.1/24", "b", "10.1.0.2/24")
        with udp("a", "10.1.0.1", 7007) as client, udp("b", "10.1.0.2", 7000) as server:
            hits = exchanged(client, server, ("10.1.0.2", 7000), ["ip_rcv"])
            check_counts("veth", hits, {"ip_rcv": 6})
            for hit in hits:
                to, of = ("b", "a") if hit.local == "10.1.0.1:7007" else ("a", "b")
                check_equal(int(hit.netns), inode(to), "netns of " + hit.text)
                if "sock_netns" in hit.extra:
                    check_equal(int(hit.extra["sock_netns"]), inode(of), "sock_netns of " + hit.text)
            hits = traced(lambda: round_trips(client, server, ("10.1.0.2", 7000)),
                          "--filter-netns", inode("b"), "--filter-port", 7000, "--filter-funcs", "ip_rcv")
            check(sum(int(hit.netns) == inode("b") for hit in hits) == 3, "ip_rcv in b", len(hits))


@case
def a_connected_socket_that_sends_elsewhere():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.2", 6002))
        sender.bind(("127.0.0.1", 0))
        sender.connect(("127.0.0.1", 6001))
        own = "127.0.0.1:%d" % sender.getsockname()[1]

        def send():
            for _ in range(3):
                sender.sendto(b"x", ("127.0.0.2", 6002))
                receiver.recv(10)

        functions = there(["ip_output", "ip_finish_output2", "loopback_xmit"])
        hits = traced(send, "--filter-port", 6002, "--filter-funcs", "|".join(functions))
        check_counts("sent elsewhere", hits, {name: 3 for name in functions})
        for hit in hits:
            check_equal((hit.local, hit.remote), (own, "127.0.0.2:6002"), "ends of " + hit.text)
            check_equal(hit.extra.get("sock"), f"{own}->127.0.0.1:6001", "sock of " + hit.text)


@case
def a_connection_with_another_destination_after_output_nat():
    with translated() as (client, talk):
        functions = there(["ip_finish_output2", FORWARD, "ip_local_deliver_finish"])
        hits = traced(talk, "--filter-port", 7023, "--filter-funcs", "|".join(functions))
        own = "10.1.0.1:%d" % client.getsockname()[1]
        sent = [hit for hit in hits if int(hit.netns) == inode("a") and hit.func == "ip_finish_output2"]
        check(len(sent) >= 3, "SYN, ACK and data leave a:", len(sent))
        for hit in sent:
            check_equal((hit.local, hit.remote), (own, "10.2.0.2:7023"), "ends of " + hit.text)
            check_equal(hit.extra.get("sock"), f"{own}->10.2.0.2:7022", "sock of " + hit.text)
        forwarded = [hit for hit in hits if hit.func == FORWARD]
        there_and_back = {(hit.local, hit.remote) for hit in forwarded}
        check_equal(there_and_back, {(own, "10.2.0.2:7023"), ("10.2.0.2:7023", own)}, "forwarded")
