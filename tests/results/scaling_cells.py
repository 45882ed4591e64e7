"""Cells of threads with figures set by the tests."""

from __future__ import annotations

from datetime import UTC, datetime

from tlsbench.links import NO_LEDGER
from tlsbench.results import Cell, Run
from tlsbench.results.read_run import UNKNOWN_CONDITIONS
from tlsbench.sampling.instruments import SCALING
from tlsbench.stats import summarise

#: Two threads with two processors to themselves; the hash takes 100 µs, and 50 of the whole.
GOOD = {
    "total": 520.0,
    "processes": 500.0,
    "p50": 1000.0,
    "p99": 1200.0,
    "interpreter": 10.0,
    "compiled": 990.0,
    "python": 50.0,
    "python_alone": 50.0,
    "hash": 51.0,
    "hash_alone": 100.0,
    "hash_processes": 50.0,
    "hash_cpu": 99.0,
}


def cell_with(
    threads: int = 2,
    processors: int = 2,
    cores: int = 2,
    lock: str = "one lock",
    library: str = "libssl",
    **changed: float,
) -> Cell:
    """A cell in which each figure is the same in eight rounds; without changes, its controls succeed."""
    figures = {**GOOD, **changed}
    return Cell(
        id=f"workload=scaling implementation={library} threads={threads}",
        label=f"scaling {library} {threads}",
        axes={
            "workload": "scaling",
            "implementation": library,
            "threads": str(threads),
            "context": "shared",
            "task": "handshake",
        },
        instrument=SCALING,
        figures={part: summarise([[value]] * 8) for part, value in figures.items()},
        phases={},
        totals=(figures["total"],) * 8,
        round_sizes=(1,) * 8,
        operations=100,
        ledger=NO_LEDGER,
        negotiated={"processors": processors, "cores": cores, "interpreter": lock},
    )


def run_with(*cells: Cell) -> Run:
    """A run of these cells, which can distinguish differences of more than 1 %."""
    return Run(
        cells=cells,
        excluded=(),
        failures=(),
        conditions=UNKNOWN_CONDITIONS,
        engines={},
        taken_at=datetime(2026, 11, 29, tzinfo=UTC),
        noise_floor={"scaling": 0.01},
    )
