"""The tables of a page: columns, rows, and what each row opens."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tlsbench.comparison import Judgement, Recording
from tlsbench.report.naming import telling
from tlsbench.report.pictures.compared import verdict_names
from tlsbench.report.table import COLUMNS, Column, Row, Table, tables
from tlsbench.results import Cell, Run
from tlsbench.scenarios.axes import AXES
from tlsbench.stats import median_interval
from tlsbench.units import Unit

#: Points of raw distributions in a whole page, shared by its rows: a page is to stay small.
_POINTS = 60_000
_MOST_POINTS, _LEAST_POINTS = 200, 20
#: Columns of less weight than that are hidden at first.
_SHOWN_WEIGHT = 4
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a grid.

    :param is_number: whether it sorts by value; else it is an axis, to filter by.
    :param is_shown: whether it is seen at first.
    """

    name: str
    heading: str
    is_number: bool
    is_shown: bool = True


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row.

    :param values: for each column a text, or a number that sorts with the text that shows it.
    :param facts: what the row opens: groups of facts by name.
    :param distribution: quantiles of the raw figures, in the unit that is shown, evenly spaced, from the
        least to the most.
    """

    values: Sequence[str | tuple[float | None, str]]
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    distribution: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table that can be sorted and filtered."""

    title: str
    headings: Sequence[Heading]
    rows: Sequence[GridRow]


def grid_of_run(run: Run) -> Grid:
    """Every cell of a run, with all its axes and figures."""
    rows = [(table, row) for table in tables(run) for row in table.rows]
    cells = [row.cell for _, row in rows]
    axes = [axis for axis in AXES if any(cell.axes.get(axis) for cell in cells)]
    told = telling([cell.axes for cell in cells])
    used = {column.name for table, _ in rows for column in table.columns}
    columns = [column for column in COLUMNS if column.name in used]
    points = _points(len(rows))
    return Grid(
        "Every cell",
        [
            *(Heading(axis, axis, is_number=False, is_shown=axis in told) for axis in axes),
            *(
                Heading(column.name, column.heading, is_number=True, is_shown=column.weight >= _SHOWN_WEIGHT)
                for column in columns
            ),
        ],
        [
            GridRow(
                [
                    *(row.cell.axes.get(axis, "") for axis in axes),
                    *(_figure(column, row, table) for column in columns),
                ],
                _facts(row.cell),
                _quantiles(row.cell.totals, row.cell.instrument.unit, points),
            )
            for table, row in rows
        ],
    )


def grid_of_recording(recording: Recording) -> Grid:
    """Every benchmark of any pytest-benchmark JSON: its parameters, median and interval."""
    parameters = list(dict.fromkeys(name for one in recording.parameters.values() for name in one))
    points = _points(len(recording.figures))
    units = dict.fromkeys(one.unit.shown for one in recording.instruments.values())
    headings = [
        Heading("benchmark", "benchmark", is_number=False),
        *(Heading(name, name, is_number=False) for name in parameters),
        Heading("median", f"median {' or '.join(units)}", is_number=True),
        Heading("precision_percent", "±", is_number=True),
        Heading("samples", "samples", is_number=True),
    ]
    rows = []
    for name, figures in recording.figures.items():
        interval = median_interval(figures)
        half = 100 * interval.relative_half_width
        rows.append(
            GridRow(
                [
                    name,
                    *(recording.parameters[name].get(parameter, "") for parameter in parameters),
                    _number(recording.instruments[name].unit.to_shown(interval.median)),
                    (half, f"{half:.1f}%") if math.isfinite(half) else (None, "?"),
                    (float(len(figures)), f"{len(figures):,}"),
                ],
                distribution=_quantiles(figures, recording.instruments[name].unit, points),
            )
        )
    return Grid("Every benchmark", headings, rows)


def grid_of_judgement(judgement: Judgement, base: str) -> Grid:
    """The verdicts of a comparison with a base of that name."""
    unit = " or ".join(dict.fromkeys(verdict.instrument.unit.shown for verdict in judgement.verdicts))
    headings = [
        Heading("cell", "cell", is_number=False),
        Heading("verdict", "verdict", is_number=False),
        *(
            Heading(name, heading, is_number=True)
            for name, heading in (
                ("base", f"base {unit}"),
                ("new", f"new {unit}"),
                ("ratio", "new/base"),
                ("low", "95 % low"),
                ("high", "95 % high"),
                ("floor_percent", "floor"),
            )
        ),
    ]
    rows = [
        GridRow(
            [
                name,
                verdict.word,
                _number(verdict.instrument.unit.to_shown(verdict.base.median)),
                _number(verdict.instrument.unit.to_shown(verdict.new.median)),
                *(_ratio(value) for value in (verdict.ratio.median, verdict.ratio.low, verdict.ratio.high)),
                (100 * verdict.floor, f"{100 * verdict.floor:.1f}%")
                if math.isfinite(verdict.floor)
                else (None, "?"),
            ]
        )
        for name, verdict in zip(verdict_names(judgement.verdicts), judgement.verdicts, strict=True)
    ]
    return Grid(f"Compared with {base}", headings, rows)


def _figure(column: Column, row: Row, table: Table) -> tuple[float | None, str]:
    has_it = any(column.name == one.name for one in table.columns)
    value = column.value(row) if has_it else None
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
        },
        "times": {
            **times,
            **{f"{name}, {unit}": f"{value:,.0f}" for name, value in cell.phases.items()},
            "samples": f"{len(cell.totals):,} in {len(cell.round_sizes):,} rounds",
            "operations in a sample": f"{cell.operations:,}",
        },
        "scenario": {"id": cell.id},
    }


def _points(rows: int) -> int:
    return max(_LEAST_POINTS, min(_MOST_POINTS, _POINTS // max(1, rows)))


def _quantiles(figures: Sequence[float], unit: Unit, points: int) -> list[float]:
    values = np.asarray(figures, dtype=float)
    if len(values) < 2 or not np.isfinite(values).all():
        return []
    quantiles = np.quantile(values, np.linspace(0.0, 1.0, min(points, len(values)))) / unit.per_shown
    return [float(f"{quantile:.{_DIGITS}g}") for quantile in quantiles]
