"""The first connections of a process, tapped: what their ends take and give, and their secrets.

A tap is placed where an end without I/O hands over its bytes: they are those on the wire, with the time at
which they were handed over. The secrets that open a flight are known only after it. So nothing of a
connection is passed on until its handshake is over, or the connection is; after that, each piece is passed on
as it comes.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, Self

from tlsbench.decryption.keylog import KeyLog
from tlsbench.decryption.piece import Piece
from tlsbench.implementations import Endpoint, Negotiated, ServerContext
from tlsbench.links import Direction

#: The maximum captured of each connection, in both directions together: a download must not fill a disk.
MOST_BYTES: Final = 1 << 20
#: Where the random of the first record's ClientHello is: after the headers of the record (5 bytes) and of the
#: message (4), and the version (2).
_RANDOM: Final = slice(11, 43)


@dataclass(frozen=True, slots=True)
class Tapped:
    """Pieces of a connection, and the secrets that they and later ones need.

    :param connection: its number among the tapped ones of its process.
    :param began_ns: when it began, in nanoseconds since 1970; the times of the pieces count from there.
    """

    connection: int
    began_ns: int
    pieces: tuple[Piece, ...] = field(repr=False)
    key_log: KeyLog = field(default=KeyLog(), repr=False)

    def to_plain(self) -> dict[str, Any]:
        """As plain values, of which :meth:`from_plain` is the inverse."""
        pieces = [
            (piece.direction.name, piece.at_ns, base64.b64encode(piece.data).decode("ascii"))
            for piece in self.pieces
        ]
        return {
            "connection": self.connection,
            "began_ns": self.began_ns,
            "pieces": pieces,
            "key_log": self.key_log.text(),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_plain`."""
        pieces = tuple(
            Piece(Direction[name], base64.b64decode(data), at_ns) for name, at_ns, data in plain["pieces"]
        )
        return cls(plain["connection"], plain["began_ns"], pieces, KeyLog.parse(plain["key_log"]))


class Tap:
    """The tap of one connection.

    :param sends: the direction in which the tapped end sends.
    :param send: takes what is passed on, in order.
    """

    __slots__ = ("_began_ns", "_hello", "_is_open", "_left_bytes", "_lines", "_number", "_pieces", "_send",
                 "_sends")  # fmt: skip

    def __init__(self, number: int, sends: Direction, send: Callable[[Tapped], None]) -> None:
        self._number, self._sends, self._send = number, sends, send
        self._began_ns = time.time_ns()
        self._left_bytes = MOST_BYTES
        self._pieces: list[Piece] = []
        self._lines: list[str] = []
        #: The client's first bytes, up to and including its random.
        self._hello = b""
        self._is_open = False

    def sent(self, data: bytes) -> None:
        """Record what the end gave for its peer."""
        self._note(self._sends, data)

    def received(self, data: bytes) -> None:
        """Record what the end was given from its peer."""
        (direction,) = (one for one in Direction if one is not self._sends)
        self._note(direction, data)

    def secret(self, line: bytes) -> None:
        """Record a key log line of this connection."""
        self._lines.append(line.decode("ascii"))

    def own(self, key_log: KeyLog) -> KeyLog:
        """The lines of a key log that belong to this connection."""
        return key_log.of(self._hello[_RANDOM])

    def shaken(self, key_log: KeyLog | None = None) -> None:
        """Record that the handshake is over, on this end.

        :param key_log: contains the secrets of this connection, if :meth:`secret` was not given them.
        """
        if not self._is_open:
            self._is_open = True
            self._hand_on(key_log)

    def end(self, key_log: KeyLog | None = None) -> None:
        """Record that the connection is over."""
        self.shaken(key_log)

    def _note(self, direction: Direction, data: bytes) -> None:
        if direction is Direction.TO_SERVER and len(self._hello) < _RANDOM.stop:
            self._hello += data[: _RANDOM.stop - len(self._hello)]
        data = data[: self._left_bytes]
        if not data:
            return
        self._left_bytes -= len(data)
        self._pieces.append(Piece(direction, bytes(data), time.time_ns() - self._began_ns))
        if self._is_open:
            self._hand_on()

    def _hand_on(self, key_log: KeyLog | None = None) -> None:
        found = self.own(key_log) if key_log is not None else KeyLog.parse("\n".join(self._lines))
        pieces, self._pieces, self._lines = tuple(self._pieces), [], []
        if pieces:
            self._send(Tapped(self._number, self._began_ns, pieces, found))


class Taps:
    """Taps for the first connections of a process.

    :param most: the maximum number of taps.
    :param sends: the direction in which the tapped ends send.
    :param send: takes what is passed on, in the threads that drive the ends.
    """

    def __init__(self, most: int, sends: Direction, send: Callable[[Tapped], None]) -> None:
        self._most, self._sends, self._send = most, sends, send
        self._numbers = count()

    def begin(self) -> Tap | None:
        """The tap of a connection that begins; None if there are enough already."""
        number = next(self._numbers)
        return Tap(number, self._sends, self._send) if number < self._most else None


class Forwarder:
    """Passes on what was tapped, in a thread of its own, so that no connection waits for the recipient.

    Use it as a context manager: on exit, everything tapped has been passed on.

    :param hand_on: takes it, in the order of arrival.
    """

    def __init__(self, hand_on: Callable[[Tapped], None]) -> None:
        self._hand_on = hand_on
        self._waiting: SimpleQueue[Tapped | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="tlsbench-capture", daemon=True)

    def put(self, tapped: Tapped) -> None:
        """Queue what was tapped; of one connection at most :data:`MOST_BYTES` can be waiting."""
        self._waiting.put(tapped)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (tapped := self._waiting.get()) is not None:
            self._hand_on(tapped)


@dataclass(frozen=True, slots=True)
class TappedServers:
    """A server context whose first connections are tapped.

    These have a context of their own, which alone logs its keys: later connections pay nothing and reveal
    nothing. A ticket from one of the two contexts is unknown to the other, which then does a full handshake.

    :param key_log: the file to which ``tapped`` logs its keys; None if its library exports none.
    :param also: a file to which the secrets are appended too.
    """

    plain: ServerContext
    tapped: ServerContext
    taps: Taps
    key_log: Path | None = None
    also: Path | None = None

    def accept(self) -> Endpoint:
        tap = self.taps.begin()
        return self.plain.accept() if tap is None else TappedEnd(self.tapped.accept(), tap, self)

    def keys_of(self, tap: Tap) -> KeyLog:
        """The secrets of a connection, as far as they are known."""
        if self.key_log is None:
            return KeyLog()
        # Another connection's thread may be in the middle of writing a line.
        whole, _, _ = self.key_log.read_text(encoding="ascii").rpartition("\n")
        found = tap.own(KeyLog.parse(whole))
        if self.also is not None:
            with self.also.open("a", encoding="ascii") as file:
                file.write(found.text())
        return found


@dataclass(slots=True)
class TappedEnd:
    """An end whose bytes and secrets go to a tap."""

    inner: Endpoint
    tap: Tap
    servers: TappedServers
    _is_shaken: bool = field(default=False, init=False)

    def handshake(self) -> bool:
        done = self.inner.handshake()
        if done and not self._is_shaken:
            self._is_shaken = True
            self.tap.shaken(self.servers.keys_of(self.tap))
        return done

    def write(self, data: bytes) -> None:
        self.inner.write(data)

    def read(self) -> bytes:
        return self.inner.read()

    def data_to_send(self) -> bytes:
        data = self.inner.data_to_send()
        self.tap.sent(data)
        return data

    def receive_data(self, data: bytes) -> None:
        self.tap.received(data)
        self.inner.receive_data(data)

    def negotiated(self) -> Negotiated:
        return self.inner.negotiated()

    def session(self) -> object | None:
        return self.inner.session()

    def close(self) -> None:
        if not self._is_shaken:
            self._is_shaken = True
            self.tap.end(self.servers.keys_of(self.tap))
        self.inner.close()
