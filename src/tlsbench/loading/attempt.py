"""A connection of a load over any protocol: its steps and their limits, its uses, and how its end counts.

A handshake counts once the server's acceptance has been seen, which may be after the client has completed it.
The handshake time ends earlier, when the client has completed it.
"""

from __future__ import annotations

import contextlib
import errno
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from time import monotonic_ns
from typing import Final

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.loading.context import Shared
from tlsbench.loading.exchanges import Awaits
from tlsbench.loading.failures import words_of
from tlsbench.loading.tally import SUCCESS

#: The step of a connection that sends requests; its exchange knows which part of a request it is at.
ASKING: Final = "asking"
#: A server that sends tickets does so at once; one that has sent none by then is taken to send none.
_TICKET_LIMIT_NS: Final = 200_000_000


class Attempt(ABC):
    """A connection from its beginning to its end, and through all its uses if a pool keeps it.

    :param begin_ns: when it was due to begin, from which times are counted.
    :param counted: whether it counts, or belongs to the warm-up.
    """

    __slots__ = (
        "_done_ns",
        "_exchange",
        "_handshake_ns",
        "_is_accepted",
        "_is_cut",
        "_is_half_closed",
        "_on_event",
        "_protocol",
        "_shared",
        "_since_ns",
        "_wants_ticket",
        "_words",
        "began_ns",
        "begin_ns",
        "counted",
        "deadline_ns",
        "has_more",
        "is_held",
        "is_idle",
        "noted_ns",
        "outcome",
        "sock",
        "step",
        "timer_ns",
    )
    #: The type of its socket, see socket(2).
    kind: int
    #: Its requests and responses, once there are any.
    _exchange: Awaits | None

    def __init__(self, shared: Shared, begin_ns: int, *, counted: bool) -> None:
        self._shared = shared
        self.begin_ns = begin_ns
        self.counted = counted
        self.sock: socket.socket | None = None
        self.step = "connect"
        self.outcome = ""
        #: Whether there may be more to read without a further event.
        self.has_more = False
        #: When its step times out; 0 for never.
        self.deadline_ns = 0
        #: When it must be driven even if nothing has arrived; 0 for never.
        self.timer_ns = 0
        #: The timer value last noted by :class:`~tlsbench.loading.timers.Timers`; 0 if there is none.
        self.noted_ns = 0
        #: When it began to connect; :attr:`begin_ns` belongs to its current use.
        self.began_ns = 0
        self.is_held = False
        #: Whether it is in a pool, unused.
        self.is_idle = False
        self._since_ns = begin_ns
        #: The duration of the client's handshake, and what was negotiated; "" until it is complete.
        self._handshake_ns, self._words = 0, ""
        #: The protocol agreed by ALPN; "" if none was offered.
        self._protocol = ""
        #: Whether the server's acceptance has been seen.
        self._is_accepted = False
        #: Whether the watchdog has cut it off because its turn took too long.
        self._is_cut = False
        self._done_ns = 0
        self._is_half_closed = self._wants_ticket = False
        self._on_event: Callable[[int], None] = self._connected

    @abstractmethod
    def _connected(self, now_ns: int) -> None:
        """Handle the first event of its socket."""

    @abstractmethod
    def _ask(self, now_ns: int) -> None:
        """Begin the requests of a use."""

    @abstractmethod
    def _linger(self, now_ns: int) -> None:
        """Wait for acceptance, and for a ticket if one is wanted."""

    @abstractmethod
    def _held(self, now_ns: int) -> None:
        """Take what arrives while no request is open."""

    @abstractmethod
    def _take_leave(self, now_ns: int) -> None:
        """End the client's half, so that a server that has been silent reveals whether it accepts."""

    @abstractmethod
    def _keep_session(self) -> bool:
        """Keep the session for a later connection; return False if there is no resumable one yet."""

    @abstractmethod
    def close(self) -> None:
        """Close the socket, after a closing message if there is something to end."""

    @property
    def backend(self) -> int:
        """The index of the target that it connects to, among those of the load."""
        return self._shared.backend

    def open(self, now_ns: int) -> None:
        """Begin to connect; it ends at once, with an outcome, if that is impossible."""
        shared = self._shared
        self.began_ns = now_ns
        self._limit(now_ns)
        try:
            self.sock = sock = socket.socket(shared.family, self.kind | socket.SOCK_NONBLOCK)
            shared.settings.apply(sock)
            code = sock.connect_ex(shared.address)
        except OSError as error:
            self._fail(words_of(error.errno or 0))
            return
        except RequestError as error:
            self._fail(str(error))
            return
        if code not in (0, errno.EINPROGRESS):
            self._fail(words_of(code))

    def go_on(self, now_ns: int) -> None:
        """Do what can be done now; once there is an outcome, the connection has ended."""
        self.has_more = False
        turn = self._shared.turn
        turn.number += 1
        turn.connection = self
        try:
            self._on_event(now_ns)
        except BlockingIOError:
            pass
        except MeasurementError as error:
            self._fail(str(error))
        except OSError as error:
            self._fail(words_of(error.errno or 0))
        except Exception as error:  # noqa: BLE001 - whatever a server sends, the counts of a worker survive it
            self._break(error)
        finally:
            turn.connection = None

    def _break(self, error: Exception) -> None:
        """End with an error that only some kinds of connection know."""
        self._fail(f"unexpected {type(error).__name__}")

    def again(self, begin_ns: int, now_ns: int, *, counted: bool) -> None:
        """Use a pooled connection once more: send its requests, without a handshake."""
        self.begin_ns, self.counted = begin_ns, counted
        self.outcome, self.is_idle = "", False
        self._on_event = self._ask
        self.go_on(now_ns)

    def lie_idle(self, deadline_ns: int) -> None:
        """Stay open in a pool until it is used again or the deadline has passed."""
        self.outcome, self.is_idle, self.counted = "", True, False
        self.step, self._on_event, self.deadline_ns = "idle", self._held, deadline_ns
        self.go_on(0)

    def run_out_of_time(self, now_ns: int) -> None:
        """Handle the timeout of the current step, unless its exchange has moved on since it was set."""
        if self.step == ASKING and self._exchange is not None:
            deadline_ns = self._exchange.waits_since_ns + self._shared.limit_ns
            if deadline_ns > now_ns:
                self.deadline_ns = deadline_ns
                return
        if self.step == "acceptance" and not self._is_half_closed:
            self._shared.is_server_quiet = True
            self._take_leave(now_ns)
        elif self.step in ("acceptance", "ticket"):
            self._end(SUCCESS)
        else:
            self._fail("timeout")

    def finish(self) -> None:
        """End a held connection; if acceptance has not been seen, first prompt the server to show it."""
        if self._is_accepted or self._is_half_closed:
            self._end(SUCCESS)
            return
        now_ns = monotonic_ns()
        self._next("acceptance", self._linger, now_ns)
        self._take_leave(now_ns)
        self.go_on(now_ns)

    def cut(self) -> None:
        """Shut the socket down, from another thread: this ends the current read and fails the connection."""
        self._is_cut = True
        if (sock := self.sock) is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def give_up(self, why: str) -> None:
        """End it from outside, as a failure."""
        self._fail(why)

    def _accept(self) -> None:
        """Count the handshake, as the server's acceptance has been seen."""
        if self._is_accepted:
            return
        self._is_accepted = True
        if self.counted:
            self._shared.tally.negotiated[self._words] += 1
            if self._protocol:
                self._shared.tally.protocols[self._protocol] += 1
        self._took("handshake", self._handshake_ns)

    def _leave(self, now_ns: int) -> None:
        """Finish a use; only acceptance or a ticket may still arrive, which the measured time excludes.

        A pooled connection yields a session only once, however often it is used.
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

    def _rest(self) -> None:
        """Hold the connection if the plan says so and it is not held yet; otherwise end it."""
        if not self._shared.plan.hold or self.is_held:
            self._end(SUCCESS)
            return
        if self.counted:
            self._shared.tally.held += 1
        self.is_held, self.deadline_ns = True, 0
        self.step, self._on_event = "hold", self._held
        self._held(0)

    def _end(self, outcome: str) -> None:
        """Count the end of the connection or its use; a second call does nothing."""
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
            outcome, counted=self.counted, is_late=monotonic_ns() >= self._shared.count_from_ns
        )

    def _next(self, step: str, on_event: Callable[[int], None], now_ns: int) -> None:
        self.step, self._on_event = step, on_event
        self._limit(now_ns)

    def _limit(self, now_ns: int) -> None:
        self.deadline_ns = now_ns + self._shared.limit_ns

    def _took(self, phase: str, took_ns: int) -> None:
        if self.counted:
            self._shared.took[phase].append(took_ns)

    def _fail(self, why: str) -> None:
        self._end(f"{self._where()}: {'timeout' if self._is_cut else why}")

    def _where(self) -> str:
        """The name of the current step."""
        return self._exchange.step if self.step == ASKING and self._exchange is not None else self.step
