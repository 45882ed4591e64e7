"""The timers of a worker's connections: when each must be driven even if nothing has arrived, next first."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from itertools import count

from tlsbench.loading.attempt import Attempt


class Timers:
    """A heap with an entry for each connection that has a timer, due no later than the timer itself.

    Postponing a timer, as each acknowledgement does for loss detection, costs nothing until its entry is due.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Attempt]] = []
        self._numbers = count()

    @property
    def next_ns(self) -> float:
        """When the next timer may be due; infinite if there is none."""
        return self._heap[0][0] if self._heap else math.inf

    def note(self, connection: Attempt) -> None:
        """Add an entry for a connection if its timer is new or has moved earlier."""
        if not connection.noted_ns or connection.timer_ns < connection.noted_ns:
            connection.noted_ns = connection.timer_ns
            heapq.heappush(self._heap, (connection.timer_ns, next(self._numbers), connection))

    def run(self, now_ns: int, drive: Callable[[Attempt], None]) -> None:
        """Drive the connections whose timers are due."""
        while self._heap and self._heap[0][0] <= now_ns:
            due_ns, _, connection = heapq.heappop(self._heap)
            if due_ns != connection.noted_ns or connection.outcome or not connection.timer_ns:
                continue  # there is another entry for it, or nothing to do
            connection.noted_ns = 0
            if connection.timer_ns <= now_ns:
                drive(connection)
            else:
                self.note(connection)
