"""Handshakes that are decrypted: what TLS 1.3 hides of those measured, seen in others that are like them.

To log its secrets takes a library time, so that no measured handshake does. These are made apart, by contexts
that were made alike and serve nothing else, and :mod:`tlsbench.decryption` reads what went over their link.
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


#: How what went over each transport is decrypted.
_READERS: Final[Mapping[str, Callable[[Sequence[Piece], KeyLog], list[Decoded]]]] = {
    "tls": _of_stream,
    "quic": _of_quic,
}


@dataclass(frozen=True, slots=True)
class DecryptedHandshake:
    """One handshake: the connection, and all messages that went over its link, in order."""

    connection: Connection
    messages: Sequence[Decoded]

    @property
    def entries(self) -> Sequence[Entry]:
        """What went over its link."""
        return self.connection.entries

    def sent(self, direction: Direction, *kinds: int) -> Sequence[Decoded]:
        """The messages of these types that one side sent."""
        return [one for one in self.messages if one.direction is direction and one.message.kind in kinds]

    @property
    def encrypted_extensions(self) -> Mapping[int, bytes]:
        """The extensions in the message of that name, by their code points (RFC 8446 section 4.3.1).

        :raises WireError: if there is no such message.
        """
        found = self.sent(Direction.TO_CLIENT, ENCRYPTED_EXTENSIONS)
        if not found:
            raise WireError("the server sent no EncryptedExtensions")
        return extensions_in(Reader(found[0].body).vector(2))


@dataclass(slots=True)
class DecryptedHandshakes:
    """Makes handshakes of a scenario whose messages can be read.

    :param make_clients: makes a client's context, as those measured were made; ``make_servers`` a server's.
    """

    scenario: Scenario
    make_clients: Callable[[], Any]
    make_servers: Callable[[], Any]

    _ends: tuple[Any, Any, Any] | None = field(default=None, init=False)
    #: Goes with the cell, also where nobody closes that.
    _folder: TemporaryDirectory[str] | None = field(default=None, init=False)
    _path: Path | None = field(default=None, init=False)
    _read: int = field(default=0, init=False)

    @property
    def servers(self) -> Any:  # noqa: ANN401 - a context of any transport
        """The server's context."""
        return self._made()[1]

    @property
    def can_decrypt(self) -> bool:
        """Whether one of both libraries logs its secrets."""
        self._made()
        return self._path is not None

    @contextmanager
    def one(self, session: object | None = None) -> Iterator[DecryptedHandshake]:
        """Make another, which is closed after the block.

        :param session: what its client resumes.
        :raises MeasurementError: if neither library logs its secrets, or they do not decrypt all of it.
        :raises WireError: if they are another connection's.
        """
        clients, servers, link = self._made()
        if self._path is None:
            ends = " and ".join(dict.fromkeys((self.scenario.client, self.scenario.server)))
            raise MeasurementError(f"{ends} logs no secrets by which the wire could be decrypted")
        shake = TRANSPORTS[self.scenario.transport or "tls"].shake
        connection = shake(clients, servers, link, time.perf_counter_ns, session)
        try:
            yield DecryptedHandshake(connection, self._decrypted(connection.entries, self._path))
        finally:
            connection.close()

    def close(self) -> None:
        """Give up its link, and the key log."""
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
        if self.scenario.ech == "on":  # over streams alone
            key_log = key_log.newest_as(opening_of(records_of(pieces)).client_random)
        found = _READERS[self.scenario.transport or "tls"](pieces, key_log)
        if not all(one.message.opened for one in found):
            raise MeasurementError(f"the key log does not decrypt a handshake of {self.scenario.id}")
        return found

    def _secrets(self, path: Path) -> KeyLog:
        """Those that came since the last time."""
        with path.open(encoding="ascii") as file:
            file.seek(self._read)
            lines = file.read()
            self._read = file.tell()
        return KeyLog.parse(lines)
