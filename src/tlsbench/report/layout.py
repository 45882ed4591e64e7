"""How a sheet fits the width of a terminal: what is narrowed, merged, or left out.

Labels are never left out, and their words are never broken: if they leave no room for the figures, they are
merged into one column that wraps between words. Then figures are left out, the lightest first, except for the
main ones (:data:`tlsbench.report.columns.MAIN`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tlsbench.report.columns import MAIN
from tlsbench.report.sheets import SHORT, Entry, Field, Sheet

#: The space between two columns.
_GAP = 2
#: The least width of a label that may wrap, and of merged labels; the longest word may need more.
_LEAST_COLUMNS, _LEAST_TOGETHER = 20, 28
#: Labels make room for figures of this weight or more.
_WORTH_ROOM = 9


@dataclass(frozen=True, slots=True)
class Layout:
    """A sheet laid out for a width.

    :param columns: its fields in order, with the width of each.
    :param entries: its entries, with the labels that the fields show.
    :param hidden: the headings of what was left out, the lightest first.
    """

    columns: Mapping[Field, int]
    entries: Sequence[Entry]
    hidden: Sequence[str]


def lay_out(sheet: Sheet, width: int) -> Layout:
    """Lay out a sheet within ``width`` columns."""
    labels = [field for field in sheet.fields if field.kind == "label"]
    wanted = [field for field in sheet.fields if field.kind != "label" and field.weight >= _WORTH_ROOM]
    if len(labels) > 1 and _sum([_least(field, sheet) for field in (*labels, *wanted)]) > width:
        sheet = _together(sheet, labels)
    least = {field: _least(field, sheet) for field in sheet.fields}
    lightest = sorted((field for field in least if field.kind != "label"), key=lambda field: field.weight)
    hidden = []
    for field in lightest[:-1]:
        if _sum(list(least.values())) <= width or field.weight >= MAIN:
            break
        del least[field]
        hidden.append(field.heading)
    return Layout(_spread(least, sheet, width), sheet.entries, hidden)


def _spread(least: Mapping[Field, int], sheet: Sheet, width: int) -> Mapping[Field, int]:
    """Give the room that is left to the columns that wrap, or take from them what is missing."""
    columns = dict(least)
    for field in (field for field in least if field.wraps):
        spare = width - _sum(list(columns.values()))
        widest = _widest(field, sheet)
        columns[field] = max(1, min(widest, columns[field] + spare))
    return columns


def _sum(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _together(sheet: Sheet, labels: Sequence[Field]) -> Sheet:
    """The sheet with its labels in one column: the short names of its entries, or all their labels."""
    names = [field.name for field in labels]
    heading = " ".join(field.heading for field in labels)
    has_names = all(entry.labels.get(SHORT) for entry in sheet.entries)
    one = Field(SHORT, "cell" if has_names else heading, "label", wraps=True)
    entries = [
        entry if has_names else replace(entry, labels={**entry.labels, SHORT: _in_a_row(entry, names)})
        for entry in sheet.entries
    ]
    return replace(
        sheet, fields=[one, *(field for field in sheet.fields if field not in labels)], entries=entries
    )


def _in_a_row(entry: Entry, names: Sequence[str]) -> str:
    return " ".join(filter(None, map(entry.text, names)))


def _texts(field: Field, sheet: Sheet) -> list[str]:
    return [field.heading, *(entry.text(field.name) for entry in sheet.entries)]


def _widest(field: Field, sheet: Sheet) -> int:
    return max(map(len, _texts(field, sheet)))


def _least(field: Field, sheet: Sheet) -> int:
    widest = _widest(field, sheet)
    if not field.wraps:
        return widest
    longest_word = max((len(word) for text in _texts(field, sheet) for word in text.split()), default=0)
    return max(longest_word, min(widest, _LEAST_TOGETHER if field.name == SHORT else _LEAST_COLUMNS))
