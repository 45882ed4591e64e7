"""Records and handshake messages: IANA's "TLS ContentType" and "TLS HandshakeType", and their constants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# RFC 8446 section 5.1 (ContentType)
ALERT: Final = 21
HANDSHAKE: Final = 22
APPLICATION_DATA: Final = 23

# RFC 8446 section 4 and RFC 5246 section 7.4 (HandshakeType)
CLIENT_HELLO: Final = 1
SERVER_HELLO: Final = 2
CERTIFICATE: Final = 11
SERVER_KEY_EXCHANGE: Final = 12
CERTIFICATE_REQUEST: Final = 13
CERTIFICATE_STATUS: Final = 22

# RFC 8422 section 5.4 (ECCurveType)
NAMED_CURVE: Final = 3

#: The versions of TLS by their code points, as scenarios spell them (RFC 8446 section 4.2.1).
VERSIONS: Final[Mapping[int, str]] = {0x0303: "1.2", 0x0304: "1.3"}
VERSION_CODE_POINTS: Final = {name: code_point for code_point, name in VERSIONS.items()}
#: The random of a ServerHello that is a HelloRetryRequest (RFC 8446 section 4.1.3).
HELLO_RETRY_REQUEST_RANDOM: Final = bytes.fromhex(
    "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
)

#: The header of a record: type, version, length (RFC 8446 section 5.1).
RECORD_HEADER_BYTES: Final = 5
#: The most plaintext in a record (RFC 8446 section 5.1).
RECORD_BYTES: Final = 1 << 14
