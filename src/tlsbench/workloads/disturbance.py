"""Samples during which this thread did not have its processor: the system or the host had taken it.

What says so are counters of the kernel, read outside of what is timed, and never the time that a sample took:
a slow sample that nobody disturbed stays, and a fast one that was disturbed goes.

- The thread's involuntary context switches (``ru_nivcsw`` of getrusage(2) with ``RUSAGE_THREAD``), before and
  after each sample: 0.4 µs a look. After a switch the caches are cold, and as many samples as a visit begins
  with to warm them count as disturbed too.
- The steal time of the processor that a visit ran on (proc_stat(5)), before and after each visit: 10 µs a
  look. It is given in ticks of 10 ms, so that the whole visit counts as disturbed, and what is stolen for
  less than that goes unseen until it adds up to a tick.

Systems other than Linux have neither: there no sample is disturbed.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")
_STAT = Path("/proc/stat")
#: The column of steal time in the line of a processor, whose name is column 0: proc_stat(5).
_STEAL_COLUMN = 8
#: One percent of a visit for both looks. Machines of hundreds of processors take longer, as the kernel sums
#: up all their interrupts for the file; there steal is not watched.
_DEAREST_LOOK_NS = 30_000
_TRIES = 5


@cache
def _switches() -> Callable[[], int]:
    """What counts the involuntary context switches of the calling thread."""
    try:
        from resource import RUSAGE_THREAD, getrusage
    except ImportError:
        return lambda: 0
    return lambda: getrusage(RUSAGE_THREAD).ru_nivcsw


def involuntary_switches() -> int:
    """How often the system has taken the processor from this thread; 0 where it does not tell."""
    return _switches()()


def stolen_ticks() -> Mapping[bytes, int]:
    """The steal time of each processor, by its name; empty where the system does not tell, or not cheaply."""
    return _look() if _is_cheap() else {}


def _look() -> Mapping[bytes, int]:
    try:
        with _STAT.open("rb", buffering=0) as file:
            lines = file.read().splitlines()
    except OSError:
        return {}
    rows = (line.split() for line in lines if line.startswith(b"cpu") and line[3:4].isdigit())
    return {row[0]: int(row[_STEAL_COLUMN]) for row in rows if len(row) > _STEAL_COLUMN}


@cache
def _is_cheap() -> bool:
    costs = []
    for _ in range(_TRIES):
        began = time.perf_counter_ns()
        found = _look()
        costs.append(time.perf_counter_ns() - began)
    return bool(found) and min(costs) <= _DEAREST_LOOK_NS


@cache
def _getcpu() -> Callable[[], int]:
    """sched_getcpu(3)."""
    try:
        found: Callable[[], int] = ctypes.CDLL(None).sched_getcpu
    except (AttributeError, OSError, TypeError):
        return lambda: -1
    return found


def processor() -> bytes:
    """The name of the processor that this thread runs on, as in :func:`stolen_ticks`."""
    return b"cpu%d" % _getcpu()()


def watched(
    take: Callable[[], _T], discard: Callable[[_T], object], rewarm: int, samples: int
) -> list[tuple[_T, bool]]:
    """Take samples in a row, after as many runs that do not count.

    Whoever takes the processor also evicts the code and data of what ran from its caches. So after a switch
    as many samples as it takes to warm them count as disturbed too.

    :param discard: is given each run that does not count.
    :param rewarm: runs until caches are warm.
    :returns: the samples, each with whether it was disturbed.
    """
    stolen, ran_on = stolen_ticks(), processor()
    taken = []
    before, cold = involuntary_switches(), 0
    for number in range(rewarm + samples):
        one = take()
        after = involuntary_switches()
        switched = after != before
        if number < rewarm:
            discard(one)
        else:
            taken.append((one, switched or cold > 0))
        cold = rewarm if switched else max(0, cold - 1)
        before = after
    now = stolen_ticks()
    if any(now.get(name) != stolen.get(name) for name in (ran_on, processor())):
        return [(one, True) for one, _ in taken]
    return taken
