"""Which cells of one scenario are alike enough to be ranked: those with the same cipher suite and group.

In some libraries neither suite nor group can be chosen, so that rows of one scenario may differ in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tlsbench.results import Cell

#: What a scenario leaves to libraries in which it cannot be chosen.
LOOSE = ("cipher", "group")


def alike(cells: Sequence[Cell]) -> tuple[list[Cell], list[Cell]]:
    """The cells with the suite and group that most of them have, and the others.

    Of suites and groups that as many have it is those of the first.
    """
    usual = Counter(map(_loosely, cells)).most_common(1)[0][0] if cells else ()
    return [cell for cell in cells if _loosely(cell) == usual], [
        cell for cell in cells if _loosely(cell) != usual
    ]


def what_differs(cell: Cell, usual: Cell) -> str:
    """The suite or group of a cell, where they are not those of another."""
    return " ".join(
        cell.axes[axis] for axis in LOOSE if axis in cell.axes and cell.axes[axis] != usual.axes.get(axis)
    )


def _loosely(cell: Cell) -> tuple[str, ...]:
    return tuple(cell.axes.get(axis, "") for axis in LOOSE)
