"""What a column and a row of a table are (:mod:`tlsbench.report.table`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tlsbench.results import Cell
from tlsbench.results.likeness import Likeness
from tlsbench.scenarios.axes import WORKLOAD_AXES
from tlsbench.stats import Interval

#: The weight of what stands for a cell and of its precision: neither gives way to anything else.
MAIN: Final = 12


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures.

    ``name`` is what CSV calls it, with its unit; ``heading`` what people read, ``heading_alone`` where there
    is one side only and that differs. ``format`` turns the value into text. Columns of lower ``weight`` give
    way first where the terminal is narrow. ``interval`` gives the 95 % interval of a value that is no part's
    median, where it has one.
    """

    name: str
    heading: str
    value: Callable[[Row], float | None]
    format: Callable[[float], str]
    weight: int
    workloads: tuple[str, ...] = tuple(WORKLOAD_AXES)
    heading_alone: str = ""
    interval: Callable[[Row], Interval] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A cell, its main part over that of its baseline, and whether that is a difference at all.

    ``beside`` is what the cell and its baseline differ in beyond the axes that are columns.
    """

    cell: Cell
    ratio: Interval
    is_baseline: bool
    is_different: bool
    reached: bool
    beside: Likeness
