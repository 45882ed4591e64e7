"""How far another machine's clock is ahead of ours, and by how much that may be wrong.

The other clock was read between the sending of a question and the coming of its answer, so each exchange
bounds the offset from both sides (F. Cristian, Distributed Computing 3 (1989) 146), and several exchanges by
what all of them allow. Nothing is assumed of how the way there and the way back share the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlsbench.errors import MeasurementError


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, in nanoseconds.

    :param sent_ns: when we asked, by our clock; ``received_ns`` when the answer came.
    :param theirs_ns: what their clock said in between.
    """

    sent_ns: int
    theirs_ns: int
    received_ns: int


@dataclass(frozen=True, slots=True)
class Offset:
    """By how much another clock is ahead of ours.

    :param ahead_ns: the middle of what is possible.
    :param uncertain_ns: half of how far that reaches: the true offset is at most so far away.
    """

    ahead_ns: int
    uncertain_ns: int

    def theirs(self, ours_ns: int) -> int:
        """What their clock says when ours says that."""
        return ours_ns + self.ahead_ns


def offset_of(exchanges: Sequence[Exchange]) -> Offset:
    """The offset that some exchanges leave possible.

    :param exchanges: one or more, close enough in time for the clocks to run alike.
    :raises MeasurementError: if they contradict each other: a clock was set meanwhile.
    """
    low = max(one.theirs_ns - one.received_ns for one in exchanges)
    high = min(one.theirs_ns - one.sent_ns for one in exchanges)
    if low > high:
        raise MeasurementError(f"a clock was set while it was read: by {(low - high) / 1e6:,.1f} ms or more")
    return Offset((low + high) // 2, (high - low + 1) // 2)
