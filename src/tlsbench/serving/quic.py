"""HTTP/3 over QUIC with aioquic, in one thread: its asyncio server with the answers of ``tlsbench serve``.

An answer is made as fast as QUIC can take it: of a large one, memory holds the data in flight and one piece.
The library does not report the group of a handshake.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import QuicServer
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import (
    ConnectionTerminated,
    HandshakeCompleted,
    ProtocolNegotiated,
    QuicEvent,
    StopSendingReceived,
    StreamReset,
)
from aioquic.quic.packet import QuicErrorCode
from aioquic.tls import CipherSuite, SessionTicket

from tlsbench.loopback.http import Content, Pieces
from tlsbench.pki import Peers
from tlsbench.protocol.alerts import DESCRIPTIONS
from tlsbench.protocol.http import HTTP_3
from tlsbench.serving.answers import content
from tlsbench.serving.limits import Limits, deadline
from tlsbench.serving.models.common import DRAIN_S, SWEEP_S, TICK_S
from tlsbench.serving.plan import ServerPlan
from tlsbench.serving.session import TOO_LATE
from tlsbench.serving.tally import ServerTally

#: How much of an answer is passed to QUIC ahead of acknowledgements.
_MOST_UNDER_WAY_BYTES: Final = 256 << 10
#: The most tickets kept for resumption.
_MOST_TICKETS: Final = 100_000
#: A peer that is silent for this long is considered gone, unless the limit for idle connections is set.
_LONGEST_IDLE_S: Final = 600.0
#: The error codes of TLS start here: the alert is added (RFC 9001 section 4.8).
_CRYPTO_ERROR: Final = 0x100
#: NO_ERROR and H3_NO_ERROR (RFC 9114 section 8.1): clients end with either.
_NO_ERRORS: Final = (QuicErrorCode.NO_ERROR, 0x100)
_IDLE: Final = "Idle timeout"


@dataclass(slots=True)
class _Service:
    """The state that the connections of a process share."""

    tally: ServerTally
    limits: Limits
    early_data: bool
    tickets: dict[bytes, SessionTicket] = field(default_factory=dict)
    every: set[_Connection] = field(default_factory=set)

    def keep(self, ticket: SessionTicket) -> None:
        """Keep a ticket, for a single use."""
        if len(self.tickets) >= _MOST_TICKETS:
            del self.tickets[next(iter(self.tickets))]
        self.tickets[ticket.ticket] = ticket

    def fetch(self, label: bytes) -> SessionTicket | None:
        """The ticket that a client presents, if it is one of ours and has not been used yet."""
        ticket = self.tickets.pop(label, None)
        return ticket if ticket is None or self.early_data else replace(ticket, max_early_data_size=None)


class _Connection(QuicConnectionProtocol):
    """A connection, whose requests are answered as they arrive."""

    def __init__(self, service: _Service, *given: Any, **named: Any) -> None:  # noqa: ANN401 - those of aioquic
        super().__init__(*given, **named)
        self._service = service
        self._http: H3Connection | None = None
        #: Requests that are not complete yet, by stream: the target, and whether the answer has a body.
        self._asking: dict[int, tuple[bytes, bool]] = {}
        #: The rest of each answer, by stream.
        self._answers: dict[int, Pieces] = {}
        self.is_established = self._is_over = self._has_asked = False
        self._step, self._left_bytes = "handshake", 0
        #: When to give up on it, by the clock of the event loop's sweeps.
        self.deadline_s = deadline(time.monotonic(), service.limits.handshake_s)
        service.tally.accepted += 1
        service.every.add(self)

    def quic_event_received(self, event: QuicEvent) -> None:
        """Handle an event from QUIC."""
        match event:
            case ProtocolNegotiated():
                if not self._service.early_data:
                    self._quic.tls._max_early_data = None  # for the tickets that it will send
                self._http = H3Connection(self._quic)
            case HandshakeCompleted():
                self._count(event)
            case ConnectionTerminated():
                self._end(event)
            case StreamReset() | StopSendingReceived():
                self._asking.pop(event.stream_id, None)
                self._answers.pop(event.stream_id, None)
            case _ if self._http is not None:
                for one in self._http.handle_event(event):
                    self._take(one)

    def _count(self, event: HandshakeCompleted) -> None:
        self.is_established = True
        schedule, tally = self._quic.tls.key_schedule, self._service.tally
        suite = CipherSuite(schedule.cipher_suite).name if schedule is not None else "?"
        tally.negotiated[f"1.3 TLS_{suite} ? {'resumed' if event.session_resumed else 'full'}"] += 1
        tally.early_data += event.early_data_accepted

    def _take(self, event: H3Event) -> None:
        if isinstance(event, HeadersReceived) and event.stream_id not in self._asking:
            fields = dict(event.headers)
            self._asking[event.stream_id] = fields.get(b":path", b"/"), fields.get(b":method") != b"HEAD"
        if isinstance(event, DataReceived):
            self._service.tally.bytes_received += len(event.data)
        if isinstance(event, HeadersReceived | DataReceived) and event.stream_ended:
            target, has_body = self._asking.pop(event.stream_id)
            self._begin(event.stream_id, content(target), has_body=has_body)

    def _begin(self, stream: int, answer: Content, *, has_body: bool) -> None:
        assert self._http is not None
        fields = [
            (b":status", b"%d" % answer.status),
            (b"content-type", answer.media_type.encode("ascii")),
            (b"content-length", b"%d" % answer.length_bytes),
        ]
        pieces = Pieces(answer if has_body else Content(b"", 0))
        self._has_asked = True
        self._http.send_headers(stream, fields, end_stream=not pieces.left_bytes)
        if pieces.left_bytes:
            self._answers[stream] = pieces
        else:
            self._service.tally.requests += 1

    def transmit(self) -> None:
        """Add as much of the answers as QUIC can take, and send what is due."""
        for stream, pieces in tuple(self._answers.items()):
            self._go_on(stream, pieces)
        self._settle()
        super().transmit()

    def _settle(self) -> None:
        """Update what the connection is waiting for, and its deadline; QUIC itself closes idle ones."""
        if not self.is_established:
            return
        left_bytes = sum(pieces.left_bytes for pieces in self._answers.values())
        step = "answer" if self._answers else "request" if self._asking else "idle"
        if (step, left_bytes) != (self._step, self._left_bytes):
            limit_s = 0.0 if step == "idle" else self._service.limits.request_s
            self.deadline_s = deadline(time.monotonic(), limit_s)
            self._step, self._left_bytes = step, left_bytes

    def _go_on(self, stream: int, pieces: Pieces) -> None:
        assert self._http is not None
        known = self._quic._streams.get(stream)  # the amount buffered in it has no public name
        if known is None or self._quic._close_event is not None:
            return
        sender = known.sender
        while pieces.left_bytes and sender._buffer_stop - sender._buffer_start < _MOST_UNDER_WAY_BYTES:
            piece = pieces.next()
            self._service.tally.bytes_sent += len(piece)
            self._http.send_data(stream, piece, end_stream=not pieces.left_bytes)
        if not pieces.left_bytes:
            del self._answers[stream]
            self._service.tally.requests += 1

    def _end(self, event: ConnectionTerminated) -> None:
        """Count the end of the connection, however it ended."""
        service, code = self._service, event.error_code
        if self._is_over:
            return
        self._is_over = True
        alert = DESCRIPTIONS.get(code - _CRYPTO_ERROR)
        if alert is not None and event.frame_type is not None:  # otherwise, it is an error of HTTP/3
            service.tally.alerts[f"received {alert}"] += 1
        if event.reason_phrase == _IDLE and self.is_established and not self._asking and not self._answers:
            service.tally.closed_idle += 1
        elif not self.is_established:
            service.tally.fail("closed within the handshake")
        elif code not in _NO_ERRORS:
            service.tally.fail("QUIC: the client ended the connection with an error")
        elif self._asking or self._answers:
            service.tally.fail("closed within a request")
        service.tally.protocols[HTTP_3] += self._has_asked
        service.tally.ended += 1
        service.every.discard(self)

    def expire(self) -> None:
        """Fail, since the time for its step is up."""
        self._service.tally.fail(TOO_LATE[self._step])
        self.lose()

    def lose(self) -> None:
        """Close the connection and count it as ended."""
        if not self._is_over:
            self._is_over = True
            self._service.tally.ended += 1
            self._service.every.discard(self)
        self.close()


def serve_http3(
    sock: socket.socket,
    plan: ServerPlan,
    peers: Peers,
    tally: ServerTally,
    stop_asked: Callable[[], bool],
    *,
    early_data: bool,
) -> None:
    """Serve HTTP/3 on a UDP socket until asked to stop; then open connections may continue for a while."""
    limits = plan.limits
    configuration = QuicConfiguration(
        is_client=False,
        alpn_protocols=[HTTP_3],
        idle_timeout=limits.idle_s or _LONGEST_IDLE_S,
        certificate=peers.server.leaf,
        certificate_chain=list(peers.server.certificates[1:]),
        private_key=peers.server.private_key,
    )
    service = _Service(tally, limits, early_data)

    async def serve() -> None:
        server = QuicServer(
            configuration=configuration,
            create_protocol=lambda *given, **named: _Connection(service, *given, **named),
            session_ticket_fetcher=service.fetch,
            session_ticket_handler=service.keep,
        )
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: server, sock=sock)
        until_s, sweep_s = float("inf"), 0.0
        while (now_s := time.monotonic()) < until_s and (until_s == float("inf") or service.every):
            await asyncio.sleep(TICK_S)
            if now_s >= sweep_s:
                _expire(service, now_s)
                sweep_s = now_s + SWEEP_S
            if stop_asked() and until_s == float("inf"):
                until_s = time.monotonic() + DRAIN_S
        for one in tuple(service.every):
            one.lose()
        await asyncio.sleep(0)
        transport.close()

    with contextlib.ExitStack() as stack:
        if plan.key_log:
            configuration.secrets_log_file = stack.enter_context(
                Path(plan.key_log).open("a", encoding="ascii")
            )
        asyncio.run(serve())


def _expire(service: _Service, now_s: float) -> None:
    for one in [one for one in service.every if one.deadline_s <= now_s]:
        one.expire()
