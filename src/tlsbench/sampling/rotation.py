"""Turns within a share of the time: members take turns so that together they do not exceed the share."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_T = TypeVar("_T")


@dataclass(slots=True)
class Rotation(Generic[_T]):
    """Members that take turns, each as often as the others.

    :param share: of the elapsed time, for all members together.
    :param spent_s: how long their turns have taken so far.
    """

    share: float
    spent_s: float = 0.0
    _waiting: deque[tuple[_T, float]] = field(default_factory=deque)

    def join(self, member: _T, cost_s: float) -> None:
        """Let a member take turns from now on; each is expected to take this long."""
        self._waiting.append((member, cost_s))

    def leave(self, member: _T) -> None:
        """Give a member no more turns."""
        self._waiting = deque(turn for turn in self._waiting if turn[0] is not member)

    def due(self, elapsed_s: float) -> list[_T]:
        """The members whose turn it is after this time, each at most once; they then move to the back."""
        left_s = self.share * elapsed_s - self.spent_s
        found = []
        for _ in range(len(self._waiting)):
            member, cost_s = self._waiting[0]
            if cost_s > left_s:
                break
            left_s -= cost_s
            found.append(member)
            self._waiting.rotate(-1)
        return found
