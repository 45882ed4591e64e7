"""HTTP as it is measured: its versions by their names in ALPN (RFC 7301), and headers of HTTP/2 and HTTP/3.

The headers are those of a small API: what browsers send more, QPACK and HPACK take out again from the second
request on (RFC 9204, RFC 7541).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

HTTP_1: Final = "http/1.1"
HTTP_2: Final = "h2"
HTTP_3: Final = "h3"
#: As people write them.
NAMES: Final = {HTTP_1: "HTTP/1.1", HTTP_2: "HTTP/2", HTTP_3: "HTTP/3"}
#: What a client of HTTP/2 says first (RFC 9113 section 3.4).
PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

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
    """Those of an answer of this many bytes (RFC 9114 section 4.3.2)."""
    return [
        (b":status", b"200"),
        (b"content-type", b"application/octet-stream"),
        (b"content-length", str(size).encode("ascii")),
    ]


def path_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The path that a request names; ``b""`` if it has none."""
    return next((value for name, value in headers if name == b":path"), b"")
