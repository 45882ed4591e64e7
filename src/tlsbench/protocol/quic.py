"""What QUIC version 1 (RFC 9000) names by numbers and words, where several modules need it."""

from __future__ import annotations

from typing import Final

#: What the ends offer and take as application protocol (RFC 7301), which QUIC must have (RFC 9001 section
#: 8.1): HTTP/3 (RFC 9114), which every server of it takes.
ALPN: Final = "h3"
#: The least size of a UDP datagram with a client's Initial packet (RFC 9000 section 14.1).
INITIAL_DATAGRAM_BYTES: Final = 1200
#: What a server may send to an address that is not validated: this many times what it received from there
#: (RFC 9000 section 8.1).
AMPLIFICATION: Final = 3
