# SPDX-License-Identifier: BSD-2-Clause
"""What functions saw of packets, held against what was sent. Told and truth are printed."""
from harness import Tracer, check, check_equal, kernel_has
from networks import round_trips


def traced(traffic, *arguments):
    with Tracer(*arguments) as tracer:
        traffic()
        outcome = tracer.stop().ok()
    check_equal(outcome.lost, 0, "lost")
    return outcome.hits


def check_counts(what, hits, truth):
    """truth: {function: hits}"""
    told = {name: sum(hit.func == name for hit in hits) for name in truth}
    print(f"     {what}: told / truth " + ", ".join(f"{name} {told[name]}/{truth[name]}" for name in truth))
    check_equal(told, truth, what)


def there(names):
    """Those that this kernel has and lets be traced; some are inlined by one compiler and not by another."""
    found = [name for name in names if kernel_has(name)]
    check(found, "none of", names, "in this kernel")
    return found


def ends(hit):
    return {hit.local, hit.remote}


def exchanged(client, server, to, functions, port=7000):
    """The hits of these functions in three round trips, under a filter of the port."""
    return traced(lambda: round_trips(client, server, to), "--filter-port", port, "--filter-funcs", "|".join(functions))
