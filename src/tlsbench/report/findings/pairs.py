"""Cells that differ in one thing, and its effect on their times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tlsbench.report.table import ratio_of
from tlsbench.results import Cell, Run
from tlsbench.results.likeness import Likeness, likeness
from tlsbench.stats import Interval, is_difference


@dataclass(frozen=True, slots=True)
class Pair:
    """Two cells of a run that differ in one axis, and in what follows from it.

    :param context: the axes that they share, by name.
    :param beside: what they differ in apart from that axis.
    """

    cell: Cell
    against: Cell
    context: Mapping[str, str]
    beside: Likeness = field(default_factory=Likeness)

    def ratio(self, part: str = "") -> Interval:
        """The ratio of the cell's time to the other's, round by round, with its 95 % interval.

        :param part: such as ``client``; by default, the main part of the cells (:attr:`Cell.main`).
        """
        return ratio_of(self.cell, self.against, part)

    def is_told_apart(self, run: Run) -> bool:
        """Whether the cells differ by more than their uncertainty and the noise floor."""
        floor = run.noise_floor.get(self.cell.axes["workload"], 0.0)
        return is_difference(self.ratio(), floor)


def pairs(
    cells: Iterable[Cell],
    axis: str,
    value: str,
    against: str,
    follows: Sequence[str] = (),
    *,
    compared: Sequence[str] = (),
) -> Iterator[Pair]:
    """The pairs of cells of which one has a given value of an axis, and the other another one.

    If several others qualify, the one with the fewest further differences is taken.

    :param value: the first cell's value; ``against`` is the second's.
    :param follows: axes whose values may differ too, because they follow from this one.
    :param compared: axes in which the two differ on purpose as well.
    """
    groups: dict[tuple[tuple[str, str], ...], list[Cell]] = defaultdict(list)
    for cell in cells:
        if axis in cell.axes:
            rest = {
                name: value for name, value in cell.axes.items() if name not in (axis, *follows, *compared)
            }
            groups[tuple(sorted(rest.items()))].append(cell)
    for context, members in groups.items():
        others = [cell for cell in members if cell.axes[axis] == against]
        for cell in members:
            if cell.axes[axis] == value and others:
                found = [(likeness(cell, other, (axis, *compared)), other) for other in others]
                beside, nearest = min(found, key=lambda one: len(one[0].differences))
                yield Pair(cell, nearest, dict(context), beside)
