# SPDX-License-Identifier: BSD-2-Clause
"""Packets under encryption, in IPv6, over a bridge, and those that the kernel makes for a connection that is none yet."""
import os
import socket

from harness import KERNEL, case, check, check_equal, socketrace
from networks import bridge, cable, encrypted, namespaces, round_trips, run, tunnel, udp, within
from packets import check_counts, ends, exchanged, there, traced


@case
def esp():
    """Before it is encrypted and after it is decrypted a packet has its ports; between, the socket beside it has."""
    with encrypted():
        with udp("a", "10.9.0.1", 7007) as client, udp("b", "10.9.0.2", 7000) as server:
            client.connect(("10.9.0.2", 7000))  # one that is not knows no port but its own
            functions = there(["xfrm4_output", "ip_output", "udp_queue_rcv_skb"])
            hits = exchanged(client, server, ("10.9.0.2", 7000), functions)
        check_counts("ESP", hits, {name: 6 for name in functions})
        own = {"10.9.0.1:7007", "10.9.0.2:7000"}
        for hit in hits:
            if hit.func == "ip_output":
                check_equal((ends(hit), hit.protocol), ({"10.9.0.1", "10.9.0.2"}, "IPPROTO_ESP"), hit.text)
                check("7000" in hit.extra["sock"], "sock of", hit.text)
            else:
                check_equal(ends(hit), own, "ends of " + hit.text)


@case
def ip4_in_ip6():
    with tunnel("ip6tnl"), udp("a", "10.8.0.1", 7007) as client, udp("b", "10.8.0.2", 7000) as server:
        functions = there(["ip_output", "ip6_output", "udp_queue_rcv_skb"])
        hits = exchanged(client, server, ("10.8.0.2", 7000), functions)
        check_counts("ip6tnl", hits, {name: 6 for name in functions})
        own = {"10.8.0.1:7007", "10.8.0.2:7000"}
        for hit in hits:
            if hit.func == "ip6_output":
                check_equal(ends(hit), {"[fd09::1]", "[fd09::2]"}, "ends of " + hit.text)
                check_equal(set(hit.extra["sock"].split("->")), own, "sock of " + hit.text)
            else:
                check_equal(ends(hit), own, "ends of " + hit.text)


@case
def over_a_bridge():
    with bridge():
        with udp("a", "10.1.0.1", 7007) as client, udp("b", "10.1.0.2", 7000) as server:
            functions = ["br_handle_frame_finish", "br_forward_finish", "br_dev_queue_push_xmit", "__br_forward",
                         "br_forward"]
            if not os.path.exists("/sys/kernel/btf/bridge"):
                # Modules have BTF from 5.11 on. Asked for by name, that is an error with the reason.
                outcome = socketrace("--filter-funcs", "br_forward")
                why = "in the module bridge, of which the kernel has no BTF"
                check(outcome.status != 0 and why in outcome.err, outcome.status, outcome.err)
                check(KERNEL < (5, 11), "no BTF of the module bridge")
                return
            functions = there(functions)
            round_trips(client, server, ("10.1.0.2", 7000), 1)  # it learns where they are
            hits = exchanged(client, server, ("10.1.0.2", 7000), functions)
        # Which of them is a function of its own is the compiler's choice.
        told = {name: sum(hit.func == name for hit in hits) for name in functions}
        print("     bridge: told / truth " + ", ".join(f"{name} {count}/6" for name, count in told.items() if count))
        check(set(told.values()) <= {0, 6} and 6 in told.values(), "bridge", told)
        for hit in hits:
            check_equal(ends(hit), {"10.1.0.1:7007", "10.1.0.2:7000"}, "ends of " + hit.text)


@case
def a_syn_cookie_has_the_packets_ends():
    """The answer to a SYN that nothing is kept of: what sends it is the listener, which has no remote end."""
    with namespaces("a", "b"):
        cable("a", "10.1.0.1/24", "b", "10.1.0.2/24")
        run("sysctl", "-q", "net.ipv4.tcp_syncookies=2", netns="b")
        with within("b", socket.socket) as listener, within("a", socket.socket) as client:
            listener.bind(("10.1.0.2", 7000))
            listener.listen()
            client.bind(("10.1.0.1", 7007))

            def talk():
                client.connect(("10.1.0.2", 7000))
                listener.accept()[0].close()

            hits = traced(talk, "--filter-port", 7007, "--filter-funcs", "ip_output")
            sent = [hit for hit in hits if hit.local == "10.1.0.2:7000"]
        check(sent, "no SYN-ACK:", [hit.text for hit in hits])
        check_equal(sent[0].remote, "10.1.0.1:7007", "whom the SYN-ACK goes to: " + sent[0].text)
        for hit in hits:
            check_equal(ends(hit), {"10.1.0.1:7007", "10.1.0.2:7000"}, "ends of " + hit.text)
