"""Constants of QUIC version 1 (RFC 9000) that several modules need."""

from __future__ import annotations

from typing import Final

#: The application protocol that both ends use (RFC 7301), as QUIC requires one (RFC 9001 section 8.1): HTTP/3
#: (RFC 9114), which every HTTP/3 server accepts.
ALPN: Final = "h3"
#: The minimum size of a UDP datagram with a client's Initial packet (RFC 9000 section 14.1).
INITIAL_DATAGRAM_BYTES: Final = 1200
#: A server may send at most this many times what it received from an address that is not yet validated
#: (RFC 9000 section 8.1).
AMPLIFICATION: Final = 3
