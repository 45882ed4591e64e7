"""A run as a report: the sheets of its tables, its findings and notes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tlsbench.report.beside import table_notes
from tlsbench.report.columns import Column, Row
from tlsbench.report.findings import Finding, findings
from tlsbench.report.findings.hidden import hidden_differences
from tlsbench.report.fleet_runs import notes_on_fleet, sheets_of_fleet
from tlsbench.report.naming import named
from tlsbench.report.parts import notes_on_parts, sheets_of_parts
from tlsbench.report.sheets import NAMES, SHORT, Entry, Field, Figure, Report, Sheet, ends
from tlsbench.report.table import COLUMNS, OPTIONAL, Table, tables
from tlsbench.results import Cell, Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.sampling.instruments import ALLOCATIONS, CALLGRIND, WALL
from tlsbench.scenarios.axes import AXES

Baseline = Callable[[Cell], bool] | None
#: Columns that machine-readable formats have even without figures for them, so that runs can be merged.
_ALWAYS = frozenset((*WALL.columns, *ALLOCATIONS.columns)) - OPTIONAL
#: The series and marks of figures whose column names do not imply them.
_SERIES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "p99_us": ("libraries", {"quantile": "0.99"}),
    "p90_ms": ("total", {"quantile": "0.9"}),
    "p99_ms": ("total", {"quantile": "0.99"}),
    "client_bytes": ("client_sent", {}),
    "server_bytes": ("server_sent", {}),
}
#: Shown next to the ratio, if there is room.
_RATIO_INTERVAL = Field("ratio_interval", "× base 95 %", weight=2)
_RTTS = (
    "RTTs are round trips until the client may send its first byte; the first byte of an answer takes "
    "one more, and so does opening TCP, which DTLS and QUIC do not need"
)
_UNITS = ("mb_per_s", "per_s", "us", "ms", "kib", "bytes", "percent")


def report_of_run(run: Run, is_baseline: Baseline = None, machine: Mapping[str, Any] | None = None) -> Report:
    """The report of a run.

    :param is_baseline: as :func:`tlsbench.report.table.tables` takes it.
    :param machine: where it was measured, as pytest-benchmark records it; by default, this machine.
    """
    made = tables(run, is_baseline)
    used = _ALWAYS | {column.name for table in made for column in table.columns}
    found = findings(run)
    counts = {"measured": run.cells, "excluded": run.excluded, "failed": run.failures}
    told = ", ".join(f"{len(one):,} {word}" for word, one in counts.items() if one)
    return Report(
        kind="run",
        sheets=[_sheet(table) for table in made],
        ledgers=[*sheets_of_parts(run), *sheets_of_fleet(run)],
        labels=_labels(run),
        usual={axis: rules.neutral for axis, rules in AXES.items()},
        columns=[
            *(
                name
                for column in COLUMNS
                if column.name in used
                for name in (column.name, *(_ends_of(column) if column.interval is not None else ()))
            ),
            "samples",
            "precision_reached",
            "ratio_low",
            "ratio_high",
        ],
        document=lambda: to_json(run, machine or machine_info()),
        summary=[f"cells: {told}", *(finding.headline for finding in found)],
        warnings=run.conditions.warnings,
        findings=found,
        notes=_notes(run, found, made),
        skipped=run.excluded,
        errors=run.failures,
    )


def _labels(run: Run) -> tuple[str, ...]:
    """All axes, so that runs can be merged; rare ones only if a cell has a special value."""
    special = {
        name
        for name, axis in AXES.items()
        if any(cell.axes.get(name, axis.neutral) != axis.neutral for cell in run.cells)
    }
    return tuple(name for name, axis in AXES.items() if not axis.rare or name in special)


def sheets_of_run(run: Run, is_baseline: Baseline = None) -> list[Sheet]:
    """The sheets alone, one for each workload, as shown during a run."""
    return [_sheet(table) for table in tables(run, is_baseline)]


def _sheet(table: Table) -> Sheet:
    constants = (f"{axis}={value}" for axis, value in table.constants.items() if axis != "workload")
    return Sheet(
        " ".join((table.workload, *constants)),
        [
            *(Field(axis, axis, "label") for axis in table.axes),
            *(Field(column.name, column.heading, weight=column.weight) for column in table.columns),
            _RATIO_INTERVAL,
        ],
        [
            Entry(
                row.cell.id,
                {**row.cell.axes, SHORT: named(row.cell.axes, table.axes)},
                dict(_figures(row, table)),
            )
            for row in table.rows
        ],
    )


def _figures(row: Row, table: Table) -> Iterator[tuple[str, Figure]]:
    instrument = row.cell.instrument
    by = {"instrument": instrument.name}
    for column in table.columns:
        unit = next((unit for unit in _UNITS if f"_{column.name}".endswith(f"_{unit}")), "")
        part = column.name.removesuffix(f"_{unit}")
        series, marks = _SERIES.get(column.name, ("", {}))
        if is_median := part in row.cell.figures and unit == NAMES.get(instrument.unit):
            series, marks = part, {"quantile": "0.5"}
        marks = {**by, **marks} if unit == NAMES.get(instrument.unit) else marks
        yield column.name, Figure(column.value(row), _text(column, row, table), unit, series, marks)
        if is_median:
            interval = row.cell.figures[part].interval
            yield from ends(part, interval, instrument.unit.to_shown, unit, **marks).items()
        if column.interval is not None:
            found = ends(part, column.interval(row), unit=unit).values()
            yield from zip(_ends_of(column), found, strict=True)
    yield from ends("ratio", row.ratio).items()
    yield _RATIO_INTERVAL.name, Figure(None, _interval_text(row))
    yield "samples", Figure(len(row.cell.totals))
    yield "precision_reached", Figure(row.reached)


def _ends_of(column: Column) -> tuple[str, str]:
    """The names of the ends of a column's interval."""
    return f"{column.name}_low", f"{column.name}_high"


def _text(column: Column, row: Row, table: Table) -> str:
    value = column.value(row)
    if value is None:
        return ""
    if value == float("inf"):
        return "?"
    if column.name == "ratio":
        if row.is_baseline:
            return "="
        return (column.format(value) if row.is_different else "~") + table.ratio_mark(row)
    mark = "*" if column.name == "precision_percent" and not row.reached else ""
    return column.format(value) + mark


def _interval_text(row: Row) -> str:
    low, high = row.ratio.low, row.ratio.high
    if row.is_baseline:
        return ""
    return f"{low:.2f}–{high:.2f}" if math.isfinite(high - low) else "?"


def _notes(run: Run, found: Sequence[Finding], made: Sequence[Table]) -> list[str]:
    """What belongs below every table: versions, conditions, and everything that was not measured."""
    conditions = run.conditions
    lines = ["engines: " + ", ".join(f"{name} = {engine}" for name, engine in run.engines.items())]
    lines += _extent(run)
    lines += dict.fromkeys(cell.instrument.note for cell in run.cells)
    if any(column.name == "round_trips" for table in made for column in table.columns):
        lines.append(_RTTS)
    lines += table_notes(made)
    lines += [*notes_on_parts(run), *notes_on_fleet(run)]
    if conditions.meter == CALLGRIND.name:
        return lines + _not_measured(run)
    if run.noise_floor:
        floors = (f"{workload} {_percent(floor)}" for workload, floor in run.noise_floor.items())
        lines.append(f"noise floor, from A/A cells: {', '.join(floors)}; smaller differences do not count")
        lines += hidden_differences(run)
    if conditions.disturbed_percent:
        lines.append(
            f"set aside {conditions.disturbed_percent:.1f} % of the samples: the thread lost its processor "
            "during them"
        )
    if conditions.yardstick_share is not None:
        lines.append(
            f"yardsticks took {100 * conditions.yardstick_share:.0f} % of the time; reference cells that "
            f"make runs comparable: {len(run.yardsticks)}"
        )
    if conditions.variables:
        settings = ", ".join(f"{name}={value}" for name, value in conditions.variables.items())
        lines.append(f"in an environment that changes figures: {settings}")
    if any("[" in str(finding) for finding in found):
        lines.append("brackets are 95 % intervals")
    lines += [f"warning: {warning}" for warning in conditions.warnings]
    return lines + _not_measured(run)


def _extent(run: Run) -> Iterator[str]:
    """How much was measured, how precise that is, and where that is too little."""
    conditions = run.conditions
    if conditions.elapsed_s:
        reached = sum(1 for cell in run.cells if cell.precision <= (conditions.precision or math.inf))
        turns = f" in {conditions.processes} processes in turn" if conditions.processes > 1 else ""
        what = "counted in" if conditions.meter == CALLGRIND.name else f"{conditions.meter} time{turns},"
        target = f"±{100 * conditions.precision:g} %"
        precise = f"{reached} of {len(run.cells)} cells reached {target} (others are marked *)"
        if not run.cells:
            precise = "no cell was measured"
        elif not conditions.precision:
            precise = "no target precision"
        yield (
            f"{what} {conditions.elapsed_s:.1f} s, stopped by {conditions.stopped_by}; "
            f"{precise}; seed {conditions.seed}"
        )
    if few := sum(not math.isfinite(cell.precision) for cell in run.cells):
        yield (
            f"too few rounds for an interval in {few} of {len(run.cells)} cells (marked ?), which decide "
            "nothing: select fewer cells, or give more --time-budget"
        )


def _not_measured(run: Run) -> list[str]:
    reasons = Counter(excluded.reason for excluded in run.excluded).most_common()
    lines = [f"excluded {count}: {reason}" for reason, count in reasons]
    return lines + [f"failed: {failure.id}: {failure.error}" for failure in run.failures]


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %" if math.isfinite(fraction) else "unknown, too few rounds"
