"""A connection over TCP, until its client has completed the TLS handshake."""

from __future__ import annotations

import contextlib
import socket
from abc import abstractmethod
from collections.abc import Callable
from time import monotonic_ns
from typing import Final

from OpenSSL import SSL

from tlsbench.implementations.pyopenssl import bindings
from tlsbench.links.hello import HELLO_BYTES, asks_to_retry
from tlsbench.loading.attempt import Attempt
from tlsbench.loading.context import Shared
from tlsbench.loading.failures import reason_of, words_of
from tlsbench.loading.names import server_name_indication
from tlsbench.loading.tally import SUCCESS
from tlsbench.loading.tapped import TappedClient
from tlsbench.sockets import sent_data_with_syn, tcp_info

#: More than any first flight: a ticket has at most 64 KiB, and an early-data request less.
_FIRST_FLIGHT_BYTES: Final = 96 * 1024
_SHUT_DOWN: Final = SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN


class Opening(Attempt):
    """The opening of a connection; :class:`~tlsbench.loading.client.Connection` implements the rest."""

    __slots__ = ("_early_ns", "_peeked_bytes", "_receive", "_tls", "_unsent", "_write")
    kind = socket.SOCK_STREAM

    def __init__(self, shared: Shared, begin_ns: int, *, counted: bool) -> None:
        super().__init__(shared, begin_ns, counted=counted)
        self._tls: SSL.Connection | None = None
        #: Reads application data: ``b""`` if none has arrived.
        self._receive: Callable[[SSL.Connection], bytes] = shared.receive
        #: Writes application data, and returns how many bytes the socket took.
        self._write: Callable[[SSL.Connection, bytes], int] = bindings.write
        #: When its request was sent as early data; 0 if it was not.
        self._early_ns = 0
        #: What must be sent before anything else: the rest of the first flight, later of application data.
        self._unsent = b""
        #: How many of the server's first bytes have been seen; -1 once their message type is known.
        self._peeked_bytes = 0

    @abstractmethod
    def _shaken(self, tls: SSL.Connection, done_ns: int) -> None:
        """Go on, as the client has completed the handshake."""

    @abstractmethod
    def _early_request(self) -> bytes:
        """The request to send as early data."""

    def _break(self, error: Exception) -> None:
        if isinstance(error, SSL.WantReadError | SSL.WantWriteError):
            return
        if isinstance(error, SSL.ZeroReturnError):
            self._fail("closed by the server")
        elif isinstance(error, SSL.SysCallError):
            bindings.clear_errors()
            code = error.args[0] if error.args else -1
            self._fail(words_of(code) if code > 0 else "closed by the server without close_notify")
        elif isinstance(error, SSL.Error):
            if self._words and not self._is_accepted:
                self.step = "handshake"  # the client had completed it, but the server refuses
            self._fail(self._shared.why_refused(f"TLS: {reason_of(error)}"))
        else:
            super()._break(error)

    def close(self) -> None:
        """Close the socket, after a closing message if there is something to end."""
        if self._tls is not None:
            self._look_at_path()
            self._shared.accepted.discard(self._tls)
            if self._words and self.outcome in ("", SUCCESS):
                self._say_goodbye()
            if isinstance(self._tls, TappedClient):
                self._tls.tap.end()
            self._tls.set_shutdown(_SHUT_DOWN)  # otherwise OpenSSL makes its session unresumable
            self._tls = None
        if self.sock is not None:
            self.sock.close()
            self.sock = None

    def _look_at_path(self) -> None:
        shared = self._shared
        assert self.sock is not None
        # A pooled connection no longer counts while unused, and may have been opened in the warm-up.
        counts = self.counted or (shared.plan.pool and monotonic_ns() >= shared.count_from_ns)
        if shared.is_tcp and counts:
            with contextlib.suppress(OSError):
                shared.tally.see_path(tcp_info(self.sock))

    def _connected(self, now_ns: int) -> None:
        assert self.sock is not None
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._fail(words_of(code))
            return
        self._took("connect", now_ns - self._since_ns)
        shared = self._shared
        # Over memory until the ClientHello is sent, so that nothing from the server is read unseen.
        self._tls = tls = shared.connection()
        if isinstance(tls, TappedClient):
            self._receive, self._write = tls.receive, tls.write_all
        tls.set_connect_state()
        if indicated := server_name_indication(shared.plan.name):
            tls.set_tlsext_host_name(indicated)
        wanted, session = shared.session_to_resume()
        if self.counted and wanted:
            shared.tally.wanted_resumed += 1
        self._since_ns = now_ns
        if session is not None:
            tls.set_session(session)
        if shared.plan.early_data and wanted:
            why_not = shared.send_early(tls, session, self._early_request())
            if not why_not:
                self._early_ns = now_ns
            elif self.counted:
                shared.tally.early_data[why_not] += 1
        self._next("handshake", self._greet, now_ns)
        if not self._early_ns:
            with contextlib.suppress(SSL.WantReadError):
                tls.do_handshake()
        self._unsent = tls.bio_read(_FIRST_FLIGHT_BYTES)
        self._greet(now_ns)

    def _greet(self, _now_ns: int) -> None:
        """Send the first flight."""
        assert self.sock is not None
        assert self._tls is not None
        self._unsent = self._unsent[self.sock.send(self._unsent) :]
        if not self._unsent:
            if isinstance(self._tls, TappedClient):
                self._tls.attach(self.sock)
            else:
                bindings.attach(self._tls, self.sock)
            self._on_event = self._shake

    def _shake(self, _now_ns: int) -> None:
        tls = self._tls
        assert tls is not None
        if self._peeked_bytes >= 0 and not self._look_at_hello():
            return
        tls.do_handshake()
        done_ns = monotonic_ns()
        self._handshake_ns = done_ns - self._since_ns
        self._words = self._shared.agreed(tls)
        if self.counted and self._shared.plan.uses_fast_open and self.sock and sent_data_with_syn(self.sock):
            self._shared.tally.fast_opened += 1
        self._shaken(tls, done_ns)

    def _look_at_hello(self) -> bool:
        """Check the server's first bytes for a HelloRetryRequest; return False if more bytes are needed."""
        assert self.sock is not None
        try:
            data = self.sock.recv(HELLO_BYTES, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        asked = asks_to_retry(data)
        if asked is None and len(data) > self._peeked_bytes:
            self._peeked_bytes = len(data)
            return False
        self._peeked_bytes = -1
        if asked and self.counted:
            self._shared.tally.hello_retry_requests += 1
        return True

    def _has_said_goodbye(self) -> bool:
        assert self._tls is not None
        return bool(self._tls.get_shutdown() & SSL.SENT_SHUTDOWN)

    def _say_goodbye(self) -> None:
        """Send close_notify (RFC 8446 section 6.1), once."""
        assert self._tls is not None
        if not self._has_said_goodbye():
            try:
                self._tls.shutdown()
            except SSL.Error:  # it is gone, but what it sent before remains to be read
                bindings.clear_errors()
