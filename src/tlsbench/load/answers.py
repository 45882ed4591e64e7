"""Reading HTTP/1.1 answers: as much of it as tells where the next one begins."""

from __future__ import annotations

import re

from tlsbench.errors import MeasurementError

_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]+)[ \t]*\r\n", re.IGNORECASE)
_MOST_HEADER_BYTES = 64 * 1024


class Answer:
    """An answer as it comes in. It must have a Content-Length (RFC 9110 section 8.6).

    :param size_bytes: the length it must have; 0 takes any.
    """

    __slots__ = ("_body_left", "_head", "_size_bytes")

    def __init__(self, size_bytes: int = 0) -> None:
        self._head = b""
        self._size_bytes = size_bytes
        self._body_left = -1

    def take(self, data: bytes) -> bool:
        """Take what was read; whether the answer is whole.

        :raises MeasurementError: if it is no success, or none whose end is known.
        """
        if self._body_left < 0:
            self._head += data
            head, separator, data = self._head.partition(b"\r\n\r\n")
            if not separator:
                if len(self._head) > _MOST_HEADER_BYTES:
                    raise MeasurementError("an answer without an end of its header")
                return False
            self._body_left = _length(head + b"\r\n")
            if self._size_bytes not in (0, self._body_left):
                raise MeasurementError(f"an answer of {self._body_left} bytes, not {self._size_bytes}")
        self._body_left -= len(data)
        if self._body_left < 0:
            raise MeasurementError("an answer longer than its Content-Length")
        return self._body_left == 0


def _length(head: bytes) -> int:
    status, length = _STATUS.match(head), _LENGTH.search(head)
    if status is None:
        raise MeasurementError("an answer that is no HTTP/1")
    if not status[1].startswith(b"2"):
        raise MeasurementError(f"HTTP status {status[1].decode('ascii')}")
    if length is None:
        raise MeasurementError("an answer without a Content-Length")
    return int(length[1])
