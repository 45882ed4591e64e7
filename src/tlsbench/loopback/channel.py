"""TLS over a blocking socket with a time limit on every step; alerts are recorded as they pass."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from typing import TypeVar

from OpenSSL import SSL

from tlsbench.errors import HandshakeError
from tlsbench.implementations.pyopenssl import bindings
from tlsbench.implementations.pyopenssl.endpoint import translated
from tlsbench.loopback.alerts import Alert

_CHUNK_BYTES = 64 * 1024
#: Nothing takes longer on loopback, unless the other side hangs.
TIME_LIMIT_S = 10.0
#: A timeout of 0 would make a socket non-blocking; data that is already there is read within this.
_SHORTEST_S = 0.001
_SILENT = "the other side sent nothing more for too long"
_Result = TypeVar("_Result")


class Channel:
    """One end of a TLS connection over a socket; it closes the socket.

    :param side: ``"client"`` or ``"server"``.
    """

    def __init__(
        self, connection: SSL.Connection, sock: socket.socket, side: str, time_limit_s: float = TIME_LIMIT_S
    ) -> None:
        self.connection = connection
        self.alerts: list[Alert] = []
        #: On a client: whether the server has accepted its early data.
        self.is_early_data_accepted = False
        #: On a server: the early data received.
        self.early_data = b""
        self._early_reader: bindings.EarlyDataReader | None = None
        self._socket = sock
        self._side = side
        #: The time limit for a step, including all its sending and receiving.
        self.time_limit_s = time_limit_s
        with contextlib.suppress(OSError):  # not TCP; on TCP, answers would wait for acknowledgements
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.set_info_callback(self._note)

    @property
    def refusal(self) -> Alert | None:
        """The alert that ended the connection for a reason, if one was sent or received."""
        return next((alert for alert in self.alerts if alert.is_refusal), None)

    def handshake(self) -> None:
        """Do the handshake.

        :raises HandshakeError: if either side gives up, or the other disappears or hangs.
        """
        self._drive(self.connection.do_handshake)

    def read_early(self) -> bytes:
        """Read some early data (RFC 8446 section 2.3) on a server; ``b""`` once there is no more, or none.

        Call it until then, before :meth:`handshake`.

        :raises HandshakeError: as :meth:`handshake` does.
        """
        reader = self._early_reader = self._early_reader or bindings.EarlyDataReader(self.connection)

        def step() -> bytes:
            reader.read()
            if not reader.finished and reader.data == self.early_data:
                raise SSL.WantReadError
            before, self.early_data = len(self.early_data), reader.data
            return self.early_data[before:]

        return self._drive(step)

    def write_early(self, data: bytes) -> None:
        """Send early data on a client, before the handshake; on a server, send the answer to it."""
        bindings.write_early_data(self.connection, data)
        self._flush()

    def write(self, data: bytes) -> None:
        """Send application data."""
        self._drive(lambda: self.connection.sendall(data))

    def read(self) -> bytes:
        """Read some application data; ``b""`` once the other side has sent close_notify."""
        return self._drive(lambda: self.connection.recv(_CHUNK_BYTES), at_goodbye=b"")

    def close(self, linger_s: float = 0.0) -> None:
        """Send close_notify and close the socket, even if the other side is already gone.

        :param linger_s: wait at most this long for the other side to close: if data from it were left unread,
            the system would reset the connection, and the other side might lose what it was just sent.
        """
        try:
            self.connection.shutdown()
            self._flush()
            if linger_s:
                self._linger(time.monotonic() + linger_s)
        except (SSL.Error, OSError, HandshakeError):
            pass
        finally:
            self._socket.close()

    def _linger(self, until_s: float) -> None:
        self._socket.shutdown(socket.SHUT_WR)
        while (left_s := until_s - time.monotonic()) > 0:
            self._socket.settimeout(left_s)
            if not self._socket.recv(_CHUNK_BYTES):
                return

    def _drive(self, step: Callable[[], _Result], at_goodbye: _Result | None = None) -> _Result:
        """Do a step, with as much sending and receiving as necessary.

        :param at_goodbye: the result if the other side has sent close_notify.
        """
        deadline_s = time.monotonic() + self.time_limit_s
        while True:
            self._socket.settimeout(max(_SHORTEST_S, deadline_s - time.monotonic()))
            try:
                result = step()
            except SSL.WantReadError:
                self._flush()
                self._receive(deadline_s)
            except SSL.ZeroReturnError as error:
                if at_goodbye is None:
                    raise HandshakeError("the other side closed the connection (close_notify)") from error
                return at_goodbye
            except SSL.Error as error:
                self._flush()  # the alert that gives the other side the reason
                raise translated(error) from error
            else:
                self._flush()
                return result

    def _receive(self, deadline_s: float) -> None:
        if time.monotonic() >= deadline_s:
            raise HandshakeError(_SILENT)
        try:
            data = self._socket.recv(_CHUNK_BYTES)
        except TimeoutError as error:
            raise HandshakeError(_SILENT) from error
        except OSError as error:
            raise HandshakeError(f"the connection broke: {error.strerror}") from error
        if not data:
            raise HandshakeError("the other side closed the connection without an alert")
        self.connection.bio_write(data)

    def _flush(self) -> None:
        try:
            while True:
                self._socket.sendall(self.connection.bio_read(_CHUNK_BYTES))
        except SSL.WantReadError:
            return
        except TimeoutError as error:
            raise HandshakeError("the other side accepted no more data for too long") from error
        except OSError:
            return  # it is gone; anything it sent before can still be read

    def _note(self, connection: SSL.Connection, where: int, code: int) -> None:
        """Record an alert, or that early data was accepted, when OpenSSL reports it."""
        if self._side == "client" and connection.get_state_string() == bindings.EARLY_DATA_ACCEPTED:
            self.is_early_data_accepted = True
        other = {"client": "server", "server": "client"}[self._side]
        if where == SSL.SSL_CB_WRITE_ALERT:
            self.alerts.append(Alert(code & 0xFF, self._side))
        elif where == SSL.SSL_CB_READ_ALERT:
            self.alerts.append(Alert(code & 0xFF, other))
