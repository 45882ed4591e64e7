"""A connection over TLS, after its handshake: the server's acceptance, its tickets, and requests.

A handshake counts once the server's acceptance has been seen. In TLS 1.2 that is the server's Finished. In
TLS 1.3 the client sends the last message, and may still be refused: there a ticket, data or close_notify from
the server counts as acceptance (RFC 8446 sections 4.6.1 and 6.1).
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from time import monotonic_ns
from typing import Final

from OpenSSL import SSL

from tlsbench.errors import MeasurementError
from tlsbench.implementations.pyopenssl import bindings
from tlsbench.loading.attempt import ASKING
from tlsbench.loading.context import Shared
from tlsbench.loading.exchanges import Exchange, exchange_of
from tlsbench.loading.opening import Opening
from tlsbench.loading.tally import SUCCESS

_TLS13: Final = 0x0304
#: After this many reads, other connections get their turn.
_MOST_READS: Final = 32


class Connection(Opening):
    """A connection of the load: its parameters are those of an :class:`~tlsbench.loading.attempt.Attempt`."""

    __slots__ = ("_behind", "_ticketless")

    def __init__(self, shared: Shared, begin_ns: int, *, counted: bool) -> None:
        super().__init__(shared, begin_ns, counted=counted)
        self._exchange: Exchange | None = None
        #: The error that ended the connection, after data that had to be taken first.
        self._behind: SSL.Error | None = None
        self._ticketless: SSL.Session | None = None

    def _early_request(self) -> bytes:
        shared = self._shared
        self._exchange = exchange_of(shared.protocol, shared.asked)
        return self._exchange.ask(shared.plan.requests, monotonic_ns(), counted=self.counted)

    def _shaken(self, tls: SSL.Connection, done_ns: int) -> None:
        shared, tally = self._shared, self._shared.tally
        self._protocol = shared.protocol_of(tls)
        if tls.get_protocol_version() == _TLS13:
            # It cannot be resumed; each ticket brings another. While it is kept, none can reuse its address.
            self._ticketless = tls.get_session()
        else:
            self._accept()
        if self._early_ns and tls in shared.accepted:
            shared.accepted.remove(tls)
            if self.counted:
                tally.early_data["accepted"] += 1
            self._next(ASKING, self._turn, done_ns)
            self._turn(done_ns)
            return
        self._exchange = None
        if shared.plan.requests:
            if self._early_ns and self.counted:
                tally.early_data["rejected"] += 1
            self._ask(done_ns)
            return
        exchange = exchange_of(shared.protocol, shared.asked)
        if exchange.speaks_unasked:
            self._exchange = exchange
            self._send(exchange.ask(0, done_ns, counted=self.counted))
        self._leave(done_ns)

    def _linger(self, now_ns: int) -> None:
        assert self._tls is not None
        try:
            data = self._tls.recv(bindings.READ_BYTES)
            self.has_more = True
            self._accept()
            self._take_unasked(data, now_ns)
        except SSL.WantReadError:
            self._look_for_ticket()
        except SSL.ZeroReturnError:
            self._look_for_ticket()
            self._accept()
            self._end(SUCCESS)
        except SSL.SysCallError as error:
            bindings.clear_errors()
            if not self._is_accepted and error.args[0] > 0:
                raise
            self._look_for_ticket()
            self._end(SUCCESS)
        if self._is_accepted and not self._wants_ticket and not self.outcome:
            self._rest()

    def _take_unasked(self, data: bytes, now_ns: int) -> bool:
        """Take what arrived without a request; return whether the protocol allows that."""
        exchange = self._exchange
        if exchange is None or not exchange.speaks_unasked:
            return False
        self._send(exchange.take(data, now_ns))
        return True

    def _take_leave(self, now_ns: int) -> None:
        """End the client's half; a server that sent no ticket then closes, usually with close_notify."""
        assert self.sock is not None
        self._is_half_closed = True
        self._limit(now_ns)
        self._say_goodbye()
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

    def _say_goodbye(self) -> None:
        if self._exchange is not None and not self._unsent and not self._has_said_goodbye():
            with contextlib.suppress(SSL.Error):
                self._send(self._exchange.goodbye())
        super()._say_goodbye()

    def _look_for_ticket(self) -> None:
        """Check whether a ticket has arrived, which is acceptance, and keep the session if one is needed."""
        assert self._tls is not None
        if self._ticketless is None or bindings.has_session(self._tls, self._ticketless):
            return
        self._accept()
        if self._wants_ticket:
            self._wants_ticket = not self._keep_session()

    def _keep_session(self) -> bool:
        assert self._tls is not None
        if bindings.has_session(self._tls, self._ticketless):
            return False
        session = self._tls.get_session()
        if session is not None:
            self._shared.sessions.append(session)
        return True

    def _ask(self, now_ns: int) -> None:
        tls, shared = self._tls, self._shared
        assert tls is not None
        if self._exchange is None:
            self._exchange = exchange_of(shared.protocol, shared.asked)
        self._next(ASKING, self._turn, now_ns)
        request = self._exchange.ask(shared.plan.requests, now_ns, counted=self.counted)
        if not self._is_accepted:
            # Read an alert of a server that refused and closed: after a failed write OpenSSL reads no more.
            with contextlib.suppress(SSL.WantReadError):
                tls.recv(1, socket.MSG_PEEK)
        self._send(request)

    def _send(self, data: bytes) -> None:
        """Send data after what is still unsent; what the socket does not take waits for its next event."""
        tls = self._tls
        assert tls is not None
        if self._unsent:
            data = self._unsent + data
        elif not data:
            return
        sent_bytes = self._write(tls, data)
        self._unsent = b"" if sent_bytes == len(data) else data[sent_bytes:]

    @property
    def _turn(self) -> Callable[[int], None]:
        """The handler that takes responses and sends the next requests."""
        assert self._exchange is not None
        return self._alternate if self._exchange.alternates else self._together

    def _alternate(self, _now_ns: int) -> None:
        """Take a response, record by record, and send the next request after it."""
        tls, exchange, receive = self._tls, self._exchange, self._receive
        assert tls is not None
        assert exchange is not None
        if self._unsent:
            self._send(b"")
        try:
            for _ in range(_MOST_READS):
                data = receive(tls)
                if not data:
                    break
                now_ns = monotonic_ns()
                self._note(data)
                out = exchange.take(data, now_ns)
                if not exchange.left:
                    self._leave(now_ns)
                    return
                if out:
                    self._send(out)
                    return  # what comes next is the response to this, and an event will announce it
            else:
                self.has_more = True
        except SSL.ZeroReturnError:
            now_ns = monotonic_ns()
            if not exchange.end_of_input(now_ns):
                raise
            self._leave(now_ns)

    def _together(self, _now_ns: int) -> None:
        """Take everything that has arrived in one go, and send everything that follows from it in one go."""
        exchange = self._exchange
        assert exchange is not None
        if self._unsent:
            self._send(b"")
        data = self._gathered()
        if not data:
            return
        now_ns = monotonic_ns()
        self._note(data)
        self._send(exchange.take(data, now_ns))
        if not exchange.left:
            self._leave(now_ns)

    def _note(self, data: bytes) -> None:
        """Count data, which is also acceptance."""
        if not self._is_accepted:
            self._accept()
        if self.counted:
            self._shared.tally.bytes_received += len(data)

    def _gathered(self) -> bytes:
        """What has arrived, in one piece, as far as the reads of one turn go.

        An error after it is raised the next time.
        """
        tls, receive = self._tls, self._receive
        assert tls is not None
        if (error := self._behind) is not None:
            self._behind = None
            raise error
        parts: list[bytes] = []
        try:
            for _ in range(_MOST_READS):
                data = receive(tls)
                if not data:
                    break
                parts.append(data)
            else:
                self.has_more = True
        except SSL.Error as error:
            if not parts:
                raise
            bindings.clear_errors()
            self._behind, self.has_more = error, True
        return b"".join(parts)

    def _held(self, now_ns: int) -> None:
        assert self._tls is not None
        if self._behind is not None:
            raise self._behind
        try:
            data = self._tls.recv(bindings.READ_BYTES)  # tickets, and what the protocol sends unasked
        except SSL.WantReadError:
            self._look_for_ticket()
            return
        if not self._take_unasked(data, now_ns):
            raise MeasurementError("data that was not requested")
        self._accept()
        self.has_more = True
        if self._exchange is not None and self._exchange.is_over:
            self._fail("closed by the server")
