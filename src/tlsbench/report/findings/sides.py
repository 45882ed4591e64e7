"""Which library is fastest as a client, and which as a server, each against the same peer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tlsbench.report.beside import stray_words
from tlsbench.report.digits import with_unit
from tlsbench.report.findings.finding import Finding
from tlsbench.report.naming import names
from tlsbench.report.table import ratio_of
from tlsbench.results import Cell, Run
from tlsbench.results.likeness import alike, likeness
from tlsbench.stats import is_difference
from tlsbench.units import NANOSECONDS

#: The fewest libraries on a side that are worth ranking.
_LEAST = 3
_PEERS = {"client": "server", "server": "client"}


def side_findings(run: Run) -> Iterator[Finding]:
    """For each side and peer, the libraries in order of their own time, if several ran with that peer."""
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
            yield from _findings(side, dict(rest)[peer], context, list(cells.values()), run)


def _with_ends(cell: Cell) -> dict[str, str]:
    both = cell.axes.get("implementation", "")
    axes = {axis: value for axis, value in cell.axes.items() if axis != "implementation"}
    return {"client": both, "server": both, **axes}


def _has_unlike_ends(cells: Mapping[str, Cell]) -> bool:
    return len(cells) >= _LEAST and any("implementation" not in cell.axes for cell in cells.values())


def _findings(side: str, peer: str, context: str, cells: Sequence[Cell], run: Run) -> Iterator[Finding]:
    """The finding on those that are alike; it says what the others differ in."""
    groups = sorted(alike(cells, (side,)), key=len, reverse=True)
    fastest, *others = sorted(groups[0], key=lambda cell: cell.figures[side].median)
    if len(others) + 1 < _LEAST:
        return
    floor = run.noise_floor.get("handshake", 0.0)
    beside = [(_with_ends(cell)[side], ratio_of(cell, fastest, side)) for cell in others]
    level = [library for library, ratio in beside if not is_difference(ratio, floor)]
    slower = [
        f"{library} takes {ratio.median:.2f} times as long [{ratio.low:.2f}, {ratio.high:.2f}]"
        for library, ratio in beside
        if is_difference(ratio, floor)
    ]
    unlike = [
        f"{_with_ends(cell)[side]} in {stray_words([likeness(cell, fastest, (side,)).differences])}"
        for group in groups[1:]
        for cell in group
    ]
    shown = with_unit(fastest.figures[side].median, fastest.instrument.unit)
    where = f" ({context})" if context else ""
    tied = (f"no significant difference from {', '.join(level)}",) if level else ()
    left_out = (f"Not ranked because of other differences: {'; '.join(unlike)}",) if unlike else ()
    first = _with_ends(fastest)[side]
    if not slower:
        among = f"{side}s with {peer} as {_PEERS[side]}{where}"
        yield Finding(
            f"No significant difference between {len(beside) + 1} {among}: {', '.join([first, *level])}",
            (f"{first} has the least time of its own, {shown}", *left_out),
        )
        return
    yield Finding(
        f"Fastest {side} of those with {peer} as {_PEERS[side]}{where}: {first}, {shown} of its own time",
        (*tied, *slower, *left_out),
    )
