"""HTTP/3 (RFC 9114) by qh3: many requests in flight, each on its own stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from qh3.h3.connection import H3Connection
from qh3.h3.events import DataReceived, HeadersReceived
from qh3.quic.events import QuicEvent, StopSendingReceived, StreamReset

from tlsbench.errors import MeasurementError
from tlsbench.loading.exchanges.contract import Asked
from tlsbench.loading.exchanges.heads import body_length
from tlsbench.loading.exchanges.streams import Streams

if TYPE_CHECKING:
    from qh3.quic.connection import QuicConnection

_BROKEN: Final = "an answer that breaks the rules of HTTP/3"


class Http3(Streams):
    """An exchange that keeps as many streams in flight as the plan says and the server allows."""

    __slots__ = ("_fields", "_http", "_quic")

    def __init__(self, asked: Asked, quic: QuicConnection) -> None:
        super().__init__(asked, _BROKEN)
        self._quic, self._http = quic, H3Connection(quic)
        self._fields = [
            (b":method", b"GET"),
            (b":scheme", b"https"),
            (b":authority", asked.authority),
            (b":path", asked.path),
        ]

    def ask(self, count: int, now_ns: int, *, counted: bool) -> None:
        """Begin a use with ``count`` requests."""
        self._begin_use(count, counted=counted)
        self.fill(now_ns)

    def fill(self, now_ns: int) -> None:
        """Send the requests that may be sent now."""
        quic = self._quic
        # the server's limit includes all streams that were ever opened (RFC 9000 section 4.6)
        allowed = quic.max_concurrent_bidi_streams - quic.get_next_available_stream_id() // 4
        count = max(0, min(allowed, self._fits(self._asked.streams)))
        for _ in range(count):
            stream = quic.get_next_available_stream_id()
            self._http.send_headers(stream, self._fields, end_stream=True)
            self._waiting[stream] = now_ns
        self._to_ask -= count

    def take(self, event: QuicEvent, now_ns: int) -> None:
        """Take an event of a stream.

        :raises MeasurementError: if a response is no success, or breaks the protocol's rules.
        """
        if isinstance(event, StreamReset | StopSendingReceived):
            if event.stream_id in self._waiting or event.stream_id in self._coming:
                raise MeasurementError("the server ends a stream")
            return
        for one in self._http.handle_event(event):
            if isinstance(one, HeadersReceived) and one.stream_id not in self._coming:
                must_bytes = body_length(one.headers, self._asked.size_bytes, _BROKEN)
                self._head(one.stream_id, must_bytes, now_ns, ends=one.stream_ended)
            elif isinstance(one, HeadersReceived):  # trailers
                self._more(one.stream_id, 0, now_ns, ends=one.stream_ended)
            elif isinstance(one, DataReceived):
                self._more(one.stream_id, len(one.data), now_ns, ends=one.stream_ended)
