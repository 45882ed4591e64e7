"""In words, what cells differ in apart from what is compared: for findings, tables, duels and captions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from tlsbench.report.naming import telling
from tlsbench.report.table import MARK, Table
from tlsbench.results import Cell
from tlsbench.results.duel import Side
from tlsbench.results.likeness import Difference, Likeness, likeness

#: The most differences to name.
_MOST = 6


def arrows(among: Sequence[Likeness], but: Collection[str] = ()) -> str:
    """What pairs differ in, from the second to the first: ``tickets 2 → 1, flights 4 → 3 in 1 of 2``.

    :param but: facts that are stated elsewhere.
    """
    changes: dict[str, Counter[str]] = {}
    for one in among:
        for difference in one.differences:
            if difference.what not in but:
                counts = changes.setdefault(difference.what, Counter())
                counts[f"{difference.other} → {difference.one}"] += 1
    told = []
    for what, counts in changes.items():
        words = f"{what} {' or '.join(counts)}"
        told.append(words if counts.total() == len(among) else f"{words} in {counts.total()} of {len(among)}")
    return ", ".join(told)


def not_known(among: Sequence[Likeness], but: Collection[str] = ()) -> str:
    """The facts that are unknown for at least one of the pairs; ``""`` if there are none."""
    return ", ".join(dict.fromkeys(what for one in among for what in one.unknown if what not in but))


def stray_words(among: Iterable[Sequence[Difference]]) -> str:
    """The differences of cells that are not compared, each named once."""
    words = list(dict.fromkeys(str(difference) for one in among for difference in one))
    more = f" and {len(words) - _MOST} more" if len(words) > _MOST else ""
    return ", ".join(words[:_MOST]) + more


def of_sides(one: Side, other: Side, found: Likeness) -> Iterator[str]:
    """What two sides of a duel differ in, and what is unknown about them, as clauses of a sentence."""
    if found.differences:
        told = ", ".join(
            f"{difference.what} {difference.one} ({one.name}) and {difference.other} ({other.name})"
            for difference in found.differences
        )
        yield f"they also differ in {told}"
    if found.unknown:
        yield f"unknown for one or both: {', '.join(found.unknown)}"


def of_names(cells: Sequence[Cell], without: Sequence[str] = ()) -> str:
    """What the cells of one picture differ in apart from their names, in sentences.

    :param without: axes that their names leave out because the picture shows them otherwise.
    """
    if len(cells) < 2:
        return ""
    named = (*telling([cell.axes for cell in cells], without), *without)
    found = [likeness(cell, cells[0], named) for cell in cells[1:]]
    values: dict[str, dict[str, None]] = {}
    for one in found:
        for difference in one.differences:
            values.setdefault(difference.what, {}).update(dict.fromkeys((difference.other, difference.one)))
    said = []
    if values:
        told = ", ".join(f"{what} ({', '.join(of)})" for what, of in values.items())
        said.append(f"The cells also differ in {told}.")
    if unknown := not_known(found):
        said.append(f"Unknown for some: {unknown}.")
    return " ".join(said)


def table_notes(tables: Sequence[Table]) -> Iterator[str]:
    """How the marked rows of tables differ from their baselines, and what is unknown for some rows."""
    for table in tables:
        of = f" of {table.workload}" if len(tables) > 1 else ""
        words = Counter(filter(None, (row.beside.words(table.seen) for row in table.rows)))
        if words:
            told = [f"{count} in {what}" for what, count in words.most_common(_MOST)]
            more = f"; {len(words) - _MOST} more kinds" if len(words) > _MOST else ""
            yield (
                f"{MARK} rows{of} that differ from the row marked = in more than their columns show: "
                f"{'; '.join(told)}{more}"
            )
        if unknown := not_known([row.beside for row in table.rows if not row.is_baseline], table.seen):
            yield f"unknown for some rows{of}, which may therefore differ in it: {unknown}"
