"""Decrypted handshakes, which show what TLS 1.3 hides in the measured ones that are like them.

Logging secrets takes a library time, so no measured handshake does it. These are made separately, by contexts
configured alike and used for nothing else, and :mod:`tlsbench.decryption` reads what went over their link.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tlsbench.decryption.decoding import Decoded, decoded, opening_of
from tlsbench.decryption.keylog import KeyLog
from tlsbench.decryption.piece import Piece
from tlsbench.decryption.quic import decoded_quic, numbered_packets
from tlsbench.decryption.records import records_of
from tlsbench.errors import MeasurementError, WireError
from tlsbench.files import SECRET_MODE
from tlsbench.links import Direction, Entry
from tlsbench.links.reader import Reader
from tlsbench.links.wire import extensions_in
from tlsbench.protocol.messages import ENCRYPTED_EXTENSIONS
from tlsbench.scenarios import Scenario
from tlsbench.workloads.exchange import Connection
from tlsbench.workloads.key_logs import one_logs_keys
from tlsbench.workloads.transports import TRANSPORTS


def _of_stream(pieces: Sequence[Piece], key_log: KeyLog) -> list[Decoded]:
    return decoded(records_of(pieces), key_log)


def _of_quic(pieces: Sequence[Piece], key_log: KeyLog) -> list[Decoded]:
    return decoded_quic(list(numbered_packets(pieces)), key_log)


#: The functions that decrypt what went over each transport.
_READERS: Final[Mapping[str, Callable[[Sequence[Piece], KeyLog], list[Decoded]]]] = {
    "tls": _of_stream,
    "quic": _of_quic,
}


@dataclass(frozen=True, slots=True)
class DecryptedHandshake:
    """One handshake: the connection, and all messages sent over its link, in order."""

    connection: Connection
    messages: Sequence[Decoded]

    @property
    def entries(self) -> Sequence[Entry]:
        """The wire ledger of the connection."""
        return self.connection.entries

    def sent(self, direction: Direction, *kinds: int) -> Sequence[Decoded]:
        """Return the messages of these types that one side sent."""
        return [one for one in self.messages if one.direction is direction and one.message.kind in kinds]

    @property
    def encrypted_extensions(self) -> Mapping[int, bytes]:
        """The extensions in the EncryptedExtensions message, by code point (RFC 8446 section 4.3.1).

        :raises WireError: if there is no such message.
        """
        found = self.sent(Direction.TO_CLIENT, ENCRYPTED_EXTENSIONS)
        if not found:
            raise WireError("the server sent no EncryptedExtensions")
        return extensions_in(Reader(found[0].body).vector(2))


@dataclass(slots=True)
class DecryptedHandshakes:
    """Makes handshakes of a scenario whose messages can be decrypted.

    :param make_clients: makes a client context in the same way as the measured one.
    :param make_servers: the same for a server context.
    """

    scenario: Scenario
    make_clients: Callable[[], Any]
    make_servers: Callable[[], Any]

    _ends: tuple[Any, Any, Any] | None = field(default=None, init=False)
    #: Is removed together with the cell, even if the cell is not closed.
    _folder: TemporaryDirectory[str] | None = field(default=None, init=False)
    _path: Path | None = field(default=None, init=False)
    _read: int = field(default=0, init=False)

    @property
    def servers(self) -> Any:  # noqa: ANN401 - a context for any transport
        """The server context."""
        return self._made()[1]

    @property
    def can_decrypt(self) -> bool:
        """Whether at least one of the two libraries logs its secrets."""
        self._made()
        return self._path is not None

    @contextmanager
    def one(self, session: object | None = None) -> Iterator[DecryptedHandshake]:
        """Make another handshake, whose connection is closed after the block.

        :param session: the session that its client resumes.
        :raises MeasurementError: if neither library logs its secrets, or they do not decrypt all messages.
        :raises WireError: if the secrets belong to another connection.
        """
        clients, servers, link = self._made()
        if self._path is None:
            ends = " and ".join(dict.fromkeys((self.scenario.client, self.scenario.server)))
            raise MeasurementError(f"the wire cannot be decrypted: no secrets are logged by {ends}")
        shake = TRANSPORTS[self.scenario.transport or "tls"].shake
        connection = shake(clients, servers, link, time.perf_counter_ns, session)
        try:
            yield DecryptedHandshake(connection, self._decrypted(connection.entries, self._path))
        finally:
            connection.close()

    def close(self) -> None:
        """Close the link, and delete the key log."""
        if self._ends is not None:
            self._ends[2].close()
            self._ends = None
        if self._folder is not None:
            self._folder.cleanup()

    def _made(self) -> tuple[Any, Any, Any]:
        if self._ends is None:
            self._ends = clients, servers, _link = (
                self.make_clients(),
                self.make_servers(),
                TRANSPORTS[self.scenario.transport or "tls"].open_link("memory"),
            )
            self._folder = TemporaryDirectory(prefix="tlsbench-", ignore_cleanup_errors=True)
            path = Path(self._folder.name) / "keylog"
            path.touch(SECRET_MODE)
            self._read = 0
            self._path = path if one_logs_keys((servers, clients), path) else None
        return self._ends

    def _decrypted(self, entries: Sequence[Entry], path: Path) -> list[Decoded]:
        pieces, key_log = [Piece(direction, data) for direction, data in entries], self._secrets(path)
        if self.scenario.ech == "on":  # over streams only
            key_log = key_log.newest_as(opening_of(records_of(pieces)).client_random)
        found = _READERS[self.scenario.transport or "tls"](pieces, key_log)
        if not all(one.message.opened for one in found):
            raise MeasurementError(f"the key log does not decrypt a handshake of {self.scenario.id}")
        return found

    def _secrets(self, path: Path) -> KeyLog:
        """Read the secrets that were logged since the last time."""
        with path.open(encoding="ascii") as file:
            file.seek(self._read)
            lines = file.read()
            self._read = file.tell()
        return KeyLog.parse(lines)
