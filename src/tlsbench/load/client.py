"""One connection of a load: what it waits for, and what it does when that comes."""

from __future__ import annotations

import errno
import os
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic_ns
from typing import Final

from OpenSSL import SSL

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.implementations import openssl_bindings as bindings
from tlsbench.implementations.openssl import cipher_from_openssl, group_from_openssl, version_from_openssl
from tlsbench.load.answers import Answer
from tlsbench.load.plan import Plan
from tlsbench.load.tally import SUCCESS, Tally
from tlsbench.scenarios import ciphers

_VERSIONS: Final = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
_TLS13: Final = 0x0304
_READ_BYTES: Final = 32 * 1024
#: A server that sends tickets does so at once; one that has not by then sends none.
_TICKET_LIMIT_NS: Final = 200_000_000
_SHUT_DOWN: Final = SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN
#: Sessions that wait to be resumed; more than are ever open at once are not needed.
_MOST_SESSIONS: Final = 4096


def client_context(plan: Plan) -> SSL.Context:
    """The OpenSSL context of a worker's connections.

    :raises RequestError: if OpenSSL does not take what the plan asks for.
    """
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # sessions are handed over by hand
    try:
        if plan.version:
            context.set_min_proto_version(_VERSIONS[plan.version])
            context.set_max_proto_version(_VERSIONS[plan.version])
        if plan.cipher:
            suite = ciphers.BY_NAME[plan.cipher]
            set_suite = context.set_tls13_ciphersuites if suite.version == "1.3" else context.set_cipher_list
            set_suite(suite.openssl.encode("ascii"))
        if plan.group:
            bindings.set_groups(context, plan.group)
        if plan.root:
            context.load_verify_locations(plan.root)
            context.set_verify(SSL.VERIFY_PEER)
            bindings.check_host_name(context, plan.server_name or plan.target.host)
    except (SSL.Error, MeasurementError) as error:
        raise RequestError(f"OpenSSL refuses the client's configuration: {error}") from error
    return context


@dataclass(slots=True)
class Shared:
    """What the connections of a worker have in common."""

    plan: Plan
    context: SSL.Context
    address: tuple[str, int]
    family: socket.AddressFamily
    tally: Tally
    request: bytes
    sessions: deque[SSL.Session] = field(default_factory=lambda: deque(maxlen=_MOST_SESSIONS))
    #: Adds up the wanted share, so that of any ten in a row as many resume as are wanted.
    owed: float = 0.0

    def session_to_resume(self) -> tuple[bool, SSL.Session | None]:
        """Whether the next connection is to resume, and what; it may be that there is nothing yet."""
        self.owed += self.plan.resume
        if self.owed < 1:
            return False, None
        self.owed -= 1
        return True, self.sessions.pop() if self.sessions else None


class Connection:
    """A connection of the load.

    :param begin_ns: when it should have begun: times are counted from there.
    :param counted: whether it counts, or warms up.
    """

    __slots__ = (
        "_answer",
        "_left",
        "_on_event",
        "_shared",
        "_since_ns",
        "_ticketless",
        "_tls",
        "begin_ns",
        "counted",
        "deadline_ns",
        "is_held",
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
        self.deadline_ns = 0
        self._tls: SSL.Connection | None = None
        self._left = shared.plan.requests
        self._answer: Answer | None = None
        self._since_ns = begin_ns
        self._ticketless: SSL.Session | None = None
        self._on_event: Callable[[int], None] = self._connected

    def open(self, now_ns: int) -> None:
        """Begin to connect; ends at once with an outcome if that cannot be."""
        shared = self._shared
        self._limit(now_ns)
        try:
            self.sock = sock = socket.socket(shared.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            code = sock.connect_ex(shared.address)
        except OSError as error:
            self._fail_from(error)
            return
        if code not in (0, errno.EINPROGRESS):
            self._fail(_words(code))

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
            self._fail(_words(code) if code > 0 else "closed by the server without close_notify")
        except SSL.Error as error:
            self._fail(f"TLS: {_reason(error)}")
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
            self._tls.set_shutdown(_SHUT_DOWN)  # else OpenSSL forgets its session
            self._tls = None
        if self.sock is not None:
            self.sock.close()
            self.sock = None

    def _connected(self, now_ns: int) -> None:
        assert self.sock is not None
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._fail(_words(code))
            return
        self._took("connect", self._since_ns, now_ns)
        shared = self._shared
        self._tls = tls = SSL.Connection(shared.context, self.sock)
        tls.set_connect_state()
        tls.set_tlsext_host_name((shared.plan.server_name or shared.plan.target.host).encode("idna"))
        wanted, session = shared.session_to_resume()
        if self.counted and wanted:
            shared.tally.wanted_resumed += 1
        if session is not None:
            tls.set_session(session)
        self._since_ns = now_ns
        self._next("handshake", self._shake, now_ns)
        self._shake(now_ns)

    def _shake(self, _now_ns: int) -> None:
        tls = self._tls
        assert tls is not None
        tls.do_handshake()
        done_ns = self._clock()
        self._took("handshake", self._since_ns, done_ns)
        self._agree(tls)
        if self._shared.plan.resume and tls.get_protocol_version() == _TLS13:
            # It cannot be resumed; each ticket brings another. While it is kept, none can lie in its place.
            self._ticketless = tls.get_session()
        if self._left:
            self._ask(done_ns)
        elif self._shared.plan.resume and not self._keep_session():
            self._next("ticket", self._wait_for_ticket, done_ns)
            self.deadline_ns = done_ns + _TICKET_LIMIT_NS
            self._wait_for_ticket(done_ns)
        else:
            self._rest()

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

    def _wait_for_ticket(self, _now_ns: int) -> None:
        assert self._tls is not None
        try:
            self._tls.recv(1)
        except SSL.WantReadError:
            if self._keep_session():
                self._rest()

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
        assert self._tls is not None
        self._tls.send(self._shared.request)
        self._answer, self._since_ns = Answer(), now_ns
        self._next("first byte", self._read, now_ns)

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
                if self._shared.plan.resume:
                    self._keep_session()
                self._rest()
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
        self._fail(_words(error.errno or 0))

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
                self._took("connection", self.begin_ns, self._clock())

    @staticmethod
    def _clock() -> int:
        return monotonic_ns()


def _words(code: int) -> str:
    if code in (errno.EMFILE, errno.ENFILE):
        return "no file descriptors left (see ulimit -n)"
    return {
        errno.ECONNREFUSED: "connection refused",
        errno.ECONNRESET: "connection reset",
        errno.EPIPE: "connection reset",
        errno.EADDRNOTAVAIL: "no local ports left",
    }.get(code, os.strerror(code).lower())


def _reason(error: SSL.Error) -> str:
    """The reasons in OpenSSL's error queue, as an SSL.Error holds them."""
    reasons = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(reason for *_, reason in reasons) or "it gives no reason"
