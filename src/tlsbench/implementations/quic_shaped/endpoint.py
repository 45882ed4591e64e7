"""The ends of a connection of a library shaped like aioquic."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, Final, Protocol

from tlsbench.errors import HandshakeError
from tlsbench.implementations.contract import Negotiated
from tlsbench.protocol.quic import INITIAL_DATAGRAM_BYTES

_NS_PER_S: Final = 1_000_000_000
#: The address of each end, as the other sees it (RFC 5737); no socket is ever opened.
CLIENT_ADDRESS: Final = ("192.0.2.1", 50000)
SERVER_ADDRESS: Final = ("192.0.2.2", 443)
_RETRY_ID_BYTES: Final = 8
#: More tickets than are pending at any time: a client uses the newest, and each is for one use.
_MOST_TICKETS: Final = 64


@dataclass(frozen=True, slots=True)
class Peer:
    """The peer that a client has verified: its leaf certificate, and how many certificates it sent."""

    leaf_der: bytes
    chain_length: int


@dataclass(frozen=True, slots=True)
class Session:
    """What a client keeps of a connection: its ticket, and the certificate that it verified."""

    ticket: Any = field(repr=False)
    peer_certificate: bytes


Address = tuple[str, int]


class RetryTokens(Protocol):
    """How a server of the library makes and checks the tokens of its Retry packets."""

    def make(self, address: Address, original_id: bytes, source_id: bytes, now: float) -> bytes:
        """The token for a client at an address.

        :param original_id: the connection ID to which it sent its first packet.
        :param source_id: the connection ID of the Retry.
        """

    def check(self, address: Address, destination_id: bytes, token: bytes, now: float) -> tuple[bytes, bytes]:
        """The original connection ID and the Retry's, from a token that came back.

        :param destination_id: the destination connection ID of the packet that brought it.
        :raises ValueError: if it was not made for this client.
        """


@dataclass(slots=True)
class Tickets:
    """The tickets that a server has issued, each for one use.

    :param keeps: False if nobody resumes; tickets are made all the same, as by every server.
    """

    keeps: bool
    _known: dict[bytes, Any] = field(default_factory=dict, init=False)

    def add(self, ticket: Any) -> None:
        if self.keeps:
            self._known[ticket.ticket] = ticket
            if len(self._known) > _MOST_TICKETS:
                del self._known[next(iter(self._known))]

    def take(self, label: bytes) -> Any:
        return self._known.pop(label, None)


@dataclass(frozen=True, slots=True)
class Serving:
    """What the servers of a context have in common.

    :param retry: makes and checks Retry tokens; None if addresses are not checked.
    :param made: called with each connection before its first packet.
    """

    api: SimpleNamespace
    settings: Any
    retry: RetryTokens | None
    tickets: Tickets
    made: Callable[[Any], None]


class QuicEnd:
    """One end: a connection of the library, and what it has reported so far."""

    def __init__(self, name: str, api: SimpleNamespace) -> None:
        self._name = name
        self._api = api
        self.connection: Any = None
        self._peer_address = SERVER_ADDRESS
        self._completed: Any = None
        self._terminated: Any = None
        self._stream: int | None = None
        self._received: list[bytes] = []
        self._early: list[bytes] = []

    def handshake(self) -> bool:
        self._refuse_terminated()
        return self._completed is not None

    def write(self, data: bytes) -> None:
        if self._stream is None:
            self._stream = self.connection.get_next_available_stream_id()
        self._guarded(self.connection.send_stream_data, self._stream, data)

    def read(self) -> bytes:
        self._refuse_terminated()
        received, self._received = self._received, []
        return b"".join(received)

    def receive_datagram(self, datagram: bytes, now_ns: int) -> None:
        self._guarded(self.connection.receive_datagram, datagram, self._peer_address, now=now_ns / _NS_PER_S)
        self._listen()

    def datagrams_to_send(self, now_ns: int) -> Sequence[bytes]:
        if self.connection is None:
            return ()
        return [data for data, _ in self._guarded(self.connection.datagrams_to_send, now=now_ns / _NS_PER_S)]

    def timer_ns(self) -> int | None:
        due = self.connection.get_timer() if self.connection is not None else None
        # Rounded up: a timer that is handled a little too early does nothing.
        return None if due is None else int(due * _NS_PER_S) + 1

    def handle_timer(self, now_ns: int) -> None:
        self._guarded(self.connection.handle_timer, now=now_ns / _NS_PER_S)
        self._listen()

    def close(self) -> None:
        """Do nothing: its sessions stay usable without a CONNECTION_CLOSE."""

    def _listen(self) -> None:
        while (event := self._guarded(self.connection.next_event)) is not None:
            self.hear(event)

    def hear(self, event: Any) -> None:
        """Handle an event of the connection."""
        events = self._api.events
        if isinstance(event, events.StreamDataReceived):
            if self._stream is None:
                self._stream = event.stream_id
            (self._received if self._completed is not None else self._early).append(event.data)
        elif isinstance(event, events.HandshakeCompleted):
            self._completed = event
        elif isinstance(event, events.ConnectionTerminated):
            self._terminated = event

    def _refuse_terminated(self) -> None:
        if self._terminated is not None:
            code, reason = self._terminated.error_code, self._terminated.reason_phrase
            raise HandshakeError(f"{self._name}: {reason or 'the connection was closed'} (error {code:#x})")

    def _guarded(self, call: Callable[..., Any], *given: Any, **named: Any) -> Any:
        try:
            return call(*given, **named)
        except Exception as error:  # it has asserts, and errors of its parsers, besides its own
            words = " ".join(str(error).split()) or type(error).__name__
            raise HandshakeError(f"{self._name}: {words}") from error

    def _told(self, certificate: bytes, chain_length: int | None) -> Negotiated:
        self._refuse_terminated()
        suite = self.connection.tls.key_schedule.cipher_suite
        # A server reports early data before the handshake is complete, so that it can answer it.
        told = self._completed or self.connection.tls
        return Negotiated(
            version="1.3",  # QUIC allows no older one (RFC 9001 section 4.2)
            cipher=f"TLS_{suite.name}",
            group=None,
            resumed=bool(told.session_resumed),
            peer_certificate=certificate,
            # It verifies by default, and a handshake whose verification fails does not complete.
            peer_verified=bool(certificate),
            peer_chain_length=chain_length,
            early_data=b"".join(self._early) if told.early_data_accepted else b"",
        )


class QuicClientEnd(QuicEnd):
    """A client, which may be given a session and early data to send."""

    def __init__(
        self,
        name: str,
        api: SimpleNamespace,
        settings: Any,
        session: Session | None,
        early_data: bytes,
        *,
        peer_of: Callable[[Any], Peer],
        resumes_early: bool,
    ) -> None:
        super().__init__(name, api)
        self._peer_of = peer_of
        self._session = session
        self._resumes_early = resumes_early
        self._tickets: list[Any] = []
        self.connection = api.QuicConnection(
            configuration=settings, session_ticket_handler=self._tickets.append
        )
        self._guarded(self.connection.connect, SERVER_ADDRESS, now=0.0)
        if early_data:
            self.write(early_data)

    def negotiated(self) -> Negotiated:
        if self._session is not None and self._completed.session_resumed:
            return self._told(self._session.peer_certificate, None)
        peer = self._peer_of(self.connection)
        return self._told(peer.leaf_der, peer.chain_length)

    def session(self) -> object | None:
        if not self._tickets:
            return None
        ticket = self._tickets[-1]
        if not self._resumes_early:  # otherwise it announces early data whenever the ticket allows it
            ticket = replace(ticket, max_early_data_size=None)
        return Session(ticket, self.negotiated().peer_certificate)


class QuicServerEnd(QuicEnd):
    """A server, whose connection begins with a client's first packet, after a Retry if there is one."""

    def __init__(self, name: str, serving: Serving) -> None:
        super().__init__(name, serving.api)
        self._serving = serving
        self._peer_address = CLIENT_ADDRESS
        self._answers: list[bytes] = []

    def receive_datagram(self, datagram: bytes, now_ns: int) -> None:
        if self.connection is None:
            self._guarded(self._admit, datagram, now_ns / _NS_PER_S)
        if self.connection is not None:
            super().receive_datagram(datagram, now_ns)

    def datagrams_to_send(self, now_ns: int) -> Sequence[bytes]:
        answers, self._answers = self._answers, []
        return [*answers, *super().datagrams_to_send(now_ns)]

    def negotiated(self) -> Negotiated:
        if self.connection is None:  # no client has been admitted yet
            return Negotiated(
                version=None,
                cipher=None,
                group=None,
                resumed=False,
                peer_certificate=b"",
                peer_verified=False,
            )
        return self._told(b"", None)

    def session(self) -> object | None:
        return None

    def _admit(self, datagram: bytes, now: float) -> None:
        """Make the connection for a client's first packet, or ask the client to come back with a token.

        The library's own server over sockets does the same (``asyncio/server.py``).
        """
        api, serving = self._api, self._serving
        try:
            header = api.pull_quic_header(
                api.Buffer(data=datagram), host_cid_length=serving.settings.connection_id_length
            )
        except ValueError:
            return  # not a QUIC packet
        if len(datagram) < INITIAL_DATAGRAM_BYTES or header.packet_type != api.QuicPacketType.INITIAL:
            return
        original_id, retry_id = header.destination_cid, None
        if serving.retry is not None:
            if not header.token:
                source_id = os.urandom(_RETRY_ID_BYTES)
                self._answers.append(
                    api.encode_quic_retry(
                        version=header.version,
                        source_cid=source_id,
                        destination_cid=header.source_cid,
                        original_destination_cid=original_id,
                        retry_token=serving.retry.make(CLIENT_ADDRESS, original_id, source_id, now),
                    )
                )
                return
            original_id, retry_id = serving.retry.check(
                CLIENT_ADDRESS, header.destination_cid, header.token, now
            )
        self.connection = api.QuicConnection(
            configuration=serving.settings,
            original_destination_connection_id=original_id,
            retry_source_connection_id=retry_id,
            session_ticket_fetcher=serving.tickets.take,
            session_ticket_handler=serving.tickets.add,
        )
        serving.made(self.connection)
