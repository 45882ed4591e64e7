"""Which of many cells a picture draws: a few that represent the rest; readers can choose others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from tlsbench.results import Cell, Run
from tlsbench.units import NANOSECONDS, Unit

_T = TypeVar("_T")
#: A picture keeps this many times what it draws, for readers to choose from.
_KEPT_FOR_EACH = 8


@dataclass(frozen=True, slots=True)
class Chosen(Generic[_T]):
    """What a picture has, and what it draws of that.

    :param items: what it has, in the order given.
    :param drawn: the places of the items that are drawn; empty if all are.
    :param words: which these are, for the caption; ``""`` if all are.
    """

    items: Sequence[_T]
    drawn: Sequence[int]
    words: str


def at_equal_ranks(items: Sequence[_T], most: int, value: Callable[[_T], float], order: str) -> Chosen[_T]:
    """At most ``most`` items: the least, the greatest, and others between them at equal distances in rank.

    :param order: words for the least to the greatest, such as ``"the fastest to the slowest"``.
    """
    return _chosen(items, most, value, _evenly, f"from {order} at equal distances in rank")


def greatest(items: Sequence[_T], most: int, value: Callable[[_T], float], which: str) -> Chosen[_T]:
    """At most ``most`` items: those with the greatest values.

    :param which: words for these, such as ``"that differ most"``.
    """
    return _chosen(items, most, value, _last, f"those {which}")


def _chosen(
    items: Sequence[_T],
    most: int,
    value: Callable[[_T], float],
    pick: Callable[[Sequence[int], int], Sequence[int]],
    which: str,
) -> Chosen[_T]:
    if len(items) <= most:
        return Chosen(items, (), "")
    ranked = sorted(range(len(items)), key=lambda at: value(items[at]))
    drawn = set(pick(ranked, most))
    kept = sorted(drawn | set(pick(ranked, min(len(items), most * _KEPT_FOR_EACH))))
    return Chosen(
        [items[at] for at in kept],
        [place for place, at in enumerate(kept) if at in drawn],
        f" {len(drawn)} of {len(items):,} are drawn, {which}; the table has all.",
    )


def _evenly(ranked: Sequence[int], most: int) -> list[int]:
    return [ranked[round(float(place))] for place in np.linspace(0, len(ranked) - 1, most)]


def _last(ranked: Sequence[int], most: int) -> Sequence[int]:
    return ranked[-most:]


def cells_of(run: Run, workload: str, unit: Unit = NANOSECONDS) -> list[Cell]:
    """The cells of a workload whose figures are in this unit."""
    return [cell for cell in run.cells if cell.axes["workload"] == workload and cell.instrument.unit is unit]


def median_of(cell: Cell) -> float:
    """The median of a cell's main part, to rank it by."""
    return cell.main.median
