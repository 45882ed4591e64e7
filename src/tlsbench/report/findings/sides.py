"""Which library is fastest as a client, and which as a server, each against the same peer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from tlsbench.report.findings.finding import Finding
from tlsbench.report.naming import names
from tlsbench.report.table import format_us
from tlsbench.results import Cell, Run
from tlsbench.stats import Interval, is_difference, paired_ratio
from tlsbench.units import NANOSECONDS

#: Fewer libraries on a side are no field to be first in.
_LEAST = 3
_PEERS = {"client": "server", "server": "client"}


def side_findings(run: Run) -> Iterator[Finding]:
    """For each side and peer the libraries in the order of their own time, where several have that peer."""
    for side, peer in _PEERS.items():
        fields: dict[tuple[tuple[str, str], ...], dict[str, Cell]] = defaultdict(dict)
        for cell in run.cells:
            if cell.axes["workload"] == "handshake" and cell.instrument.unit is NANOSECONDS:
                axes = _with_ends(cell)
                library = axes.pop(side)
                fields[tuple(sorted(axes.items()))].setdefault(library, cell)
        held = {rest: cells for rest, cells in fields.items() if _has_unlike_ends(cells)}
        contexts = names([{axis: value for axis, value in rest if axis not in _PEERS} for rest in held])
        for (rest, cells), context in zip(held.items(), contexts, strict=True):
            yield _finding(side, dict(rest)[peer], context, cells, run)


def _with_ends(cell: Cell) -> dict[str, str]:
    both = cell.axes.get("implementation", "")
    axes = {axis: value for axis, value in cell.axes.items() if axis != "implementation"}
    return {"client": both, "server": both, **axes}


def _has_unlike_ends(cells: Mapping[str, Cell]) -> bool:
    return len(cells) >= _LEAST and any("implementation" not in cell.axes for cell in cells.values())


def _finding(side: str, peer: str, context: str, cells: Mapping[str, Cell], run: Run) -> Finding:
    ordered = sorted(cells.items(), key=lambda one: one[1].figures[side].median)
    (first, fastest), *others = ordered
    floor = run.noise_floor.get("handshake", 0.0)
    beside = [(library, _ratio(cell, fastest, side)) for library, cell in others]
    level = [library for library, ratio in beside if not is_difference(ratio, floor)]
    slower = [
        f"{library} takes {ratio.median:.2f} times as long [{ratio.low:.2f}, {ratio.high:.2f}]"
        for library, ratio in beside
        if is_difference(ratio, floor)
    ]
    shown = format_us(fastest.instrument.unit.to_shown(fastest.figures[side].median))
    where = f" ({context})" if context else ""
    tied = (f"no significant difference to {', '.join(level)}",) if level else ()
    return Finding(
        f"Fastest {side} of those with {peer} as {_PEERS[side]}{where}: {first}, {shown} µs of its own time",
        (*tied, *slower),
    )


def _ratio(cell: Cell, fastest: Cell, side: str) -> Interval:
    ours, theirs = (one.figures[side].round_medians for one in (cell, fastest))
    shared = min(len(ours), len(theirs))
    return paired_ratio(ours[:shared], theirs[:shared])
