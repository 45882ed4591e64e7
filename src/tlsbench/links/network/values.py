"""The inputs and outputs of a simulated network, as plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from tlsbench.errors import RequestError

#: Names of the congestion controls; ``none`` has no congestion window at all.
CONGESTION_CONTROLS: Final = ("cubic", "reno", "none")
#: What a server may send before it hears from the client: ten segments (RFC 6928 section 2).
INITIAL_WINDOW_BYTES: Final = 10 * 1460
#: TCP and IPv4 headers without options, which every segment carries over the line.
HEADER_BYTES: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A path between a client and a server, and how TCP behaves at both ends.

    :param rtt_ms: milliseconds for a packet and its answer, without the time to put them on the line.
    :param bandwidth_mbit: megabits per second each way, with a queue that never overflows; infinity for no
        limit.
    :param loss: the probability that a packet is lost, independently of the others.
    :param mss: the maximum payload of a segment in bytes.
    :param initcwnd: segments that a sender may have in flight before the first acknowledgement (RFC 6928).
    :param nodelay: whether Nagle's algorithm is off (``TCP_NODELAY``).
    :param congestion: one of :data:`CONGESTION_CONTROLS`.
    :param seed: the seed of the losses.
    """

    rtt_ms: float
    bandwidth_mbit: float = math.inf
    loss: float = 0.0
    mss: int = 1460
    initcwnd: int = 10
    nodelay: bool = True
    congestion: str = "cubic"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, is_valid, wanted in (
            ("rtt_ms", 0 <= self.rtt_ms < math.inf, "milliseconds, 0 or more"),
            ("bandwidth_mbit", self.bandwidth_mbit > 0, "megabits per second above 0"),
            ("loss", 0 <= self.loss < 1, "a probability from 0 to below 1"),
            ("mss", self.mss >= 1, "1 byte or more"),
            ("initcwnd", self.initcwnd >= 1, "1 segment or more"),
            (
                "congestion",
                self.congestion in CONGESTION_CONTROLS,
                f"one of {', '.join(CONGESTION_CONTROLS)}",
            ),
        ):
            if not is_valid:
                raise RequestError(f"{name} is {getattr(self, name)}: it must be {wanted}")

    def line_ms(self, packet_bytes: int) -> float:
        """Milliseconds that it takes to put a packet of this size, headers included, on the line."""
        return packet_bytes * 8 / (self.bandwidth_mbit * 1e3)


@dataclass(frozen=True, slots=True)
class Turn:
    """What an end does when it is called: it computes, then writes.

    :param spent_ms: processor time from the call to the writes.
    :param writes: the bytes of each write to the socket, in order.
    :param may_send: on a client, whether it may now send application data.
    :param answered: on a client, how many bytes of the answer it has received so far.
    """

    spent_ms: float = 0.0
    writes: Sequence[bytes] = ()
    may_send: bool = False
    answered: int = 0


class End(Protocol):
    """A client or a server on an open TCP connection."""

    def start(self) -> Turn:
        """Take the first turn, before anything has arrived."""

    def receive(self, data: bytes) -> Turn:
        """Process the data that has arrived, in order and at least one byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """When the client reached each milestone, counted from its first call on an open TCP connection.

    Opening TCP takes one more round trip, which is not included.

    :param handshake_ms: until the client may send application data.
    :param first_byte_ms: until it has the first byte of the answer.
    :param done_ms: until it has the whole answer.
    :param handshake_round_trips: round trips until the client may send: half the length of the chain of
        packets, each of which waited for the one before. Waiting for a timer does not count.
    :param first_byte_round_trips: the same until the first byte.
    :param round_trips: the same until the end.
    :param segments: TCP segments with data that both ends sent until then, retransmissions included; for
        QUIC, datagrams.
    :param retransmissions: how many of these had been sent before; None for QUIC, which resends no packet.
    :param client_ms: processor time that the client spent in total, also after the answer.
    :param server_ms: the same for the server.
    """

    handshake_ms: float
    first_byte_ms: float
    done_ms: float
    handshake_round_trips: int
    first_byte_round_trips: int
    round_trips: int
    segments: int
    retransmissions: int | None
    client_ms: float = 0.0
    server_ms: float = 0.0
