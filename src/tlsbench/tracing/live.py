"""A capture file that grows while connections go on, and is complete whenever it is read."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final, Self

from tlsbench import files
from tlsbench.errors import OutputError
from tlsbench.growing import Growing
from tlsbench.tracing.capture import format_of, key_log_beside
from tlsbench.tracing.packets import Conversation
from tlsbench.tracing.tapping import Tapped

#: The limit of a capture, which is meant for a few connections.
MOST_CONNECTIONS: Final = 1000


class LiveCapture:
    """The capture of the first connections of some processes; use it as a context manager.

    The packets of one connection are in order. Those of several may not be: a connection is written
    from its beginning once its secrets are known.

    :param path: pcapng, or pcap with a key log next to it, see
        :func:`~tlsbench.tracing.capture.format_of`. A regular file is made anew, readable only by its owner.
    :param most: the maximum number of connections.
    :param comment: the file's comment.
    :raises OutputError: if it cannot be written.
    """

    def __init__(self, path: Path, most: int, comment: str) -> None:
        self.path = path
        self._most, self._format = most, format_of(path)
        self._lock = threading.Lock()
        self._conversations: dict[tuple[int, int], Conversation] = {}
        #: Why it could not be written to the end; ``""`` if it could.
        self.problem = ""
        #: Whether any secrets were written.
        self.has_secrets = False
        beside = key_log_beside(path)
        self._keys = Growing(beside, b"", files.SECRET_MODE) if beside is not None else None
        self._file = Growing(path, self._format.beginning(comment), files.SECRET_MODE)

    @property
    def connections(self) -> int:
        """The number of connections captured."""
        return len(self._conversations)

    def take(self, source: int, tapped: Tapped) -> None:
        """Write what was tapped of a connection, unless there are enough without it.

        :param source: the number of the process that it belongs to.
        """
        with self._lock:
            which = (source, tapped.connection)
            if self.problem or (which not in self._conversations and self.connections >= self._most):
                return
            try:
                self._write(which, tapped)
            except OutputError as error:
                self.problem = str(error)

    def _write(self, which: tuple[int, int], tapped: Tapped) -> None:
        packets = []
        if which not in self._conversations:
            self._conversations[which] = Conversation(self.connections, tapped.began_ns)
            packets = self._conversations[which].opening()
        packets += self._conversations[which].carry(tapped.pieces)
        if self._keys is not None and tapped.key_log:
            self._keys.append(tapped.key_log.text().encode("ascii"))
        self._file.append(
            b"".join((self._format.secrets(tapped.key_log), *map(self._format.packet, packets)))
        )
        self.has_secrets = self.has_secrets or bool(tapped.key_log)

    def close(self) -> None:
        """Stop writing."""
        with self._lock:
            self._file.close()
            if self._keys is not None:
                self._keys.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
