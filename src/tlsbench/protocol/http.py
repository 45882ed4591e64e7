"""Versions of HTTP by their names in ALPN (RFC 7301), and what tells HTTP/2 from the others."""

from __future__ import annotations

from typing import Final

HTTP_1: Final = "http/1.1"
HTTP_2: Final = "h2"
HTTP_3: Final = "h3"
#: As people write them.
NAMES: Final = {HTTP_1: "HTTP/1.1", HTTP_2: "HTTP/2", HTTP_3: "HTTP/3"}
#: What a client of HTTP/2 says first (RFC 9113 section 3.4).
PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
