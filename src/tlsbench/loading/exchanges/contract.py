"""The interface between an exchange and its connection, and what the exchanges of a worker share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

from tlsbench.loading.tally import LoadTally

#: How many response heads are kept: a server that dates them produces a new one each second.
_MOST_HEADS: Final = 256
#: The length of a body if the head does not state it.
ANY_LENGTH: Final = -1


@dataclass(slots=True)
class Asked:
    """What the requests of a worker have in common.

    :param authority: the host that they name; ``path`` is what they request from it.
    :param size_bytes: the length that the body of each response must have; 0 accepts any.
    :param streams: the most requests in flight on a connection, if its protocol multiplexes.
    :param first_bytes_ns: receives the time from each request to the first byte of its response.
    :param requests_ns: receives the time from each request to the last byte of its response.
    """

    authority: bytes
    path: bytes
    size_bytes: int
    streams: int
    tally: LoadTally
    first_bytes_ns: list[int]
    requests_ns: list[int]
    #: Heads of good responses, as they are on the wire, and the required lengths of their bodies. A head that
    #: has been parsed once is only compared from then on.
    known_heads: dict[bytes, int] = field(default_factory=dict)

    def learn(self, head: bytes, body_bytes: int) -> int:
        """Remember a head with the length of its body, and return that length."""
        if len(self.known_heads) >= _MOST_HEADS:
            self.known_heads.clear()
        self.known_heads[head] = body_bytes
        return body_bytes


class Awaits(Protocol):
    """Something that waits for a server."""

    @property
    def step(self) -> str:
        """What has been awaited longest: ``"first byte"``, or ``"request"`` for the rest of a response."""

    @property
    def waits_since_ns(self) -> int:
        """Since when that has been awaited."""


class Exchange(Awaits, Protocol):
    """Requests and responses on one connection, without I/O."""

    #: Whether nothing arrives before the next request has been sent: HTTP/1.1 without pipelining.
    alternates: bool
    #: Whether the server may send something while no request is open.
    speaks_unasked: bool
    #: Responses of the current use that are not complete yet.
    left: int

    @property
    def is_over(self) -> bool:
        """Whether the server accepts no more requests on this connection."""

    def ask(self, count: int, now_ns: int, *, counted: bool) -> bytes:
        """Begin a use with ``count`` requests, and return the bytes to send."""

    def take(self, data: bytes, now_ns: int) -> bytes:
        """Take what was received, and return the bytes to send now, ``b""`` if there are none.

        :raises MeasurementError: if a response is no success, or breaks the protocol's rules, with one of a
            few kinds of text.
        """

    def end_of_input(self, now_ns: int) -> bool:
        """Note that the server has ended its half; return whether that ends a response, as HTTP/1.1 allows.

        :raises MeasurementError: if it cuts one off.
        """

    def goodbye(self) -> bytes:
        """The bytes to send before the connection is closed."""
