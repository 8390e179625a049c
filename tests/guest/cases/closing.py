# SPDX-License-Identifier: BSD-2-Clause
"""What a closing socket still says, and who dropped, reset or refused a packet."""
import socket
import struct

from harness import case, check, check_equal
from packets import check_counts, there, traced

CLOSING = ("tcp_v4_destroy_sock|inet_csk_destroy_sock|tcp_write_queue_purge|tcp_set_state|sk_stop_timer|"
           "tcp_recvmsg|inet_release|tcp_close|sk_error_report|tcp_done")


def reset(family, address, close_first=False):
    """A connection that the client ends by a RST; the server reads that, and closes."""
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, 6009))
        listener.listen()
        client = socket.socket(family, socket.SOCK_STREAM)
        client.connect((address, 6009))
        server, _ = listener.accept()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        try:
            server.recv(10)
        except ConnectionResetError:
            pass
        server.close()


def port_is_kept(family, address, shown):
    hits = traced(lambda: [reset(family, address) for _ in range(3)], "--filter-port", 6009, "--filter-funcs",
                  CLOSING.replace("v4", "v[46]"))
    for hit in hits:
        check(f"{shown}:6009" in (hit.local, hit.remote), "the port is gone:", hit.text)
    seen = {hit.func for hit in hits}
    after = {"inet_csk_destroy_sock", "tcp_set_state", "inet_release", "tcp_close"} - seen
    check(not after, "not seen under the filter:", after)
    # The server's own end, after the RST: its recv, its close, and the end of the sock.
    check_counts(shown, [hit for hit in hits if hit.local == f"{shown}:6009" and hit.remote[-2:] != ":0"],
                 {"tcp_recvmsg": 3, "tcp_close": 3})


@case
def a_closing_socket_keeps_its_port():
    port_is_kept(socket.AF_INET, "127.0.0.1", "127.0.0.1")


@case
def a_closing_socket_of_ipv6_keeps_its_port():
    port_is_kept(socket.AF_INET6, "::1", "[::1]")


@case
def who_dropped_it():
    """A datagram to a closed port: one line of the function that drops, with the packet's ends."""
    functions = there(["sk_skb_reason_drop", "kfree_skb_reason", "kfree_skb"])[:1]

    def send():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("127.0.0.1", 6011))
            for _ in range(5):
                sender.sendto(b"x", ("127.0.0.1", 6010))

    hits = [hit for hit in traced(send, "--filter-port", 6010, "--filter-funcs", functions[0])]
    check_counts("closed port", hits, {functions[0]: 5})
    for hit in hits:
        check_equal((hit.local, hit.remote), ("127.0.0.1:6011", "127.0.0.1:6010"), "ends of " + hit.text)


@case
def resets_and_refusals_have_the_packets_ends():
    """A SYN to a closed port is answered by a socket of the kernel's, and a datagram by an ICMP error that quotes it."""
    def refused():
        with socket.socket() as client:
            client.bind(("127.0.0.1", 6013))
            check_equal(client.connect_ex(("127.0.0.1", 6012)), 111, "connect")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("127.0.0.1", 6013))
            sender.sendto(b"x", ("127.0.0.1", 6012))

    hits = traced(refused, "--filter-port", 6012, "--filter-funcs", "tcp_v4_send_reset|ip_send_unicast_reply")
    check_counts("RST", hits, {"tcp_v4_send_reset": 1, "ip_send_unicast_reply": 1})
    for hit in hits:
        check_equal({hit.local, hit.remote}, {"127.0.0.1:6012", "127.0.0.1:6013"}, "ends of " + hit.text)
    hits = traced(refused, "--filter-protocol", "icmp", "--filter-funcs", "icmp_rcv")
    about = [hit.extra.get("about") for hit in hits]
    check_equal(about, ["127.0.0.1:6013->127.0.0.1:6012"], "whom the error is about")
