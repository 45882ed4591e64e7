"""The headers of the requests and answers that are measured, as HTTP/2 and HTTP/3 have them.

They are those of a small API: what browsers send more, QPACK and HPACK take out again from the second request
on (RFC 9204, RFC 7541).
"""

from __future__ import annotations

from collections.abc import Iterable

Headers = list[tuple[bytes, bytes]]


def request_headers(path: bytes) -> Headers:
    """Those of a GET (RFC 9114 section 4.3.1)."""
    return [
        (b":method", b"GET"),
        (b":scheme", b"https"),
        (b":authority", b"localhost"),
        (b":path", path),
        (b"user-agent", b"tlsbench"),
        (b"accept", b"*/*"),
    ]


def answer_headers(size: int) -> Headers:
    """Those of an answer of so many bytes (RFC 9114 section 4.3.2)."""
    return [
        (b":status", b"200"),
        (b"content-type", b"application/octet-stream"),
        (b"content-length", str(size).encode("ascii")),
    ]


def path_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The path that a request names; ``b""`` if it has none."""
    return next((value for name, value in headers if name == b":path"), b"")
