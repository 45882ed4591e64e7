"""TCP at one end of a connection that is open: a sender and a receiver, without a clock of their own.

Sequence numbers count from 0. A packet carries its ``depth``: how many packets in a row travel until it
arrives, itself among them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tlsbench.links.network.congestion import Reno, control_of
from tlsbench.links.network.values import Network

#: RFC 6675: so many segments that arrived behind a hole tell that it is a loss.
_DUPLICATES: Final = 3
#: Linux's bounds (RFC 6298 asks for 1 s), ``TCP_RTO_MIN`` and ``TCP_RTO_MAX``.
_LEAST_RTO_MS: Final = 200.0
_MOST_RTO_MS: Final = 120_000.0
#: Linux acknowledges so many segments of a new connection at once (``TCP_MAX_QUICKACKS``), then as below.
_QUICK_ACKNOWLEDGEMENTS: Final = 16
#: How long a lone segment may wait for its acknowledgement (``TCP_DELACK_MIN``).
_DELAY_MS: Final = 40.0


@dataclass(slots=True)
class Segment:
    """Bytes from ``start`` that go over the network together."""

    start: int
    data: bytes
    sent_ms: float = 0.0
    times_sent: int = 0
    is_under_way: bool = False
    arrived: bool = False

    @property
    def end(self) -> int:
        """The number of the first byte behind it."""
        return self.start + len(self.data)


@dataclass(frozen=True, slots=True)
class Packet:
    """What goes over the network: data or none, and how far the sender of it has received.

    ``arrived_behind`` are the starts of the segments that arrived behind a hole (RFC 2018).
    """

    start: int
    data: bytes
    acknowledged: int
    arrived_behind: frozenset[int]
    depth: int


@dataclass(slots=True)
class Sender:
    """The half that sends: window, Nagle's algorithm, retransmission."""

    network: Network
    control: Reno = field(init=False)
    timer_ms: float = math.inf
    segments: int = 0
    retransmissions: int = 0
    _unsent: bytearray = field(default_factory=bytearray, init=False)
    _sent: list[Segment] = field(default_factory=list, init=False)
    _next: int = 0
    _acknowledged: int = 0
    _small_end: int = 0
    _recovers_until: int = -1
    _timed_out: bool = False
    _was_limited: bool = False
    _srtt_ms: float = field(init=False)
    _variation_ms: float = field(init=False)
    _backoff: int = 0

    def __post_init__(self) -> None:
        self.control = control_of(self.network)
        # The round trip that opened TCP is the first sample (RFC 6298, section 2.2).
        self._srtt_ms, self._variation_ms = self.network.rtt_ms, self.network.rtt_ms / 2

    def write(self, data: bytes) -> None:
        """Take what is to be sent."""
        self._unsent += data

    def to_send(self, now_ms: float) -> Iterator[Segment]:
        """The segments that may go out now, as long as there are any."""
        while (segment := self._next_segment()) is not None:
            segment.times_sent += 1
            segment.sent_ms, segment.is_under_way = now_ms, True
            self.segments += 1
            self.retransmissions += segment.times_sent > 1
            if self.timer_ms == math.inf:
                self._set_timer(now_ms)
            yield segment

    def acknowledge(self, up_to: int, arrived_behind: frozenset[int], now_ms: float) -> None:
        """Take an acknowledgement."""
        fresh = 0
        for segment in self._sent:
            if segment.arrived or not (segment.end <= up_to or segment.start in arrived_behind):
                continue
            segment.arrived, segment.is_under_way = True, False
            fresh += 1
            if segment.times_sent == 1:  # Karn's rule
                self._measure(now_ms - segment.sent_ms)
        advances = up_to > self._acknowledged
        self._acknowledged = max(up_to, self._acknowledged)
        self._sent = [segment for segment in self._sent if segment.end > self._acknowledged]
        is_recovering = self._acknowledged < self._recovers_until
        if fresh and (self._timed_out or not is_recovering):  # after a timeout by slow start
            self.control.acknowledged(fresh, now_ms, self._srtt_ms, is_limited=self._was_limited)
        if self._find_losses() and not is_recovering:
            self._recovers_until, self._timed_out = self._next, False
            self.control.lost()
        if advances:
            self._backoff = 0
            self.timer_ms = math.inf
            if self._sent:
                self._set_timer(now_ms)

    def time_out(self, now_ms: float) -> None:
        """Take all that is under way for lost (RFC 6298, section 5)."""
        if not self._backoff:
            self.control.timed_out()
        self._recovers_until, self._timed_out = self._next, True
        for segment in self._sent:
            segment.is_under_way = False
        self._backoff += 1
        self._set_timer(now_ms)

    def _next_segment(self) -> Segment | None:
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
        # Nagle's algorithm as Minshall changed it: one small segment at a time.
        if is_small and not self.network.nodelay and self._small_end > self._acknowledged:
            return None
        segment = Segment(self._next, bytes(self._unsent[: self.network.mss]))
        del self._unsent[: self.network.mss]
        self._next = segment.end
        if is_small:
            self._small_end = segment.end
        self._sent.append(segment)
        # Linux opens a window in slow start that is more than half used (tcp_is_cwnd_limited).
        slow = self.control.window < self.control.threshold
        self._was_limited = under_way + 1 >= self.control.window or (
            slow and 2 * (under_way + 1) > self.control.window
        )
        return segment

    def _find_losses(self) -> bool:
        behind, found = 0, False
        for segment in reversed(self._sent):
            if segment.arrived:
                behind += 1
            elif segment.is_under_way and segment.times_sent == 1 and behind >= _DUPLICATES:
                segment.is_under_way = False
                found = True
        return found

    def _measure(self, rtt_ms: float) -> None:
        self._variation_ms += (abs(self._srtt_ms - rtt_ms) - self._variation_ms) / 4
        self._srtt_ms += (rtt_ms - self._srtt_ms) / 8

    def _set_timer(self, now_ms: float) -> None:
        rto_ms = self._srtt_ms + max(4 * self._variation_ms, _LEAST_RTO_MS)
        self.timer_ms = now_ms + min(rto_ms * 2**self._backoff, _MOST_RTO_MS)


@dataclass(slots=True)
class Receiver:
    """The half that receives: puts segments in order, and says when to acknowledge."""

    network: Network
    received: int = 0
    timer_ms: float = math.inf
    depth: int = 0
    _behind: dict[int, bytes] = field(default_factory=dict, init=False)
    _owed_bytes: int = 0
    _quick: int = _QUICK_ACKNOWLEDGEMENTS
    _is_interactive: bool = False
    _heard_ms: float = -math.inf

    @property
    def arrived_behind(self) -> frozenset[int]:
        """The starts of what arrived behind a hole."""
        return frozenset(self._behind)

    @property
    def owes(self) -> bool:
        """Whether something has arrived that was not acknowledged."""
        return self._owed_bytes > 0

    def take(self, packet: Packet, now_ms: float) -> tuple[bytes, bool]:
        """Take a packet with data: what is now in order, and whether to acknowledge at once."""
        self._heard_ms = now_ms
        self.depth = max(self.depth, packet.depth)
        is_in_order = packet.start == self.received
        had_holes = bool(self._behind)
        if packet.start >= self.received:
            self._behind[packet.start] = packet.data
        in_order = bytearray()
        while (data := self._behind.pop(self.received, None)) is not None:
            in_order += data
            self.received += len(data)
        self._owed_bytes += len(packet.data)
        quick = self._quick > 0 and not self._is_interactive
        at_once = not is_in_order or had_holes or self._owed_bytes > self.network.mss or quick
        if not at_once:
            self.timer_ms = min(self.timer_ms, now_ms + _DELAY_MS)
        return bytes(in_order), at_once

    def acknowledges(self, now_ms: float, *, with_data: bool) -> int:
        """Up to where a packet that goes out now acknowledges: what was owed is paid."""
        if self._owed_bytes and self._quick:
            self._quick -= 1
        if with_data and now_ms - self._heard_ms < _DELAY_MS:
            self._is_interactive = True  # it answers, so that acknowledgements can go along
        self._owed_bytes, self.timer_ms = 0, math.inf
        return self.received
