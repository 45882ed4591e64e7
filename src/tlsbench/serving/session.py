"""One connection of a server, without I/O: the bytes that came in, the bytes to send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tlsbench.errors import MeasurementError
from tlsbench.implementations import Endpoint, ServerContext
from tlsbench.serving.alerts import alert_behind
from tlsbench.serving.answers import Answerer
from tlsbench.serving.tally import Tally


@dataclass(frozen=True, slots=True)
class Service:
    """What the connections of a process have in common."""

    context: ServerContext
    make_answerer: Callable[[], Answerer]
    tally: Tally

    def accept(self) -> Session:
        """A new connection."""
        self.tally.accepted += 1
        return Session(self)


class Session:
    """A connection: fed by whatever model serves it."""

    __slots__ = ("_answerer", "_endpoint", "_is_established", "_service", "is_over")

    def __init__(self, service: Service) -> None:
        self._service = service
        self._endpoint: Endpoint = service.context.accept()
        self._answerer: Answerer = service.make_answerer()
        self._is_established = False
        #: Whether nothing more comes of it: what is returned with that is to be sent, and then it is closed.
        self.is_over = False

    def receive(self, data: bytes) -> bytes:
        """Take what came from the client.

        :returns: what is to be sent.
        """
        endpoint = self._endpoint
        endpoint.receive_data(data)
        try:
            if not self._is_established:
                if not endpoint.handshake():
                    return endpoint.data_to_send()
                self._is_established = True
                self._count()
            self._answer(endpoint)
        except MeasurementError as error:
            self._fail(str(error))
            sent = endpoint.data_to_send()
            if alert := alert_behind(str(error), data, sent):
                self._service.tally.alerts[alert] += 1
            return sent
        return endpoint.data_to_send()

    def _answer(self, endpoint: Endpoint) -> None:
        tally, answerer = self._service.tally, self._answerer
        request = endpoint.read()
        if not request:
            return
        tally.bytes_received += len(request)
        before = answerer.answered
        answer = answerer.take(request)
        tally.requests += answerer.answered - before
        tally.bytes_sent += len(answer)
        if answer:
            endpoint.write(answer)
        self.is_over = self.is_over or answerer.is_over

    def _count(self) -> None:
        agreed = self._endpoint.negotiated()
        kind = "resumed" if agreed.resumed else "full"
        words = (agreed.version, agreed.cipher, agreed.group, kind)
        self._service.tally.negotiated[" ".join(word or "?" for word in words)] += 1

    def lose(self, why: str) -> None:
        """The connection is gone without a goodbye."""
        self._fail(why)

    def end(self) -> None:
        """The connection is closed, whatever came of it; called once."""
        if not self._is_established and not self.is_over:
            self._fail("closed within the handshake")
        self._service.tally.ended += 1
        self._endpoint.close()

    def _fail(self, why: str) -> None:
        """A connection fails once, by what came first."""
        if not self.is_over:
            self.is_over = True
            self._service.tally.failures[why] += 1
