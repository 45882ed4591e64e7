"""HTTP/3 (RFC 9114) by qh3: many requests under way at once, each on a stream of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from qh3.h3.connection import H3Connection
from qh3.h3.events import DataReceived, HeadersReceived
from qh3.quic.events import QuicEvent, StopSendingReceived, StreamReset

from tlsbench.errors import MeasurementError
from tlsbench.loading.exchanges.contract import ANY_LENGTH, Asked
from tlsbench.loading.exchanges.heads import INTERIM, body_length

if TYPE_CHECKING:
    from qh3.quic.connection import QuicConnection

_BROKEN: Final = "an answer that breaks the rules of HTTP/3"


class Http3:
    """Asks on as many streams at once as were asked for, and the server takes."""

    __slots__ = ("_asked", "_coming", "_counted", "_fields", "_http", "_quic", "_to_ask", "_waiting", "left")

    def __init__(self, asked: Asked, quic: QuicConnection) -> None:
        self._asked, self._quic = asked, quic
        self._http = H3Connection(quic)
        self._fields = [
            (b":method", b"GET"),
            (b":scheme", b"https"),
            (b":authority", asked.authority),
            (b":path", asked.path),
        ]
        #: By stream, when its request was sent; of those whose answer has no head yet.
        self._waiting: dict[int, int] = {}
        #: By stream, of those whose answer has: when it was sent, and the head came; how long the body must
        #: be, and how much of it has come.
        self._coming: dict[int, tuple[int, int, int, int]] = {}
        self._counted = False
        self._to_ask = self.left = 0

    @property
    def step(self) -> str:
        """``"first byte"`` or ``"request"``."""
        first = min(self._waiting.values(), default=0)
        return "first byte" if first and first <= self.waits_since_ns else "request"

    @property
    def waits_since_ns(self) -> int:
        """When the step began that goes on for longest."""
        heads = (head_ns for _, head_ns, _, _ in self._coming.values())
        return min((*self._waiting.values(), *heads), default=0)

    def ask(self, count: int, now_ns: int, *, counted: bool) -> None:
        """Begin a use of so many requests."""
        self.left = self._to_ask = count
        self._counted = counted
        self.fill(now_ns)

    def fill(self, now_ns: int) -> None:
        """Ask as much as may be asked now."""
        waiting, quic, http = self._waiting, self._quic, self._http
        # of all streams that were ever opened the server allows so many (RFC 9000 section 4.6)
        allowed = quic.max_concurrent_bidi_streams - quic.get_next_available_stream_id() // 4
        count = min(self._to_ask, self._asked.streams - len(waiting) - len(self._coming), allowed)
        for _ in range(count):
            stream = quic.get_next_available_stream_id()
            http.send_headers(stream, self._fields, end_stream=True)
            waiting[stream] = now_ns
        self._to_ask -= max(0, count)

    def take(self, event: QuicEvent, now_ns: int) -> None:
        """Take what came on a stream.

        :raises MeasurementError: if an answer is no success, or breaks the protocol's rules.
        """
        if isinstance(event, StreamReset | StopSendingReceived):
            if event.stream_id in self._waiting or event.stream_id in self._coming:
                raise MeasurementError("the server ends a stream")
            return
        for one in self._http.handle_event(event):
            if isinstance(one, HeadersReceived):
                self._head(one, now_ns)
            elif isinstance(one, DataReceived):
                self._data(one, now_ns)

    def _head(self, event: HeadersReceived, now_ns: int) -> None:
        stream = event.stream_id
        if stream in self._coming:  # trailers
            if event.stream_ended:
                self._whole(*self._coming.pop(stream), now_ns)
            return
        if stream not in self._waiting:
            raise MeasurementError(_BROKEN)
        must_bytes = body_length(event.headers, self._asked.size_bytes, _BROKEN)
        if must_bytes == INTERIM:
            return
        since_ns = self._waiting.pop(stream)
        if self._counted:
            self._asked.first_bytes_ns.append(now_ns - since_ns)
        if event.stream_ended:
            self._whole(since_ns, now_ns, must_bytes, 0, now_ns)
        else:
            self._coming[stream] = (since_ns, now_ns, must_bytes, 0)

    def _data(self, event: DataReceived, now_ns: int) -> None:
        came = self._coming.get(event.stream_id)
        if came is None:
            raise MeasurementError(_BROKEN)
        since_ns, head_ns, must_bytes, got_bytes = came
        got_bytes += len(event.data)
        if event.stream_ended:
            del self._coming[event.stream_id]
            self._whole(since_ns, head_ns, must_bytes, got_bytes, now_ns)
        else:
            self._coming[event.stream_id] = (since_ns, head_ns, must_bytes, got_bytes)

    def _whole(self, since_ns: int, _head_ns: int, must_bytes: int, got_bytes: int, now_ns: int) -> None:
        asked = self._asked
        if must_bytes not in (got_bytes, ANY_LENGTH):
            raise MeasurementError(f"an answer of {got_bytes} bytes, not {must_bytes}")
        if self._counted:
            asked.requests_ns.append(now_ns - since_ns)
            asked.tally.requests += 1
        self.left -= 1
