"""A connection of a load, whatever it speaks: its steps and their limits, its uses, and how its end counts.

A handshake counts when the server's acceptance was seen, which may be after the client is done with it. The
time of the handshake ends before, where the client is done.
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
from tlsbench.loading.failures import words_of
from tlsbench.loading.tally import SUCCESS

#: The step of a connection that asks: which of them it is, its exchange knows.
ASKING: Final = "asking"
#: A server that sends tickets does so at once; one that has not by then sends none.
_TICKET_LIMIT_NS: Final = 200_000_000


class Attempt(ABC):
    """A connection from its beginning to its end, and through its uses, if a pool keeps it.

    :param begin_ns: when it should have begun: times are counted from there.
    :param counted: whether it counts, or warms up.
    """

    __slots__ = (
        "_done_ns",
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
    #: How its socket is made: a type of socket(2).
    kind: int

    def __init__(self, shared: Shared, begin_ns: int, *, counted: bool) -> None:
        self._shared = shared
        self.begin_ns = begin_ns
        self.counted = counted
        self.sock: socket.socket | None = None
        self.step = "connect"
        self.outcome = ""
        #: Whether there may be more to read, of which no event will tell.
        self.has_more = False
        #: When its step is over time; 0 for never.
        self.deadline_ns = 0
        #: When it is to be driven even if nothing has come; 0 for never.
        self.timer_ns = 0
        #: For when that was last noted, by :class:`~tlsbench.loading.timers.Timers`; 0 if it was not.
        self.noted_ns = 0
        #: When it began to connect; :attr:`begin_ns` is that of its present use.
        self.began_ns = 0
        self.is_held = False
        #: Whether it lies in a pool and nobody uses it.
        self.is_idle = False
        self._since_ns = begin_ns
        #: What the client's handshake took, and what came of it; "" while it goes on.
        self._handshake_ns, self._words = 0, ""
        #: What was agreed by ALPN; "" if it offered nothing.
        self._protocol = ""
        #: Whether the server was seen to have accepted it.
        self._is_accepted = False
        #: Whether its turn took too long.
        self._is_cut = False
        self._done_ns = 0
        self._is_half_closed = self._wants_ticket = False
        self._on_event: Callable[[int], None] = self._connected

    @abstractmethod
    def _connected(self, now_ns: int) -> None:
        """The first event of its socket."""

    @abstractmethod
    def _ask(self, now_ns: int) -> None:
        """Begin the requests of a use."""

    @abstractmethod
    def _linger(self, now_ns: int) -> None:
        """Wait for acceptance, and for a ticket if one is wanted."""

    @abstractmethod
    def _held(self, now_ns: int) -> None:
        """Take what comes while nothing is asked."""

    @abstractmethod
    def _take_leave(self, now_ns: int) -> None:
        """End the client's half, so that a server which has said nothing says whether it accepts."""

    @abstractmethod
    def _keep_session(self) -> bool:
        """Keep the session for a later connection; False if there is none yet that can be resumed."""

    @abstractmethod
    def close(self) -> None:
        """Give the socket back, after a word of goodbye where there is something to end."""

    @property
    def backend(self) -> int:
        """Which of the load's targets it goes to."""
        return self._shared.backend

    def open(self, now_ns: int) -> None:
        """Begin to connect; ends at once with an outcome if that cannot be."""
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
        """Do what can be done now; with an outcome the connection has ended."""
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
        """End by an error that is of no kind which every connection has."""
        self._fail(f"unexpected {type(error).__name__}")

    def again(self, begin_ns: int, now_ns: int, *, counted: bool) -> None:
        """Use a connection of a pool once more: its requests, without a handshake."""
        self.begin_ns, self.counted = begin_ns, counted
        self.outcome, self.is_idle = "", False
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
        now_ns = monotonic_ns()
        self._next("acceptance", self._linger, now_ns)
        self._take_leave(now_ns)
        self.go_on(now_ns)

    def cut(self) -> None:
        """End what is read for it now, from another thread: its turn ends, and so does it."""
        self._is_cut = True
        if (sock := self.sock) is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def give_up(self, why: str) -> None:
        """End it from outside."""
        self._fail(why)

    def _accept(self) -> None:
        """The server's acceptance was seen: the handshake counts."""
        if self._is_accepted:
            return
        self._is_accepted = True
        if self.counted:
            self._shared.tally.negotiated[self._words] += 1
            if self._protocol:
                self._shared.tally.protocols[self._protocol] += 1
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

    def _rest(self) -> None:
        """What is wanted is done: hold the connection, or end it, if it was held until now."""
        if not self._shared.plan.hold or self.is_held:
            self._end(SUCCESS)
            return
        if self.counted:
            self._shared.tally.held += 1
        self.is_held, self.deadline_ns = True, 0
        self.step, self._on_event = "hold", self._held
        self._held(0)

    def _end(self, outcome: str) -> None:
        """Count an end; called again, it does nothing."""
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
        """The step that it is at, by its name."""
        return self.step
