"""One connection of a server, without I/O: bytes in and bytes out, a bounded piece at a time.

While it owes an answer (``is_answering``), it takes no more data, so that a client that sends requests and
never reads is held back by its own socket, rather than buffered in memory.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tlsbench.errors import MeasurementError
from tlsbench.implementations import Endpoint, ServerContext
from tlsbench.links.hello import asks_to_retry
from tlsbench.serving.alerts import alert_behind
from tlsbench.serving.answers import Answerer
from tlsbench.serving.limits import DEFAULT, LINGER_S, Limits, deadline
from tlsbench.serving.tally import ServerTally

#: Why a connection fails when the time for its step is up.
TOO_LATE: Final = {
    "handshake": "no handshake within the time limit",
    "request": "no whole request within the time limit",
    "answer": "the client did not take its answer within the time limit",
}


@dataclass(frozen=True, slots=True)
class Service:
    """The state that the connections of a process share."""

    context: ServerContext
    make_answerer: Callable[[], Answerer]
    tally: ServerTally
    limits: Limits = DEFAULT
    clock: Callable[[], float] = time.monotonic

    def accept(self) -> Session:
        """Start a new connection."""
        self.tally.accepted += 1
        return Session(self)


class Session:
    """A connection, driven by the model that serves it."""

    __slots__ = (
        "_answerer",
        "_endpoint",
        "_has_begun",
        "_is_established",
        "_last",
        "_owes",
        "_service",
        "_step",
        "deadline_s",
        "is_over",
    )

    def __init__(self, service: Service) -> None:
        self._service = service
        self._endpoint: Endpoint = service.context.accept()
        self._answerer: Answerer = service.make_answerer()
        self._has_begun = self._is_established = self._owes = False
        #: What is left to send, such as the alert of a failed handshake or read.
        self._last = b""
        self._step = "handshake"
        #: When to call :meth:`expire`, by the service's clock.
        self.deadline_s = deadline(service.clock(), service.limits.handshake_s)
        #: Whether it is finished, once :meth:`data_to_send` has been sent.
        self.is_over = False

    @property
    def is_answering(self) -> bool:
        """Whether :meth:`data_to_send` must be called, and no data passed in."""
        return self._answerer.has_more and not self.is_over

    def receive(self, data: bytes) -> None:
        """Take data from the client."""
        if self.is_over:
            return  # the client is still sending on a finished connection
        endpoint = self._endpoint
        try:
            endpoint.receive_data(data)
            if not self._is_established:
                if not endpoint.handshake():
                    return
                self._is_established = True
                self._count()
            self._take(endpoint.read())
        except Exception as error:  # noqa: BLE001 - of any library's kind: it must not end the others
            self._give_up(error, data)

    def _take(self, request: bytes) -> None:
        if request:
            self._service.tally.bytes_received += len(request)
            self._answerer.receive(request)

    def data_to_send(self) -> bytes:
        """The next bytes for the client, ``b""`` if there are none now; once sent, call :meth:`all_sent`."""
        if not self.is_over:
            try:
                if self._answerer.has_more:
                    self._answer()
                self._last += self._endpoint.data_to_send()
            except Exception as error:  # noqa: BLE001 - as above
                self._give_up(error, b"")
        data, self._last = self._last, b""
        if data and not self._has_begun:
            self._has_begun = True
            self._service.tally.hello_retry_requests += bool(asks_to_retry(data))
        self._settle()
        return data

    def _answer(self) -> None:
        tally, answerer = self._service.tally, self._answerer
        before = answerer.answered
        piece = answerer.next_piece()
        tally.requests += answerer.answered - before
        tally.bytes_sent += len(piece)
        if piece:
            self._owes = True
            self._endpoint.write(piece)
        if answerer.is_over:
            self._last += self._endpoint.data_to_send()
            if answerer.problem:
                self._fail(answerer.problem)
            self.is_over = True

    def all_sent(self) -> None:
        """Note that the system has taken all of :meth:`data_to_send`."""
        self._owes = False
        self._settle()

    def _settle(self) -> None:
        """Update what the connection is waiting for, and its deadline."""
        if not self._is_established and not self.is_over:
            return
        limits, before = self._service.limits, self._step
        if self._owes or (self._answerer.is_answering and not self.is_over):
            self._step, limit_s = "answer", limits.request_s
        elif self.is_over:
            self._step, limit_s = "end", LINGER_S
        elif self._answerer.is_idle:
            self._step, limit_s = "idle", limits.idle_s
        else:
            self._step, limit_s = "request", limits.request_s
        if self._step != before or self._step not in ("request", "end"):  # these have one limit as a whole
            self.deadline_s = deadline(self._service.clock(), limit_s)

    def _count(self) -> None:
        agreed, tally = self._endpoint.negotiated(), self._service.tally
        kind = "resumed" if agreed.resumed else "full"
        words = (agreed.version, agreed.cipher, agreed.group, kind)
        tally.negotiated[" ".join(word or "?" for word in words)] += 1
        tally.early_data += bool(agreed.early_data)
        self._take(agreed.early_data)

    def expire(self) -> None:
        """Fail, or end an idle connection, since its time is up; then close it."""
        if self._step == "idle" and not self.is_over:
            self._service.tally.closed_idle += 1
            self.is_over = True
        self._fail(TOO_LATE.get(self._step, ""))

    def lose(self, why: str) -> None:
        """Note that the connection broke: a failure, unless the client had received all it had requested.

        Clients leave without close_notify, and closing a socket with unread session tickets causes a reset.
        """
        if self._is_established and not self._owes and self._answerer.is_idle:
            self.is_over = True
        self._fail(why)

    def end(self) -> None:
        """Note that the connection is closed, for whatever reason; called once."""
        if not self._is_established:
            self._fail("closed within the handshake")
        elif self._owes or not self._answerer.is_idle:
            self._fail("closed within a request")
        if spoken := self._answerer.protocol:
            self._service.tally.protocols[spoken] += 1
        self._service.tally.ended += 1
        with contextlib.suppress(Exception):  # of any library's kind, and nothing depends on it any longer
            self._endpoint.close()

    def _give_up(self, error: Exception, received: bytes) -> None:
        """Fail with a library's error, and leave its alert to be sent."""
        known = isinstance(error, MeasurementError)
        why = str(error) if known else f"{type(error).__module__}.{type(error).__name__}"
        self._fail(why)
        self._last += self._endpoint.data_to_send()
        if alert := alert_behind(why, received, self._last):
            self._service.tally.alerts[alert] += 1

    def _fail(self, why: str) -> None:
        """Count a failure, unless the connection is over already: only the first counts."""
        if not self.is_over:
            self.is_over = True
            self._service.tally.fail(why)
