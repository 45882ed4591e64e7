"""The threads of a cell, each of which keeps its lane for the lifetime of the cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tlsbench.topology import places, stay_on
from tlsbench.workloads.scaling.turns import Batch, now_ns, take_turn

_T = TypeVar("_T")
#: The lead time from the request to the start of the turns.
_LEAD_NS = 1_000_000


class Threads:
    """A number of threads, each on a processor of its own if they are pinned (:mod:`tlsbench.topology`)."""

    def __init__(self, count: int) -> None:
        self._executors = [ThreadPoolExecutor(1, "lane", stay_on, (place,)) for place in places(count)]

    def each(self, jobs: Sequence[Callable[[], _T]]) -> list[_T]:
        """Run one job in each thread, one after another, and return their results."""
        return [executor.submit(job).result() for executor, job in zip(self._executors, jobs, strict=False)]

    def turn(self, operations: Sequence[Callable[[], object]], window_ns: int) -> Batch:
        """Let as many threads as there are operations take their turns at the same time."""
        at_ns = now_ns() + _LEAD_NS
        turns = [
            executor.submit(take_turn, operate, at_ns, window_ns)
            for executor, operate in zip(self._executors, operations, strict=False)
        ]
        return Batch(at_ns, [turn.result() for turn in turns])

    def close(self) -> None:
        """End the threads."""
        for executor in self._executors:
            executor.shutdown()
