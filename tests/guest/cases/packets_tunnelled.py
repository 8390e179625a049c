# SPDX-License-Identifier: BSD-2-Clause
"""Packets inside packets, behind VLAN tags, and from a tap device."""
from harness import case, check, check_equal
from networks import tunnel, udp
from packets import check_counts, ends, exchanged, there, traced
from wire import TAP_ENDS, Tap, sent_through, tap_receiver, udp_frame


def through(kind):
    """Until the tunnel wraps them and after it unwraps them, packets have their own ends; between, those of the tunnel,
    and the socket's beside them as long as it is known."""
    with tunnel(kind), udp("a", "10.8.0.1", 7007) as client, udp("b", "10.8.0.2", 7000) as server:
        functions = there(["ip_output", "udp_queue_rcv_skb", "ip_local_out"])
        hits = exchanged(client, server, ("10.8.0.2", 7000), functions)
        own, wrapped = {"10.8.0.1:7007", "10.8.0.2:7000"}, {"10.9.0.1", "10.9.0.2"}
        for hit in hits:
            if ends(hit) == own:
                check("sock" not in hit.extra, "the same ends twice:", hit.text)
            else:
                check_equal({end.split(":")[0] for end in ends(hit)}, wrapped, "ends of " + hit.text)
                check_equal(set(hit.extra["sock"].split("->")), own, "sock of " + hit.text)
        # Once as it is, and once wrapped. What VXLAN sends then is its own socket's, which ip_output is given.
        check_counts(kind, hits, {"ip_output": 6 if kind == "vxlan" else 12, "udp_queue_rcv_skb": 6})
        inside = [hit for hit in hits if ends(hit) == own and hit.func == "ip_output"]
        check_equal(len(inside), 6, "ip_output inside the tunnel")


@case
def ipip():
    through("ipip")


@case
def gre():
    through("gre")


@case
def vxlan():
    through("vxlan")


@case
def vxlan_outside():
    """The packets of the tunnel have its ends and its socket, under a filter of its port."""
    with tunnel("vxlan"), udp("a", "10.8.0.1", 7007) as client, udp("b", "10.8.0.2", 7000) as server:
        functions = ("ip_output", "udp_queue_rcv_skb")
        hits = exchanged(client, server, ("10.8.0.2", 7000), functions, 4789)
        for name in functions:  # and those of ARP
            check(sum(hit.func == name for hit in hits) >= 6, name, len(hits))
        for hit in hits:
            check_equal({end.split(":")[0] for end in ends(hit)}, {"10.9.0.1", "10.9.0.2"}, "ends of " + hit.text)


@case
def a_frame_from_a_tap_device():
    with Tap("tap3", "10.3.0.2/24") as tap, tap_receiver() as receiver:
        functions = there(["netif_receive_skb", "__netif_receive_skb_one_core", "ip_rcv", "udp_queue_rcv_skb"])
        hits = traced(lambda: sent_through(tap, receiver), "--filter-port", 5353, "--filter-funcs", "|".join(functions))
        seen = {hit.func for hit in hits}
        check("ip_rcv" in seen and len(seen) > 1, "functions", seen)
        check_counts("tap", hits, {name: 3 for name in sorted(seen)})
        for hit in hits:
            check_equal((hit.local, hit.remote), ("10.3.0.9:5000", "10.3.0.2:5353"), "ends of " + hit.text)


@case
def behind_a_vlan_tag_in_the_payload():
    """No VLAN device takes it: it is dropped, and __netif_receive_skb_core has seen it until then."""
    with Tap("tap4", "10.3.0.2/24") as tap:
        def send():
            for _ in range(3):
                tap.write(udp_frame(*TAP_ENDS, tags=(7, 9)))

        functions = there(["netif_receive_skb", "__netif_receive_skb_one_core", "skb_vlan_untag"])
        hits = traced(send, "--filter-port", 5353, "--filter-funcs", "|".join(functions))
        check(hits, "no hit of", functions)
        for hit in hits:
            check_equal((hit.local, hit.remote), ("10.3.0.9:5000", "10.3.0.2:5353"), "ends of " + hit.text)
