"""What threads of one process lose compared with as many processes, from ``workload=scaling``."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

from tlsbench.report.digits import duration_text, format_count
from tlsbench.report.findings.finding import Finding
from tlsbench.report.naming import names
from tlsbench.report.table import ratio_of
from tlsbench.results import Cell, Run
from tlsbench.results.scaling import controls, efficiency, interpreter_share, threads_of
from tlsbench.sampling.instruments import SCALING
from tlsbench.stats import Interval, is_difference

#: The most scenarios that the findings mention; the table has them all.
_MOST = 8
_VOID = "void: "


def scaling_findings(run: Run) -> Iterator[Finding]:
    """For each series of cells that differ only in threads, what its most threads do; the worst first."""
    cells = [cell for cell in run.cells if cell.instrument is SCALING]
    rows = [row for row in series_of(cells) if threads_of(row[-1]) > 1]
    if rows:
        named = names([row[-1].axes for row in rows], ("threads",))
        ranked = sorted(zip(named, rows, strict=True), key=lambda one: efficiency(one[1][-1]).median)
        yield from (_finding(name, row, run) for name, row in ranked[:_MOST])
        if more := len(ranked[_MOST:]):
            yield Finding(f"{more} more scenarios with several threads lose less: see the table")
    void = [failure for failure in run.failures if failure.error.startswith(_VOID)]
    if void:
        yield Finding(
            f"{len(void)} cell{'s are' if len(void) > 1 else ' is'} void: the controls failed",
            (void[0].error.removeprefix(_VOID),),
        )


def series_of(cells: Sequence[Cell]) -> list[list[Cell]]:
    """The cells in series that differ only in threads, each with the fewest threads first."""
    found: dict[tuple[tuple[str, str], ...], list[Cell]] = defaultdict(list)
    for cell in cells:
        found[tuple((axis, value) for axis, value in cell.axes.items() if axis != "threads")].append(cell)
    return [sorted(row, key=threads_of) for row in found.values()]


def _finding(label: str, row: Sequence[Cell], run: Run) -> Finding:
    cell, first = row[-1], row[0]
    threads, found = threads_of(cell), efficiency(cell)
    lost = Interval(*(100 * (1 - end) for end in (found.high, found.median, found.low)))
    of = label or cell.axes.get("implementation") or f"{cell.axes['client']} → {cell.axes['server']}"
    what = f"{of}: {threads} threads do {format_count(cell.operations_per_s)} operations a second"
    if is_difference(found, run.noise_floor.get("scaling", 0.0)):
        more = "lose" if lost.median > 0 else "gain"
        one, two = (
            f"{abs(end):.0f}" for end in ((lost.low, lost.high) if more == "lose" else (lost.high, lost.low))
        )
        said = f"and {more} {abs(lost.median):.0f} % [{one}, {two}] against {threads} processes"
    else:
        said = f"and no significant difference from {threads} processes was found"
    return Finding(f"{what} {said}", tuple(_details(cell, first)))


def _details(cell: Cell, first: Cell) -> Iterator[str]:
    if threads_of(first) == 1 and first is not cell:
        speedup = ratio_of(first, cell)
        known = (
            f" [{speedup.low:.2f}, {speedup.high:.2f}]" if math.isfinite(speedup.high - speedup.low) else ""
        )
        yield f"That is {speedup.median:.2f} times{known} what one thread does"
    p50, p99 = (duration_text(cell.figures[part].median / 1e3) for part in ("p50", "p99"))
    yield f"One operation takes {p50}, 1 % of them {p99} or more"
    yield f"The interpreter's own share of an operation is {100 * interpreter_share(cell):.1f} %"
    found = controls(cell)
    yield (
        f"Controls: pure Python did {found.python:.2f} times the work of one thread, a hash without the "
        f"interpreter's lock {found.hash_threads:.2f} times, and {found.hash_processes:.2f} times with "
        "processes"
    )
