"""A client that reports what it encountered."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Self

import h11
from cryptography import x509
from OpenSSL import SSL

from tlsbench.errors import HandshakeError, RequestError
from tlsbench.implementations.pyopenssl import bindings
from tlsbench.loopback.alerts import Alert
from tlsbench.loopback.channel import TIME_LIMIT_S, Channel
from tlsbench.loopback.setups import ClientSetup, Kept, Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """The outcome of a connection, as its client saw it.

    :param chain: the certificates that the server sent, leaf first.
    :param ocsp: the status in a stapled response that was checked, such as ``"good"``; ``""`` without one.
    :param staple_bytes: the size of a stapled response, whether checked or not.
    :param problem: why the connection failed, ``""`` if it did not.
    :param alert: the alert that ended the connection, sent or received.
    :param reply: the server's answer.
    :param kept: the session that can be resumed.
    :param resumed: whether a session was resumed.
    :param early_data: ``"accepted"`` or ``"rejected"`` if there was any; rejected data was sent again.
    """

    version: str = ""
    cipher: str = ""
    group: str = ""
    chain: tuple[x509.Certificate, ...] = ()
    ocsp: str = ""
    staple_bytes: int = 0
    problem: str = ""
    alert: Alert | None = None
    reply: bytes = b""
    kept: Kept | None = None
    resumed: bool = False
    early_data: str = ""


class Connected:
    """An open connection of a client, for any number of requests."""

    def __init__(self, channel: Channel, notes: Notes) -> None:
        self.channel = channel
        self._notes = notes
        self._http = h11.Connection(h11.CLIENT)
        self._early_request = b""

    def ask_early(self, path: str) -> None:
        """Send a GET in the first flight; after the handshake, call :meth:`answer_to_early`.

        :raises HandshakeError: if the session does not allow early data.
        """
        self._early_request = self._request(path)
        self.channel.write_early(self._early_request)

    def answer_to_early(self) -> bytes:
        """The body of the answer to the early request, sent again if the server rejected early data."""
        if not self.channel.is_early_data_accepted:
            self.channel.write(self._early_request)
        return self._answer()

    def ask(self, path: str = "/") -> bytes:
        """Send a GET and return the body of the answer.

        :raises HandshakeError: if the server refuses after all: in TLS 1.3, it checks a client's certificate
            when the client has already completed its handshake.
        """
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        if self._http.our_state is not h11.IDLE:
            raise HandshakeError("the server said that it would not answer any more")
        self.channel.write(self._request(path))
        return self._answer()

    def _request(self, path: str) -> bytes:
        request = h11.Request(method="GET", target=path, headers=[("Host", "localhost")])
        return (self._http.send(request) or b"") + (self._http.send(h11.EndOfMessage()) or b"")

    def _answer(self) -> bytes:
        body = b""
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(self.channel.read())
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                return body
            elif isinstance(event, h11.ConnectionClosed):
                raise HandshakeError("the server closed the connection without an answer")

    def meeting(self, reply: bytes = b"", problem: str = "") -> Meeting:
        """What is known about the connection so far."""
        connection = self.channel.connection
        chain = connection.get_peer_cert_chain(as_cryptography=True)
        return Meeting(
            version=connection.get_protocol_version_name(),
            cipher=connection.get_cipher_name() or "",
            group=connection.get_group_name() or "",
            chain=tuple(chain or ()),
            ocsp=self._notes.ocsp,
            staple_bytes=self._notes.staple_bytes,
            problem=self._notes.problem or problem,
            alert=self.channel.refusal,
            reply=reply,
            kept=self._kept(),
            resumed=bindings.session_reused(connection),
            early_data=self._early_data(),
        )

    def _kept(self) -> Kept | None:
        connection = self.channel.connection
        session = connection.get_session()
        return Kept(session, connection.get_context(), self._notes) if session is not None else None

    def _early_data(self) -> str:
        if not self._early_request:
            return ""
        return "accepted" if self.channel.is_early_data_accepted else "rejected"

    def close(self) -> None:
        """Send close_notify and close the connection."""
        self.channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(address: tuple[str, int], setup: ClientSetup) -> Connected:
    """Open a connection and do the handshake.

    :raises RequestError: if nothing listens there.
    :raises HandshakeError: if either side gives up.
    """
    connected = _opened(address, setup)
    try:
        connected.channel.handshake()
    except HandshakeError:
        connected.close()
        raise
    return connected


def meet(address: tuple[str, int], setup: ClientSetup) -> Meeting:
    """Connect, send one request, and return the outcome: a refusal is an outcome, not an error.

    :raises RequestError: if nothing listens there.
    """
    with _opened(address, setup) as connected:
        try:
            if setup.early_path:
                connected.ask_early(setup.early_path)
            connected.channel.handshake()
            reply = connected.answer_to_early() if setup.early_path else connected.ask()
            return connected.meeting(reply=reply)
        except (HandshakeError, h11.RemoteProtocolError) as error:
            return connected.meeting(problem=str(error))


def _opened(address: tuple[str, int], setup: ClientSetup) -> Connected:
    kept = setup.kept
    notes = kept.notes if kept is not None else Notes()
    connection = SSL.Connection(kept.context if kept is not None else setup.context(notes), None)
    connection.set_connect_state()
    if not _is_address(setup.host):
        connection.set_tlsext_host_name(setup.host.encode("ascii"))
    if setup.ocsp != "none":
        connection.request_ocsp()
    if kept is not None:
        connection.set_session(kept.session)
    try:
        sock = socket.create_connection(address, timeout=TIME_LIMIT_S)
    except OSError as error:
        raise RequestError(
            f"cannot connect to {address[0]}:{address[1]}: {error.strerror or error}"
        ) from error
    return Connected(Channel(connection, sock, "client"), notes)


def _is_address(host: str) -> bool:
    """Whether a host is given as an address, which server_name must not contain (RFC 6066 section 3)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
