"""What TCP sends: segments as the sender keeps them, and packets as they travel.

Sequence numbers count from 0. The ``depth`` of a packet is the length of the chain of packets, each sent in
response to the one before, that ends with it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Segment:
    """Bytes from ``start`` on that go over the network together."""

    start: int
    data: bytes
    sent_ms: float = 0.0
    times_sent: int = 0
    is_under_way: bool = False
    arrived: bool = False

    @property
    def end(self) -> int:
        """The sequence number of the first byte after it."""
        return self.start + len(self.data)


@dataclass(frozen=True, slots=True)
class Packet:
    """What goes over the network: data, possibly empty, and an acknowledgement of what its sender received.

    ``arrived_behind`` holds the starts of the segments that arrived beyond a hole (RFC 2018).
    """

    start: int
    data: bytes
    acknowledged: int
    arrived_behind: frozenset[int]
    depth: int
