"""The composition of each side of a cell: its parts with their intervals, and the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tlsbench.sampling import Series
from tlsbench.stats import Interval, summarise
from tlsbench.workloads import Sample
from tlsbench.workloads.parts import REST, Part

SIDES = ("client", "server")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPart:
    """One row of the ledger of a side, in the unit of its cell.

    :param side: ``"client"`` or ``"server"``.
    :param part: one of :data:`tlsbench.workloads.parts.PARTS`.
    :param operation: what was done: a name of :mod:`tlsbench.scenarios.algorithms`, or the function that was
        entered; ``""`` for what was timed within the handshake, and for the rest.
    :param count: how often in one handshake; 0 if unknown.
    :param size_bytes: the bytes that all of them process together; 0 if they have no size.
    :param source: the RFC sections that require it.
    :param interval: the joint cost of all of them.
    """

    side: str
    part: str
    operation: str
    count: float
    size_bytes: int
    source: str
    interval: Interval


def parts_of(series: Series, pace: Sequence[float]) -> tuple[CellPart, ...]:
    """The ledger of both sides; empty if no parts were measured.

    The rest is computed in each round: the side's time less the cost of its parts in that round. Changes of
    the machine are therefore in both, and the rest has an interval of its own.

    :param pace: the pace of the rounds; figures are given at its median.
    """
    rounds = [[sample for sample in visit if sample.parts] for visit in series.rounds]
    last = next((visit[-1] for visit in reversed(rounds) if visit), None)
    return tuple(_figures(rounds, last, pace)) if last is not None else ()


def _figures(rounds: Sequence[Sequence[Sample]], last: Sample, pace: Sequence[float]) -> Iterator[CellPart]:
    for side in SIDES:
        for at, part in enumerate(last.parts):
            if part.side == side:
                costs = [[sample.parts[at].cost for sample in visit] for visit in rounds]
                yield CellPart(
                    side=side,
                    part=part.part,
                    operation=part.operation,
                    count=part.count,
                    size_bytes=part.size_bytes,
                    source=part.source,
                    interval=summarise(costs, pace).interval,
                )
        left = [[_left(visit, side)] if visit else [] for visit in rounds]
        yield rest_of(side, summarise(left, pace).interval)


def rest_of(side: str, interval: Interval) -> CellPart:
    """The row for the rest of a side."""
    return CellPart(side=side, part=REST, operation="", count=1, size_bytes=0, source="", interval=interval)


def counted_part(part: Part) -> CellPart:
    """A part that was counted once, and is therefore exact."""
    return CellPart(
        side=part.side,
        part=part.part,
        operation=part.operation,
        count=part.count,
        size_bytes=part.size_bytes,
        source=part.source,
        interval=Interval(part.cost, part.cost, part.cost),
    )


def _left(visit: Sequence[Sample], side: str) -> float:
    """The rest of a side in a round: its median, from which the side's own figure is made, less the parts."""
    costs = zip(*([part.cost for part in sample.parts if part.side == side] for sample in visit), strict=True)
    return median(sample.of(side) for sample in visit) - math.fsum(map(median, costs))


def by_part(parts: Sequence[CellPart], side: str) -> Mapping[str, float]:
    """The cost of each part of a side, in the order of the ledger: the sum of its medians."""
    costs: dict[str, float] = {}
    for one in parts:
        if one.side == side:
            costs[one.part] = costs.get(one.part, 0.0) + one.interval.median
    return costs
