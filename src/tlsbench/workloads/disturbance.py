"""Samples during which the system or the hypervisor took the processor from this thread.

They are detected by kernel counters, read outside the timed code, never by the time that a sample took: a
slow sample that was not disturbed stays, and a fast one that was disturbed goes.

- The thread's involuntary context switches (``ru_nivcsw`` of getrusage(2) with ``RUSAGE_THREAD``) are read
  before and after each sample, at 0.4 µs per read. After a switch the caches are cold, so as many samples as
  a visit takes to warm them count as disturbed too.
- The steal time of the processor that a visit ran on (proc_stat(5)) is read before and after each visit, at
  10 µs per read. It is reported in ticks of 10 ms, so the whole visit counts as disturbed, and shorter steals
  go unnoticed until they add up to a tick.

Systems other than Linux have neither counter: there, no sample counts as disturbed.
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
#: The steal time column in a processor's line, where column 0 is its name (proc_stat(5)).
_STEAL_COLUMN = 8
#: About one percent of a visit for both reads. Machines with hundreds of processors take longer, as the
#: kernel sums up all their interrupts for the file; there, steal time is not watched.
_DEAREST_LOOK_NS = 30_000
_TRIES = 5


@cache
def _switches() -> Callable[[], int]:
    """Return a function that counts the involuntary context switches of the calling thread."""
    try:
        from resource import RUSAGE_THREAD, getrusage
    except ImportError:
        return lambda: 0
    return lambda: getrusage(RUSAGE_THREAD).ru_nivcsw


def involuntary_switches() -> int:
    """How often the system has preempted this thread; 0 if it does not report that."""
    return _switches()()


def stolen_ticks() -> Mapping[bytes, int]:
    """The steal time of each processor, by name; empty if the system does not report it cheaply or at all."""
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
    """Return sched_getcpu(3), or a function that returns -1."""
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
    """Take samples in a row, after ``rewarm`` runs that do not count.

    Whatever takes the processor also evicts the measured code and data from its caches. So after a switch, as
    many samples as it takes to warm them again count as disturbed too.

    :param discard: called with the result of each run that does not count.
    :param rewarm: the number of runs after which the caches are warm.
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
