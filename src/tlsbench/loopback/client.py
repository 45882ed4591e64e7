"""A client that tells what it met."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Self

import h11
from cryptography import x509
from OpenSSL import SSL

from tlsbench.errors import HandshakeError, RequestError
from tlsbench.loopback.alerts import Alert
from tlsbench.loopback.channel import TIME_LIMIT_S, Channel
from tlsbench.loopback.setups import ClientSetup, Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What came of a connection, as its client saw it.

    :param chain: the certificates that the server showed, leaf first.
    :param ocsp: what a stapled response said that was relied on: ``"good"``; ``""`` without one.
    :param staple_bytes: the size of a stapled response, looked at or not.
    :param problem: why it failed, ``""`` if it did not.
    :param alert: the alert that told the other side so.
    :param reply: what the server answered.
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


class Connected:
    """An open connection of a client: ask it as often as you like."""

    def __init__(self, channel: Channel, notes: Notes) -> None:
        self.channel = channel
        self._notes = notes
        self._http = h11.Connection(h11.CLIENT)

    def ask(self, path: str = "/") -> bytes:
        """The body that the server answers to a GET.

        :raises HandshakeError: if the server refuses after all: in TLS 1.3 it looks at a client's certificate
            when the client's handshake is over already.
        """
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        if self._http.our_state is not h11.IDLE:
            raise HandshakeError("the server said that it would answer no more")
        request = h11.Request(method="GET", target=path, headers=[("Host", "localhost")])
        self.channel.write((self._http.send(request) or b"") + (self._http.send(h11.EndOfMessage()) or b""))
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
        """What is known of the connection now."""
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
        )

    def close(self) -> None:
        """Say goodbye."""
        self.channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(address: tuple[str, int], setup: ClientSetup) -> Connected:
    """Open a connection and shake hands.

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
    """Connect, ask once, and tell what came of it: a refusal is an outcome, not an error.

    :raises RequestError: if nothing listens there.
    """
    with _opened(address, setup) as connected:
        try:
            connected.channel.handshake()
            return connected.meeting(reply=connected.ask())
        except (HandshakeError, h11.RemoteProtocolError) as error:
            return connected.meeting(problem=str(error))


def _opened(address: tuple[str, int], setup: ClientSetup) -> Connected:
    notes = Notes()
    connection = SSL.Connection(setup.context(notes), None)
    connection.set_connect_state()
    if not _is_address(setup.host):
        connection.set_tlsext_host_name(setup.host.encode("ascii"))
    if setup.ocsp != "none":
        connection.request_ocsp()
    try:
        sock = socket.create_connection(address, timeout=TIME_LIMIT_S)
    except OSError as error:
        raise RequestError(
            f"cannot connect to {address[0]}:{address[1]}: {error.strerror or error}"
        ) from error
    return Connected(Channel(connection, sock, "client"), notes)


def _is_address(host: str) -> bool:
    """Whether a host is named by its address, which server_name may not hold (RFC 6066 section 3)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
