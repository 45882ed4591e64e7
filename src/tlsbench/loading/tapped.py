"""A tapped connection of a load: OpenSSL over memory, with the socket driven here.

To the rest of a load it behaves like one for which OpenSSL drives the socket itself (SSL_set_fd(3)): the same
errors mean that it must wait, or that the peer is gone.
"""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable
from typing import Final, TypeVar

from OpenSSL import SSL

from tlsbench.implementations.pyopenssl.tapped import Tap, TappedConnection

_BYTES: Final = 64 * 1024
_Result = TypeVar("_Result")


class TappedClient(TappedConnection):
    """A client over memory until :meth:`attach`, and over a non-blocking socket from then on."""

    def __init__(self, context: SSL.Context, tap: Tap) -> None:
        super().__init__(context, tap)
        self._sock: socket.socket | None = None
        self._unsent = b""

    def attach(self, sock: socket.socket) -> None:
        """Continue over a socket; everything written until now must have been read and sent."""
        self._sock = sock

    def do_handshake(self) -> None:
        """Continue the handshake."""
        self._drive(super().do_handshake)

    def recv(self, bufsiz: int, flags: int | None = None) -> bytes:
        """Read application data."""
        return self._drive(lambda: SSL.Connection.recv(self, bufsiz, flags))

    def receive(self, _connection: SSL.Connection) -> bytes:
        """Read application data, as a function of the connection; return ``b""`` if none has arrived."""
        try:
            return self.recv(_BYTES)
        except SSL.WantReadError:
            return b""

    def write_all(self, _connection: SSL.Connection, data: bytes) -> int:
        """Write application data, as a function of the connection; return how many bytes OpenSSL took."""
        return self.send(data)

    def send(self, buf: bytes | bytearray | memoryview, flags: int = 0) -> int:
        """Write application data: OpenSSL takes all of it, the socket as much as it can."""
        return self._drive(lambda: SSL.Connection.send(self, buf, flags))

    def shutdown(self) -> bool:
        """Send close_notify."""
        return self._drive(super().shutdown)

    def _drive(self, step: Callable[[], _Result]) -> _Result:
        """Take a step, receiving what it needs and sending what it produces.

        :raises SSL.WantReadError: if there is nothing to receive yet.
        :raises SSL.SysCallError: if the peer is gone.
        """
        while True:
            try:
                result = step()
            except SSL.WantReadError:
                self._send()
                if not self._receive():
                    raise
            except SSL.Error:
                with contextlib.suppress(SSL.Error):
                    self._send()  # an alert
                raise
            else:
                self._send()
                return result

    def _receive(self) -> bool:
        """Give OpenSSL what has arrived; return whether anything had."""
        if self._sock is None:
            return False
        try:
            data = self._sock.recv(_BYTES)
        except BlockingIOError:
            return False
        except OSError as error:
            raise _gone(error) from error
        if not data:
            raise SSL.SysCallError(-1, "Unexpected EOF")
        self.bio_write(data)
        return True

    def _send(self) -> None:
        """Send as much as the socket takes; the rest follows with the next step."""
        if self._sock is None:
            return
        with contextlib.suppress(SSL.WantReadError):
            while True:
                self._unsent += self.bio_read(_BYTES)
        try:
            while self._unsent:
                self._unsent = self._unsent[self._sock.send(self._unsent) :]
        except BlockingIOError:
            pass
        except OSError as error:
            raise _gone(error) from error


def _gone(error: OSError) -> SSL.SysCallError:
    number = error.errno or 0
    return SSL.SysCallError(number, errno.errorcode.get(number, ""))
