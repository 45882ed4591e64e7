"""The picture of implementations beside each other, like for like as far as they go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from tlsbench.report.naming import labels_of, scenario_of
from tlsbench.report.pictures.choosing import greatest, median_of
from tlsbench.report.pictures.shapes import MOST_BARS, Heat, Picture
from tlsbench.results import Cell, Run
from tlsbench.units import NANOSECONDS

#: Suites and groups, which some libraries cannot choose.
_LOOSE = ("cipher", "group")
#: Marks a figure that is not like for like.
_UNLIKE = " ≠"
_WORDS_ON_UNLIKE = " A figure marked ≠ is of another cipher suite or group than that of the fastest."
#: The cells of a scenario by their library; the first is of the scenario itself.
_Contest: TypeAlias = dict[str, Cell]


def implementations(run: Run) -> Picture | None:
    """Each implementation against each scenario, beside the fastest at it."""
    found = greatest(_contests(run), MOST_BARS, _apart, "in which the implementations differ most")
    if not found.items:
        return None
    columns = list(dict.fromkeys(library for contest in found.items for library in contest))
    shown = [_beside_the_fastest(contest, columns) for contest in found.items]
    unlike = any(text.endswith(_UNLIKE) for row in shown for _, text in row)
    return Picture(
        "implementations",
        "Implementations against scenarios",
        "Median time in the libraries over that of the fastest at the same scenario: 1 is the fastest, "
        f"– is not measured.{_WORDS_ON_UNLIKE if unlike else ''}{found.words}",
        Heat(
            labels_of([next(iter(contest.values())) for contest in found.items], ("implementation",)),
            columns,
            [[value for value, _ in row] for row in shown],
            [[text for _, text in row] for row in shown],
            "× the fastest",
        ),
        scenario=scenario_of([cell for contest in found.items for cell in contest.values()]),
        drawn=found.drawn,
    )


def _contests(run: Run) -> list[_Contest]:
    """The scenarios of several libraries.

    A library that alone has a suite or group is beside those that have the rest of its scenario.
    """
    exact: dict[tuple[tuple[str, str], ...], _Contest] = defaultdict(dict)
    for cell in run.cells:
        if "implementation" in cell.axes and cell.instrument.unit is NANOSECONDS:
            exact[_key(cell)].setdefault(cell.axes["implementation"], cell)
    contests = [contest for contest in exact.values() if len(contest) > 1]
    loose: dict[tuple[tuple[str, str], ...], list[_Contest]] = defaultdict(list)
    for contest in sorted(contests, key=len, reverse=True):
        loose[_key(next(iter(contest.values())), _LOOSE)].append(contest)
    for (library, cell), *others in (list(contest.items()) for contest in exact.values()):
        if others:
            continue
        alike = loose[_key(cell, _LOOSE)]
        if all(library in contest for contest in alike):
            alike.append({})
        next(contest for contest in alike if library not in contest)[library] = cell
    return [contest for alike in loose.values() for contest in alike if len(contest) > 1]


def _key(cell: Cell, without: Sequence[str] = ()) -> tuple[tuple[str, str], ...]:
    left_out = ("implementation", *without)
    return tuple(sorted((axis, value) for axis, value in cell.axes.items() if axis not in left_out))


def _apart(contest: Mapping[str, Cell]) -> float:
    medians = [median_of(cell) for cell in contest.values()]
    return max(medians) / min(medians)


def _beside_the_fastest(
    contest: Mapping[str, Cell], libraries: Sequence[str]
) -> list[tuple[float | None, str]]:
    """For each library its time over that of the fastest, and how that is written."""
    fastest = min(contest.values(), key=median_of)
    found: list[tuple[float | None, str]] = []
    for library in libraries:
        cell = contest.get(library)
        if cell is None:
            found.append((None, "–"))
            continue
        ratio = median_of(cell) / median_of(fastest)
        same = all(cell.axes.get(axis) == fastest.axes.get(axis) for axis in _LOOSE)
        found.append((ratio, f"{ratio:.2f}{'' if same else _UNLIKE}"))
    return found
