"""Optional abilities of contexts, ends and libraries: protocols that they may follow beyond the contract.

An object that has a protocol's members has the ability: :func:`isinstance` decides, without registration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from tlsbench.implementations.contract import Endpoint, ServerContext


@runtime_checkable
class KeepsRealTime(Protocol):
    """A datagram end whose library reads the system clock and cannot be given any other time.

    Its timer is what the library has left to wait, counted from the time that the driver last passed in.
    """

    def wait(self) -> None:
        """Sleep until the timer is due. The driver calls it before ``handle_timer``, and charges no side."""


@runtime_checkable
class LogsKeys(Protocol):
    """A context of either side that can export the secrets of its connections, for a trace.

    No measured code calls it: no time includes key logging.
    """

    def log_keys(self, path: str) -> None:
        """Append the secrets of every connection from now on to a file (SSLKEYLOGFILE, RFC 9850).

        Call it before the first connection.

        :raises MeasurementError: if this build of the library cannot.
        """


@runtime_checkable
class RotatesTicketKeys(Protocol):
    """A server context whose ticket keys can be replaced, as ``ticket_state`` requires."""

    def rotate_ticket_key(self, *, keep_previous: bool) -> None:
        """Seal tickets with a new key from now on.

        :param keep_previous: whether the previous key still opens tickets; their clients then get new ones.
        """


@runtime_checkable
class SharesTickets(Protocol):
    """A server context that can seal its tickets with keys that others have too (RFC 5077 section 5.5)."""

    def set_ticket_keys(self, keys: bytes) -> None:
        """Seal tickets with these keys, and accept tickets that others sealed with them.

        Call it before the first connection.

        :param keys: 80 bytes, as OpenSSL and nginx take them: a 16-byte name and two 32-byte keys.
        :raises MeasurementError: if this build of the library cannot.
        """


@runtime_checkable
class SelectsProtocols(Protocol):
    """A server context that answers ALPN (RFC 7301)."""

    def select_protocols(self, protocols: Sequence[str]) -> None:
        """Choose the first of these that a client offers, or none if it offers none of them.

        Call it before the first connection.
        """


@runtime_checkable
class SocketWriter(Protocol):
    """A library that states how it writes to a socket, as ``workload=completion`` requires."""

    @property
    def handshake_buffer_bytes(self) -> int:
        """The bytes that a handshake collects before it writes; 0 if it writes each flight at once."""


@runtime_checkable
class UpdatesKeys(Protocol):
    """A client end over a stream that can update its keys on an open TLS 1.3 connection."""

    def update_keys(self, *, requests_update: bool) -> None:
        """Send a KeyUpdate (RFC 8446 section 4.6.3), at once or with the next write, which uses the new keys.

        :param requests_update: whether it asks the other side to update its keys before it next writes.
        :raises HandshakeError: if the library refuses.
        """


@runtime_checkable
class LimitsKeyUpdates(Protocol):
    """A library that aborts a connection on which too many KeyUpdates arrive in a short time."""

    @property
    def most_key_updates(self) -> int:
        """The number of KeyUpdates that it accepts on one connection."""


class JoinedEndpoint(Endpoint, Protocol):
    """An end of a pair that is joined within its library: it neither emits nor accepts bytes."""

    def is_resumed(self) -> bool:
        """Whether the session was resumed, as in :meth:`End.negotiated` but at less cost."""


@runtime_checkable
class JoinsEnds(Protocol):
    """A client context that can join its ends to those of a server context of the same library.

    Bytes then pass from one to the other within the library, so that an operation takes few Python calls.
    """

    @property
    def joins(self) -> bool:
        """Whether this build of the library can."""

    def join(
        self, servers: ServerContext, session: object | None = None
    ) -> tuple[JoinedEndpoint, JoinedEndpoint]:
        """A new client end and a new server end, joined.

        :param servers: a server context of the same library.
        :param session: as for :meth:`ClientContext.connect`.
        """


@runtime_checkable
class JoinsTickets(Protocol):
    """A library that states whether its server puts several session tickets into one record.

    Any other is assumed to send each ticket in a record of its own. If tickets share a record, the wire of
    TLS 1.3 does not show how many there are.
    """

    @property
    def joins_tickets(self) -> bool:
        """Whether several tickets share a record."""


@runtime_checkable
class HasTwoFiles(Protocol):
    """A library that states whether its TLS code and its cryptography are in two files.

    callgrind sees the calls between two files even if symbols are stripped. Any other library is assumed to
    have them in one file.
    """

    @property
    def has_two_files(self) -> bool:
        """Whether they are in two files."""
