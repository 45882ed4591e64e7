"""What goes into a simulated network, and what comes out: plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from tlsbench.errors import RequestError

#: Names of the congestion controls: ``none`` has no congestion window at all.
CONGESTION_CONTROLS: Final = ("cubic", "reno", "none")
#: What a server may send before it hears from the client, in ten segments (RFC 6928, section 2).
INITIAL_WINDOW_BYTES: Final = 10 * 1460
#: TCP and IPv4 headers without options, which go over the line with every segment.
HEADER_BYTES: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A path between a client and a server, and how TCP behaves at both of its ends.

    :param rtt_ms: milliseconds that a packet and its answer take, without the time to put them on the line.
    :param bandwidth_mbit: megabits per second each way, with a queue that never overflows; infinity for a
        line without limit.
    :param loss: the probability that a packet is lost, each by itself.
    :param mss: the most bytes of payload in a segment.
    :param initcwnd: segments that a sender may have under way before the first acknowledgement (RFC 6928).
    :param nodelay: whether Nagle's algorithm is off (``TCP_NODELAY``).
    :param congestion: one of :data:`CONGESTION_CONTROLS`.
    :param seed: of the losses.
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
        """How long it takes to put a packet of this size, headers and all, on the line."""
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
    """A client or a server on its TCP connection, which is open."""

    def start(self) -> Turn:
        """What it does first of all."""

    def receive(self, data: bytes) -> Turn:
        """What it does with what has arrived, in order and at least one byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """When the client had what it wanted, counted from its first call on an open TCP connection.

    To open TCP takes one round trip more, which is in none of these.

    :param handshake_ms: until the client may send application data.
    :param first_byte_ms: until it has the first byte of the answer.
    :param done_ms: until it has all of the answer.
    :param handshake_round_trips: round trips until the client may send: how many packets in a row had to
        wait for one another, by two. A wait for a timer is none.
    :param first_byte_round_trips: the same until the first byte.
    :param round_trips: the same until the end.
    :param segments: TCP segments with data that both ends sent until then, with those sent again; of QUIC
        datagrams.
    :param retransmissions: how many of these had been sent before; None of QUIC, which sends no packet twice.
    :param client_ms: processor time that the client spent in all, what came after the answer with it.
    :param server_ms: the same of the server.
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
