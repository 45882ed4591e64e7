"""A lane's turn: one operation over and over, from an instant on and for a time, beside those of others.

Instants are of the system's monotonic clock, which all processes read alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

#: The clock of turns, in nanoseconds.
now_ns = time.perf_counter_ns


class Lane(Protocol):
    """What one thread does in a cell, with ends of its own."""

    def operate(self) -> None:
        """One operation.

        :raises HandshakeError: if a library gives up.
        :raises ProofError: if what happened is not what the scenario asks for.
        """

    def prove(self) -> None:
        """Check that all operations since the last call were what the scenario asks for; not timed.

        :raises ProofError: if not.
        """

    def left(self) -> object:
        """What the last operation left, and the next one frees; None if nothing."""

    def record(self) -> dict[str, object]:
        """What was proved, for the stored result."""

    def close(self) -> None:
        """Give up connections."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a lane did in its turn.

    :param ended_ns: when its last operation ended, which is after the turn's time was over.
    :param latencies_ns: of each operation; of another process there is their number alone.
    :param cpu_ns: the processor time of its thread.
    """

    ended_ns: int
    operations: int
    cpu_ns: int
    latencies_ns: Sequence[int] = ()


def take_turn(operate: Callable[[], object], at_ns: int, window_ns: int) -> Turn:
    """Wait for the instant, and then operate until the time is over, once at least."""
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

    What they come to is taken by the time on the wall, from that instant to the end of the last operation,
    and never from a sum of their times.
    """

    began_ns: int
    turns: Sequence[Turn]

    @property
    def wall_ns(self) -> int:
        """From the first instant to the end of the last operation."""
        return max(turn.ended_ns for turn in self.turns) - self.began_ns

    @property
    def operations(self) -> int:
        """Of all lanes together."""
        return sum(turn.operations for turn in self.turns)

    @property
    def each_ns(self) -> float:
        """The time on the wall for each operation of the whole."""
        return self.wall_ns / self.operations

    @property
    def cpu_each_ns(self) -> float:
        """The processor time of all lanes for each operation."""
        return sum(turn.cpu_ns for turn in self.turns) / self.operations
