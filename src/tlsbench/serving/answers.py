"""What a server answers: whatever it was sent, so many bytes, or HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import h11

from tlsbench.errors import MeasurementError
from tlsbench.serving.plan import Plan

_MOST_HEADER_BYTES = 16 << 10
_MOST_BODY_BYTES = 1 << 26
_GREETING = b"This is TLS.\n"
_BYTES = b"/bytes/"


class Answerer(Protocol):
    """Answers on one connection."""

    #: Whether the last answer was the connection's last.
    is_over: bool
    #: How many requests were answered.
    answered: int

    def take(self, data: bytes) -> bytes:
        """The answer to application data; ``b""`` as long as there is none.

        :raises MeasurementError: if it is not what can be answered.
        """


class Fixed:
    """The same answer, or the very bytes, to every piece of data."""

    def __init__(self, body: bytes | None) -> None:
        self._body = body
        self.is_over = False
        self.answered = 0

    def take(self, data: bytes) -> bytes:
        """The answer to a piece of data."""
        self.answered += 1
        return data if self._body is None else self._body


class Http:
    """HTTP/1.1 by h11: ``/bytes/N`` has so many bytes, any other path a greeting."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MOST_HEADER_BYTES)
        self._target = b""
        self._has_body = True
        self.is_over = False
        self.answered = 0

    def take(self, data: bytes) -> bytes:
        """The answers to all requests that are complete with this data."""
        try:
            self._http.receive_data(data)
            return b"".join(self._answers())
        except h11.RemoteProtocolError as error:
            self.is_over = True
            raise MeasurementError(f"HTTP: {error}") from error

    def _answers(self) -> list[bytes]:
        http, answers = self._http, []
        while True:
            event = http.next_event()
            if isinstance(event, h11.Request):
                self._target, self._has_body = event.target, event.method != b"HEAD"
            elif isinstance(event, h11.EndOfMessage):
                answers.append(self._answer())
                self.answered += 1
                if http.our_state is h11.MUST_CLOSE:
                    self.is_over = True
                    return answers
                http.start_next_cycle()
            elif not isinstance(event, h11.Data):
                return answers

    def _answer(self) -> bytes:
        body = _body(self._target)
        status = 404 if body is None else 200
        headers = [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(body or b"")))]
        response = h11.Response(status_code=status, headers=headers)
        parts = (response, *((h11.Data(data=body),) if body and self._has_body else ()), h11.EndOfMessage())
        return b"".join(self._http.send(part) or b"" for part in parts)


def _body(target: bytes) -> bytes | None:
    if not target.startswith(_BYTES):
        return _GREETING
    digits = target.removeprefix(_BYTES)
    if not digits.isdigit() or len(digits) > 12 or int(digits) > _MOST_BODY_BYTES:
        return None
    return bytes(int(digits))


def answerer_of(plan: Plan) -> Callable[[], Answerer]:
    """What makes the answerer of each connection."""
    if plan.answer == "http":
        return Http
    body = bytes(plan.bulk_bytes) if plan.answer.startswith("bulk:") else None
    return lambda: Fixed(body)
