"""HTTP/2 (RFC 9113), including HPACK (RFC 7541), over the TLS of any library, by the package h2.

A client end writes the path of a request, and reads the bodies of answers; a server end reads the paths of
requests, and writes the body that answers the oldest of them. Both speak HTTP/2 without ALPN (with prior
knowledge, RFC 9113 section 3.3).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from tlsbench.errors import HandshakeError, MeasurementError
from tlsbench.implementations import ClientContext, Endpoint, Negotiated, ServerContext
from tlsbench.implementations.needed_packages import NO_HTTP_2
from tlsbench.protocol.http import answer_headers, path_of, request_headers

#: The largest window (RFC 9113 section 6.9.1): an answer of any size is sent without waiting.
_WINDOW_BYTES: Final = 2**31 - 1
_DEFAULT_WINDOW_BYTES: Final = 65_535


@dataclass(frozen=True, slots=True)
class Http2Clients:
    """A client context whose ends speak HTTP/2."""

    inner: ClientContext

    def connect(self, session: object | None = None, early_data: bytes = b"") -> Http2ClientEnd:
        return Http2ClientEnd(self.inner.connect(session, early_data))


@dataclass(frozen=True, slots=True)
class Http2Servers:
    """A server context whose ends speak HTTP/2."""

    inner: ServerContext

    def accept(self) -> Http2ServerEnd:
        return Http2ServerEnd(self.inner.accept())


@dataclass(slots=True)
class _Http2End:
    """An end over TLS; HTTP/2 begins with the first request."""

    inner: Endpoint
    _http: Any = field(default=None, init=False)

    def handshake(self) -> bool:
        return self.inner.handshake()

    def data_to_send(self) -> bytes:
        return self.inner.data_to_send()

    def receive_data(self, data: bytes) -> None:
        self.inner.receive_data(data)

    def negotiated(self) -> Negotiated:
        return self.inner.negotiated()

    def session(self) -> object | None:
        return self.inner.session()

    def close(self) -> None:
        self.inner.close()

    def _begin(self, *, client: bool) -> Any:  # noqa: ANN401 - h2 may not be installed
        try:
            from h2.config import H2Configuration
            from h2.connection import H2Connection
            from h2.settings import SettingCodes, Settings
        except ImportError as error:
            raise MeasurementError(NO_HTTP_2) from error

        http = H2Connection(H2Configuration(client_side=client, header_encoding=None))
        windows = {SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW_BYTES}
        http.local_settings = Settings(client=client, initial_values=windows)
        http.initiate_connection()
        http.increment_flow_control_window(_WINDOW_BYTES - _DEFAULT_WINDOW_BYTES)
        self._http = http
        return http

    def _heard(self, data: bytes) -> list[Any]:
        from h2.exceptions import ProtocolError

        try:
            events: list[Any] = self._http.receive_data(data)
        except ProtocolError as error:
            raise HandshakeError(f"h2: {error}") from error
        return events

    def _flush(self) -> None:
        if out := self._http.data_to_send():
            self.inner.write(out)


@dataclass(slots=True)
class Http2ClientEnd(_Http2End):
    """Sends requests, and reads the bodies of the answers."""

    def write(self, data: bytes) -> None:
        http = self._http or self._begin(client=True)
        http.send_headers(http.get_next_available_stream_id(), request_headers(data), end_stream=True)
        self._flush()

    def read(self) -> bytes:
        data = self.inner.read()
        if self._http is None:
            return data  # what follows a TLS 1.3 handshake carries no data
        from h2.events import DataReceived, ResponseReceived

        bodies = []
        for event in self._heard(data):
            if isinstance(event, DataReceived):
                bodies.append(event.data)
                self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, ResponseReceived) and (b":status", b"200") not in event.headers:
                raise HandshakeError("h2: the answer is not 200")
        self._flush()
        return b"".join(bodies)


@dataclass(slots=True)
class Http2ServerEnd(_Http2End):
    """Reads the requested paths, and answers them in turn."""

    _asked: deque[int] = field(default_factory=deque, init=False)

    def write(self, data: bytes) -> None:
        http, stream = self._http, self._asked.popleft()
        http.send_headers(stream, answer_headers(len(data)))
        size = http.max_outbound_frame_size
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        for piece in pieces[:-1]:
            http.send_data(stream, piece)
        http.send_data(stream, pieces[-1] if pieces else b"", end_stream=True)
        self._flush()

    def read(self) -> bytes:
        data = self.inner.read()
        if not data:
            return b""
        if self._http is None:
            self._begin(client=False)
        from h2.events import RequestReceived

        paths = []
        for event in self._heard(data):
            if isinstance(event, RequestReceived):
                self._asked.append(event.stream_id)
                paths.append(path_of(event.headers))
        self._flush()
        return b"".join(paths)
