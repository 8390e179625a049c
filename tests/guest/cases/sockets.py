# SPDX-License-Identifier: BSD-2-Clause
"""Mini sockets, sk_buffs without a socket, stacks."""
import socket
import time

from harness import Tracer, case, check, check_equal
from traffic import TcpPair, udp_pair

# Functions that see request sockets (SYN_RECV) and time-wait sockets, by the names of each kernel.
MINI = ("inet_csk_reqsk_queue_add|inet_csk_reqsk_queue_hash_add|tcp_check_req|tcp_v4_send_synack|"
        "inet_csk_complete_hashdance|reqsk_.*|inet_ehash_insert|inet_ehash_nolisten|"
        "inet_twsk_.*|tcp_timewait_state_process|tcp_v4_syn_recv_sock|inet_csk_clone_lock|"
        "tcp_twsk_unique|sock_edemux|security_inet_.*|tcp_rtx_synack|"
        "tcp_openreq_init_rwin|tcp_fastopen_cache_set|tcp_create_openreq_child")


@case
def request_and_timewait_sockets_are_tcp():
    with Tracer("--filter-protocol", "tcp", "--filter-funcs", MINI, "--output-sock-common",
                "--output-sock-info", "--output-socket-info") as tracer:
        for _ in range(3):
            with TcpPair().connect() as pair:
                pair.roundtrips(1)
                pair.client.close()  # the active close: this end goes through TIME_WAIT
                pair.server.close()
                time.sleep(0.1)
        outcome = tracer.stop().ok()
    minis = [hit for hit in outcome.hits if "mini" in hit.extra]
    kinds = {hit.extra["mini"] for hit in minis}
    check("request" in kinds, "no request socket among", {hit.func for hit in outcome.hits})
    check("timewait" in kinds, "no time-wait socket among", {hit.func for hit in outcome.hits})
    for hit in minis:
        check_equal(hit.protocol, "IPPROTO_TCP", "protocol in " + hit.text)
        state = {"request": "NEW_SYN_RECV", "timewait": "TIME_WAIT"}[hit.extra["mini"]]
        check(f"state={state}" in hit.text, "state in", hit.text)
        check("backlog_len=-" in hit.text and "f_ino=-" in hit.text,
              "fields that a mini socket does not have:", hit.text)
    for hit in outcome.hits:
        check_equal(hit.protocol, "IPPROTO_TCP", "protocol in " + hit.text)


@case
def receive_path_shows_the_tuple_of_the_headers():
    functions = "ip_rcv|ip_rcv_core.*|ip_rcv_finish|tcp_v4_rcv|ip_local_deliver"
    with TcpPair().connect() as pair, TcpPair().connect() as foreign:
        with Tracer("--filter-port", pair.port, "--filter-funcs", functions, "--trace-types",
                    "sk_buff") as tracer:
            foreign.roundtrips(3)
            pair.roundtrips(10)
            outcome = tracer.stop().ok()
        ends = {f"127.0.0.1:{pair.port}", f"127.0.0.1:{pair.client_port}"}
    seen = set()
    for hit in outcome.hits:
        check_equal({hit.local, hit.remote}, ends, "ends of " + hit.text)
        check_equal(hit.protocol, "IPPROTO_TCP", "protocol")
        if hit.extra.get("from") == "headers":
            seen.add(hit.func)
    check("ip_rcv" in seen and "tcp_v4_rcv" in seen, "from headers:", seen)


@case
def ipv6_receive_path():
    with TcpPair(socket.AF_INET6).connect() as pair:
        with Tracer("--filter-port", pair.port, "--filter-funcs", "ipv6_rcv|tcp_v6_rcv",
                    "--trace-types", "sk_buff") as tracer:
            pair.roundtrips(5)
            outcome = tracer.stop().ok()
        ends = {f"[::1]:{pair.port}", f"[::1]:{pair.client_port}"}
    check(outcome.hits, "no hit")
    for hit in outcome.hits:
        check_equal({hit.local, hit.remote}, ends, "ends of " + hit.text)


# On the way out an sk_buff belongs to the sender's socket.
WAY_OUT = ("--trace-types", "sk_buff", "--filter-funcs",
           "ip_output|ip6_output|ip_finish_output2|ip6_finish_output2|loopback_xmit|"
           "dev_hard_start_xmit")


def sendto_unconnected(family, any_address, address):
    """One datagram by sendto; the ports of sender and receiver."""
    with socket.socket(family, socket.SOCK_DGRAM) as sender, \
            socket.socket(family, socket.SOCK_DGRAM) as receiver:
        sender.bind((any_address, 0))
        receiver.bind((address, 0))
        sender.sendto(b"query", receiver.getsockname()[:2])
        receiver.recv(16)
        return sender.getsockname()[1], receiver.getsockname()[1]


def check_sendto(family, any_address, address, shown, name):
    with Tracer("--filter-protocol", "udp", "--output-sock-common", *WAY_OUT) as tracer:
        local, remote = sendto_unconnected(family, any_address, address)
        outcome = tracer.stop().ok()
    wanted = (f"{shown}:{local}", f"{shown}:{remote}")
    hits = [hit for hit in outcome.hits if (hit.local, hit.remote) == wanted]
    seen = {hit.func for hit in hits}
    check("loopback_xmit" in seen and len(seen) > 1, "seen", seen, "in", outcome.out)
    for hit in hits:
        check_equal((hit.family, hit.extra.get("from")), (name, "headers"), hit.text)
        check("state=CLOSE" in hit.text, "the sock's own state:", hit.text)
        check(int(hit.netns) > 0, "netns", hit.text)


@case
def sendto_of_an_unconnected_socket_shows_the_remote_end():
    check_sendto(socket.AF_INET, "0.0.0.0", "127.0.0.1", "127.0.0.1", "AF_INET")
    check_sendto(socket.AF_INET6, "::", "::1", "[::1]", "AF_INET6")
    # A dual-stack socket that sends IPv4: the packet is what is shown.
    check_sendto(socket.AF_INET6, "::", "::ffff:127.0.0.1", "127.0.0.1", "AF_INET")


@case
def filters_see_the_remote_end_of_sendto():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as foreign:
        receiver.bind(("127.0.0.7", 0))
        foreign.bind(("127.0.0.8", 0))
        port = receiver.getsockname()[1]
        for filters in (("--filter-port", port), ("--filter-addr", "127.0.0.7"),
                        ("--filter-port", port, "--filter-addr", "127.0.0.7/32",
                         "--filter-protocol", "udp", "--filter-netns", "self")):
            with Tracer(*filters, *WAY_OUT) as tracer:
                for _ in range(3):
                    sender.sendto(b"query", receiver.getsockname())
                    sender.sendto(b"query", foreign.getsockname())
                outcome = tracer.stop().ok()
            check_equal(sum(hit.func == "loopback_xmit" for hit in outcome.hits), 3,
                        f"loopback_xmit with {filters}:\n{outcome.out}")
            for hit in outcome.hits:
                check_equal(hit.remote, f"127.0.0.7:{port}", "remote of " + hit.text)


@case
def a_connected_socket_keeps_its_own_ends():
    client, server = udp_pair()
    with client, server:
        with Tracer("--filter-port", server.getsockname()[1], *WAY_OUT) as tracer:
            client.send(b"x")
            outcome = tracer.stop().ok()
    hits = [hit for hit in outcome.hits if hit.func == "loopback_xmit"]
    check_equal(len(hits), 1, "loopback_xmit:\n" + outcome.out)
    check("from" not in hits[0].extra, "read from headers:", hits[0].text)


@case
def stacks_show_the_way_to_the_syscall():
    with Tracer("--filter-funcs", "tcp_v4_connect", "--output-stack") as tracer:
        for _ in range(2):
            with TcpPair().connect():
                pass
        outcome = tracer.stop().ok()
    hits = outcome.hits
    check_equal(len(hits), 2, "hits")
    for hit in hits:
        names = [frame.split("+")[0] for frame in hit.stack]
        check(names and names[0] == "tcp_v4_connect", "the function itself comes first:", names)
        check(any(n in ("__sys_connect", "__x64_sys_connect", "__do_sys_connect") for n in names),
              "no connect(2) in", names)
        for frame in hit.stack:
            check("+0x" in frame, "a frame without offset:", frame)
    check_equal(hits[0].stack, hits[1].stack, "two identical stacks")


@case
def more_fields():
    with TcpPair().connect() as pair:
        with Tracer("--filter-port", pair.port, "--filter-funcs", "tcp_sendmsg",
                    "--output-sock-common", "--output-sock-info",
                    "--output-socket-info") as tracer:
            pair.roundtrips(1)
            outcome = tracer.stop().ok()
    text = outcome.hits[0].text
    for wanted in (" state=ESTABLISHED reuseport=false bound_ifindex=0", " rcv_buff=",
                   " snd_buff=", " priority=0 mark=0 type=1 state=CONNECTED type=SOCK_STREAM",
                   " f_ino="):
        check(wanted in text, repr(wanted), "is not in", text)
    check(int(outcome.hits[0].extra["snd_buff"]) > 1000, "snd_buff in", text)
    check(int(outcome.hits[0].extra["f_ino"]) > 0, "f_ino in", text)


@case
def event_time_not_print_time():
    with TcpPair().connect() as pair:
        with Tracer("--filter-port", pair.port, "--filter-funcs", "tcp_sendmsg", "--timestamp",
                    "monotonic") as tracer:
            before = time.clock_gettime(time.CLOCK_MONOTONIC)
            pair.roundtrips(1)
            after = time.clock_gettime(time.CLOCK_MONOTONIC)
            outcome = tracer.stop().ok()
    lines = outcome.out.splitlines()
    check(lines[0].startswith("TIME"), "header:", lines[0])
    stamps = [float(line.split()[0]) for line in lines[1:]]
    check_equal(len(stamps), 2, "hits")
    for stamp in stamps:
        check(before <= stamp <= after, "event time", stamp, "outside", before, after)
    check(stamps[0] < stamps[1], "order", stamps)
