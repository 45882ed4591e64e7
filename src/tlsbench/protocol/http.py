"""HTTP as measured: the ALPN names of its versions (RFC 7301), and headers of HTTP/2 and HTTP/3.

The headers are those of a small API: whatever else browsers send, QPACK and HPACK compress away from the
second request on (RFC 9204, RFC 7541).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

HTTP_1: Final = "http/1.1"
HTTP_2: Final = "h2"
HTTP_3: Final = "h3"
#: The usual spelling of the versions.
NAMES: Final = {HTTP_1: "HTTP/1.1", HTTP_2: "HTTP/2", HTTP_3: "HTTP/3"}
#: The first bytes from an HTTP/2 client (RFC 9113 section 3.4).
PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

Headers = list[tuple[bytes, bytes]]


def request_headers(path: bytes) -> Headers:
    """The headers of a GET request (RFC 9114 section 4.3.1)."""
    return [
        (b":method", b"GET"),
        (b":scheme", b"https"),
        (b":authority", b"localhost"),
        (b":path", path),
        (b"user-agent", b"tlsbench"),
        (b"accept", b"*/*"),
    ]


def answer_headers(size: int) -> Headers:
    """The headers of a response with this many bytes (RFC 9114 section 4.3.2)."""
    return [
        (b":status", b"200"),
        (b"content-type", b"application/octet-stream"),
        (b"content-length", str(size).encode("ascii")),
    ]


def path_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The path in the headers of a request; ``b""`` if there is none."""
    return next((value for name, value in headers if name == b":path"), b"")
