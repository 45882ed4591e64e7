"""Ends that follow a script: a fixed pattern of writes, without a TLS library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tlsbench.links.network.values import Turn


@dataclass(frozen=True, slots=True)
class Step:
    """What an end does once it has received a number of bytes.

    :param after_bytes: bytes that it must have received in total; 0 to act at once.
    :param writes: the sizes of its writes, in order.
    :param spent_ms: processor time before the writes.
    :param may_send: on a client, whether it may now send application data.
    """

    after_bytes: int
    writes: Sequence[int] = ()
    spent_ms: float = 0.0
    may_send: bool = False


@dataclass(slots=True)
class Script:
    """An end that takes one step after another.

    :param answer_from: on a client, the number of received bytes after which the answer begins.
    """

    steps: Sequence[Step]
    answer_from: int = 0
    received: int = field(default=0, init=False)
    _taken: int = field(default=0, init=False)

    def start(self) -> Turn:
        """Take the steps that need no data."""
        return self._go_on()

    def receive(self, data: bytes) -> Turn:
        """Take the steps that this data makes due."""
        self.received += len(data)
        return self._go_on()

    def _go_on(self) -> Turn:
        due = []
        while self._taken < len(self.steps) and self.steps[self._taken].after_bytes <= self.received:
            due.append(self.steps[self._taken])
            self._taken += 1
        return Turn(
            spent_ms=sum(step.spent_ms for step in due),
            writes=[bytes(size) for step in due for size in step.writes],
            may_send=any(step.may_send for step in due),
            answered=max(0, self.received - self.answer_from),
        )
