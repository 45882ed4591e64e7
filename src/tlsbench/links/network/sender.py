"""The sending half of TCP: window, Nagle's algorithm and retransmission; it has no clock of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from tlsbench.links.network.congestion import Reno, control_of
from tlsbench.links.network.losses import Rack
from tlsbench.links.network.segments import Segment
from tlsbench.links.network.values import Network

#: Linux's bounds, ``TCP_RTO_MIN`` and ``TCP_RTO_MAX``; the minimum in RFC 6298 is 1 s.
_LEAST_RTO_MS: Final = 200.0
_MOST_RTO_MS: Final = 120_000.0
#: What Linux adds to probe and reordering timers: two ticks (``TCP_TIMEOUT_MIN``) at 250 per second.
_TICKS_MS: Final = 8.0


class _Timer(Enum):
    """What a sender waits for; Linux has one timer for all of these."""

    RETRANSMISSION = auto()
    PROBE = auto()
    REORDERING = auto()


@dataclass(slots=True)
class Sender:
    """The sending half of a connection.

    :param timer_ms: when :meth:`time_out` is due; infinity while no timer is set.
    """

    network: Network
    control: Reno = field(init=False)
    timer_ms: float = math.inf
    segments: int = 0
    retransmissions: int = 0
    _timer: _Timer = _Timer.RETRANSMISSION
    _unsent: bytearray = field(default_factory=bytearray, init=False)
    _sent: list[Segment] = field(default_factory=list, init=False)
    _rack: Rack = field(default_factory=Rack, init=False)
    _next: int = 0
    _acknowledged: int = 0
    _small_end: int = 0
    _recovers_until: int = -1
    _probed_until: int = -1
    _probes: bool = False
    _timed_out: bool = False
    _was_limited: bool = False
    _srtt_ms: float = field(init=False)
    _variation_ms: float = field(init=False)
    _backoff: int = 0

    def __post_init__(self) -> None:
        self.control = control_of(self.network)
        # The round trip that opened TCP is the first sample (RFC 6298 section 2.2).
        self._srtt_ms, self._variation_ms = self.network.rtt_ms, self.network.rtt_ms / 2

    def write(self, data: bytes) -> None:
        """Queue data to be sent."""
        self._unsent += data

    def to_send(self, now_ms: float) -> Iterator[Segment]:
        """Yield the segments that may be sent now."""
        while (segment := self._next_segment()) is not None:
            segment.times_sent += 1
            segment.sent_ms, segment.is_under_way = now_ms, True
            self.segments += 1
            is_again = segment.times_sent > 1
            self.retransmissions += is_again
            is_first = is_again and segment is self._sent[0]
            if self.timer_ms == math.inf or self._timer is _Timer.PROBE or is_first:
                self._set_timer(now_ms)
            yield segment

    def acknowledge(self, up_to: int, arrived_behind: frozenset[int], now_ms: float) -> None:
        """Process an acknowledgement."""
        fresh = 0
        for segment in self._sent:
            if segment.arrived or not (segment.end <= up_to or segment.start in arrived_behind):
                continue
            segment.arrived, segment.is_under_way = True, False
            fresh += 1
            self._rack.delivered(segment, now_ms)
            if segment.times_sent == 1:  # Karn's rule
                self._measure(now_ms - segment.sent_ms)
        advances = up_to > self._acknowledged
        self._acknowledged = max(up_to, self._acknowledged)
        self._sent = [segment for segment in self._sent if segment.end > self._acknowledged]
        if fresh and (self._timed_out or not self._is_recovering):  # slow start after a timeout
            self.control.acknowledged(fresh, now_ms, self._srtt_ms, is_limited=self._was_limited)
        if advances:
            self._backoff = 0
            self.timer_ms = math.inf
            if self._sent:
                self._set_timer(now_ms)
        if fresh:
            self._find_losses(now_ms)

    def time_out(self, now_ms: float) -> None:
        """Act on the timer; :meth:`to_send` then yields what it makes due."""
        if self._timer is _Timer.PROBE:
            self._probes = self._may_probe()
            if not self._probes:
                self._set_timer(now_ms)
        elif self._timer is _Timer.REORDERING:
            self._set_timer(now_ms)
            self._find_losses(now_ms)
        else:
            self._take_all_for_lost(now_ms)

    def _take_all_for_lost(self, now_ms: float) -> None:
        """Handle a retransmission timeout (RFC 6298 section 5)."""
        if not self._backoff:
            self.control.timed_out()
        self._recovers_until, self._timed_out = self._next, True
        for segment in self._sent:
            segment.is_under_way = False
        self._backoff += 1
        self._set_timer(now_ms)

    @property
    def _is_recovering(self) -> bool:
        return self._acknowledged < self._recovers_until

    def _find_losses(self, now_ms: float) -> None:
        is_recovering = self._is_recovering
        found, wait_ms = self._rack.mark(self._sent, now_ms, is_recovering=is_recovering)
        if found and not is_recovering:
            self._recovers_until, self._timed_out = self._next, False
            self.control.lost()
        if wait_ms:
            self._timer, self.timer_ms = _Timer.REORDERING, now_ms + wait_ms + _TICKS_MS

    def _next_segment(self) -> Segment | None:
        if self._probes:
            return self._probe()
        under_way = sum(segment.is_under_way for segment in self._sent)
        lost = next((one for one in self._sent if not one.arrived and not one.is_under_way), None)
        if lost is None and not self._unsent:
            return None
        if under_way + 1 > max(1.0, self.control.window):
            self._was_limited = True
            return None
        if lost is not None:
            return lost
        is_small = len(self._unsent) < self.network.mss
        # Nagle's algorithm with Minshall's modification: one small segment at a time.
        if is_small and not self.network.nodelay and self._small_end > self._acknowledged:
            return None
        # In slow start, Linux grows a window that is more than half used (tcp_is_cwnd_limited).
        slow = self.control.window < self.control.threshold
        self._was_limited = under_way + 1 >= self.control.window or (
            slow and 2 * (under_way + 1) > self.control.window
        )
        return self._new_segment()

    def _new_segment(self) -> Segment:
        segment = Segment(self._next, bytes(self._unsent[: self.network.mss]))
        del self._unsent[: self.network.mss]
        self._next = segment.end
        if len(segment.data) < self.network.mss:
            self._small_end = segment.end
        self._sent.append(segment)
        return segment

    def _probe(self) -> Segment:
        """A tail loss probe (RFC 8985 section 7.3): a new segment, or the last one again."""
        self._probes = False
        segment = self._new_segment() if self._unsent else self._sent[-1]
        self._probed_until = self._next
        return segment

    def _measure(self, rtt_ms: float) -> None:
        self._variation_ms += (abs(self._srtt_ms - rtt_ms) - self._variation_ms) / 4
        self._srtt_ms += (rtt_ms - self._srtt_ms) / 8

    def _may_probe(self) -> bool:
        """Whether the tail may be probed: no loss is suspected and no probe is in flight (section 7.2)."""
        is_open = not self._is_recovering and not any(segment.arrived for segment in self._sent)
        return is_open and self._probed_until <= self._acknowledged

    def _set_timer(self, now_ms: float) -> None:
        rto_ms = self._srtt_ms + max(4 * self._variation_ms, _LEAST_RTO_MS)
        wait_ms = min(rto_ms * 2**self._backoff, _MOST_RTO_MS)
        self._timer = _Timer.RETRANSMISSION
        if self._may_probe():
            # The acknowledgement of a single segment may be delayed.
            more_ms = _LEAST_RTO_MS if len(self._sent) == 1 else _TICKS_MS
            wait_ms = min(wait_ms, 2 * self._srtt_ms + more_ms)
            self._timer = _Timer.PROBE
        self.timer_ms = now_ms + wait_ms
