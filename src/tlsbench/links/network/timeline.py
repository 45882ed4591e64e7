"""What the simulations of streams and datagrams share: events in virtual time, the client's milestones."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from tlsbench.errors import MeasurementError
from tlsbench.links.network.values import Completion


@dataclass(slots=True)
class Timeline:
    """Events in order of their time; those at the same time in order of scheduling."""

    now_ms: float = 0.0
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def at(self, time_ms: float, event: Callable[[], None]) -> None:
        """Schedule an event."""
        heapq.heappush(self._events, (time_ms, next(self._numbers), event))

    def go_on(self, last_ms: float) -> bool:
        """Run the next event; return False if there is none up to ``last_ms``."""
        if not self._events or self._events[0][0] > last_ms:
            return False
        self.now_ms, _number, event = heapq.heappop(self._events)
        event()
        return True


@dataclass(frozen=True, slots=True)
class _Reached:
    """When the client reached a milestone, and after a chain of how many packets."""

    at_ms: float
    depth: int


@dataclass(slots=True)
class Milestones:
    """When the client may send, has the first byte of its answer, and has all ``answer_bytes`` of it."""

    answer_bytes: int
    _may_send: _Reached | None = None
    _first_byte: _Reached | None = None
    _done: _Reached | None = None

    @property
    def done_ms(self) -> float | None:
        """When the client had the whole answer; None until then."""
        return self._done.at_ms if self._done else None

    def note(self, at_ms: float, depth: int, *, may_send: bool, answered: int) -> None:
        """Record how far the client is after a turn that ends at ``at_ms``."""
        reached = _Reached(at_ms, depth)
        if may_send and self._may_send is None:
            self._may_send = reached
        if answered and self._first_byte is None:
            self._first_byte = reached
        if answered >= self.answer_bytes and self._first_byte and self._done is None:
            self._done = reached

    def completion(
        self, *, segments: int, retransmissions: int | None, client_ms: float, server_ms: float
    ) -> Completion:
        """Return what the exchange took.

        :raises MeasurementError: if the client did not get its answer.
        """
        may_send, first, done = self._may_send, self._first_byte, self._done
        if done is None or first is None or may_send is None:
            raise MeasurementError("the exchange stalled: each end is waiting for the other")
        return Completion(
            handshake_ms=may_send.at_ms,
            first_byte_ms=first.at_ms,
            done_ms=done.at_ms,
            handshake_round_trips=may_send.depth // 2,
            first_byte_round_trips=first.depth // 2,
            round_trips=done.depth // 2,
            segments=segments,
            retransmissions=retransmissions,
            client_ms=client_ms,
            server_ms=server_ms,
        )
