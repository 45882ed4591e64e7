"""The server side of HTTP/1.1 without I/O, with h11: requests in, answers out, a bounded piece at a time.

Nothing is computed before it is needed: for a thousand pipelined requests for large bodies, memory holds the
bytes of the requests and one piece of one body.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import h11

#: The largest part of an answer that is made at once.
PIECE_BYTES: Final = 64 << 10
#: The largest head of a request, or line in the framing of its body.
MOST_HEAD_BYTES: Final = 16 << 10
#: The most steps (a request, part of its body, the head or end of an answer) before others have their turn.
_STEPS_A_TURN: Final = 64
#: The versions of requests, as h11 reports them.
_VERSIONS: Final = (b"1.0", b"1.1")
_MALFORMED: Final = "HTTP: malformed request"
_CONNECT: Final = "HTTP: CONNECT, which this server does not support"
_VERSION: Final = "HTTP: a version other than 1.0 and 1.1"
_CUT_OFF: Final = "HTTP: the client ended within a request"
#: By the status that h11 hints at.
_BY_HINT: Final = {
    431: f"HTTP: request head over {MOST_HEAD_BYTES >> 10} KiB",
    501: "HTTP: unknown transfer coding",
}
#: All values of :attr:`HttpServer.problem`: they contain nothing that a client wrote.
PROBLEMS: Final = (_MALFORMED, _CONNECT, _VERSION, _CUT_OFF, *_BY_HINT.values())


@dataclass(frozen=True, slots=True)
class Content:
    """The content of an answer: ``piece`` over and over, ``length_bytes`` in total."""

    piece: bytes
    length_bytes: int
    status: int = 200
    media_type: str = "application/octet-stream"


class Pieces:
    """The bytes of a content, one piece after another."""

    __slots__ = ("_piece", "_start", "left_bytes")

    def __init__(self, content: Content) -> None:
        self._piece = content.piece
        self._start = 0
        self.left_bytes = content.length_bytes

    def next(self, most_bytes: int = PIECE_BYTES) -> bytes:
        """The next piece, of at most that many bytes; ``b""`` when none is left."""
        piece = self._piece[self._start : self._start + min(self.left_bytes, most_bytes)]
        self.left_bytes -= len(piece)
        self._start += len(piece)
        if self._start == len(self._piece):
            self._start = 0
        return piece


_NOTHING: Final = Content(b"", 0)


class HttpServer:
    """One connection: pass it data, then take pieces as long as it has more.

    :param respond: returns the content of a target; called once for each request.
    """

    def __init__(self, respond: Callable[[bytes], Content]) -> None:
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD_BYTES)
        self._respond = respond
        self._target = b""
        self._has_body = True
        self._has_ended = False
        self._body: Pieces | None = None
        #: The number of requests answered.
        self.answered = 0
        #: Whether :meth:`next_piece` must be called before more data is passed in.
        self.has_more = False
        #: Whether it is finished: the last answer said so, or there is a problem.
        self.is_over = False
        #: What was wrong, one of :data:`PROBLEMS`; ``""`` if nothing was.
        self.problem = ""

    @property
    def is_answering(self) -> bool:
        """Whether an answer has started and not ended."""
        return self._body is not None

    @property
    def is_idle(self) -> bool:
        """Whether every request is answered, and no part of another has arrived."""
        return self._http.their_state is h11.IDLE and not self._http.trailing_data[0]

    def receive(self, data: bytes) -> None:
        """Take data from the client; ``b""`` means that it sends no more."""
        if not self.is_over:
            self._has_ended = not data
            self._http.receive_data(data)
            self.has_more = True

    def next_piece(self) -> bytes:
        """The next part of the answers: little more than :data:`PIECE_BYTES`; ``b""`` if none is ready."""
        parts: list[bytes] = []
        size = steps = 0
        try:
            while self.has_more and size < PIECE_BYTES and steps < _STEPS_A_TURN:
                parts.append(self._step())
                size += len(parts[-1])
                steps += 1
        except ValueError:  # a length with more digits than int() takes, in h11 before 0.15
            parts.append(self._refuse(_MALFORMED))
        except h11.RemoteProtocolError as error:
            cut_off = self._has_ended and self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE)
            parts.append(
                self._refuse(_BY_HINT.get(error.error_status_hint, _CUT_OFF if cut_off else _MALFORMED))
            )
        return b"".join(parts)

    def _step(self) -> bytes:
        http = self._http
        if self._body is not None:
            return self._go_on(self._body)
        event = http.next_event()
        if isinstance(event, h11.Request):
            if event.method == b"CONNECT":
                return self._refuse(_CONNECT)
            if event.http_version not in _VERSIONS:
                return self._refuse(_VERSION)
            self._target, self._has_body = event.target, event.method != b"HEAD"
            if http.they_are_waiting_for_100_continue:
                return http.send(h11.InformationalResponse(status_code=100, headers=[]))
        elif isinstance(event, h11.EndOfMessage):
            return self._begin(self._respond(self._target))
        elif not isinstance(event, h11.Data):
            self.has_more = False
            self.is_over = isinstance(event, h11.ConnectionClosed)
        return b""

    def _begin(self, content: Content) -> bytes:
        self._body = Pieces(content if self._has_body else _NOTHING)
        headers = [("Content-Type", content.media_type), ("Content-Length", str(content.length_bytes))]
        # h2load does not count answers without a reason phrase, which h11 leaves out by default
        reason = HTTPStatus(content.status).phrase
        return self._http.send(h11.Response(status_code=content.status, headers=headers, reason=reason))

    def _go_on(self, body: Pieces) -> bytes:
        if body.left_bytes:
            return self._http.send(h11.Data(data=body.next()))
        self._body = None
        end = self._http.send(h11.EndOfMessage())
        self.answered += 1
        if self._http.our_state is h11.MUST_CLOSE:
            self.is_over, self.has_more = True, False
        else:
            self._http.start_next_cycle()
        return end

    def _refuse(self, problem: str) -> bytes:
        """Answer 400 if an answer is due, and finish the connection."""
        self.problem, self.is_over, self.has_more = problem, True, False
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return b""
        headers = [("Content-Length", "0"), ("Connection", "close")]
        answer = (h11.Response(status_code=400, headers=headers), h11.EndOfMessage())
        return b"".join(self._http.send(part) for part in answer)
