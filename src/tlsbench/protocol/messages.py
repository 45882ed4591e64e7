"""The numbers of TLS messages, for what speaks of them: the fake library and the wire's witness."""

from typing import Final

# RFC 8446 section 5.1 (ContentType)
HANDSHAKE: Final = 22
APPLICATION_DATA: Final = 23

# RFC 8446 section 4 and RFC 5246 section 7.4 (HandshakeType)
CLIENT_HELLO: Final = 1
SERVER_HELLO: Final = 2
CERTIFICATE: Final = 11
SERVER_KEY_EXCHANGE: Final = 12
CERTIFICATE_REQUEST: Final = 13
CERTIFICATE_STATUS: Final = 22

# RFC 8446 section 4.2 (ExtensionType); session_ticket is RFC 5077
SESSION_TICKET: Final = 35
PRE_SHARED_KEY: Final = 41
EARLY_DATA: Final = 42
SUPPORTED_VERSIONS: Final = 43
KEY_SHARE: Final = 51

# RFC 8422 section 5.4 (ECCurveType)
NAMED_CURVE: Final = 3
