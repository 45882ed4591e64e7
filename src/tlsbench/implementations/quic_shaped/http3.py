"""HTTP/3 (RFC 9114) by the library's own implementation, including QPACK (RFC 9204).

A client's end writes the paths of requests, and reads the bodies of responses; a server's reads the paths of
requests, and writes the body that answers the oldest of them.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from tlsbench.errors import HandshakeError
from tlsbench.implementations.quic_shaped.endpoint import QuicClientEnd, QuicEnd, QuicServerEnd
from tlsbench.protocol.http import answer_headers, path_of, request_headers


class _Http3End(QuicEnd):
    """An end whose streams carry HTTP/3 once the handshake is complete."""

    _http: Any = None

    def hear(self, event: Any) -> None:
        events = self._api.events
        if not isinstance(event, events.StreamDataReceived):
            super().hear(event)
        if isinstance(event, events.HandshakeCompleted):
            self._http = self._guarded(self._api.H3Connection, self.connection)
        if self._http is not None:
            for heard in self._guarded(self._http.handle_event, event):
                self.hear_http(heard)

    def hear_http(self, event: Any) -> None:
        """Handle an event of HTTP/3."""
        raise NotImplementedError


class Http3ClientEnd(_Http3End, QuicClientEnd):
    """A client that sends requests, and reads the bodies of the responses."""

    def write(self, data: bytes) -> None:
        stream = self.connection.get_next_available_stream_id()
        self._guarded(self._http.send_headers, stream, request_headers(data), end_stream=True)

    def hear_http(self, event: Any) -> None:
        events = self._api.h3_events
        if isinstance(event, events.DataReceived):
            self._received.append(event.data)
        elif isinstance(event, events.HeadersReceived) and (b":status", b"200") not in event.headers:
            raise HandshakeError(f"{self._name}: the answer is not 200")


class Http3ServerEnd(_Http3End, QuicServerEnd):
    """A server that reads the paths of requests, and answers them in order."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._asked: deque[int] = deque()

    def write(self, data: bytes) -> None:
        stream = self._asked.popleft()
        self._guarded(self._http.send_headers, stream, answer_headers(len(data)))
        self._guarded(self._http.send_data, stream, data, end_stream=True)

    def hear_http(self, event: Any) -> None:
        if isinstance(event, self._api.h3_events.HeadersReceived):
            self._asked.append(event.stream_id)
            self._received.append(path_of(event.headers))
