"""A Connection over memory whose bytes and secrets go to somebody who looks at them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from OpenSSL import SSL


class Tap(Protocol):
    """Who looks at a connection."""

    def sent(self, data: bytes) -> None:
        """The connection gave this for its peer."""

    def received(self, data: bytes) -> None:
        """The connection was given this of its peer."""

    def secret(self, line: bytes) -> None:
        """A line for a key log, if its context logs keys (:func:`log_keys`)."""

    def shaken(self) -> None:
        """The handshake is over."""

    def end(self) -> None:
        """The connection is over."""


#: Makes the tap of a connection that begins; None where it is to have none.
MakeTap = Callable[[], Tap | None]


def untapped() -> None:
    """No connection has a tap."""


class TappedConnection(SSL.Connection):
    """A Connection over its own memory BIOs, with a tap at them."""

    def __init__(self, context: SSL.Context, tap: Tap) -> None:
        super().__init__(context, None)
        self.tap = tap

    def bio_read(self, bufsiz: int) -> bytes:
        """What is to be sent, as :meth:`OpenSSL.SSL.Connection.bio_read` gives it."""
        data = super().bio_read(bufsiz)
        self.tap.sent(data)
        return data

    def bio_write(self, buf: bytes | bytearray | memoryview) -> int:
        """Take what was received, likewise."""
        self.tap.received(bytes(buf))
        return super().bio_write(buf)

    def do_handshake(self) -> None:
        """Go on with the handshake, likewise."""
        super().do_handshake()
        self.tap.shaken()


def log_keys(context: SSL.Context, path: str = "") -> None:
    """Append the secrets of a context's connections to a file (SSLKEYLOGFILE, RFC 9850), if one is named.

    Those of a :class:`TappedConnection` go to its tap too.
    """

    def append(connection: SSL.Connection, line: bytes) -> None:
        if isinstance(connection, TappedConnection):
            connection.tap.secret(line)
        if path:
            with Path(path).open("ab") as file:
                file.write(line + b"\n")

    context.set_keylog_callback(append)
