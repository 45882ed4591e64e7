"""What changes with the number of open connections, in words: memory, and the cost of a handshake."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from tlsbench.processes import Vitals
from tlsbench.stats.slope import Slope, growth, slope

#: A slope of less than this many standard errors counts as none.
_ERRORS = 3.0
#: Fewer connections than this between two moments say little about the cost of one.
_LEAST_BEGUN = 20


def growth_lines(side: str, processes: Sequence[Sequence[Vitals]]) -> list[str]:
    """What each further open connection takes on a side, and what the first and the last handshakes cost.

    :param side: ``"client"`` or ``"server"``.
    :param processes: the vitals of each process over time; those after the peak of connections are left out.
    """
    growing = [growth([(one.connections, one) for one in vitals]) for vitals in processes]
    found = (_memory(side, growing), _handshakes(side, growing))
    return [line for line in found if line]


def _memory(side: str, processes: Sequence[Sequence[tuple[float, Vitals]]]) -> str:
    mean = _mean([slope([(x, one.resident_bytes) for x, one in points]) for points in processes])
    if mean is None or mean.value < _ERRORS * mean.error:
        return ""
    return (
        f"{mean.value / 1024:,.1f} ± {mean.error / 1024:,.1f} KiB of the {side}'s memory for each open "
        "connection (slope of resident memory, with its standard error)"
    )


def _handshakes(side: str, processes: Sequence[Sequence[tuple[float, Vitals]]]) -> str:
    """For a single process only: several share the connections, and none has seen them all."""
    if len(processes) != 1:
        return ""
    costs = [
        ((before.connections + after.connections) / 2, 1e6 * (after.cpu_s - before.cpu_s) / begun)
        for (_, before), (_, after) in pairwise(processes[0])
        if (begun := after.connections - before.connections) >= _LEAST_BEGUN
    ]
    line = slope(costs)
    if line is None:
        return ""
    most = processes[0][-1][1].connections
    by = f"the {side}'s processor for a handshake: {line.at(1):,.0f} µs at the first"
    if abs(line.value) < _ERRORS * line.error or abs(line.value) * most < 1:
        return f"{by}, with no visible change up to {most:,} open connections"
    return f"{by}, {line.at(most):,.0f} µs with {most:,} open (a straight line through {len(costs)} moments)"


def _mean(slopes: Sequence[Slope | None]) -> Slope | None:
    known = [one for one in slopes if one is not None]
    if not known:
        return None
    value = sum(one.value for one in known) / len(known)
    return Slope(value, math.hypot(*(one.error for one in known)) / len(known))
