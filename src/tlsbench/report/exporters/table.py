"""Tables for people: on a terminal, or as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from tlsbench.report.sheets import Field, Report, Sheet
from tlsbench.report.terminal import line, print_plain

_COLOURS = {"faster": "green", "slower": "red"}
#: A label that may wrap is left so many columns.
_LEAST_COLUMNS = 20


def write(report: Report, width: int) -> str:
    """The report without any colour, as for a file; or what tells it in words."""
    return report.told or print_plain(terminal(report, width), width)


def terminal(report: Report, width: int) -> RenderableType:
    """The report for a terminal of so many columns."""
    return Group(*_parts(report, width))


def _parts(report: Report, width: int) -> Iterator[RenderableType]:
    if report.warns_first:
        yield from (line(f"WARNING: {warning}", "bold yellow") for warning in report.warnings)
    yield sheets(report.sheets, width)
    for finding in report.findings:
        yield line(finding.headline)
        yield from (Padding(line(detail, "dim"), (0, 0, 0, 2)) for detail in finding.details)
    if report.findings:
        yield Text()
    yield from (line(note, "dim") for note in report.notes)
    yield from (line(failed, "bold red") for failed in report.failed)
    yield from (line(said, "bold yellow") for said in report.gates[len(report.failed) :])


def sheets(of: Sequence[Sheet], width: int) -> RenderableType:
    """The sheets alone, with their titles."""
    return Group(*(part for one in of for part in (line(one.title, "bold"), *rows(one, width), Text())))


def rows(sheet: Sheet, width: int) -> list[RenderableType]:
    """A sheet without its title: the columns that fit, and which gave way."""
    fields, hidden = _fitting(sheet, width)
    table = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for field in fields:
        table.add_column(
            field.heading,
            justify="right" if field.kind == "figure" else "left",
            overflow="fold" if field.wraps else "ellipsis",
            no_wrap=not field.wraps,
        )
    for entry in sheet.entries:
        texts = (line(entry.text(field.name)) for field in fields)
        table.add_row(*texts, style=_COLOURS.get(entry.verdict, ""))
    if not hidden:
        return [table]
    gone = f"{len(hidden)} column{'s' * (len(hidden) > 1)} hidden ({', '.join(hidden)}): widen the terminal"
    return [table, Text(gone, style="dim")]


def _fitting(sheet: Sheet, width: int) -> tuple[list[Field], list[str]]:
    """The columns that fit, and the headings of those that gave way, lightest first."""
    widths = {field: _width(field, sheet) for field in sheet.fields}
    kept = {field: width for field, width in widths.items() if field.kind != "label"}
    room = width - sum(widths[field] for field in widths if field not in kept)
    hidden: list[Field] = []
    for field in sorted(kept, key=lambda field: field.weight):
        if sum(kept.values()) <= room or len(kept) == 1:
            break
        del kept[field]
        hidden.append(field)
    return [field for field in widths if field not in hidden], [field.heading for field in hidden]


def _width(field: Field, sheet: Sheet) -> int:
    widest = max(map(len, (field.heading, *(entry.text(field.name) for entry in sheet.entries))))
    return 2 + (min(widest, _LEAST_COLUMNS) if field.wraps else widest)
