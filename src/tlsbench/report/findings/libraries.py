"""Which implementation is fastest at what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tlsbench.report.findings.finding import Finding
from tlsbench.report.findings.pairs import Pair
from tlsbench.report.likeness import LOOSE, alike
from tlsbench.results import Cell, Run
from tlsbench.units import NANOSECONDS

#: What a handshake may differ in beside the library: suites and groups that libraries cannot be told.
_LOOSE = ("implementation", "client", "server", *LOOSE)


def fastest_findings(run: Run) -> Iterator[Finding]:
    """For each workload with several implementations, which is fastest in how many of its scenarios.

    One counts as fastest where the next cannot be the same: by more than the uncertainty and the noise floor.
    Those with another cipher suite or group than most have no part in it.
    """
    by_workload: dict[str, dict[tuple[tuple[str, str], ...], list[Cell]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for cell in run.cells:
        if "implementation" in cell.axes and cell.instrument.unit is NANOSECONDS:
            rest = {axis: value for axis, value in cell.axes.items() if axis not in _LOOSE}
            by_workload[cell.axes["workload"]][tuple(sorted(rest.items()))].append(cell)
    for workload, scenarios in by_workload.items():
        ranked = [alike(cells)[0] for cells in scenarios.values()]
        contested = [cells for cells in ranked if len({_library(cell) for cell in cells}) > 1]
        if contested:
            yield _sentence(workload, contested, run)


def _library(cell: Cell) -> str:
    return cell.axes["implementation"]


def _sentence(workload: str, contested: list[list[Cell]], run: Run) -> Finding:
    wins: dict[str, list[float]] = defaultdict(list)
    ties = 0
    for cells in contested:
        first, *others = sorted(cells, key=lambda cell: cell.main.median)
        rivals = [cell for cell in others if _library(cell) != _library(first)]
        pair = Pair(rivals[0], first, {})
        if pair.is_told_apart(run):
            wins[_library(first)].append(pair.ratio().median)
        else:
            ties += 1
    told = [
        f"{library} in {len(leads)} of {len(contested)} scenarios (the next takes "
        f"{_range(leads)} times as long)"
        for library, leads in sorted(wins.items(), key=lambda win: -len(win[1]))
    ]
    tied = [f"in {ties} the first two cannot be told apart"] if ties else []
    return Finding(f"Fastest at {workload}: {'; '.join([*told, *tied])}")


def _range(leads: list[float]) -> str:
    low, high = f"{min(leads):.2f}", f"{max(leads):.2f}"
    return low if low == high else f"{low} to {high}"
