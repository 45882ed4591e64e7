"""The picture of implementations: each beside the fastest at the same scenario."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from tlsbench.report.beside import not_known
from tlsbench.report.findings.libraries import are_contested, not_ranked, ranked, rivals
from tlsbench.report.naming import names
from tlsbench.report.pictures.shapes import Heat, Picture
from tlsbench.report.table import ratio_of
from tlsbench.results import Cell, Run
from tlsbench.results.likeness import likeness

_MOST_COLUMNS = 24
_LIBRARIES = ("implementation",)


def implementations(run: Run) -> Picture | None:
    """Each implementation against each scenario, beside the fastest at it; only what is alike in a column."""
    scenarios = [ranked(cells) for cells in rivals(run)]
    contested = [group for groups in scenarios for group in groups if are_contested(group)]
    if not contested:
        return None
    shown = contested[:_MOST_COLUMNS]
    rest = f" The first {_MOST_COLUMNS} of {len(contested):,} are drawn; the table has all."
    left_out = rest if len(contested) > _MOST_COLUMNS else ""
    rows = list(dict.fromkeys(cell.axes["implementation"] for group in shown for cell in group))
    values = [[_over_the_fastest(library, group) for group in shown] for library in rows]
    return Picture(
        "implementations",
        "Implementations against scenarios",
        "Time in the libraries over that of the fastest at the same scenario, round by round: 1 is fastest. "
        f"Only cells that are alike stand in one column.{left_out}",
        Heat(
            _names_of(rows, run),
            _labels(shown),
            values,
            [["" if one is None else f"{one:.2f}" for one in row] for row in values],
            "× the fastest",
        ),
        _beside(scenarios, shown),
    )


def _names_of(libraries: Sequence[str], run: Run) -> list[str]:
    """What rows are called: a libssl by its engine and its file, where that tells it from the others."""
    short = [
        f"{run.engines.get(one, one).partition(' in ')[0]} {one.rpartition('/')[2]}" if "/" in one else one
        for one in libraries
    ]
    return [name if short.count(name) == 1 else one for name, one in zip(short, libraries, strict=True)]


def _over_the_fastest(library: str, group: Sequence[Cell]) -> float | None:
    fastest = min(group, key=lambda cell: cell.main.median)
    cell = next((one for one in group if one.axes["implementation"] == library), None)
    found = ratio_of(cell, fastest).median if cell is not None else float("nan")
    return found if isfinite(found) else None


def _labels(contested: Sequence[Sequence[Cell]]) -> list[str]:
    """What tells the columns apart: axes, and where these are the same, what else differs."""
    firsts = [group[0] for group in contested]
    named = names([cell.axes for cell in firsts], _LIBRARIES)
    labels = []
    for at, (name, cell) in enumerate(zip(named, firsts, strict=True)):
        other = next((one for one, before in zip(firsts, named[:at], strict=False) if before == name), None)
        differing = likeness(cell, other, _LIBRARIES).differences if other is not None else ()
        words = [name or cell.axes["workload"], *(f"{one.what} {one.one}" for one in differing)]
        labels.append(" ".join(words))
    return labels


def _beside(scenarios: Sequence[Sequence[Sequence[Cell]]], shown: Sequence[Sequence[Cell]]) -> str:
    alone = not_ranked(scenarios)
    unknown = not_known([likeness(one, group[0], _LIBRARIES) for group in shown for one in group[1:]])
    said = [f"Left out where they differ in more: {alone}."] if alone else []
    return " ".join([*said, *([f"Not known of all: {unknown}."] if unknown else [])])
