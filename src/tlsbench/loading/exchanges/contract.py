"""What an exchange is to its connection, and what the exchanges of a worker have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

from tlsbench.loading.tally import LoadTally

#: How many heads of answers are kept: a server that dates them has a new one each second.
_MOST_HEADS: Final = 256
#: The length of a body of which the head says nothing.
ANY_LENGTH: Final = -1


@dataclass(slots=True)
class Asked:
    """What the requests of a worker have in common.

    :param authority: the host that they name; ``path`` what they ask it for.
    :param size_bytes: the length that the body of each answer must have; 0 takes any.
    :param streams: how many are under way at once on a connection, where its protocol can.
    :param first_bytes_ns: takes how long each answer's first byte took, from its request on;
        ``requests_ns`` likewise its last.
    """

    authority: bytes
    path: bytes
    size_bytes: int
    streams: int
    tally: LoadTally
    first_bytes_ns: list[int]
    requests_ns: list[int]
    #: Heads of good answers, as they are on the wire, and how long the bodies behind them must be. A head
    #: that was read once is read no more: it is compared.
    known_heads: dict[bytes, int] = field(default_factory=dict)

    def learn(self, head: bytes, body_bytes: int) -> int:
        """Keep what was read of a head; gives the length back."""
        if len(self.known_heads) >= _MOST_HEADS:
            self.known_heads.clear()
        self.known_heads[head] = body_bytes
        return body_bytes


class Exchange(Protocol):
    """Requests and answers on one connection, without I/O."""

    #: Whether nothing comes before the next request has been sent: HTTP/1.1 without pipelining.
    alternates: bool
    #: Whether the server may say something while nothing is asked.
    speaks_unasked: bool
    #: Answers of the present use that have not come yet.
    left: int

    @property
    def step(self) -> str:
        """What is waited for longest: ``"first byte"``, or the rest of an answer, ``"request"``."""

    @property
    def waits_since_ns(self) -> int:
        """Since when that is waited for."""

    @property
    def is_over(self) -> bool:
        """Whether the server takes no more requests on this connection."""

    def ask(self, count: int, now_ns: int, *, counted: bool) -> bytes:
        """Begin a use of this many requests: the bytes to send."""

    def take(self, data: bytes, now_ns: int) -> bytes:
        """Take what was received: the bytes to be sent now, ``b""`` if there are none.

        :raises MeasurementError: if an answer is no success, or breaks the protocol's rules; in one of a few
            fixed texts.
        """

    def end_of_input(self, now_ns: int) -> bool:
        """The server has ended its half; whether that was an answer's end, as HTTP/1.1 allows.

        :raises MeasurementError: if it cuts one off.
        """

    def goodbye(self) -> bytes:
        """What is said before the connection is closed."""
