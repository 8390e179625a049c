# SPDX-License-Identifier: BSD-2-Clause
"""What functions saw of packets, held against what was sent. Told and truth are printed."""
import collections

from harness import HAS_MULTI, Tracer, check, check_equal, kernel_has
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


def check_filter_finds_all(what, traffic, port, address="10.0.0.0/8"):
    """Two traces of all functions at once: what the one with a filter of the port shows are the lines of the other that
    name it, function by function."""
    if not HAS_MULTI:
        print("     all functions: not attached here, single probes take minutes for them")
        return
    with Tracer("--filter-port", port) as one, Tracer("--filter-addr", address) as other:
        traffic()
        filtered, whole = one.stop().ok(), other.stop().ok()
    check_equal((filtered.lost, whole.lost), (0, 0), "lost")
    told = collections.Counter(hit.func for hit in filtered.hits)
    truth = collections.Counter(
        hit.func for hit in whole.hits
        if any(end.endswith(f":{port}") for text in (hit.local, hit.remote, hit.extra.get("sock", ""))
               for end in text.split("->")))
    print(f"     {what}: told / truth {sum(told.values())}/{sum(truth.values())} lines of {len(told)}/{len(truth)} functions")
    check(told == truth, "with the filter, less without:", told - truth, "the other way round:", truth - told)
    check(len(told) > 20, "functions", told)
