"""How far another machine's clock is ahead of ours, and the uncertainty of that offset.

The other clock is read after a request is sent and before its response arrives, so each exchange bounds the
offset from both sides (F. Cristian, Distributed Computing 3 (1989) 146); several exchanges bound it by the
intersection. Nothing is assumed about how the round trip divides between the two directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlsbench.errors import MeasurementError


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request for the time and its response, in nanoseconds.

    :param sent_ns: when the request was sent, by our clock; ``received_ns``: when the response arrived.
    :param theirs_ns: the reading of their clock in between.
    """

    sent_ns: int
    theirs_ns: int
    received_ns: int


@dataclass(frozen=True, slots=True)
class Offset:
    """How far another clock is ahead of ours, in nanoseconds.

    :param ahead_ns: the midpoint of the possible offsets.
    :param uncertain_ns: half the width of their interval: the true offset is at most this far away.
    """

    ahead_ns: int
    uncertain_ns: int

    def theirs(self, ours_ns: int) -> int:
        """The reading of their clock when ours reads ``ours_ns``."""
        return ours_ns + self.ahead_ns


def offset_of(exchanges: Sequence[Exchange]) -> Offset:
    """The offset that is consistent with all exchanges.

    :param exchanges: one or more, close enough in time for clock drift not to matter.
    :raises MeasurementError: if they contradict each other, because a clock was set in the meantime.
    """
    low = max(one.theirs_ns - one.received_ns for one in exchanges)
    high = min(one.theirs_ns - one.sent_ns for one in exchanges)
    if low > high:
        raise MeasurementError(f"a clock was set while it was read: by {(low - high) / 1e6:,.1f} ms or more")
    return Offset((low + high) // 2, (high - low + 1) // 2)
