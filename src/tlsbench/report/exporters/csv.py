"""Comma-separated values (RFC 4180): all labels, and figures as plain numbers."""

from __future__ import annotations

import csv
import io
import math

from tlsbench.escaping import for_csv
from tlsbench.report.sheets import Entry, Figure, Report


def write(report: Report, _width: int) -> str:
    """The entries of all sheets, one row each; the columns do not depend on what the result holds."""
    text = io.StringIO()
    writer = csv.writer(text)
    names = [*report.labels, *report.columns]
    writer.writerow(names)
    writer.writerows([_value(entry, name) for name in names] for entry in report.entries)
    return text.getvalue()


def _value(entry: Entry, name: str) -> str:
    if name in entry.figures:
        return _number(entry.figures[name])
    return for_csv(entry.labels.get(name, ""))


def _number(figure: Figure) -> str:
    if figure.number is None or not math.isfinite(figure.number):
        return ""
    if isinstance(figure.number, int):  # a count or a Boolean
        return str(figure.number).lower()
    return f"{figure.number:.6g}"
