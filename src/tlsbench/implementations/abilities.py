"""What contexts, ends and libraries can do beside the contract: each is a protocol that they may follow.

What has the members has the ability: :func:`isinstance` tells, and nothing is to be registered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from tlsbench.implementations.contract import Endpoint, ServerContext


@runtime_checkable
class KeepsRealTime(Protocol):
    """A datagram end whose library reads the system's clock, and can be given no other time.

    It counts what is left of its timer from the time that the driver told it last.
    """

    def wait(self) -> None:
        """Sleep until its timer is due. The driver calls it before ``handle_timer``, at no one's charge."""


@runtime_checkable
class LogsKeys(Protocol):
    """A context of either side that can give away the secrets of its connections, for a trace of one.

    Nothing that is measured calls it: a key log is a part of no time.
    """

    def log_keys(self, path: str) -> None:
        """Append the secrets of every connection from now on to a file (SSLKEYLOGFILE, RFC 9850).

        To be called before the first connection.

        :raises MeasurementError: if this very library cannot.
        """


@runtime_checkable
class RotatesTicketKeys(Protocol):
    """A server's context whose ticket keys are replaced, as ``ticket_state`` needs."""

    def rotate_ticket_key(self, *, keep_previous: bool) -> None:
        """Seal tickets with a new key from now on.

        :param keep_previous: whether the last key opens tickets still, whose clients then get new ones.
        """


@runtime_checkable
class SharesTickets(Protocol):
    """A server's context that seals its tickets with keys that others may have too (RFC 5077 section 5.5)."""

    def set_ticket_keys(self, keys: bytes) -> None:
        """Seal tickets with these, and take those that others sealed with them.

        To be called before the first connection.

        :param keys: 80 bytes, as OpenSSL and nginx take them: a name of 16, and two keys of 32.
        :raises MeasurementError: if this very library cannot.
        """


@runtime_checkable
class SelectsProtocols(Protocol):
    """A server's context that answers ALPN (RFC 7301)."""

    def select_protocols(self, protocols: Sequence[str]) -> None:
        """Choose the first of these that a client offers, and none where it offers no other.

        To be called before the first connection.
        """


@runtime_checkable
class SocketWriter(Protocol):
    """A library of which is known how it writes to a socket, as ``workload=completion`` must."""

    @property
    def handshake_buffer_bytes(self) -> int:
        """The bytes that a handshake collects before it writes; 0 if it writes each flight at once."""


@runtime_checkable
class UpdatesKeys(Protocol):
    """A client's end over a stream that can change its keys on an open connection of TLS 1.3."""

    def update_keys(self, *, requests_update: bool) -> None:
        """Send a KeyUpdate (RFC 8446 section 4.6.3) at once or with the next write, which has new keys.

        :param requests_update: whether it asks the other side to do the same before it next writes.
        :raises HandshakeError: if the library refuses.
        """


@runtime_checkable
class LimitsKeyUpdates(Protocol):
    """A library that gives up a connection over which more KeyUpdates come than that in a short time."""

    @property
    def most_key_updates(self) -> int:
        """So many it takes on a connection."""


class JoinedEndpoint(Endpoint, Protocol):
    """An end of a pair that is joined within its library: it neither gives nor takes bytes."""

    def is_resumed(self) -> bool:
        """What :meth:`End.negotiated` says of that, for less."""


@runtime_checkable
class JoinsEnds(Protocol):
    """A client's context that can join its ends with those of a server of the same library.

    Bytes then go from one to the other within the library, so that an operation takes few calls of Python.
    """

    @property
    def joins(self) -> bool:
        """Whether this very library can."""

    def join(
        self, servers: ServerContext, session: object | None = None
    ) -> tuple[JoinedEndpoint, JoinedEndpoint]:
        """A new client end and a new server end that are joined.

        :param servers: the context of a server, of the same library.
        :param session: as :meth:`ClientContext.connect` takes it.
        """


@runtime_checkable
class JoinsTickets(Protocol):
    """A library of which is known whether its server puts several session tickets into one record.

    Those of another are taken to have a record each. Where they share one, the wire of TLS 1.3 does not tell
    how many there are.
    """

    @property
    def joins_tickets(self) -> bool:
        """Whether it does."""


@runtime_checkable
class HasTwoFiles(Protocol):
    """A library of which is known whether its TLS calls its cryptography in another file.

    Such calls are seen by callgrind, whatever symbols are stripped; what is of another is taken not to be.
    """

    @property
    def has_two_files(self) -> bool:
        """Whether it does."""
