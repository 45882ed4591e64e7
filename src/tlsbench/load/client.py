"""One connection of a load: what it waits for, and what it does when that comes."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from time import monotonic_ns
from typing import Final

from OpenSSL import SSL

from tlsbench.errors import MeasurementError
from tlsbench.implementations.openssl_names import (
    cipher_from_openssl,
    group_from_openssl,
    version_from_openssl,
)
from tlsbench.implementations.pyopenssl import bindings
from tlsbench.load.answers import Answer
from tlsbench.load.context import Shared
from tlsbench.load.failures import reason_of, words_of
from tlsbench.load.tally import SUCCESS
from tlsbench.sockets import sent_data_with_syn

_TLS13: Final = 0x0304
_READ_BYTES: Final = 32 * 1024
#: A server that sends tickets does so at once; one that has not by then sends none.
_TICKET_LIMIT_NS: Final = 200_000_000
_SHUT_DOWN: Final = SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN


class Connection:
    """A connection of the load.

    :param begin_ns: when it should have begun: times are counted from there.
    :param counted: whether it counts, or warms up.
    """

    __slots__ = (
        "_answer",
        "_done_ns",
        "_early_ns",
        "_left",
        "_on_event",
        "_shared",
        "_since_ns",
        "_ticketless",
        "_tls",
        "began_ns",
        "begin_ns",
        "counted",
        "deadline_ns",
        "is_held",
        "is_idle",
        "outcome",
        "sock",
        "step",
    )

    def __init__(self, shared: Shared, begin_ns: int, *, counted: bool) -> None:
        self._shared = shared
        self.begin_ns = begin_ns
        self.counted = counted
        self.sock: socket.socket | None = None
        self.step = "connect"
        self.outcome = ""
        self.is_held = False
        #: Whether it lies in a pool and nobody uses it.
        self.is_idle = False
        self.deadline_ns = 0
        #: When it began to connect; :attr:`begin_ns` is that of its present use.
        self.began_ns = 0
        self._tls: SSL.Connection | None = None
        self._left = shared.plan.requests
        self._answer: Answer | None = None
        self._since_ns = begin_ns
        self._done_ns = 0
        #: When its request was sent as early data; 0 if it was not.
        self._early_ns = 0
        self._ticketless: SSL.Session | None = None
        self._on_event: Callable[[int], None] = self._connected

    def open(self, now_ns: int) -> None:
        """Begin to connect; ends at once with an outcome if that cannot be."""
        shared = self._shared
        self.began_ns = now_ns
        self._limit(now_ns)
        try:
            self.sock = sock = socket.socket(shared.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            shared.settings.apply(sock)
            code = sock.connect_ex(shared.address)
        except OSError as error:
            self._fail_from(error)
            return
        if code not in (0, errno.EINPROGRESS):
            self._fail(words_of(code))

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

    def go_on(self, now_ns: int) -> None:
        """Do what can be done now; with an outcome the connection has ended."""
        try:
            self._on_event(now_ns)
        except (SSL.WantReadError, SSL.WantWriteError):
            pass
        except SSL.ZeroReturnError:
            self._fail("closed by the server")
        except SSL.SysCallError as error:
            code = error.args[0] if error.args else -1
            self._fail(words_of(code) if code > 0 else "closed by the server without close_notify")
        except SSL.Error as error:
            self._fail(f"TLS: {reason_of(error)}")
        except MeasurementError as error:
            self._fail(str(error))
        except OSError as error:
            self._fail_from(error)

    def give_up(self, why: str) -> None:
        """End it from outside: the time of a step is over, or that of the load."""
        self._fail(why)

    def finish(self) -> None:
        """End a connection that was held until now."""
        self._end(SUCCESS)

    def close(self) -> None:
        """Give the socket back."""
        if self._tls is not None:
            self._shared.accepted.discard(self._tls)
            self._tls.set_shutdown(_SHUT_DOWN)  # else OpenSSL forgets its session
            self._tls = None
        if self.sock is not None:
            self.sock.close()
            self.sock = None

    def _connected(self, now_ns: int) -> None:
        assert self.sock is not None
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._fail(words_of(code))
            return
        self._took("connect", self._since_ns, now_ns)
        shared = self._shared
        self._tls = tls = SSL.Connection(shared.context, self.sock)
        tls.set_connect_state()
        tls.set_tlsext_host_name(shared.plan.name.encode("idna"))
        wanted, session = shared.session_to_resume()
        if self.counted and wanted:
            shared.tally.wanted_resumed += 1
        self._since_ns = now_ns
        if session is not None:
            tls.set_session(session)
            self._send_early(tls, session, now_ns)
        self._next("handshake", self._shake, now_ns)
        self._shake(now_ns)

    def _shake(self, _now_ns: int) -> None:
        tls, shared = self._tls, self._shared
        assert tls is not None
        tally = shared.tally
        tls.do_handshake()
        done_ns = self._clock()
        self._took("handshake", self._since_ns, done_ns)
        self._agree(tls)
        if self.counted and shared.plan.uses_fast_open and self.sock and sent_data_with_syn(self.sock):
            tally.fast_opened += 1
        if shared.plan.resume and tls.get_protocol_version() == _TLS13:
            # It cannot be resumed; each ticket brings another. While it is kept, none can lie in its place.
            self._ticketless = tls.get_session()
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

    def _agree(self, tls: SSL.Connection) -> None:
        """Count what was negotiated, and hold it against what the plan wants."""
        agreed = {
            "version": version_from_openssl(tls.get_protocol_version_name()),
            "cipher": cipher_from_openssl(tls.get_cipher_name()),
            "group": group_from_openssl(tls.get_group_name()),
        }
        if self.counted:
            kind = "resumed" if bindings.session_reused(tls) else "full"
            words = (*(value or "none" for value in agreed.values()), kind)
            self._shared.tally.negotiated[" ".join(words)] += 1
        for axis, got in agreed.items():
            wanted = getattr(self._shared.plan, axis)
            if wanted and got not in (wanted, None):
                raise MeasurementError(f"negotiated {got}, not {wanted}")

    def _leave(self, now_ns: int) -> None:
        """All that was wanted is done; what may still come is a ticket, which is no part of the time.

        A pool's connection gives its session once, however often it is used.
        """
        has_given = self._done_ns > 0
        self._done_ns = now_ns
        if self._shared.plan.resume and not has_given and not self._keep_session():
            self._next("ticket", self._wait_for_ticket, now_ns)
            self.deadline_ns = now_ns + _TICKET_LIMIT_NS
            self._wait_for_ticket(now_ns)
        else:
            self._rest()

    def _wait_for_ticket(self, _now_ns: int) -> None:
        assert self._tls is not None
        try:
            self._tls.recv(1)
        except SSL.WantReadError:
            if self._keep_session():
                self._rest()
        except (SSL.ZeroReturnError, SSL.SysCallError):
            if not self._answer:  # else it has given what it was asked for
                raise
            self._end(SUCCESS)

    def _keep_session(self) -> bool:
        """Keep the session for a later connection, if it is one that can be resumed."""
        assert self._tls is not None
        if bindings.has_session(self._tls, self._ticketless):
            return False
        session = self._tls.get_session()
        if session is not None:
            self._shared.sessions.append(session)
        return True

    def _send_early(self, tls: SSL.Connection, session: SSL.Session, now_ns: int) -> None:
        """Put the request into the first flight, if the session allows it."""
        shared = self._shared
        if shared.plan.early_data and bindings.most_early_data(session) >= len(shared.request):
            bindings.write_early_data(tls, shared.request)
            self._early_ns = now_ns

    def _ask(self, now_ns: int) -> None:
        self._answer, self._since_ns = Answer(self._shared.plan.size_bytes), now_ns
        self._next("first byte", self._send, now_ns)
        self._send(now_ns)

    def _send(self, _now_ns: int) -> None:
        assert self._tls is not None
        self._tls.send(self._shared.request)
        self._on_event = self._read

    def _read(self, _now_ns: int) -> None:
        tls, tally = self._tls, self._shared.tally
        assert tls is not None
        while True:
            data = tls.recv(_READ_BYTES)
            now_ns = self._clock()
            if self.counted:
                tally.bytes_received += len(data)
            if self.step == "first byte":
                self._took("first byte", self._since_ns, now_ns)
                self._next("request", self._read, now_ns)
            assert self._answer is not None
            if not self._answer.take(data):
                continue
            self._took("request", self._since_ns, now_ns)
            if self.counted:
                tally.requests += 1
            self._left -= 1
            if not self._left:
                self._leave(now_ns)
                return
            self._ask(now_ns)

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
        self._tls.recv(_READ_BYTES)  # tickets; data that nobody asked for is an error
        raise MeasurementError("data that nobody asked for")

    def _next(self, step: str, on_event: Callable[[int], None], now_ns: int) -> None:
        self.step, self._on_event = step, on_event
        self._limit(now_ns)

    def _limit(self, now_ns: int) -> None:
        self.deadline_ns = now_ns + int(self._shared.plan.step_limit_s * 1e9)

    def _took(self, phase: str, since_ns: int, now_ns: int) -> None:
        if self.counted:
            self._shared.tally.times[phase].record_value(max(1000, now_ns - since_ns))

    def _fail_from(self, error: OSError) -> None:
        self._fail(words_of(error.errno or 0))

    def _fail(self, why: str) -> None:
        self._end(f"{self.step}: {why}")

    def _end(self, outcome: str) -> None:
        if self.outcome:
            return
        self.outcome = outcome
        if self.counted:
            tally = self._shared.tally
            tally.outcomes[outcome] += 1
            if outcome == SUCCESS:
                self._took("connection", self.begin_ns, self._done_ns)

    @staticmethod
    def _clock() -> int:
        return monotonic_ns()
