# SPDX-License-Identifier: BSD-2-Clause
"""What the rows of scripts/bench are made of."""
import statistics


def median(values, field=None):
    return statistics.median([v[field] for v in values] if field else values)


def spread(values, digits=2):
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def verdict(value, target, first=None):
    """`first`: what the first release promised, where that was less."""
    if value <= target:
        return "reached"
    return "**not reached**" + (f" (<= {first} is)" if first and value <= first else "")


def at_most(value, target, first=None):
    return f"<= {target}", verdict(value, target, first)


def lines_of(header, rows):
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"


def column(runs, field):
    return [run[field] for run in runs]


def slowdowns(runs):
    return [run["traced_ns"] / run["untraced_ns"] for run in runs]
