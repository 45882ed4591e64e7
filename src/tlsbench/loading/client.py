"""One connection of a load: what it waits for, and what it does when that comes.

A handshake counts when the server's acceptance was seen. In TLS 1.2 that is the server's Finished. In TLS 1.3
the client speaks last, and may yet be refused: what counts there is a ticket, data or close_notify of the
server (RFC 8446 sections 4.6.1 and 6.1). The time of the handshake ends before, where the client is done.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Final

from OpenSSL import SSL

from tlsbench.errors import MeasurementError
from tlsbench.implementations.pyopenssl import bindings
from tlsbench.loading.answers import Answer
from tlsbench.loading.context import Shared
from tlsbench.loading.opening import Opening
from tlsbench.loading.tally import SUCCESS

_TLS13: Final = 0x0304
_READ_BYTES: Final = 32 * 1024
#: After so many reads others have their turn.
_MOST_READS: Final = 32
#: A server that sends tickets does so at once; one that has not by then sends none.
_TICKET_LIMIT_NS: Final = 200_000_000


class Connection(Opening):
    """A connection of the load: its parameters are those of an :class:`Opening`."""

    __slots__ = (
        "_answer",
        "_done_ns",
        "_is_half_closed",
        "_left",
        "_ticketless",
        "_wants_ticket",
        "is_held",
        "is_idle",
    )

    def __init__(self, shared: Shared, begin_ns: int, *, counted: bool) -> None:
        super().__init__(shared, begin_ns, counted=counted)
        self.is_held = False
        #: Whether it lies in a pool and nobody uses it.
        self.is_idle = False
        self._left = shared.plan.requests
        self._answer: Answer | None = None
        self._done_ns = 0
        self._is_half_closed = self._wants_ticket = False
        self._ticketless: SSL.Session | None = None

    def again(self, begin_ns: int, now_ns: int, *, counted: bool) -> None:
        """Use a connection of a pool once more: its requests, without a handshake."""
        self.begin_ns, self.counted = begin_ns, counted
        self.outcome, self.is_idle = "", False
        self._left = self._shared.plan.requests
        self._on_event = self._ask
        self.go_on(now_ns)

    def lie_idle(self, deadline_ns: int) -> None:
        """Stay open in a pool, until it is used again or the deadline is over."""
        self.outcome, self.is_idle, self.counted = "", True, False
        self.step, self._on_event, self.deadline_ns = "idle", self._held, deadline_ns
        self.go_on(0)

    def run_out_of_time(self, now_ns: int) -> None:
        """The time of its step is over."""
        if self.step == "acceptance" and not self._is_half_closed:
            self._shared.is_server_quiet = True
            self._take_leave(now_ns)
        elif self.step in ("acceptance", "ticket"):
            self._end(SUCCESS)
        else:
            self._fail("timeout")

    def finish(self) -> None:
        """End a held connection; where acceptance was not seen, after asking the server."""
        if self._is_accepted or self._is_half_closed:
            self._end(SUCCESS)
            return
        now_ns = self._clock()
        self._next("acceptance", self._linger, now_ns)
        self._take_leave(now_ns)
        self.go_on(now_ns)

    def _shaken(self, tls: SSL.Connection, done_ns: int) -> None:
        shared, tally = self._shared, self._shared.tally
        if tls.get_protocol_version() == _TLS13:
            # It cannot be resumed; each ticket brings another. While it is kept, none can lie in its place.
            self._ticketless = tls.get_session()
        else:
            self._accept()
        if self._early_ns and tls in shared.accepted:
            shared.accepted.remove(tls)
            if self.counted:
                tally.early_data["accepted"] += 1
            self._answer, self._since_ns = Answer(shared.plan.size_bytes), self._early_ns
            self._next("first byte", self._read, done_ns)
            self._read(done_ns)
        elif self._left:
            if self._early_ns and self.counted:
                tally.early_data["rejected"] += 1
            self._ask(done_ns)
        else:
            self._leave(done_ns)

    def _accept(self) -> None:
        """The server's acceptance was seen: the handshake counts."""
        if self._is_accepted:
            return
        self._is_accepted = True
        if self.counted:
            self._shared.tally.negotiated[self._words] += 1
        self._took("handshake", self._handshake_ns)

    def _leave(self, now_ns: int) -> None:
        """All that was wanted is done; what may still come is acceptance, or a ticket: no part of the time.

        A pool's connection gives its session once, however often it is used.
        """
        plan, has_given = self._shared.plan, self._done_ns > 0
        self._done_ns = now_ns
        self._wants_ticket = plan.resume > 0 and not has_given and not self._keep_session()
        if plan.hold or (self._is_accepted and not self._wants_ticket):
            self._rest()
            return
        self._next("ticket" if self._is_accepted else "acceptance", self._linger, now_ns)
        self.deadline_ns = now_ns + _TICKET_LIMIT_NS
        self._linger(now_ns)
        if self._shared.is_server_quiet and self.step == "acceptance" and not self.outcome:
            self._take_leave(now_ns)

    def _linger(self, _now_ns: int) -> None:
        """Wait for acceptance, and for a ticket if one is wanted."""
        assert self._tls is not None
        try:
            self._tls.recv(_READ_BYTES)
            self.has_more = True
            self._accept()
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

    def _take_leave(self, now_ns: int) -> None:
        """End the client's half: a server that sent no ticket closes then, most likely with a word."""
        assert self.sock is not None
        self._is_half_closed = True
        self._limit(now_ns)
        self._say_goodbye()
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

    def _look_for_ticket(self) -> None:
        """See whether a ticket has come: it is acceptance, and may be wanted."""
        assert self._tls is not None
        if self._ticketless is None or bindings.has_session(self._tls, self._ticketless):
            return
        self._accept()
        if self._wants_ticket:
            self._wants_ticket = not self._keep_session()

    def _keep_session(self) -> bool:
        """Keep the session for a later connection, if it is one that can be resumed."""
        assert self._tls is not None
        if bindings.has_session(self._tls, self._ticketless):
            return False
        session = self._tls.get_session()
        if session is not None:
            self._shared.sessions.append(session)
        return True

    def _ask(self, now_ns: int) -> None:
        self._answer, self._since_ns = Answer(self._shared.plan.size_bytes), now_ns
        self._next("first byte", self._send, now_ns)
        self._send(now_ns)

    def _send(self, _now_ns: int) -> None:
        assert self._tls is not None
        if not self._is_accepted:
            # What a server said when it refused and closed: after a write that fails OpenSSL reads no more.
            with contextlib.suppress(SSL.WantReadError):
                self._tls.recv(1, socket.MSG_PEEK)
        self._tls.send(self._shared.request)
        self._on_event = self._read

    def _read(self, _now_ns: int) -> None:
        tls, tally = self._tls, self._shared.tally
        assert tls is not None
        assert self._answer is not None
        for _ in range(_MOST_READS):
            try:
                data = tls.recv(_READ_BYTES)
            except SSL.ZeroReturnError:
                if not self._answer.close():
                    raise
                self._answered(self._clock())
                return
            now_ns = self._clock()
            self._accept()
            if self.counted:
                tally.bytes_received += len(data)
            if self.step == "first byte":
                self._took("first byte", now_ns - self._since_ns)
                self._next("request", self._read, now_ns)
            if self._answer.take(data):
                self._answered(now_ns)
                return
        self.has_more = True

    def _answered(self, now_ns: int) -> None:
        self._took("request", now_ns - self._since_ns)
        if self.counted:
            self._shared.tally.requests += 1
        self._left -= 1
        if self._left:
            self._ask(now_ns)
            self.has_more = True  # the next answer may have come with this one
        else:
            self._leave(now_ns)

    def _rest(self) -> None:
        """What is wanted is done: hold the connection, or end it."""
        if not self._shared.plan.hold:
            self._end(SUCCESS)
            return
        self.is_held, self.deadline_ns = True, 0
        self.step, self._on_event = "hold", self._held
        if self.counted:
            self._shared.tally.held += 1
        self._held(0)

    def _held(self, _now_ns: int) -> None:
        assert self._tls is not None
        try:
            self._tls.recv(_READ_BYTES)  # tickets; data that nobody asked for is an error
        except SSL.WantReadError:
            self._look_for_ticket()
            return
        raise MeasurementError("data that nobody asked for")

    def _end(self, outcome: str) -> None:
        if self.outcome:
            return
        self.outcome = outcome
        if self.is_idle:
            return
        if self.is_held and not self._is_accepted and outcome != SUCCESS and self.counted:
            self._shared.tally.held -= 1
        if outcome == SUCCESS:
            is_unseen = not self._is_accepted
            self._accept()
            if self.counted:
                self._shared.tally.unconfirmed += is_unseen
                self._took("connection", self._done_ns - self.begin_ns)
        self._shared.tally.end(
            outcome, counted=self.counted, is_late=self._clock() >= self._shared.count_from_ns
        )
