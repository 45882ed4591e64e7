"""The columns of ``workload=scaling``: what the threads do, and their controls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tlsbench.report.columns import MAIN, Column, Row
from tlsbench.report.digits import format_count, format_duration_us
from tlsbench.results import scaling
from tlsbench.stats import Interval

_SCALING: Final = ("scaling",)


def _percent_of_processes(row: Row) -> Interval:
    found = scaling.efficiency(row.cell)
    return Interval(100 * found.low, 100 * found.median, 100 * found.high)


def _control(name: str) -> Callable[[Row], float]:
    return lambda row: float(getattr(scaling.controls(row.cell), name))


def _times(ratio: float) -> str:
    return f"{ratio:.2f}"


THREADS: Final = (
    Column("threads_per_s", "ops/s", lambda row: row.cell.operations_per_s, format_count, MAIN, _SCALING),
    Column(
        "per_thread_per_s",
        "per thread",
        lambda row: row.cell.operations_per_s / scaling.threads_of(row.cell),
        format_count,
        6,
        _SCALING,
    ),
    Column(
        "processes_per_s",
        "processes",
        lambda row: 1e9 / row.cell.figures["processes"].median,
        format_count,
        8,
        _SCALING,
    ),
    Column(
        "efficiency_percent",
        "efficiency",
        lambda row: _percent_of_processes(row).median,
        lambda percent: f"{percent:.0f}%",
        10,
        _SCALING,
        interval=_percent_of_processes,
    ),
    Column(
        "p50_us", "p50 µs", lambda row: row.cell.figures["p50"].median / 1e3, format_duration_us, 5, _SCALING
    ),
)
CONTROLS: Final = (
    Column(
        "interpreter_percent",
        "interp.",
        lambda row: 100 * scaling.interpreter_share(row.cell),
        lambda percent: f"{percent:.1f}%",
        7,
        _SCALING,
    ),
    *(
        Column(
            name,
            heading,
            _control(of),
            _times,
            weight,
            _SCALING,
        )
        for name, heading, of, weight in (
            ("python_speedup", "Python ×", "python", 9),
            ("hash_speedup", "hash ×", "hash_threads", 9),
            ("hash_processes_speedup", "hash procs ×", "hash_processes", 9),
            ("processors", "CPUs", "processors", 4),
        )
    ),
)
