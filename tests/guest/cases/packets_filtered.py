# SPDX-License-Identifier: BSD-2-Clause
"""A filter of the port finds each hit that shows it, whatever way the packets take."""
from harness import case
from networks import bridge, encrypted, round_trips, router, translated, tunnel, udp, vlan
from packets import check_filter_finds_all
from wire import TAP_ENDS, Tap, sent_through, tap_receiver, udp_frame


def exchange(what, ends, address="10.0.0.0/8"):
    """Three round trips between (namespace, address) and (namespace, address), UDP 7007 -> 7000."""
    (one, near), (other, far) = ends
    with udp(one, near, 7007) as client, udp(other, far, 7000) as server:
        round_trips(client, server, (far, 7000), 1)  # neighbours are known from here on
        check_filter_finds_all(what, lambda: round_trips(client, server, (far, 7000)), 7000, address)


@case
def routed():
    with router():
        exchange("IPv4", (("a", "10.1.0.1"), ("b", "10.2.0.2")))
        exchange("IPv6", (("a", "fd01::1"), ("b", "fd02::2")), "fd00::/8")


def through(kind):
    with tunnel(kind):
        exchange(kind, (("a", "10.8.0.1"), ("b", "10.8.0.2")))


@case
def through_ipip():
    through("ipip")


@case
def through_gre():
    through("gre")


@case
def through_vxlan():
    through("vxlan")


@case
def through_ip6tnl():
    through("ip6tnl")


@case
def under_esp():
    with encrypted():
        exchange("ESP", (("a", "10.9.0.1"), ("b", "10.9.0.2")))


@case
def over_a_bridge():
    with bridge():
        exchange("bridge", (("a", "10.1.0.1"), ("b", "10.1.0.2")))


@case
def behind_a_vlan_tag():
    with vlan():
        exchange("VLAN", (("a", "10.7.0.1"), ("b", "10.7.0.2")))


@case
def translated_on_their_way():
    with translated() as (client, talk):
        def talk_and_close():
            talk()
            client.close()

        check_filter_finds_all("NAT", talk_and_close, 7023)


@case
def from_a_tap_device():
    with Tap("tap5", "10.3.0.2/24") as tap, tap_receiver() as receiver:
        def send():
            sent_through(tap, receiver)
            for _ in range(3):  # nobody takes these
                tap.write(udp_frame(*TAP_ENDS, tags=(7, 9)))

        check_filter_finds_all("tap", send, 5353)
