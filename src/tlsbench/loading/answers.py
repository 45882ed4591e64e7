"""Read HTTP/1.1 responses, as far as needed to find where the next one begins.

A response with a plain Content-Length is read here, for speed; everything else that HTTP allows (interim
responses, chunked ones, and those without a body or that end with the connection) is left to h11.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

import h11

from tlsbench.errors import MeasurementError

#: The status line of a successful response with a body, in its usual form.
_PLAIN: Final = re.compile(rb"HTTP/1\.1 2(?!04|05)[0-9]{2}[ \r]")
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([^\r\n]*)", re.IGNORECASE)
_PLAIN_LENGTH: Final = re.compile(rb"[0-9]{1,15}[ \t]*")
_CODED: Final = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_BEGINNING: Final = b"HTTP/1."
_MOST_HEADER_BYTES: Final = 64 * 1024


class Answer:
    """A response as it comes in.

    :param size_bytes: the length that its body must have; 0 accepts any.
    """

    __slots__ = ("_body_left", "_got_bytes", "_head", "_http", "_size_bytes")

    def __init__(self, size_bytes: int = 0) -> None:
        self._head = b""
        self._size_bytes = size_bytes
        self._body_left = -1
        self._http: h11.Connection | None = None
        self._got_bytes = 0

    def take(self, data: bytes) -> bool:
        """Take what was read, and return whether the response is complete.

        :raises MeasurementError: if it is no success, or not HTTP/1, with one of a few kinds of text.
        """
        if self._http is not None:
            return self._go_on(self._http, data)
        if self._body_left < 0:
            self._head += data
            head, separator, data = self._head.partition(b"\r\n\r\n")
            if not head.startswith(_BEGINNING[: len(head)]):
                raise MeasurementError("an answer that is not HTTP/1")
            if not separator:
                if len(self._head) > _MOST_HEADER_BYTES:
                    raise MeasurementError("an answer whose header does not end")
                # h11 also accepts lines that end without a carriage return, as RFC 9112 section 2.2 allows
                return b"\n\n" in self._head and self._by_h11()
            self._body_left = plain_length(head)
            if self._body_left < 0:
                return self._by_h11()
            self._must_be(self._body_left)
        self._body_left -= len(data)
        if self._body_left < 0:
            raise MeasurementError("an answer longer than its Content-Length")
        return self._body_left == 0

    def close(self) -> bool:
        """Note that the server closed the connection; return whether that ends a response, as HTTP allows."""
        return self._http is not None and self._go_on(self._http, b"")

    def _by_h11(self) -> bool:
        self._http = http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEADER_BYTES)
        http.send(h11.Request(method="GET", target="/", headers=[("Host", "localhost")]))
        http.send(h11.EndOfMessage())
        return self._go_on(http, self._head)

    def _go_on(self, http: h11.Connection, data: bytes) -> bool:
        try:
            http.receive_data(data)
            while (event := http.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                if isinstance(event, h11.Response) and not is_success(event.status_code):
                    raise MeasurementError(f"HTTP status {event.status_code}")
                if isinstance(event, h11.Data):
                    self._got_bytes += len(event.data)
                if isinstance(event, h11.EndOfMessage):
                    self._must_be(self._got_bytes)
                    if http.trailing_data[0]:
                        raise MeasurementError("data after the end of an answer")
                    return True
                if isinstance(event, h11.ConnectionClosed):
                    break
        except (h11.ProtocolError, ValueError) as error:  # ValueError: int() limits the number of digits
            raise MeasurementError("an answer that breaks the rules of HTTP/1") from error
        return False

    def _must_be(self, body_bytes: int) -> None:
        if self._size_bytes not in (0, body_bytes):
            raise MeasurementError(f"an answer of {body_bytes} bytes, not {self._size_bytes}")


def is_success(status: int) -> bool:
    """Whether a status code is a success or 304 (Not Modified), see RFC 9110 section 15."""
    return 200 <= status < 300 or status == HTTPStatus.NOT_MODIFIED


def plain_length(head: bytes) -> int:
    """The body length of a response in the plain form; -1 for any other."""
    lengths = _LENGTH.findall(head)
    if (
        _PLAIN.match(head)
        and len(lengths) == 1
        and _PLAIN_LENGTH.fullmatch(lengths[0])
        and not _CODED.search(head)
    ):
        return int(lengths[0])
    return -1
