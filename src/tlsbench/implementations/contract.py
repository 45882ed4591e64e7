"""The contract of an implementation: a TLS library without I/O, bytes or datagrams in and out.

An implementation is one file that wraps one library and one line in the registry. It says what it
cannot do (:class:`~tlsbench.scenarios.Capabilities`), and turns a scenario and its peers into two
contexts, made once, outside the measured part. A context makes endpoints, one for each connection.

An endpoint never touches a socket. The driver calls :meth:`Endpoint.handshake` on each side in turn
until both say that they are done, and carries :meth:`Endpoint.data_to_send` of one to
:meth:`Endpoint.receive_data` of the other. Only the calls that make TLS work are charged
to a side: making the endpoint, ``handshake``, ``write`` and ``read``.

Over datagrams the driver hands over one at a time, with the time, and calls back when a timer is due
(:class:`DatagramEndpoint`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tlsbench.scenarios import Capabilities, Scenario

if TYPE_CHECKING:  # the contract is read to list what there is, which needs no keys
    from tlsbench.pki import Peers


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiated:
    """What one side says was agreed on. None means that the library does not tell.

    ``version``, ``cipher`` and ``group`` are spelled as in a scenario. ``peer_certificate`` is the
    leaf that the other side showed, in DER, ``b""`` if it showed none; ``peer_verified`` tells
    whether its chain (and on a client its host name) was verified, ``peer_chain_length`` how many
    certificates it sent (a resumed handshake has none), ``verified_length`` how many it was verified with,
    from the leaf to the one that is trusted. ``early_data`` is what a server received before the handshake
    was complete. ``ocsp`` is the status in the OCSP response that a client was shown
    and found good to rely on, ``""`` if it was shown none. ``signature`` is how the other side signed the
    handshake, by its IANA name. ``security_level``, ``provider`` and ``openssl_conf`` are spelled as in a
    scenario, the last with the file's digest (:mod:`tlsbench.implementations.configuration`).
    ``certificate_compression`` is how the certificate of the other side came, spelled likewise;
    ``ech_accepted`` is whether the server accepted the client's Encrypted ClientHello, and ``server_name`` is
    the host that the client asked for, as a server that has such a key says it. Of QUIC
    ``version`` is that of its TLS. ``max_fragment_length`` is what was agreed on by that extension, in bytes,
    0 if nothing was; ``record_size_limit`` the most that this side takes since both agreed on that one.

    ``peer_public_key`` is the SubjectPublicKeyInfo in DER that the other side showed instead of a certificate
    (RFC 7250), ``b""`` if it did not; ``peer_verified`` then says whether it is the one that was expected.
    ``psk_identity`` is that of the external PSK by which the handshake was made, which is not ``resumed``;
    ``b""`` if by none. ``ticket_state``, on a server, is what it found of the ticket that it was offered,
    spelled as in a scenario; ``ticket_lifetime``, on a client, how many seconds its ticket is good for.
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
        """Go on with the handshake as far as what was received allows; True when it is complete.

        :raises HandshakeError: if the library gives up.
        """

    def write(self, data: bytes) -> None:
        """Seal application data; it waits to be sent.

        A server that has received early data may answer it before the handshake is complete, where its
        library's capabilities do not deny ``workload=completion`` with early data.
        """

    def read(self) -> bytes:
        """Open all that was received: the application data, ``b""`` if it held none.

        A client takes session tickets in here too.
        """

    def negotiated(self) -> Negotiated:
        """What was agreed on. Called outside the measured part."""

    def session(self) -> object | None:
        """On a client: the session to resume, None if the server gave none."""

    def close(self) -> None:
        """Let go of the connection such that its session stays usable."""


class Endpoint(End, Protocol):
    """An end over a stream of bytes: it has no timer, and needs no time."""

    def data_to_send(self) -> bytes:
        """The bytes for the other side, each only once; ``b""`` if there are none."""

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the other side."""


class DatagramEndpoint(End, Protocol):
    """An end over datagrams, which may be lost, so that it has a timer. The driver says what time it is.

    Such libraries do their cryptography in any of these calls, so all of them are charged to its side. The
    driver calls ``handshake`` (once the handshake is complete ``read``) after it has handed over the
    datagrams of a flight, and after a timer, never without a reason; then it asks for datagrams to send. No
    datagram holds more than the scenario's ``mtu``.

    The bytes of :meth:`End.write` arrive whole and in order where the transport sees to that (QUIC, on one
    stream each way), or nothing is lost or reordered (DTLS, whose ends cut them to records that fit).
    """

    def receive_datagram(self, datagram: bytes, now_ns: int) -> None:
        """Take one datagram from the other side."""

    def datagrams_to_send(self, now_ns: int) -> Sequence[bytes]:
        """The datagrams for the other side, each only once."""

    def timer_ns(self) -> int | None:
        """When :meth:`handle_timer` is due; None if nothing is waited for.

        A timer that only ends an idle connection may be left out.
        """

    def handle_timer(self, now_ns: int) -> None:
        """Do what is due: what was sent and not answered is sent again.

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
    """What every implementation says of itself."""

    @property
    def id(self) -> str:
        """Its name in selectors."""

    @property
    def summary(self) -> str:
        """One line for ``tlsbench list implementations``."""

    def engine(self) -> str:
        """The cryptographic engine and its version, such as ``"OpenSSL 3.0.19"``."""

    def capabilities(self) -> Capabilities:
        """What it cannot do, each with a reason."""


@runtime_checkable
class TlsImplementation(Implementation, Protocol):
    """A TLS library."""

    def client_context(self, scenario: Scenario, peers: Peers) -> ClientContext:
        """The client of ``scenario``; it verifies the server's chain and host name.

        Its ``group`` may be two, separated by a colon, where its library says that it supports
        ``hello_retry``: a client that sends a key for the first alone, and takes either.
        """

    def server_context(self, scenario: Scenario, peers: Peers) -> ServerContext:
        """The server of ``scenario``; with ``client_auth=required`` it verifies the client.

        Its ``group`` may be several, separated by colons, the preferred one first: a server that takes any of
        them. Where the library takes one alone, it is left to its own choice.
        """


@runtime_checkable
class DatagramImplementation(Implementation, Protocol):
    """A library with DTLS, QUIC or both, as ``transport`` of a scenario says; it may have TLS beside them.

    Which of them it has its capabilities say: ``transport=dtls``, ``transport=quic``.
    """

    def datagram_client_context(self, scenario: Scenario, peers: Peers) -> DatagramClientContext:
        """The client of ``scenario``, see :meth:`TlsImplementation.client_context`."""

    def datagram_server_context(self, scenario: Scenario, peers: Peers) -> DatagramServerContext:
        """The server of ``scenario``, see :meth:`TlsImplementation.server_context`.

        With ``address_check=yes`` it lets no client in that has not sent back what it was given first.
        """
