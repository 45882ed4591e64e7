"""What a server answers: whatever it was sent, so many bytes, or HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from tlsbench.loopback.http import PIECE_BYTES, Content, HttpServer, Pieces
from tlsbench.serving.plan import ServerPlan

_MOST_BODY_BYTES: Final = 1 << 26
_BYTES: Final = b"/bytes/"
_ZEROS: Final = bytes(PIECE_BYTES)
_GREETING: Final = b"This is TLS.\n"
_NOT_FOUND: Final = Content(b"", 0, status=404)


class Answerer(Protocol):
    """Answers on one connection, a bounded piece at a time."""

    #: Whether the last answer was the connection's last.
    is_over: bool
    #: How many requests were answered.
    answered: int
    #: What was wrong with a request, of a fixed set; ``""`` if nothing was.
    problem: str

    @property
    def has_more(self) -> bool:
        """Whether :meth:`next_piece` is to be called before more data is given."""

    @property
    def is_answering(self) -> bool:
        """Whether an answer has begun, and not ended."""

    @property
    def is_idle(self) -> bool:
        """Whether all is answered, and nothing of another request has come."""

    def receive(self, data: bytes) -> None:
        """Take application data."""

    def next_piece(self) -> bytes:
        """Some of the answer; ``b""`` where there is none yet."""


class Fixed:
    """The same answer, or the very bytes, to every piece of data.

    :param length_bytes: of the answer; None echoes.
    """

    def __init__(self, length_bytes: int | None) -> None:
        self._length_bytes = length_bytes
        self._pieces = Pieces(Content(b"", 0))
        self.is_over = False
        self.answered = 0
        self.problem = ""

    @property
    def has_more(self) -> bool:
        """Whether some of the answer is left."""
        return self._pieces.left_bytes > 0

    is_answering = has_more

    @property
    def is_idle(self) -> bool:
        """Whether all is answered."""
        return not self.has_more

    def receive(self, data: bytes) -> None:
        """Begin the answer to a piece of data."""
        echo = self._length_bytes is None
        self._pieces = Pieces(Content(data, len(data)) if echo else Content(_ZEROS, self._length_bytes or 0))

    def next_piece(self) -> bytes:
        """The next piece of it."""
        piece = self._pieces.next()
        self.answered += not self.has_more
        return piece


def http() -> HttpServer:
    """HTTP/1.1: ``/bytes/N`` has so many bytes, any other path a greeting."""
    return HttpServer(_content)


def _content(target: bytes) -> Content:
    if not target.startswith(_BYTES):
        return Content(_GREETING, len(_GREETING))
    digits = target.removeprefix(_BYTES)
    if not digits.isdigit() or len(digits) > 12 or int(digits) > _MOST_BODY_BYTES:
        return _NOT_FOUND
    return Content(_ZEROS, int(digits))


def answerer_of(plan: ServerPlan) -> Callable[[], Answerer]:
    """What makes the answerer of each connection."""
    if plan.answer == "http":
        return http
    length_bytes = plan.bulk_bytes if plan.answer.startswith("bulk:") else None
    return lambda: Fixed(length_bytes)
