"""What TCP sends: segments as their sender keeps them, and packets as they travel.

Sequence numbers count from 0. A packet carries its ``depth``: how many packets in a row travel until it
arrives, itself among them.
"""

from __future__ import annotations

from dataclasses import dataclass


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
