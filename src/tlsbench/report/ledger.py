"""The ledger of a cell: the sum of its parts and the rest, and whether that matches what was measured."""

from __future__ import annotations

import math
from typing import Final

from tlsbench.report.digits import format_duration_us
from tlsbench.results import Cell, Run
from tlsbench.results.parts import by_part
from tlsbench.units import INSTRUCTIONS

_IN_WORDS: Final = {INSTRUCTIONS: "thousand instructions"}


def cells_with_parts(run: Run) -> list[Cell]:
    """The cells of a run that were broken down into parts."""
    return [cell for cell in run.cells if cell.parts]


def balance(cell: Cell, side: str) -> float:
    """The sum of the medians of a side's parts and its rest."""
    return math.fsum(by_part(cell.parts, side).values())


def is_balanced(cell: Cell, side: str) -> bool:
    """Whether that sum is within the interval measured for the side as a whole.

    A sum of medians is not the median of sums; if they differ by more than the interval, the ledger of that
    side is not reliable. Instructions are counted once, and always add up.
    """
    if side not in cell.figures:
        return True
    interval = cell.figures[side].interval
    return interval.low <= balance(cell, side) <= interval.high


def shown(figure: float, cell: Cell) -> str:
    """A figure of a cell with its unit."""
    unit = cell.instrument.unit
    return f"{digits(figure, cell)} {_IN_WORDS.get(unit, unit.shown)}"


def digits(figure: float, cell: Cell) -> str:
    """The same without the unit."""
    value = cell.instrument.unit.to_shown(figure)
    return format_duration_us(value) if value >= 0 else f"−{format_duration_us(-value)}"
