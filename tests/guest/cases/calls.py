# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace calls`: the driver knows what every call gives, and every line must say so."""
import os
import re
import socket

from harness import Tracer, case, check, check_equal, check_no_residue, socketrace
from traffic import TcpPair

CHANGE = re.compile(r"^(?P<comm>.*)/(?P<pid>\d+|-) socket::set_state\((?P<local>.*) <-> (?P<remote>.*)\)"
                    r" (?P<old>\w+) -> (?P<new>\w+)(?P<rest>.*)$")


def changes_of(outcome):
    found = []
    for line in outcome.out.splitlines():
        match = CHANGE.match(line)
        check(match, "not a change of state:", repr(line))
        found.append(match.groupdict())
    return found


@case
def states_carry_their_owner():
    with TcpPair() as pair:
        with Tracer("calls", "state", "--filter-port", pair.port) as tracer:
            pair.connect()
            pair.client.close()
            pair.server.close()
            outcome = tracer.stop().ok()
        port, client = pair.port, f"127.0.0.1:{pair.client_port}"
    seen = changes_of(outcome)
    mine = [c for c in seen if c["local"] in (client, "127.0.0.1:0")]
    check_equal([(c["old"], c["new"]) for c in mine][:2],
                [("Close", "SynSent"), ("SynSent", "Established")], outcome.out)
    for change in mine:
        check_equal(change["pid"], str(os.getpid()), f"owner in {change}")
        check_equal(change["remote"], f"127.0.0.1:{port}", f"remote in {change}")
    check_equal(tracer.outcome.printed, len(seen), "printed")
    check_no_residue()


@case
def duration_ends_it():
    outcome = socketrace("calls", "state", "--duration", "1").ok()
    check("tracepoint" in outcome.err, outcome.err)
