"""The results of a ``workload=scaling`` cell, and whether its controls confirm them.

Its figures are wall-clock time per operation of all threads together; ratios are taken round by round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from tlsbench.results.cell import Cell
from tlsbench.sampling.instruments import SCALING
from tlsbench.stats import Interval, paired_ratio, present
from tlsbench.stats.intervals import Array

#: The least share of the processors that processes must have had, by their processor time, in all but this
#: fraction of the rounds: an intermittent neighbour changes the figures before it changes a median.
_HAD: Final = 0.85
_BUT: Final = 0.25
#: The least speed-up of hashing processes per core that they can use: clocks slow down as cores are used.
_SPED_UP: Final = 0.75
#: How far hashing threads may differ from hashing processes, either way.
_ALIKE: Final = 0.85
#: The bounds of the speed-up of pure Python with several threads under one lock: it should be 1.
_ONE_LOCK: Final = (0.7, 1.25)
#: The least speed-up without the lock, relative to that of the hashing processes: it should be 1.
_NO_LOCK: Final = 0.75
_REMEDY: Final = "end other programs, and repeat"


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls of a cell.

    :param python: the speed-up of pure Python with all threads; 1 means none.
    :param hash_threads: that of a hash that releases the interpreter's lock; ``hash_processes`` is that with
        as many processes.
    :param processors: how many the processes had, by their processor time.
    """

    python: float
    hash_threads: float
    hash_processes: float
    processors: float


def over(cell: Cell, one: str, other: str) -> Interval:
    """One figure of a cell over another, round by round, with its 95 % interval."""
    figures = cell.figures
    return paired_ratio(figures[one].round_medians, figures[other].round_medians)


def _rounds_over(cell: Cell, one: str, other: str) -> Array:
    """One figure of a cell over another, for each round that has samples."""
    ratios = (np.asarray(cell.figures[part].round_medians, dtype=float) for part in (one, other))
    return present(np.divide(*ratios))


def threads_of(cell: Cell) -> int:
    """The number of threads of a cell."""
    return int(cell.axes["threads"])


def efficiency(cell: Cell) -> Interval:
    """The throughput of the threads over that of as many processes; what is missing from 1 is contention."""
    return over(cell, "processes", "total")


def interpreter_share(cell: Cell) -> float:
    """The interpreter's own share of an operation, as a fraction."""
    own, compiled = (cell.figures[part].median for part in ("interpreter", "compiled"))
    return own / (own + compiled) if own + compiled else 0.0


def controls(cell: Cell) -> Controls:
    """The controls of a cell."""
    return Controls(
        python=over(cell, "python_alone", "python").median,
        hash_threads=over(cell, "hash_alone", "hash").median,
        hash_processes=over(cell, "hash_alone", "hash_processes").median,
        processors=over(cell, "hash_cpu", "hash_processes").median,
    )


def why_void(cell: Cell) -> str:
    """Why the figures of a cell are void, in one line; ``""`` if its controls passed.

    Cells of other workloads have no controls.
    """
    if cell.instrument is not SCALING:
        return ""
    reasons = list(_reasons(cell))
    return f"void: {'; '.join(reasons)}; {_REMEDY}" if reasons else ""


def _reasons(cell: Cell) -> Iterator[str]:
    found, threads, proof = controls(cell), threads_of(cell), cell.negotiated
    processors, cores = (int(str(proof[name])) for name in ("processors", "cores"))
    there, several = min(threads, processors), f"{threads} thread{'s' * (threads > 1)}"
    beside = f"{threads} process{'es' * (threads > 1)}"
    had = float(np.quantile(_rounds_over(cell, "hash_cpu", "hash_processes"), _BUT))
    if had < _HAD * there:
        yield (
            f"{beside} had the time of {had:.2f} processors or less in a quarter of the rounds, instead of "
            f"{there}"
        )
    if found.hash_processes < _SPED_UP * min(threads, cores):
        yield (
            f"{beside} did only {found.hash_processes:.2f} times the hashing of one thread, on {cores} cores"
        )
    if not _ALIKE <= found.hash_threads / found.hash_processes <= 1 / _ALIKE:
        yield (
            f"{several} did {found.hash_threads:.2f} times the hashing of one, without the interpreter's "
            f"lock, and {beside} {found.hash_processes:.2f} times"
        )
    low, high = _ONE_LOCK
    if proof.get("interpreter") == "free-threaded":
        if found.python < _NO_LOCK * found.hash_processes:
            yield f"{several} of pure Python did {found.python:.2f} times the work of one, without a lock"
    elif not low <= found.python <= high:
        yield f"{several} of pure Python did {found.python:.2f} times the work of one, under one lock"
