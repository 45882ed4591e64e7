"""The contract of an implementation: a TLS library without I/O, with bytes or datagrams in and out.

An implementation wraps one library, and takes one line in the registry. It declares what it
cannot do (:class:`~tlsbench.scenarios.Capabilities`), and turns a scenario and its peers into two
contexts, made once, outside the measured part. A context makes endpoints, one for each connection.

An endpoint never touches a socket. The driver calls :meth:`Endpoint.handshake` on each side in turn
until both report completion, and carries :meth:`Endpoint.data_to_send` of one to
:meth:`Endpoint.receive_data` of the other. Only the calls that make TLS work are charged
to a side: making the endpoint, ``handshake``, ``write`` and ``read``.

Over datagrams the driver hands over one at a time, together with the time, and calls back when a timer is due
(:class:`DatagramEndpoint`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tlsbench.scenarios import Capabilities, Scenario

if TYPE_CHECKING:  # listing the implementations imports this module, and needs no keys
    from tlsbench.pki import Peers


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiated:
    """What one side reports as agreed on. None means that the library does not report it.

    ``version``, ``cipher`` and ``group`` are spelled as in a scenario; for QUIC ``version`` is that of its
    TLS. ``peer_certificate`` is the leaf that the other side presented, in DER, ``b""`` if none;
    ``peer_verified`` is whether its chain (and on a client its host name) was verified,
    ``peer_chain_length`` how many certificates it sent (in a resumed handshake none), ``verified_length`` the
    length of the verified chain, from the leaf to the trust anchor. ``early_data`` is what a server received
    before the handshake was complete. ``ocsp`` is the status in the OCSP response that a client received
    and validated, ``""`` if it received none. ``signature`` is the IANA name of the scheme with which the
    other side signed the handshake. ``security_level``, ``provider`` and ``openssl_conf`` are spelled as in a
    scenario, the last with the file's digest (:mod:`tlsbench.implementations.configuration`).
    ``certificate_compression`` is how the other side's certificate was compressed, as in a scenario.
    ``ech_accepted`` is whether the server accepted the client's Encrypted ClientHello, and ``server_name`` is
    the host that the client asked for, as reported by a server with an ECH key. ``max_fragment_length`` is
    the length agreed on by that extension, in bytes, 0 if none was; ``record_size_limit`` is the most
    that this side accepts, if both agreed on that extension.

    ``peer_public_key`` is the SubjectPublicKeyInfo in DER that the other side presented instead of a
    certificate (RFC 7250), ``b""`` if none; ``peer_verified`` is then whether it is the expected one.
    ``psk_identity`` is that of the external PSK used in the handshake, which does not count as ``resumed``;
    ``b""`` if none. ``ticket_state``, on a server, is the state of the ticket that it was offered,
    spelled as in a scenario; ``ticket_lifetime``, on a client, is the lifetime of its ticket in seconds.
    """

    version: str | None
    cipher: str | None
    group: str | None
    resumed: bool
    peer_certificate: bytes
    peer_verified: bool
    peer_chain_length: int | None = None
    verified_length: int | None = None
    early_data: bytes = b""
    ocsp: str | None = None
    signature: str | None = None
    security_level: str | None = None
    provider: str | None = None
    openssl_conf: str | None = None
    max_fragment_length: int | None = None
    record_size_limit: int | None = None
    certificate_compression: str | None = None
    peer_public_key: bytes = b""
    psk_identity: bytes = b""
    ticket_state: str | None = None
    ticket_lifetime: int | None = None
    ech_accepted: bool | None = None
    server_name: str | None = None


class End(Protocol):
    """One end of one connection, whatever carries its bytes."""

    def handshake(self) -> bool:
        """Continue the handshake as far as the received data allows; return True once it is complete.

        :raises HandshakeError: if the library gives up.
        """

    def write(self, data: bytes) -> None:
        """Seal application data, to be sent later.

        A server that has received early data may answer it before the handshake is complete, unless its
        library's capabilities exclude ``workload=completion`` with early data.
        """

    def read(self) -> bytes:
        """Open everything received: the application data, ``b""`` if there was none.

        A client also processes session tickets here.
        """

    def negotiated(self) -> Negotiated:
        """What was agreed on. Called outside the measured part."""

    def session(self) -> object | None:
        """On a client, the session to resume; None if the server gave none."""

    def close(self) -> None:
        """Release the connection in such a way that its session stays usable."""


class Endpoint(End, Protocol):
    """An end over a byte stream: it has no timer, and needs no clock."""

    def data_to_send(self) -> bytes:
        """The bytes for the other side, each only once; ``b""`` if there are none."""

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the other side."""


class DatagramEndpoint(End, Protocol):
    """An end over datagrams, which may be lost, so that it has a timer. The driver supplies the time.

    Such libraries do cryptography in any of these calls, so all of them are charged to their side. The
    driver calls ``handshake`` (``read`` once the handshake is complete) after it has handed over the
    datagrams of a flight, and after a timer, never without a reason; then it asks for datagrams to send. No
    datagram is larger than the scenario's ``mtu``.

    The bytes of :meth:`End.write` arrive complete and in order if the transport ensures that (QUIC, on one
    stream each way) or nothing is lost or reordered (DTLS, whose ends split them into records that fit).
    """

    def receive_datagram(self, datagram: bytes, now_ns: int) -> None:
        """Take one datagram from the other side."""

    def datagrams_to_send(self, now_ns: int) -> Sequence[bytes]:
        """The datagrams for the other side, each only once."""

    def timer_ns(self) -> int | None:
        """When :meth:`handle_timer` is due; None if no timer is running.

        A timer that only ends an idle connection may be omitted.
        """

    def handle_timer(self, now_ns: int) -> None:
        """Handle a timer that is due: retransmit what was not answered.

        :raises HandshakeError: if the library gives up.
        """


class ClientContext(Protocol):
    """Makes the client ends of a scenario over a stream."""

    def connect(self, session: object | None = None, early_data: bytes = b"") -> Endpoint:
        """A new client end.

        :param session: from :meth:`Endpoint.session` of an earlier end of this same context.
        :param early_data: application data to send in the first flight (RFC 8446 section 2.3).
        """


class ServerContext(Protocol):
    """Makes the server ends of a scenario over a stream."""

    def accept(self) -> Endpoint:
        """A new server end."""


class DatagramClientContext(Protocol):
    """Makes the client ends of a scenario over datagrams."""

    def connect(self, session: object | None = None, early_data: bytes = b"") -> DatagramEndpoint:
        """A new client end, see :meth:`ClientContext.connect`."""


class DatagramServerContext(Protocol):
    """Makes the server ends of a scenario over datagrams."""

    def accept(self) -> DatagramEndpoint:
        """A new server end."""


@runtime_checkable
class Implementation(Protocol):
    """What every implementation declares about itself."""

    @property
    def id(self) -> str:
        """Its name in selectors."""

    @property
    def summary(self) -> str:
        """One line for ``tlsbench list implementations``."""

    def engine(self) -> str:
        """The cryptographic engine and its version, such as ``"OpenSSL 3.0.19"``."""

    def capabilities(self) -> Capabilities:
        """What it supports and what it cannot do, the latter with reasons."""


@runtime_checkable
class TlsImplementation(Implementation, Protocol):
    """A TLS library."""

    def client_context(self, scenario: Scenario, peers: Peers) -> ClientContext:
        """The client of ``scenario``; it verifies the server's chain and host name.

        If the library declares support for ``hello_retry``, the scenario's ``group`` may be two groups,
        separated by a colon: the client sends a key share only for the first, and accepts either.
        """

    def server_context(self, scenario: Scenario, peers: Peers) -> ServerContext:
        """The server of ``scenario``; with ``client_auth=required`` it verifies the client.

        The scenario's ``group`` may be several groups, separated by colons, in order of preference: the
        server accepts any of them. A library that can be given only one is left to its own choice.
        """


@runtime_checkable
class DatagramImplementation(Implementation, Protocol):
    """A library with DTLS, QUIC or both, selected by the scenario's ``transport``; it may have TLS too.

    Its capabilities declare which: ``transport=dtls``, ``transport=quic``.
    """

    def datagram_client_context(self, scenario: Scenario, peers: Peers) -> DatagramClientContext:
        """The client of ``scenario``, see :meth:`TlsImplementation.client_context`."""

    def datagram_server_context(self, scenario: Scenario, peers: Peers) -> DatagramServerContext:
        """The server of ``scenario``, see :meth:`TlsImplementation.server_context`.

        With ``address_check=yes`` it admits only clients that echo the cookie or token sent to them first.
        """
