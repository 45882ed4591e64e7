"""A Connection over memory whose bytes and secrets are passed to an observer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from OpenSSL import SSL


class Tap(Protocol):
    """An observer of a connection."""

    def sent(self, data: bytes) -> None:
        """The connection produced these bytes for its peer."""

    def received(self, data: bytes) -> None:
        """The connection was given these bytes from its peer."""

    def secret(self, line: bytes) -> None:
        """A line for a key log, if its context logs keys (:func:`log_keys`)."""

    def shaken(self) -> None:
        """The handshake is over."""

    def end(self) -> None:
        """The connection is over."""


#: Makes the tap of a new connection; None if it gets none.
MakeTap = Callable[[], Tap | None]


def untapped() -> None:
    """Make no tap for any connection."""


class TappedConnection(SSL.Connection):
    """A Connection over its own memory BIOs, with a tap on them."""

    def __init__(self, context: SSL.Context, tap: Tap) -> None:
        super().__init__(context, None)
        self.tap = tap

    def bio_read(self, bufsiz: int) -> bytes:
        """Return the bytes to send, as :meth:`OpenSSL.SSL.Connection.bio_read` does."""
        data = super().bio_read(bufsiz)
        self.tap.sent(data)
        return data

    def bio_write(self, buf: bytes | bytearray | memoryview) -> int:
        """Take received bytes, as :meth:`OpenSSL.SSL.Connection.bio_write` does."""
        self.tap.received(bytes(buf))
        return super().bio_write(buf)

    def do_handshake(self) -> None:
        """Continue the handshake, as :meth:`OpenSSL.SSL.Connection.do_handshake` does."""
        super().do_handshake()
        self.tap.shaken()


def log_keys(context: SSL.Context, path: str = "") -> None:
    """Append the secrets of a context's connections to a file (SSLKEYLOGFILE, RFC 9850), if one is named.

    Those of a :class:`TappedConnection` also go to its tap.
    """

    def append(connection: SSL.Connection, line: bytes) -> None:
        if isinstance(connection, TappedConnection):
            connection.tap.secret(line)
        if path:
            with Path(path).open("ab") as file:
                file.write(line + b"\n")

    context.set_keylog_callback(append)
