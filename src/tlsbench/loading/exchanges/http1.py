"""HTTP/1.1: one request after another."""

from __future__ import annotations

from tlsbench.errors import MeasurementError
from tlsbench.loading.answers import Answer, plain_length
from tlsbench.loading.exchanges.contract import Asked

_HEAD_END = b"\r\n\r\n"


class Http1:
    """An exchange that sends each request once the previous response is complete."""

    __slots__ = ("_answer", "_asked", "_counted", "_request", "_since_ns", "left", "waits_since_ns")
    alternates = True
    speaks_unasked = False
    is_over = False

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._request = b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (asked.path, asked.authority)
        self._answer: Answer | None = None
        self._counted = False
        self._since_ns = self.waits_since_ns = 0
        self.left = 0

    @property
    def step(self) -> str:
        """``"first byte"`` or ``"request"``."""
        return "first byte" if self._answer is None else "request"

    def ask(self, count: int, now_ns: int, *, counted: bool) -> bytes:
        """Begin a use, and return its first request, if it has any."""
        self.left, self._counted = count, counted
        self._answer = None
        self._since_ns = self.waits_since_ns = now_ns
        return self._request if count else b""

    def take(self, data: bytes, now_ns: int) -> bytes:
        """Take a part of a response; after its end, return the next request."""
        asked = self._asked
        if self._answer is None:
            if self._counted:
                asked.first_bytes_ns.append(now_ns - self._since_ns)
            self.waits_since_ns = now_ns
            body_at = data.find(_HEAD_END) + len(_HEAD_END)
            is_whole = asked.known_heads.get(data[:body_at]) == len(data) - body_at
            if not is_whole and not self._read(data, body_at):
                return b""
        elif not self._answer.take(data):
            return b""
        return self._answered(now_ns)

    def _read(self, data: bytes, body_at: int) -> bool:
        """Read the beginning of a response with an unknown head; return whether that is all of it."""
        self._answer = Answer(self._asked.size_bytes)
        if not self._answer.take(data):
            return False
        body_bytes = len(data) - body_at
        if plain_length(data[: body_at - len(_HEAD_END)]) == body_bytes:
            self._asked.learn(data[:body_at], body_bytes)
        return True

    def _answered(self, now_ns: int) -> bytes:
        asked = self._asked
        if self._counted:
            asked.requests_ns.append(now_ns - self._since_ns)
            asked.tally.requests += 1
        self.left -= 1
        if not self.left:
            return b""
        self._answer = None
        self._since_ns = self.waits_since_ns = now_ns
        return self._request

    def end_of_input(self, now_ns: int) -> bool:
        """Note that the server has ended its half; return whether that ends a response without a length."""
        if self._answer is None or not self._answer.close():
            return False
        self._answered(now_ns)
        if self.left:
            raise MeasurementError("closed by the server")
        return True

    def goodbye(self) -> bytes:
        """Nothing: HTTP/1.1 has no closing message."""
        return b""
