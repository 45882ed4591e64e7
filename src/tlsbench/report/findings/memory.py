"""How much memory an open connection keeps, by implementation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tlsbench.report.digits import with_unit
from tlsbench.report.findings.finding import Finding
from tlsbench.report.naming import labels_of, scenario_of
from tlsbench.results import Cell, Run
from tlsbench.sampling.instruments import ALLOCATIONS
from tlsbench.units import BYTES

_SIDES = ("server", "client")
#: The number of connections for which the memory is worked out.
_CONNECTIONS = 100_000


def memory_findings(run: Run) -> Iterator[Finding]:
    """For each side, the least and the most that a connection keeps; with one cell, what that keeps."""
    cells = [cell for cell in run.cells if cell.instrument is ALLOCATIONS]
    for side in _SIDES if cells else ():
        yield _of_side(side, cells)


def _of_side(side: str, cells: Sequence[Cell]) -> Finding:
    kept = [(cell.figures[side].median, name) for name, cell in zip(labels_of(cells), cells, strict=True)]
    (low, least), (high, most) = min(kept), max(kept)
    keeps = f"An open connection keeps {with_unit(low, BYTES)} on the {side}'s side"
    if len(kept) == 1:
        return Finding(
            keeps, (f"{_CONNECTIONS:,} connections take {_gigabytes(low)} ({scenario_of(cells)})",)
        )
    times = f" ({high / low:.1f} times as much)" if low else ""
    return Finding(
        f"{keeps} with {least}, {with_unit(high, BYTES)} with {most}{times}",
        (f"{_CONNECTIONS:,} connections take {_gigabytes(low)} to {_gigabytes(high)} of malloc's memory",),
    )


def _gigabytes(count: float) -> str:
    return f"{_CONNECTIONS * count / 1e9:.1f} GB"
