"""The table of threads as Markdown, from a stored run of ``workload=scaling``.

    tlsbench run --profile scaling --time-budget 5m --json scaling.json
    python benchmarks/threads.py scaling.json [--write docs/scaling.md]

The controls are next to the figures. Void cells have none, and are counted with the reason.
"""

from __future__ import annotations

import math
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tlsbench.report.digits import format_count, format_duration_us
from tlsbench.results import Cell, Failure, Run
from tlsbench.results.scaling import controls, efficiency, interpreter_share, threads_of
from tlsbench.results.stored import Stored
from tlsbench.sampling.instruments import SCALING

sys.path.insert(0, str(Path(__file__).parent))
import pages
from league import name_of

_MARKERS: Final = ("<!-- table of threads -->", "<!-- end of the table of threads -->")
_VOID: Final = "void: "
COLUMNS: Final = (
    *("engine", "what", "threads", "ops/s", "processes", "efficiency, %", "p50, p99 µs", "interp., %"),
    *("Python ×", "hash ×", "hash procs ×", "CPUs"),
)


def _what(cell: Cell) -> str:
    """The work of a cell, and what its threads share."""
    axes = cell.axes
    work = f"bulk of {axes['size']}" if axes["task"] == "bulk" else axes.get("resumption", "none")
    return f"{'full' if work == 'none' else work}{', own contexts' if axes['context'] == 'own' else ''}"


def _rate(cell: Cell) -> str:
    half = f" ±{100 * cell.precision:.1f} %" if math.isfinite(cell.precision) else ""
    return f"{format_count(cell.operations_per_s)}{half}"


def _efficiency(cell: Cell) -> str:
    found = efficiency(cell)
    if not math.isfinite(found.high - found.low):
        return f"{100 * found.median:.0f}"
    return f"{100 * found.median:.0f} [{100 * found.low:.0f}, {100 * found.high:.0f}]"


def row_of(cell: Cell, engine: str) -> list[str]:
    """The row of a cell."""
    found = controls(cell)
    return [
        engine,
        _what(cell),
        str(threads_of(cell)),
        _rate(cell),
        format_count(1e9 / cell.figures["processes"].median),
        _efficiency(cell),
        ", ".join(format_duration_us(cell.figures[part].median / 1e3) for part in ("p50", "p99")),
        f"{100 * interpreter_share(cell):.1f}",
        *(f"{one:.2f}" for one in (found.python, found.hash_threads, found.hash_processes, found.processors)),
    ]


def lines(stored: Stored) -> Iterator[str]:
    """The table as Markdown, with where and when it was measured."""
    run = stored.result
    if not isinstance(run, Run):
        raise SystemExit(f"{stored.source} is not a run")
    cells = [cell for cell in run.cells if cell.instrument is SCALING]
    void = [failure for failure in run.failures if failure.error.startswith(_VOID)]
    if not cells and not void:
        raise SystemExit(f"{stored.source} has no cell of workload=scaling")
    machine = stored.machine
    yield (
        f"{run.taken_at:%Y-%m-%d}, {machine.processor or platform.machine()}, "
        f"{machine.cores or os.cpu_count()} processors, CPython {machine.python_version}; "
        f"{len(cells)} cells in {run.conditions.elapsed_s:.0f} s{_void_words(void)}."
    )
    if not cells:
        return
    yield ""
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---" * len(COLUMNS) + "|"
    for cell in cells:
        library = cell.axes.get("implementation") or f"{cell.axes['client']} → {cell.axes['server']}"
        yield f"| {' | '.join(row_of(cell, name_of(library, run.engines.get(library, ''))))} |"


def _void_words(void: Sequence[Failure]) -> str:
    if not void:
        return ""
    return f"; {len(void)} are void, the first as {void[0].error.removeprefix(_VOID)}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or write it into a page."""
    pages.main((__doc__ or "").partition("\n")[0], lines, _MARKERS, arguments)


if __name__ == "__main__":
    main()
