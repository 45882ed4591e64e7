"""Saved runs, and how cells fared over them, as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tlsbench.report.naming import names
from tlsbench.report.sparkline import sparkline
from tlsbench.report.table import format_us
from tlsbench.report.terminal import line
from tlsbench.session.history import CellHistory, SavedRun
from tlsbench.units import Unit

_NOTE = (
    "µs are medians; a change is called as 'tlsbench compare' does, against the run before that has the "
    "cell: beyond the noise floor and the drift of both"
)


def terminal(runs: Sequence[SavedRun], cells: Sequence[CellHistory]) -> RenderableType:
    """The runs, and a line for each cell."""
    listed = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("run", "name", "taken at (UTC)", "cells"):
        listed.add_column(
            heading, justify="right" if heading == "cells" else "left", no_wrap=heading != "name"
        )
    for run in runs:
        listed.add_row(
            f"{run.number:04}", line(run.name), line(run.taken_at), f"{len(run.recording.figures):,}"
        )
    if not cells:
        return listed
    followed = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("cell", "trend", "first", "last", "changes"):
        is_figure = heading in ("first", "last")
        followed.add_column(heading, justify="right" if is_figure else "left", overflow="fold")
    for name, cell in zip(names([cell.axes for cell in cells]), cells, strict=True):
        known = [median for median in cell.medians if median is not None]
        called = "; ".join(f"{runs[at].number:04} {change}" for at, change in cell.changes.items())
        followed.add_row(
            line(name or cell.id),
            sparkline(cell.medians),
            _shown(known[0], cell.unit),
            _shown(known[-1], cell.unit),
            line(called or "~"),
        )
    return Group(listed, Text(), followed, Text(), Text(_NOTE, style="dim"))


def _shown(figure: float, unit: Unit) -> str:
    return f"{format_us(unit.to_shown(figure))} {unit.shown}"


def as_plain(runs: Sequence[SavedRun], cells: Sequence[CellHistory]) -> dict[str, Any]:
    """The same for machines."""
    return {
        "runs": [
            {
                "number": run.number,
                "name": run.name,
                "taken_at": run.taken_at,
                "cells": len(run.recording.figures),
            }
            for run in runs
        ],
        "cells": [
            {
                "id": cell.id,
                "unit": cell.unit.symbol,
                "medians": list(cell.medians),
                "changes": [
                    {"run": runs[at].number, "change": change} for at, change in cell.changes.items()
                ],
            }
            for cell in cells
        ],
    }
