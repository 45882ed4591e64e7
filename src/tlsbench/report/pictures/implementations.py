"""The picture of implementations: each compared with the fastest at the same scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from tlsbench.report.beside import not_known
from tlsbench.report.findings.libraries import are_contested, not_ranked, ranked, rivals
from tlsbench.report.naming import names, scenario_of
from tlsbench.report.pictures.choosing import greatest, median_of
from tlsbench.report.pictures.shapes import MOST_BARS, Heat, Picture
from tlsbench.report.table import MARK, ratio_of
from tlsbench.results import Cell, Run
from tlsbench.results.likeness import likeness

_LIBRARIES = ("implementation",)
_NOT_MEASURED = "–"


@dataclass(frozen=True, slots=True)
class _Contest:
    """A scenario of several implementations.

    :param like: cells that are alike, so that they can be ranked.
    :param unlike: cells of implementations that have no match in the scenario.
    """

    like: Sequence[Cell]
    unlike: Sequence[Cell]

    @property
    def fastest(self) -> Cell:
        return min(self.like, key=median_of)

    @property
    def apart(self) -> float:
        return max(map(median_of, self.like)) / median_of(self.fastest)


def implementations(run: Run) -> Picture | None:
    """Each implementation against the fastest, by scenario; only cells that are alike are ranked."""
    scenarios = [ranked(cells) for cells in rivals(run)]
    contests = [contest for groups in scenarios for contest in _contests(groups)]
    found = greatest(contests, MOST_BARS, lambda contest: contest.apart, "in which they differ most")
    if not found.items:
        return None
    shown = found.items
    among = {_library(cell) for one in shown for cell in (*one.like, *one.unlike)}
    every = dict.fromkeys(cell.axes.get("implementation", "") for cell in run.cells)
    libraries = [library for library in every if library in among]
    ratios = [[_over_the_fastest(library, one) for library in libraries] for one in shown]
    return Picture(
        "implementations",
        "Implementations against scenarios",
        "Time in the libraries over that of the fastest at the same scenario, round by round: 1 is fastest, "
        f"{_NOT_MEASURED} is not measured. Only cells that are alike are ranked.{found.words}",
        Heat(
            _labels([one.like[0] for one in shown]),
            _names_of(libraries, run),
            [[ratio if is_ranked else None for ratio, is_ranked in row] for row in ratios],
            [[_text(ratio, is_ranked=is_ranked) for ratio, is_ranked in row] for row in ratios],
            "× the fastest",
        ),
        beside=_beside(scenarios, shown),
        scenario=scenario_of([cell for one in shown for cell in (*one.like, *one.unlike)]),
        drawn=found.drawn,
    )


def _contests(groups: Sequence[Sequence[Cell]]) -> list[_Contest]:
    """The groups of a scenario that can be ranked; the cells that cannot be go with the first group."""
    like = [group for group in groups if are_contested(group)]
    among = {_library(cell) for group in like for cell in group}
    unlike = [cell for group in groups for cell in group if _library(cell) not in among]
    return [_Contest(group, () if at else unlike) for at, group in enumerate(like)]


def _library(cell: Cell) -> str:
    return cell.axes["implementation"]


def _names_of(libraries: Sequence[str], run: Run) -> list[str]:
    """The names of columns: a libssl by its engine and its file, if that distinguishes it from the others."""
    short = [
        f"{run.engines.get(one, one).partition(' in ')[0]} {one.rpartition('/')[2]}" if "/" in one else one
        for one in libraries
    ]
    return [name if short.count(name) == 1 else one for name, one in zip(short, libraries, strict=True)]


def _over_the_fastest(library: str, contest: _Contest) -> tuple[float | None, bool]:
    """A library's time over that of the fastest, and whether the two are alike; None if there is none."""
    for cells, is_ranked in ((contest.like, True), (contest.unlike, False)):
        cell = next((one for one in cells if _library(one) == library), None)
        if cell is not None:
            ratio = ratio_of(cell, contest.fastest)
            return (ratio.median if isfinite(ratio.median) else None), is_ranked
    return None, False


def _text(ratio: float | None, *, is_ranked: bool) -> str:
    return _NOT_MEASURED if ratio is None else f"{ratio:.2f}{'' if is_ranked else MARK}"


def _labels(firsts: Sequence[Cell]) -> list[str]:
    """What distinguishes the rows: axes, and if these are the same, what else differs."""
    named = names([cell.axes for cell in firsts], _LIBRARIES)
    labels = []
    for at, (name, cell) in enumerate(zip(named, firsts, strict=True)):
        other = next((one for one, before in zip(firsts, named[:at], strict=False) if before == name), None)
        differing = likeness(cell, other, _LIBRARIES).differences if other is not None else ()
        words = [name or cell.axes["workload"], *(f"{one.what} {one.one}" for one in differing)]
        labels.append(" ".join(words))
    return labels


def _beside(scenarios: Sequence[Sequence[Sequence[Cell]]], shown: Sequence[_Contest]) -> str:
    alone = not_ranked(scenarios)
    unknown = not_known(
        [likeness(one, found.like[0], _LIBRARIES) for found in shown for one in found.like[1:]]
    )
    said = [f"{MARK} Not ranked because of other differences: {alone}."] if alone else []
    return " ".join([*said, *([f"Unknown for some: {unknown}."] if unknown else [])])
