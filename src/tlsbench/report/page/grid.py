"""The tables of a page: columns, rows, and the details that each row opens."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from tlsbench.comparison import Judgement, Recording
from tlsbench.links import Ledger
from tlsbench.loading import Load
from tlsbench.report.columns import MAIN, Column, Row
from tlsbench.report.digits import duration_text
from tlsbench.report.ledger import shown
from tlsbench.report.loads import MEANING_OF_PHASES, phases_of, settings_of
from tlsbench.report.meanings import MEANINGS
from tlsbench.report.naming import labels_of
from tlsbench.report.pictures.compared import verdict_names
from tlsbench.report.table import Table, tables
from tlsbench.results import Cell, Run
from tlsbench.results.parts import SIDES
from tlsbench.scenarios.axes import AXES
from tlsbench.stats import Interval, median_interval
from tlsbench.units import Unit

#: Points of raw distributions in a whole page, shared among its rows, to keep the page small.
_POINTS = 60_000
_MOST_POINTS, _LEAST_POINTS = 200, 20
#: Columns of less weight than this are hidden at first.
_SHOWN_WEIGHT = 4
#: The default weight of a column.
_OTHER = 6
_DIGITS = 4
#: The percentiles of a load, each with words for what took at most that, and its weight.
_PERCENTILES = {
    "p50": (50.0, "half of them", MAIN),
    "p90": (90.0, "90 % of them", 9),
    "p99": (99.0, "99 % of them", MAIN),
    "p99.9": (99.9, "99.9 % of them", 8),
    "p99.99": (99.99, "99.99 % of them", 5),
    "max": (100.0, "all of them", 7),
}


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a grid.

    :param kind: a name identifies rows and stays in sight, a figure sorts by value, an axis serves to filter.
    :param is_shown: whether it is visible at first.
    :param weight: figures of lower weight are hidden first if the page is narrow.
    :param meaning: what it means, in one line.
    """

    name: str
    heading: str
    kind: Literal["name", "figure", "axis"] = "figure"
    is_shown: bool = True
    weight: int = _OTHER
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row of a grid.

    :param values: for each column, a text, or a number to sort by with the text that shows it.
    :param full: its full name.
    :param facts: the details that the row opens: groups of facts by name.
    :param distribution: evenly spaced quantiles of the raw figures in ``unit``, from the least to the
        greatest.
    """

    values: Sequence[str | tuple[float | None, str]]
    full: str = ""
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    distribution: Sequence[float] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table that can be sorted and filtered.

    :param constants: what all its rows have in common, by name.
    """

    title: str
    headings: Sequence[Heading]
    rows: Sequence[GridRow]
    constants: Sequence[tuple[str, str]] = ()


def grids_of_run(run: Run) -> list[Grid]:
    """Every cell of a run with all its axes and figures, in a grid for each workload."""
    made = tables(run)
    points = _points(len(run.cells))
    return [_grid_of_table(table, points, alone=len(made) == 1) for table in made]


def _grid_of_table(table: Table, points: int, *, alone: bool) -> Grid:
    cells = [row.cell for row in table.rows]
    # An axis at its neutral value in every row is no information, and a search would find it in each.
    axes = [
        name
        for name, axis in AXES.items()
        if any(cell.axes.get(name) not in (None, "", axis.neutral) for cell in cells)
    ]
    return Grid(
        "Every cell" if alone else f"Every cell: {table.workload}",
        [
            Heading("cell", "cell", "name", meaning="what distinguishes the cell from the others"),
            *(
                Heading(
                    column.name,
                    column.heading,
                    is_shown=column.weight >= _SHOWN_WEIGHT,
                    weight=column.weight,
                    meaning=MEANINGS[column.name],
                )
                for column in table.columns
            ),
            *(Heading(axis, axis, "axis", is_shown=False, meaning=AXES[axis].meaning) for axis in axes),
        ],
        [
            GridRow(
                [
                    name,
                    *(_figure(column, row, table) for column in table.columns),
                    *(row.cell.axes.get(axis, "") for axis in axes),
                ],
                row.cell.id,
                _facts(row.cell),
                _quantiles(row.cell.totals, row.cell.instrument.unit, points),
                row.cell.instrument.unit.shown,
            )
            for name, row in zip(labels_of(cells), table.rows, strict=True)
        ],
        list(table.constants.items()),
    )


def grid_of_load(load: Load) -> Grid:
    """The percentiles of a load, phase by phase."""
    return Grid(
        "Every phase",
        [
            Heading("phase", "phase", "name", meaning="a step of a connection"),
            *(
                Heading(f"{name}_us", name, weight=weight, meaning=f"{words} took at most that")
                for name, (_, words, weight) in _PERCENTILES.items()
            ),
            Heading("count", "count", weight=4, meaning="how many were timed"),
        ],
        [
            GridRow(
                [
                    phase,
                    *(
                        (us, duration_text(us))
                        for percentile, _, _ in _PERCENTILES.values()
                        for us in (times.get_value_at_percentile(percentile) / 1e3,)
                    ),
                    (float(times.get_total_count()), f"{times.get_total_count():,}"),
                ],
                f"{phase}: {MEANING_OF_PHASES[phase]}",
            )
            for phase in phases_of(load)
            for times in (load.tally.times[phase],)
        ],
        settings_of(load),
    )


def grid_of_recording(recording: Recording) -> Grid:
    """Every benchmark of any pytest-benchmark JSON: its parameters, median and interval."""
    parameters = list(dict.fromkeys(name for one in recording.parameters.values() for name in one))
    points = _points(len(recording.figures))
    units = dict.fromkeys(one.unit.shown for one in recording.instruments.values())
    headings = [
        Heading("benchmark", "benchmark", "name"),
        Heading("median", f"median {' or '.join(units)}", weight=MAIN),
        Heading("precision_percent", "±", weight=MAIN, meaning=MEANINGS["precision_percent"]),
        Heading("samples", "samples"),
        *(Heading(name, name, "axis", is_shown=False) for name in parameters),
    ]
    rows = []
    for name, figures in recording.figures.items():
        interval = median_interval(figures)
        half = 100 * interval.relative_half_width
        rows.append(
            GridRow(
                [
                    name,
                    _number(recording.instruments[name].unit.to_shown(interval.median)),
                    (half, f"{half:.1f}%") if math.isfinite(half) else (None, "?"),
                    (float(len(figures)), f"{len(figures):,}"),
                    *(recording.parameters[name].get(parameter, "") for parameter in parameters),
                ],
                name,
                distribution=_quantiles(figures, recording.instruments[name].unit, points),
                unit=recording.instruments[name].unit.shown,
            )
        )
    return Grid("Every benchmark", headings, rows)


def grid_of_judgement(judgement: Judgement, base: str) -> Grid:
    """The verdicts of a comparison with the base that has this name."""
    unit = " or ".join(dict.fromkeys(verdict.instrument.unit.shown for verdict in judgement.verdicts))
    headings = [
        Heading("cell", "cell", "name", meaning="what distinguishes the cell from the others"),
        Heading("ratio", "new/base", weight=MAIN, meaning="the new figure over that of the base"),
        Heading("verdict", "verdict", "axis", meaning="faster, slower, or ~ where it is inconclusive"),
        Heading("interval", "95 %", weight=9, meaning="the 95 % interval of the ratio"),
        Heading("base", f"base {unit}", weight=8, meaning="the median in the base"),
        Heading("new", f"new {unit}", weight=8, meaning="the median in the new result"),
        Heading("floor_percent", "floor", weight=5, meaning="a smaller difference is inconclusive"),
        Heading("low", "95 % low", is_shown=False, meaning="the lower end of the 95 % interval of the ratio"),
        Heading(
            "high", "95 % high", is_shown=False, meaning="the upper end of the 95 % interval of the ratio"
        ),
    ]
    rows = [
        GridRow(
            [
                name,
                _ratio(verdict.ratio.median),
                verdict.word,
                _interval(verdict.ratio),
                _number(verdict.instrument.unit.to_shown(verdict.base.median)),
                _number(verdict.instrument.unit.to_shown(verdict.new.median)),
                (100 * verdict.floor, f"{100 * verdict.floor:.1f}%")
                if math.isfinite(verdict.floor)
                else (None, "?"),
                *(_ratio(value) for value in (verdict.ratio.low, verdict.ratio.high)),
            ],
            verdict.id,
        )
        for name, verdict in zip(verdict_names(judgement.verdicts), judgement.verdicts, strict=True)
    ]
    return Grid(f"Compared with {base}", headings, rows)


def _figure(column: Column, row: Row, table: Table) -> tuple[float | None, str]:
    value = column.value(row)
    if value is None or not math.isfinite(value):
        return None, ""
    text = column.format(value)
    if column.name == "ratio":
        text = "=" if row.is_baseline else (text if row.is_different else f"~{text}") + table.ratio_mark(row)
    return value, text


def _number(value: float) -> tuple[float | None, str]:
    return (
        (value, f"{value:,.{_DIGITS}g}" if value < 10_000 else f"{value:,.0f}")
        if math.isfinite(value)
        else (None, "")
    )


def _interval(ratio: Interval) -> tuple[float | None, str]:
    """An interval as text that sorts by its lower end."""
    if not math.isfinite(ratio.high) or ratio.low <= 0:
        return None, "unknown"
    return ratio.low, f"{ratio.low:.3f}–{ratio.high:.3f}"


def _ratio(value: float) -> tuple[float | None, str]:
    return (value, f"{value:.3f}") if math.isfinite(value) else (None, "?")


def _facts(cell: Cell) -> dict[str, dict[str, str]]:
    ledger = cell.ledger
    unit = cell.instrument.unit.symbol
    times: dict[str, Any] = {}
    for name, summary in cell.figures.items():
        interval = summary.interval
        times[f"{name}, {unit}"] = (
            f"{interval.median:,.0f} (95 % {interval.low:,.0f} to {interval.high:,.0f})"
        )
    return {
        "negotiated": {str(name): str(value) for name, value in cell.negotiated.items()},
        "wire": {
            "bytes from the client": f"{ledger.client_bytes:,}",
            "bytes from the server": f"{ledger.server_bytes:,}",
            "flights": str(ledger.flights),
            **({} if ledger.round_trips is None else {"round trips": str(ledger.round_trips)}),
            **_datagrams(ledger),
        },
        "times": {
            **times,
            **{f"{name}, {unit}": f"{value:,.0f}" for name, value in cell.phases.items()},
            "samples": f"{len(cell.totals):,} in {len(cell.round_sizes):,} rounds",
            "operations in a sample": f"{cell.operations:,}",
        },
        **{f"parts of the {side}": facts for side in SIDES if (facts := _parts(cell, side))},
        "scenario": {"id": cell.id},
    }


def _parts(cell: Cell, side: str) -> dict[str, str]:
    """The ledger of a side, if the cell was broken down into parts."""
    return {
        " ".join(
            filter(None, (one.part, one.operation, f"× {one.count:g}" if one.operation and one.count else ""))
        ): shown(one.interval.median, cell)
        for one in cell.parts
        if one.side == side
    }


def _datagrams(ledger: Ledger) -> dict[str, str]:
    """The facts about datagrams; none over a stream."""
    if ledger.client_datagrams is None or ledger.server_datagrams is None:
        return {}
    flights = (" + ".join(map(str, sizes)) for sizes in ledger.sizes or ())
    return {
        "datagrams from the client": f"{ledger.client_datagrams:,}",
        "datagrams from the server": f"{ledger.server_datagrams:,}",
        "with several records or packets": f"{ledger.coalesced:,}",
        **({"bytes of each, by flight": ", ".join(flights)} if ledger.sizes else {}),
    }


def _points(rows: int) -> int:
    return max(_LEAST_POINTS, min(_MOST_POINTS, _POINTS // max(1, rows)))


def _quantiles(figures: Sequence[float], unit: Unit, points: int) -> list[float]:
    values = np.asarray(figures, dtype=float)
    if len(values) < 2 or not np.isfinite(values).all():
        return []
    quantiles = np.quantile(values, np.linspace(0.0, 1.0, min(points, len(values)))) / unit.per_shown
    return [float(f"{quantile:.{_DIGITS}g}") for quantile in quantiles]
