"""Tables for people: on a terminal, or as plain text."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from tlsbench.report.layout import lay_out
from tlsbench.report.sheets import Report, Sheet
from tlsbench.report.terminal import line, print_plain

_COLOURS = {"faster": "green", "slower": "red"}


def write(report: Report, width: int) -> str:
    """The report without colour, as for a file; or its text in words, if it has one."""
    return report.told or print_plain(terminal(report, width), width)


def terminal(report: Report, width: int) -> RenderableType:
    """The report for a terminal that is ``width`` columns wide."""
    if report.told:
        return Group(*map(line, report.told.splitlines()))
    return Group(*_parts(report, width))


def _parts(report: Report, width: int) -> Iterator[RenderableType]:
    if report.warns_first:
        yield from (line(f"WARNING: {warning}", "bold yellow") for warning in report.warnings)
    if report.lead:
        yield line(report.lead, "bold red" if report.errors else "bold")
    yield sheets([*report.sheets, *report.ledgers], width)
    for finding in report.findings:
        yield line(finding.headline)
        yield from (Padding(line(detail, "dim"), (0, 0, 0, 2)) for detail in finding.details)
    if report.findings:
        yield Text()
    yield from (line(one, "dim") for one in report.origin)
    known = _constants(report.sheets)
    ids = [*(one.id for one in report.entries), *(one.id for one in report.errors)] if known else []
    yield from (line(_without(known, ids, note), "dim") for note in report.notes)
    yield from (line(_without(known, ids, failed), "bold red") for failed in report.failed)
    yield from (line(_without(known, ids, said), "bold yellow") for said in report.undecided)
    advice = report.gates[len(report.failed) + len(report.undecided) :]  # has a command: it stays whole
    yield from (line(one, "bold yellow") for one in advice)


def _constants(of: Sequence[Sheet]) -> set[str]:
    """The selectors that are in the title of every sheet."""
    titles = [{word for word in one.title.split() if "=" in word} for one in of]
    return set.intersection(*titles) if titles else set()


def _without(known: Collection[str], ids: Collection[str], text: str) -> str:
    """A line with its ids shortened by the selectors that the titles already show."""
    for long in ids:
        if long in text:
            text = text.replace(long, " ".join(word for word in long.split(" ") if word not in known))
    return text


def sheets(of: Sequence[Sheet], width: int) -> RenderableType:
    """The sheets alone, with their titles."""
    return Group(*(part for one in of for part in (line(one.title, "bold"), *rows(one, width), Text())))


def rows(sheet: Sheet, width: int) -> list[RenderableType]:
    """A sheet without its title: the columns that fit, and which ones are hidden."""
    if not sheet.entries:
        return []
    layout = lay_out(sheet, width)
    table = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for field, columns in layout.columns.items():
        table.add_column(
            field.heading,
            justify="right" if field.kind == "figure" else "left",
            overflow="fold" if field.wraps else "ellipsis",
            no_wrap=not field.wraps,
            width=columns,
        )
    for entry in layout.entries:
        texts = (line(entry.text(field.name)) for field in layout.columns)
        table.add_row(*texts, style=_COLOURS.get(entry.verdict, ""))
    if not layout.hidden:
        return [table]
    gone = f"{len(layout.hidden)} column{'s' * (len(layout.hidden) > 1)} hidden"
    return [table, Text(f"{gone} ({', '.join(layout.hidden)}): widen the terminal", style="dim")]
