"""The page of a history: which cells changed at which run, a picture, and all cells and runs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tlsbench.report.digits import with_unit
from tlsbench.report.findings import Finding
from tlsbench.report.naming import called, module_of
from tlsbench.report.page.doubts import MOST_NAMED
from tlsbench.report.page.grid import Grid, GridRow, Heading
from tlsbench.report.page.origin import origin
from tlsbench.report.page.sources import Page, Source, environment_of
from tlsbench.report.pictures.compared import history, weakness
from tlsbench.session.history import CellHistory, Change, SavedRun, SavedRuns

_WEIGHT_OF_FIGURES = 9


def page_of_history(saved: SavedRuns, cells: Sequence[CellHistory], command: str = "") -> Page:
    """The page about some cells over the saved runs.

    :param command: the command that reproduces it.
    """
    runs = saved.runs
    cells = sorted(cells, key=_size_of_changes, reverse=True)
    sources = [_source(run) for run in runs]
    picture = history(cells, [run.label for run in runs])
    first, last, module = runs[0], runs[-1], module_of([cell.id for cell in cells])
    return Page(
        title="tlsbench: how cells changed",
        subtitle=f"{len(cells):,} cells{f' of {module}' if module else ''} over {len(runs):,} runs, "
        f"{_when(first)} to {_when(last)}",
        findings=list(_changes(runs, cells)) or [_NONE],
        doubts=list(dict.fromkeys(_doubts(saved, cells))),
        pictures=[replace(picture, origin=origin(sources))] if picture else [],
        grids=[_grid_of_cells(runs, cells), _grid_of_runs(runs)],
        environment=[(f"The latest run, {last.label}", list(environment_of(sources[-1])))],
        commands=[command] if command else [],
    )


_NONE = Finding("No run changed a cell by more than the uncertainty of the runs")


def _named(cells: Sequence[CellHistory]) -> list[str]:
    return called([cell.id for cell in cells], [cell.axes for cell in cells])


def _size_of_changes(cell: CellHistory) -> float:
    return max((_size(change) for change in cell.changes.values()), default=0.0)


def _size(change: Change) -> float:
    return abs(math.log(change.ratio.median))


def _interval(change: Change) -> str:
    low, high = (100 * (value - 1) for value in (change.ratio.low, change.ratio.high))
    return f"[{low:+.0f}, {high:+.0f}]" if math.isfinite(high) else ""


def _changes(runs: Sequence[SavedRun], cells: Sequence[CellHistory]) -> Iterator[Finding]:
    """A finding for each run at which cells changed, the latest first."""
    named = _named(cells)
    for at in range(len(runs) - 1, -1, -1):
        found = [
            (name, cell.changes[at]) for name, cell in zip(named, cells, strict=True) if at in cell.changes
        ]
        if not found:
            continue
        counts = Counter(change.word for _, change in found)
        found.sort(key=lambda one: -_size(one[1]))
        more = len(found) - MOST_NAMED
        yield Finding(
            f"{runs[at].heading}: {', '.join(f'{count} {word}' for word, count in counts.items())}",
            (
                *(f"{name}: {change} {_interval(change)}" for name, change in found[:MOST_NAMED]),
                *([f"{more} more, see the table"] if more > 0 else []),
            ),
        )


def _doubts(saved: SavedRuns, cells: Sequence[CellHistory]) -> Iterator[str]:
    yield from (f"left out: {why}" for why in saved.left_out)
    for run in saved.runs:
        yield from run.recording.remarks
    if count := sum(cell.weak for cell in cells):
        yield weakness(count)


def _grid_of_cells(runs: Sequence[SavedRun], cells: Sequence[CellHistory]) -> Grid:
    axes = list(dict.fromkeys(axis for cell in cells for axis in cell.axes))
    return Grid(
        "Every cell",
        [
            Heading("cell", "cell", "name", meaning="what distinguishes the cell from the others"),
            Heading(
                "first", "first", weight=_WEIGHT_OF_FIGURES, meaning="its median in the first run that has it"
            ),
            Heading(
                "last", "last", weight=_WEIGHT_OF_FIGURES, meaning="its median in the latest run that has it"
            ),
            Heading(
                "ratio",
                "last/first",
                weight=_WEIGHT_OF_FIGURES + 1,
                meaning="the latest figure over the first, corrected for the change of the yardsticks",
            ),
            Heading("interval", "95 %", meaning="the interval of last/first, with its noise floor"),
            Heading("changes", "changes", weight=_WEIGHT_OF_FIGURES, meaning="how many changes were found"),
            Heading("run", "latest change", meaning="the run of the latest change, and its size"),
            *(Heading(axis, axis, "axis", is_shown=False) for axis in axes),
        ],
        [
            GridRow([*_values(runs, name, cell), *(cell.axes.get(axis, "") for axis in axes)], cell.id)
            for name, cell in zip(_named(cells), cells, strict=True)
        ],
    )


def _values(
    runs: Sequence[SavedRun], name: str, cell: CellHistory
) -> Iterator[str | tuple[float | None, str]]:
    known = [point for point in cell.points if point is not None]
    first, last, ratio = known[0].median, known[-1].median, known[-1].ratio
    latest = max(cell.changes, default=None)
    yield name
    yield first, with_unit(first, cell.unit)
    yield last, with_unit(last, cell.unit)
    yield ratio.median, f"{ratio.median:.3f}"
    yield (ratio.low, f"{ratio.low:.3f}–{ratio.high:.3f}") if math.isfinite(ratio.high) else (None, "unknown")
    yield float(len(cell.changes)), str(len(cell.changes))
    yield "" if latest is None else f"{runs[latest].heading}: {cell.changes[latest]}"


def _grid_of_runs(runs: Sequence[SavedRun]) -> Grid:
    processors = {run.machine.processor for run in runs}
    return Grid(
        "Every run",
        [
            Heading("run", "run", "name"),
            Heading("name", "name", weight=_WEIGHT_OF_FIGURES - 1, meaning="the name it was saved under"),
            Heading(
                "commit",
                "commit",
                weight=_WEIGHT_OF_FIGURES,
                meaning="of the measured code; + if files differed",
            ),
            Heading("taken_at", "taken at (UTC)", weight=_WEIGHT_OF_FIGURES + 1),
            Heading("cells", "cells"),
            Heading("processor", "processor", "axis", is_shown=len(processors) > 1),
            Heading("engines", "engines", "axis", is_shown=False),
        ],
        [
            GridRow(
                [
                    f"{run.number:04}",
                    run.name,
                    run.commit.short if run.commit else "",
                    run.taken_at,
                    (float(len(run.recording.figures)), f"{len(run.recording.figures):,}"),
                    run.machine.processor,
                    ", ".join(f"{name} = {engine}" for name, engine in run.recording.engines.items()),
                ],
                run.commit.id if run.commit else run.name,
            )
            for run in runs
        ],
    )


def _source(run: SavedRun) -> Source:
    return Source(
        name=run.label,
        recording=run.recording,
        run=None,
        load=None,
        machine=run.machine,
        taken_at=run.taken_at,
        command="",
    )


def _when(run: SavedRun) -> str:
    return run.taken_at[:10] or f"{run.number:04}"
