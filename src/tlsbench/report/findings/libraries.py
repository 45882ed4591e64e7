"""Which implementation is fastest at what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tlsbench.report.beside import not_known, stray_words
from tlsbench.report.findings.finding import Finding
from tlsbench.report.findings.pairs import Pair
from tlsbench.results import Cell, Run
from tlsbench.results.likeness import Difference, alike, likeness
from tlsbench.units import NANOSECONDS

#: The axis that is compared.
_LIBRARIES = ("implementation",)
#: Suites and groups that some libraries accept and others do not: cells that differ only in these are rivals
#: but are not ranked, and the finding says why.
_CHOSEN = ("cipher", "group")


def rivals(run: Run) -> list[list[Cell]]:
    """The cells of each scenario that several implementations have, whatever suite and group they use."""
    scenarios: dict[tuple[tuple[str, str], ...], list[Cell]] = defaultdict(list)
    for cell in run.cells:
        if "implementation" in cell.axes and cell.instrument.unit is NANOSECONDS:
            rest = {axis: value for axis, value in cell.axes.items() if axis not in (*_LIBRARIES, *_CHOSEN)}
            scenarios[tuple(sorted(rest.items()))].append(cell)
    return [cells for cells in scenarios.values() if are_contested(cells)]


def ranked(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Rivals in groups of cells that are alike, so that the members of a group can be ranked."""
    return alike(cells, _LIBRARIES)


def are_contested(cells: Sequence[Cell]) -> bool:
    """Whether the cells are of several implementations."""
    return len({_library(cell) for cell in cells}) > 1


def not_ranked(scenarios: Iterable[Sequence[Sequence[Cell]]]) -> str:
    """The implementations without a match in some scenario, and how they differ from the first that has one.

    :param scenarios: for each scenario, the groups that :func:`ranked` returns.
    """
    found: dict[str, list[list[Difference]]] = defaultdict(list)
    for groups in scenarios:
        contested = [group for group in groups if are_contested(group)]
        among = {_library(cell) for group in contested for cell in group}
        first = (contested or groups)[0][0]
        for cell in (cell for group in groups for cell in group):
            if _library(cell) not in {*among, _library(first)}:
                found[_library(cell)].append(likeness(cell, first, _LIBRARIES).stray)
    return "; ".join(f"{library} in {stray_words(strays)}" for library, strays in found.items())


def fastest_findings(run: Run) -> Iterator[Finding]:
    """For each workload with several implementations, which is fastest in how many of its scenarios.

    One counts as fastest if it leads the next by more than the uncertainty and the noise floor. Only cells
    that are alike are ranked; the finding says what the others differ in.
    """
    by_workload: dict[str, list[list[list[Cell]]]] = defaultdict(list)
    for cells in rivals(run):
        by_workload[cells[0].axes["workload"]].append(ranked(cells))
    for workload, scenarios in by_workload.items():
        contested = [group for groups in scenarios for group in groups if are_contested(group)]
        details = list(_details(contested, scenarios))
        if contested:
            yield Finding(f"Fastest at {workload}: {_sentence(contested, run)}", tuple(details))
        elif details:
            yield Finding(
                f"Fastest at {workload}: not ranked, as no two libraries did the same work", tuple(details)
            )


def _library(cell: Cell) -> str:
    return cell.axes["implementation"]


def _sentence(contested: Sequence[Sequence[Cell]], run: Run) -> str:
    wins: dict[str, list[float]] = defaultdict(list)
    ties = 0
    for cells in contested:
        first, *others = sorted(cells, key=lambda cell: cell.main.median)
        pair = Pair(next(cell for cell in others if _library(cell) != _library(first)), first, {})
        if pair.is_told_apart(run):
            wins[_library(first)].append(pair.ratio().median)
        else:
            ties += 1
    told = [
        f"{library} in {len(leads)} of {len(contested)} scenarios (the next takes "
        f"{_range(leads)} times as long)"
        for library, leads in sorted(wins.items(), key=lambda win: -len(win[1]))
    ]
    tied = [f"no significant difference between the first two in {ties} of {len(contested)} scenarios"]
    return "; ".join([*told, *(tied if ties else ())])


def _details(
    contested: Sequence[Sequence[Cell]], scenarios: Sequence[Sequence[Sequence[Cell]]]
) -> Iterator[str]:
    if alone := not_ranked(scenarios):
        yield f"Not ranked because of other differences: {alone}"
    found = [likeness(one, cells[0], _LIBRARIES) for cells in contested for one in cells[1:]]
    if unknown := not_known(found):
        yield f"Unknown for some that are ranked: {unknown}"


def _range(leads: list[float]) -> str:
    low, high = f"{min(leads):.2f}", f"{max(leads):.2f}"
    return low if low == high else f"{low} to {high}"
