"""Saved runs, and the history of each cell, as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tlsbench.report.digits import with_unit
from tlsbench.report.naming import called, module_of
from tlsbench.report.pictures.compared import weakness
from tlsbench.report.sparkline import sparkline
from tlsbench.report.terminal import line
from tlsbench.results.benchmark_json import finite
from tlsbench.session.history import CellHistory, SavedRun
from tlsbench.units import Unit

_NOTE = (
    "µs are medians; trend and last/first are relative to the first run, corrected for the change of the "
    "yardsticks. A change compares all runs since the previous change with all runs until the next; the "
    "verdict is that of 'tlsbench compare', but with wider intervals the more runs and cells there are"
)


def terminal(runs: Sequence[SavedRun], cells: Sequence[CellHistory]) -> RenderableType:
    """A table of the runs, and a row for each cell."""
    listed = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("run", "name", "commit", "taken at (UTC)", "cells"):
        listed.add_column(
            heading, justify="right" if heading == "cells" else "left", no_wrap=heading != "name"
        )
    for run in runs:
        listed.add_row(
            f"{run.number:04}",
            line(run.name),
            run.commit.short if run.commit else "-",
            line(run.taken_at),
            f"{len(run.recording.figures):,}",
        )
    if not cells:
        return listed
    followed = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("cell", "trend", "first", "last", "last/first", "changes"):
        is_label = heading in ("cell", "trend", "changes")
        followed.add_column(heading, justify="left" if is_label else "right", overflow="fold")
    ids = [cell.id for cell in cells]
    for name, cell in zip(called(ids, [cell.axes for cell in cells]), cells, strict=True):
        known = [point for point in cell.points if point is not None]
        changes = [line(f"{runs[at].heading} {change}") for at, change in cell.changes.items()]
        followed.add_row(
            line(name),
            sparkline(cell.ratios),
            _shown(known[0].median, cell.unit),
            _shown(known[-1].median, cell.unit),
            f"{known[-1].ratio.median:.3f}",
            Text("\n").join(changes) if changes else "~",
        )
    module = module_of(ids)
    notes = [*([f"the tests are in {line(module)}"] if module else []), _NOTE]
    if count := sum(cell.weak for cell in cells):
        notes.append(weakness(count))
    return Group(listed, Text(), followed, Text(), *(Text(note, style="dim") for note in notes))


def _shown(figure: float, unit: Unit) -> str:
    return with_unit(figure, unit)


def as_plain(runs: Sequence[SavedRun], cells: Sequence[CellHistory]) -> dict[str, Any]:
    """The same, machine-readable; what is not finite becomes null."""
    document = {
        "runs": [
            {
                "number": run.number,
                "name": run.name,
                "commit": run.commit.id if run.commit else None,
                "dirty": bool(run.commit and run.commit.dirty),
                "taken_at": run.taken_at,
                "cells": len(run.recording.figures),
            }
            for run in runs
        ],
        "cells": [
            {
                "id": cell.id,
                "unit": cell.unit.symbol,
                "medians": [point and point.median for point in cell.points],
                "ratios": [
                    point and {**asdict(point.ratio), "yardsticks": point.yardsticks} for point in cell.points
                ],
                "changes": [
                    {
                        "run": runs[at].number,
                        "change": str(change),
                        **asdict(change.ratio),
                        "without_yardsticks": change.is_weak,
                    }
                    for at, change in cell.changes.items()
                ],
            }
            for cell in cells
        ],
    }
    found = finite(document)
    assert isinstance(found, dict)
    return found
