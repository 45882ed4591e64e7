"""GitHub Flavored Markdown, with every column."""

from __future__ import annotations

from collections.abc import Iterator

from tlsbench.escaping import for_markdown
from tlsbench.report.sheets import Entry, Field, Report, Sheet


def write(report: Report, _width: int) -> str:
    """The report as tables, and the remarks on it as a list."""
    lines = [f"> **Warning**: {for_markdown(one)}" for one in report.warnings] if report.warns_first else []
    lines += [for_markdown(report.lead)] if report.lead else []
    for sheet in (*report.sheets, *report.ledgers):
        lines += _table(sheet)
    said = (*map(str, report.findings), *report.origin, *report.notes, *report.gates)
    return "\n".join((*lines, *(f"- {for_markdown(one)}" for one in said))) + "\n"


def _table(sheet: Sheet) -> Iterator[str]:
    if sheet.title:
        yield f"**{for_markdown(sheet.title)}**"
    yield ""
    yield "| " + " | ".join(field.heading for field in sheet.fields) + " |"
    yield "|" + "".join(" ---: |" if field.kind == "figure" else " --- |" for field in sheet.fields)
    for entry in sheet.entries:
        yield "| " + " | ".join(_text(entry, field) for field in sheet.fields) + " |"
    yield ""


def _text(entry: Entry, field: Field) -> str:
    text = entry.text(field.long or field.name)
    return for_markdown(text) if field.kind == "label" else text
