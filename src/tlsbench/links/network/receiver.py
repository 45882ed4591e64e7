"""The receiving half of TCP; it has no clock of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from tlsbench.links.network.segments import Packet
from tlsbench.links.network.values import Network

#: Segments of a new connection that Linux acknowledges at once (``TCP_MAX_QUICKACKS``).
_QUICK_ACKNOWLEDGEMENTS: Final = 16
#: How long the acknowledgement of a single segment may be delayed after that (``TCP_DELACK_MIN``).
_DELAY_MS: Final = 40.0


@dataclass(slots=True)
class Receiver:
    """Puts segments in order, and decides when to acknowledge them."""

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
        """The starts of the segments that arrived beyond a hole."""
        return frozenset(self._behind)

    @property
    def owes(self) -> bool:
        """Whether an acknowledgement is owed for data that has arrived."""
        return self._owed_bytes > 0

    def take(self, packet: Packet, now_ms: float) -> tuple[bytes, bool]:
        """Take a packet with data; return what is now in order, and whether to acknowledge at once."""
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
        """Return the acknowledgement number of a packet sent now, after which none is owed."""
        if self._owed_bytes and self._quick:
            self._quick -= 1
        if with_data and now_ms - self._heard_ms < _DELAY_MS:
            self._is_interactive = True  # this end sends replies, which can carry its acknowledgements
        self._owed_bytes, self.timer_ms = 0, math.inf
        return self.received
