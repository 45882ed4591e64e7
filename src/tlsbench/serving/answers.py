"""What a server answers: the data that it was sent, a number of bytes, or HTTP."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Protocol

from tlsbench.loopback.http import PIECE_BYTES, Content, HttpServer, Pieces
from tlsbench.protocol.http import HTTP_1, HTTP_2, PREFACE
from tlsbench.serving.plan import ServerPlan

if TYPE_CHECKING:  # an extra
    from tlsbench.loopback.http2 import Http2Server

_MOST_BODY_BYTES: Final = 1 << 26
_BYTES: Final = b"/bytes/"
_ZEROS: Final = bytes(PIECE_BYTES)
_GREETING: Final = b"This is TLS.\n"
#: Whether HTTP/2 can be spoken: its package is an extra.
HAS_HTTP_2: Final = find_spec("h2") is not None
_NOT_FOUND: Final = Content(b"", 0, status=404)


class Answerer(Protocol):
    """Answers on one connection, a bounded piece at a time."""

    @property
    def protocol(self) -> str:
        """The protocol spoken, by its ALPN name; ``""`` if it is not known yet, or has no such name."""

    @property
    def is_over(self) -> bool:
        """Whether the last answer was the connection's last."""

    @property
    def answered(self) -> int:
        """The number of requests answered."""

    @property
    def problem(self) -> str:
        """What was wrong with a request, from a fixed set of strings; ``""`` if nothing was."""

    @property
    def has_more(self) -> bool:
        """Whether :meth:`next_piece` must be called before more data is passed in."""

    @property
    def is_answering(self) -> bool:
        """Whether an answer has started and not ended."""

    @property
    def is_idle(self) -> bool:
        """Whether every request is answered, and no part of another has arrived."""

    def receive(self, data: bytes) -> None:
        """Take application data."""

    def next_piece(self) -> bytes:
        """The next part of the answer; ``b""`` if there is none yet."""


class Fixed:
    """The same answer to every piece of data, or an echo of it.

    :param length_bytes: the length of the answer; None echoes.
    """

    protocol = ""

    def __init__(self, length_bytes: int | None) -> None:
        self._length_bytes = length_bytes
        self._pieces = Pieces(Content(b"", 0))
        self.is_over = False
        self.answered = 0
        self.problem = ""

    @property
    def has_more(self) -> bool:
        """Whether part of the answer is left."""
        return self._pieces.left_bytes > 0

    is_answering = has_more

    @property
    def is_idle(self) -> bool:
        """Whether everything is answered."""
        return not self.has_more

    def receive(self, data: bytes) -> None:
        """Start the answer to a piece of data."""
        echo = self._length_bytes is None
        self._pieces = Pieces(Content(data, len(data)) if echo else Content(_ZEROS, self._length_bytes or 0))

    def next_piece(self) -> bytes:
        """The next piece of the answer."""
        piece = self._pieces.next()
        self.answered += not self.has_more
        return piece


class Http:
    """HTTP/1.1 or HTTP/2, according to the client's first bytes: HTTP/2 starts with a preface."""

    def __init__(self) -> None:
        self._begun = b""
        self._http: HttpServer | Http2Server | None = None
        #: The protocol spoken, by its ALPN name; ``""`` until it is known.
        self.protocol = ""

    @property
    def has_more(self) -> bool:
        """Whether part of an answer may be ready."""
        return self._http is not None and self._http.has_more

    @property
    def is_answering(self) -> bool:
        """Whether an answer has started and not ended."""
        return self._http is not None and self._http.is_answering

    @property
    def is_idle(self) -> bool:
        """Whether every request is answered, and no part of another has arrived."""
        return self._http.is_idle if self._http is not None else not self._begun

    @property
    def is_over(self) -> bool:
        """Whether the last answer was the connection's last."""
        return self._http is not None and self._http.is_over

    @property
    def answered(self) -> int:
        """The number of requests answered."""
        return 0 if self._http is None else self._http.answered

    @property
    def problem(self) -> str:
        """What was wrong with a request, from a fixed set of strings; ``""`` if nothing was."""
        return "" if self._http is None else self._http.problem

    def receive(self, data: bytes) -> None:
        """Take application data."""
        if self._http is not None:
            self._http.receive(data)
            return
        self._begun += data
        if PREFACE.startswith(self._begun) and len(self._begun) < len(PREFACE):
            return
        self.protocol = HTTP_2 if self._begun.startswith(PREFACE) and HAS_HTTP_2 else HTTP_1
        self._http = _http2() if self.protocol == HTTP_2 else HttpServer(content)
        self._http.receive(self._begun)

    def next_piece(self) -> bytes:
        """The next part of the answers; ``b""`` if there is none yet."""
        return b"" if self._http is None else self._http.next_piece()


def _http2() -> Http2Server:
    from tlsbench.loopback.http2 import Http2Server  # it needs an extra

    return Http2Server(content)


def content(target: bytes) -> Content:
    """The content of a target."""
    if not target.startswith(_BYTES):
        return Content(_GREETING, len(_GREETING), media_type="text/plain")
    digits = target.removeprefix(_BYTES)
    if not digits.isdigit() or len(digits) > 12 or int(digits) > _MOST_BODY_BYTES:
        return _NOT_FOUND
    return Content(_ZEROS, int(digits))


def http() -> Answerer:
    """An answerer of HTTP: ``/bytes/N`` has N bytes, any other path a greeting."""
    return Http()


def answerer_of(plan: ServerPlan) -> Callable[[], Answerer]:
    """The function that makes an answerer for each connection."""
    if plan.answer == "http":
        return http
    length_bytes = plan.bulk_bytes if plan.answer.startswith("bulk:") else None
    return lambda: Fixed(length_bytes)
