"""Tables as text: for a terminal, Markdown or CSV."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Callable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from tlsbench.escaping import for_csv, for_markdown
from tlsbench.report.findings import findings
from tlsbench.report.findings.hidden import hidden_differences
from tlsbench.report.table import COLUMNS, Column, Row, Table, tables
from tlsbench.report.terminal import line, print_plain
from tlsbench.results import Cell, Run
from tlsbench.sampling.instruments import ALLOCATIONS, CALLGRIND, WALL
from tlsbench.scenarios.axes import AXES

_Baseline = Callable[[Cell], bool] | None
#: Columns that CSV has whether or not a run has figures for them, so that runs can be put together.
_ALWAYS = frozenset((*WALL.columns, *ALLOCATIONS.columns))


def terminal(run: Run, is_baseline: _Baseline, width: int) -> RenderableType:
    """The tables, what they say and their notes, for a terminal of so many columns."""
    parts: list[RenderableType] = [rows_only(run, is_baseline, width)]
    for finding in (said := findings(run)):
        parts.append(line(finding.headline))
        parts.extend(Padding(line(detail, "dim"), (0, 0, 0, 2)) for detail in finding.details)
    parts.extend([Text()] if said else [])
    parts.extend(line(note, "dim") for note in notes(run))
    return Group(*parts)


def rows_only(run: Run, is_baseline: _Baseline, width: int) -> RenderableType:
    """The tables alone, as while they grow."""
    parts: list[RenderableType] = []
    for table in tables(run, is_baseline):
        parts.append(line(_heading(table), "bold"))
        columns, hidden = _fitting(table, width)
        rich_table = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        for axis in table.axes:
            rich_table.add_column(axis, no_wrap=True)
        for column in columns:
            rich_table.add_column(column.heading, justify="right", no_wrap=True)
        for row in table.rows:
            rich_table.add_row(*map(line, _texts(table, row, columns)))
        parts.append(rich_table)
        if hidden:
            parts.append(
                Text(f"{len(hidden)} columns hidden ({', '.join(hidden)}): widen the terminal", style="dim")
            )
        parts.append(Text())
    return Group(*parts)


def plain(run: Run, is_baseline: _Baseline, width: int) -> str:
    """The same without any colour, as for a file."""
    return print_plain(terminal(run, is_baseline, width), width)


def markdown(run: Run, is_baseline: _Baseline) -> str:
    """The tables in GitHub's Markdown, with every column."""
    lines: list[str] = []
    for table in tables(run, is_baseline):
        headings = [*table.axes, *(column.heading for column in table.columns)]
        lines += [f"**{for_markdown(_heading(table))}**", ""]
        lines.append("| " + " | ".join(headings) + " |")
        lines.append("|" + " --- |" * len(table.axes) + " ---: |" * len(table.columns))
        for row in table.rows:
            axes = (for_markdown(text) for text in _texts(table, row, ()))
            texts = (*axes, *(_text(column, row) for column in table.columns))
            lines.append("| " + " | ".join(texts) + " |")
        lines.append("")
    lines += [f"- {for_markdown(str(said))}" for said in (*findings(run), *notes(run))]
    return "\n".join(lines) + "\n"


def comma_separated(run: Run, is_baseline: _Baseline) -> str:
    """Every cell in one CSV (RFC 4180), all axes and figures as plain numbers."""
    text = io.StringIO()
    writer = csv.writer(text)
    found = tables(run, is_baseline)
    used = {column.name for table in found for column in table.columns}
    columns = [column for column in COLUMNS if column.name in _ALWAYS | used]
    writer.writerow([*AXES, *(column.name for column in columns), "samples", "precision_reached"])
    for table in found:
        for row in table.rows:
            figures = [_number(column.value(row)) if column in table.columns else "" for column in columns]
            axes = [for_csv(row.cell.axes.get(axis, "")) for axis in AXES]
            writer.writerow([*axes, *figures, len(row.cell.totals), str(row.reached).lower()])
    return text.getvalue()


def notes(run: Run) -> list[str]:
    """What belongs under every table: versions, conditions, and all that was not measured."""
    conditions = run.conditions
    lines = ["engines: " + ", ".join(f"{name} = {engine}" for name, engine in run.engines.items())]
    if conditions.elapsed_s:
        reached = sum(1 for cell in run.cells if cell.precision <= (conditions.precision or float("inf")))
        what = "counted in" if conditions.meter == CALLGRIND.name else f"{conditions.meter} time,"
        target = f"±{100 * conditions.precision:g} %"
        precise = f"{reached} of {len(run.cells)} cells reached {target} (others are marked *)"
        if not conditions.precision:
            precise = "no precision asked for"
        lines.append(
            f"{what} {conditions.elapsed_s:.1f} s, stopped by {conditions.stopped_by}; "
            f"{precise}; seed {conditions.seed}"
        )
    lines += dict.fromkeys(cell.instrument.note for cell in run.cells)
    if conditions.meter == CALLGRIND.name:
        return lines + _not_measured(run)
    if run.noise_floor:
        floors = (f"{workload} {_percent(floor)}" for workload, floor in run.noise_floor.items())
        lines.append(f"noise floor, from A/A cells: {', '.join(floors)}; a smaller difference is none")
        lines += hidden_differences(run)
    if findings(run):
        lines.append("brackets hold 95 % intervals")
    lines += [f"warning: {warning}" for warning in conditions.warnings]
    return lines + _not_measured(run)


def _not_measured(run: Run) -> list[str]:
    reasons = Counter(excluded.reason for excluded in run.excluded).most_common()
    lines = [f"excluded {count}: {reason}" for reason, count in reasons]
    return lines + [f"failed: {failure.id}: {failure.error}" for failure in run.failures]


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %" if math.isfinite(fraction) else "unknown, too few rounds"


def _heading(table: Table) -> str:
    constants = (f"{axis}={value}" for axis, value in table.constants.items() if axis != "workload")
    return " ".join((table.workload, *constants))


def _texts(table: Table, row: Row, columns: Sequence[Column]) -> list[str]:
    return [
        *(row.cell.axes.get(axis, "") for axis in table.axes),
        *(_text(column, row) for column in columns),
    ]


def _text(column: Column, row: Row) -> str:
    value = column.value(row)
    if value is None:
        return ""
    if value == float("inf"):
        return "?"
    if column.name == "ratio":
        if row.is_baseline:
            return "="
        return column.format(value) if row.is_different else "~"
    mark = "*" if column.name == "precision_percent" and not row.reached else ""
    return column.format(value) + mark


def _number(value: float | None) -> str:
    return "" if value is None or value == float("inf") else f"{value:.6g}"


def _fitting(table: Table, width: int) -> tuple[list[Column], list[str]]:
    """The columns that fit, and the headings of those that gave way, lightest first."""
    texts = [_texts(table, row, table.columns) for row in table.rows]
    headings = [*table.axes, *(column.heading for column in table.columns)]
    widths = [max(map(len, column)) + 2 for column in zip(headings, *texts, strict=True)]
    room = width - sum(widths[: len(table.axes)])
    kept = dict(zip(table.columns, widths[len(table.axes) :], strict=True))
    hidden: list[str] = []
    for column in sorted(table.columns, key=lambda column: column.weight):
        if sum(kept.values()) <= room or len(kept) == 1:
            break
        del kept[column]
        hidden.append(column.heading)
    return list(kept), hidden
