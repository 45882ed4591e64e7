"""What an open connection keeps, and with which implementation it is how much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tlsbench.report.findings.finding import Finding
from tlsbench.report.naming import labels_of, scenario_of
from tlsbench.results import Cell, Run
from tlsbench.sampling.instruments import ALLOCATIONS

_SIDES = ("server", "client")


def memory_findings(run: Run) -> Iterator[Finding]:
    """For each side the least and the most that a connection keeps; with one cell, what that keeps."""
    cells = [cell for cell in run.cells if cell.instrument is ALLOCATIONS]
    for side in _SIDES if cells else ():
        yield _of_side(side, cells)


def _of_side(side: str, cells: Sequence[Cell]) -> Finding:
    by_kib = [
        (cell.instrument.unit.to_shown(cell.figures[side].median), name)
        for name, cell in zip(labels_of(cells), cells, strict=True)
    ]
    (low, least), (high, most) = min(by_kib), max(by_kib)
    keeps = f"An open connection keeps {low:,.1f} KiB on the {side}'s side"
    if len(by_kib) == 1:
        return Finding(keeps, (f"10,000 connections take {_gigabytes(low)} ({scenario_of(cells)})",))
    times = f" ({high / low:.1f} times as much)" if low else ""
    return Finding(
        f"{keeps} with {least}, {high:,.1f} KiB with {most}{times}",
        (f"10,000 connections take {_gigabytes(low)} to {_gigabytes(high)} of malloc's memory",),
    )


def _gigabytes(kib: float) -> str:
    return f"{10_000 * kib * 1024 / 1e9:.2f} GB"
