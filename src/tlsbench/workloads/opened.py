"""The wire, opened: what TLS 1.3 hides of a handshake, seen in one that is like those measured.

To hand out its secrets takes a library time, so that no measured handshake does. In each visit another one
is made, by contexts that were made alike, and its secrets open what went over its link: there the message is
found that a scenario asks for. The measured handshakes must then be as long as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tlsbench.decryption.decoding import Message, messages_of, opening_of
from tlsbench.decryption.keylog import KeyLog
from tlsbench.decryption.piece import Piece
from tlsbench.decryption.quic import numbered_packets, quic_messages_of
from tlsbench.decryption.records import records_of
from tlsbench.errors import MeasurementError
from tlsbench.files import SECRET_MODE
from tlsbench.implementations import LogsKeys
from tlsbench.links import Direction, Entry
from tlsbench.scenarios import Scenario
from tlsbench.workloads.exchange import Connection
from tlsbench.workloads.sample import Clock

_Sent = tuple[Direction, Message]


def _of_stream(pieces: Sequence[Piece], key_log: KeyLog) -> list[_Sent]:
    records = records_of(pieces)
    return [(records[one.records[-1]].direction, one) for one in messages_of(records, key_log)]


def _of_quic(pieces: Sequence[Piece], key_log: KeyLog) -> list[_Sent]:
    packets = list(numbered_packets(pieces))
    return [(packets[one.records[-1]].direction, one) for one in quic_messages_of(packets, key_log)]


#: How what went over each transport is opened.
_OPENERS: Final[Mapping[str, Callable[[Sequence[Piece], KeyLog], list[_Sent]]]] = {
    "tls": _of_stream,
    "quic": _of_quic,
}


@dataclass(frozen=True, slots=True)
class OpenedHandshake:
    """One handshake: what went over its link, and the messages in it, each with its direction, in order."""

    entries: Sequence[Entry]
    messages: Sequence[tuple[Direction, Message]]

    def sent(self, direction: Direction) -> Sequence[Message]:
        """The messages of one side."""
        return [message for sender, message in self.messages if sender is direction]


@dataclass(slots=True)
class OpenedHandshakes:
    """Makes handshakes of a scenario whose messages can be read.

    :param make_clients: makes a client's context, as those measured were made; ``make_servers`` a server's.
    :param open_link: opens a link of the transport, in memory.
    :param shake: brings contexts and link of the transport to a connection.
    """

    scenario: Scenario
    make_clients: Callable[[], Any]
    make_servers: Callable[[], Any]
    open_link: Callable[[], Any]
    shake: Callable[..., Connection]
    clock: Clock

    #: Goes with the cell, also where nobody closes that.
    _folder: TemporaryDirectory[str] | None = field(default=None, init=False)
    _path: Path | None = field(default=None, init=False)
    _ends: tuple[Any, Any, Any] | None = field(default=None, init=False)
    _read: int = field(default=0, init=False)

    def take(self) -> OpenedHandshake:
        """Make another.

        :raises MeasurementError: if neither library gives its secrets.
        :raises WireError: if they do not open it.
        """
        if self._ends is None:
            self._ends = self._made()
        exchange = self.shake(*self._ends, self.clock)
        try:
            pieces, key_log = (
                [Piece(direction, data) for direction, data in exchange.entries],
                self._secrets(),
            )
            if self.scenario.ech == "on":  # over streams alone
                key_log = key_log.newest_as(opening_of(records_of(pieces)).client_random)
            found = _OPENERS[self.scenario.transport or "tls"](pieces, key_log)
        finally:
            exchange.close()
        if not all(message.opened for _, message in found):
            raise MeasurementError(f"the key log does not open a handshake of {self.scenario.id}")
        return OpenedHandshake(exchange.entries, found)

    def close(self) -> None:
        """Give up its link, and the key log."""
        if self._ends is not None:
            self._ends[2].close()
        if self._folder is not None:
            self._folder.cleanup()

    def _made(self) -> tuple[Any, Any, Any]:
        clients, servers = self.make_clients(), self.make_servers()
        giver = next((one for one in (servers, clients) if isinstance(one, LogsKeys)), None)
        if giver is None:
            ends = " and ".join(dict.fromkeys((self.scenario.client, self.scenario.server)))
            raise MeasurementError(f"{ends} gives no secrets by which the wire could be opened")
        self._folder = TemporaryDirectory(prefix="tlsbench-", ignore_cleanup_errors=True)
        self._path = Path(self._folder.name) / "keylog"
        self._path.touch(SECRET_MODE)
        giver.log_keys(str(self._path))
        return clients, servers, self.open_link()

    def _secrets(self) -> KeyLog:
        """Those that came since the last time."""
        assert self._path is not None
        with self._path.open(encoding="ascii") as file:
            file.seek(self._read)
            lines = file.read()
            self._read = file.tell()
        return KeyLog.parse(lines)
