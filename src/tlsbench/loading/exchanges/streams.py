"""Concurrent requests on one connection, each on its own stream, as in HTTP/2 and HTTP/3."""

from __future__ import annotations

from tlsbench.errors import MeasurementError
from tlsbench.loading.exchanges.contract import ANY_LENGTH, Asked
from tlsbench.loading.exchanges.heads import INTERIM


class Streams:
    """The responses that are awaited, and what has arrived of them.

    :param broken: the error text for a response that breaks the rules of its protocol.
    """

    __slots__ = ("_asked", "_broken", "_coming", "_counted", "_to_ask", "_waiting", "left")

    def __init__(self, asked: Asked, broken: str) -> None:
        self._asked, self._broken = asked, broken
        #: By stream without a response head yet: when the request was sent.
        self._waiting: dict[int, int] = {}
        #: By stream with one: when the request was sent, when the head arrived, the required length of the
        #: body, and how much of it has arrived.
        self._coming: dict[int, tuple[int, int, int, int]] = {}
        self._counted = False
        #: Requests of this use that have not been sent yet; ``left`` counts the incomplete responses.
        self._to_ask = self.left = 0

    @property
    def step(self) -> str:
        """What has been awaited longest: ``"first byte"``, or ``"request"`` for the rest of a response."""
        first = min(self._waiting.values(), default=0)
        return "first byte" if first and first <= self.waits_since_ns else "request"

    @property
    def waits_since_ns(self) -> int:
        """Since when that has been awaited."""
        heads = (head_ns for _, head_ns, _, _ in self._coming.values())
        return min((*self._waiting.values(), *heads), default=0)

    def _begin_use(self, count: int, *, counted: bool) -> None:
        self.left = self._to_ask = count
        self._counted = counted

    def _fits(self, most_streams: int) -> int:
        """How many more requests may be sent now."""
        return max(0, min(self._to_ask, most_streams - len(self._waiting) - len(self._coming)))

    def _head(self, stream: int, must_bytes: int, now_ns: int, *, ends: bool) -> None:
        """Take the head of a response, and the end of its stream with it, if it ``ends``."""
        if stream not in self._waiting or (must_bytes == INTERIM and ends):
            raise MeasurementError(self._broken)
        if must_bytes == INTERIM:
            return
        since_ns = self._waiting.pop(stream)
        if self._counted:
            self._asked.first_bytes_ns.append(now_ns - since_ns)
        if ends:
            self._whole(since_ns, must_bytes, 0, now_ns)
        else:
            self._coming[stream] = (since_ns, now_ns, must_bytes, 0)

    def _more(self, stream: int, came_bytes: int, now_ns: int, *, ends: bool) -> None:
        """Take a part of a body; trailers have none."""
        if stream not in self._coming:
            raise MeasurementError(self._broken)
        since_ns, head_ns, must_bytes, got_bytes = self._coming.pop(stream)
        got_bytes += came_bytes
        if ends:
            self._whole(since_ns, must_bytes, got_bytes, now_ns)
        else:
            self._coming[stream] = (since_ns, head_ns, must_bytes, got_bytes)

    def _whole(self, since_ns: int, must_bytes: int, got_bytes: int, now_ns: int) -> None:
        """Check and count a response that has ended."""
        asked = self._asked
        if must_bytes not in (got_bytes, ANY_LENGTH):
            raise MeasurementError(f"an answer of {got_bytes} bytes, not {must_bytes}")
        if self._counted:
            asked.requests_ns.append(now_ns - since_ns)
            asked.tally.requests += 1
        self.left -= 1
