"""A lane's turn: one operation, repeated from a given instant for a given time, alongside other lanes.

Instants are readings of the system's monotonic clock, which is the same for all processes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

#: The clock of turns, in nanoseconds.
now_ns = time.perf_counter_ns


class Lane(Protocol):
    """The work of one thread in a cell, with ends of its own."""

    def operate(self) -> None:
        """Perform one operation.

        :raises HandshakeError: if a library gives up.
        :raises ProofError: if what happened does not match the scenario.
        """

    def prove(self) -> None:
        """Check that all operations since the last call match the scenario; not timed.

        :raises ProofError: if not.
        """

    def left(self) -> object:
        """Return what the last operation left for the next one to free; None if nothing."""

    def record(self) -> dict[str, object]:
        """Return what was proved, for the stored result."""

    def close(self) -> None:
        """Close connections."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a lane did in its turn.

    :param ended_ns: when its last operation ended, after the turn's time was over.
    :param operations: the number of operations.
    :param cpu_ns: the processor time of its thread.
    :param latencies_ns: the latency of each operation; empty for a turn in another process.
    """

    ended_ns: int
    operations: int
    cpu_ns: int
    latencies_ns: Sequence[int] = ()


def take_turn(operate: Callable[[], object], at_ns: int, window_ns: int) -> Turn:
    """Wait for the instant, then operate until the time is over, at least once."""
    time.sleep(max(0, at_ns - now_ns()) / 1e9)
    until_ns = at_ns + window_ns
    latencies: list[int] = []
    note, clock = latencies.append, now_ns
    spent_ns = time.thread_time_ns()
    before = clock()
    while True:
        operate()
        after = clock()
        note(after - before)
        before = after
        if after >= until_ns:
            break
    return Turn(before, len(latencies), time.thread_time_ns() - spent_ns, latencies)


@dataclass(frozen=True, slots=True)
class Batch:
    """The turns of several lanes that began at the same instant.

    Results are computed from the wall-clock time from that instant to the end of the last operation, never
    from the sum of the lanes' times.
    """

    began_ns: int
    turns: Sequence[Turn]

    @property
    def wall_ns(self) -> int:
        """The wall-clock time from the common start to the end of the last operation."""
        return max(turn.ended_ns for turn in self.turns) - self.began_ns

    @property
    def operations(self) -> int:
        """The number of operations of all lanes together."""
        return sum(turn.operations for turn in self.turns)

    @property
    def each_ns(self) -> float:
        """The wall-clock time per operation of the whole batch."""
        return self.wall_ns / self.operations

    @property
    def cpu_each_ns(self) -> float:
        """The processor time of all lanes per operation."""
        return sum(turn.cpu_ns for turn in self.turns) / self.operations
