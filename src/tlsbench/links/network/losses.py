"""RACK (RFC 8985): a segment is lost if one sent after it has arrived and it is overdue itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from tlsbench.links.network.segments import Segment

#: With this many segments beyond a hole, no more time is allowed for reordering (RFC 8985 section 6.2).
_DUPLICATES: Final = 3
_NOTHING_MS: Final = 1e-9


@dataclass(slots=True)
class Rack:
    """The most recently sent segment among those that have arrived, and its round-trip time."""

    _sent_ms: float = -math.inf
    _end: int = 0
    _rtt_ms: float = 0.0
    _least_rtt_ms: float = math.inf

    def delivered(self, segment: Segment, now_ms: float) -> None:
        """Record that a segment was acknowledged (section 6.2, steps 1 and 2)."""
        rtt_ms = now_ms - segment.sent_ms
        if segment.times_sent == 1:
            self._least_rtt_ms = min(self._least_rtt_ms, rtt_ms)
        elif rtt_ms < self._least_rtt_ms:
            return  # the acknowledgement is for an earlier transmission
        if (segment.sent_ms, segment.end) >= (self._sent_ms, self._end):
            self._sent_ms, self._end, self._rtt_ms = segment.sent_ms, segment.end, rtt_ms

    def mark(self, sent: list[Segment], now_ms: float, *, is_recovering: bool) -> tuple[bool, float]:
        """Mark the segments that are lost (section 6.2, step 5).

        :param sent: the segments that are not yet cumulatively acknowledged; some arrived beyond a hole.
        :returns: whether any was marked, and in how many milliseconds to check again; 0 if not at all.
        """
        behind = sum(segment.arrived for segment in sent)
        reordering_ms = 0.0 if is_recovering or behind >= _DUPLICATES else self._least_rtt_ms / 4
        found, wait_ms = False, 0.0
        for segment in sent:
            if not segment.is_under_way or (segment.sent_ms, segment.end) >= (self._sent_ms, self._end):
                continue
            left_ms = segment.sent_ms + self._rtt_ms + reordering_ms - now_ms
            if left_ms <= _NOTHING_MS:
                segment.is_under_way, found = False, True
            else:
                wait_ms = max(wait_ms, left_ms)
        return found, wait_ms
