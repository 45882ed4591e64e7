"""The columns and rows of a table (:mod:`tlsbench.report.table`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tlsbench.results import Cell
from tlsbench.results.likeness import Likeness
from tlsbench.scenarios.axes import WORKLOAD_AXES
from tlsbench.stats import Interval

#: The weight of a cell's main figure and of its precision, which give way to no other column.
MAIN: Final = 12


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures.

    ``name`` is its name in CSV, including the unit; ``heading`` is what people read, and ``heading_alone``,
    if any, replaces it when there is only one side. ``format`` turns the value into text. On a narrow
    terminal, columns of lower ``weight`` are hidden first. ``interval`` gives the 95 % interval, if any, of a
    value that is not the median of a part.
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
    """A cell, the ratio of its main part to that of its baseline, and whether that is a real difference.

    ``beside`` is what the cell and its baseline differ in apart from the axes that are columns.
    """

    cell: Cell
    ratio: Interval
    is_baseline: bool
    is_different: bool
    reached: bool
    beside: Likeness
