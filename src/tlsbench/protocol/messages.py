"""Records and handshake messages: IANA's "TLS ContentType" and "TLS HandshakeType", and their constants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# RFC 8446 section 5.1 (ContentType)
CHANGE_CIPHER_SPEC: Final = 20
ALERT: Final = 21
HANDSHAKE: Final = 22
APPLICATION_DATA: Final = 23

# RFC 8446 section 4 and RFC 5246 section 7.4 (HandshakeType)
CLIENT_HELLO: Final = 1
SERVER_HELLO: Final = 2
#: RFC 6347 section 4.2.1
HELLO_VERIFY_REQUEST: Final = 3
NEW_SESSION_TICKET: Final = 4
END_OF_EARLY_DATA: Final = 5
ENCRYPTED_EXTENSIONS: Final = 8
CERTIFICATE: Final = 11
SERVER_KEY_EXCHANGE: Final = 12
CERTIFICATE_REQUEST: Final = 13
SERVER_HELLO_DONE: Final = 14
CLIENT_KEY_EXCHANGE: Final = 16
FINISHED: Final = 20
CERTIFICATE_STATUS: Final = 22
KEY_UPDATE: Final = 24
#: RFC 8879 section 4
COMPRESSED_CERTIFICATE: Final = 25

#: Names by code point, as the RFCs spell them.
CONTENT_NAMES: Final[Mapping[int, str]] = {
    CHANGE_CIPHER_SPEC: "ChangeCipherSpec",
    ALERT: "Alert",
    HANDSHAKE: "Handshake",
    APPLICATION_DATA: "ApplicationData",
}
HANDSHAKE_NAMES: Final[Mapping[int, str]] = {
    0: "HelloRequest",
    CLIENT_HELLO: "ClientHello",
    SERVER_HELLO: "ServerHello",
    HELLO_VERIFY_REQUEST: "HelloVerifyRequest",
    NEW_SESSION_TICKET: "NewSessionTicket",
    END_OF_EARLY_DATA: "EndOfEarlyData",
    ENCRYPTED_EXTENSIONS: "EncryptedExtensions",
    CERTIFICATE: "Certificate",
    SERVER_KEY_EXCHANGE: "ServerKeyExchange",
    CERTIFICATE_REQUEST: "CertificateRequest",
    SERVER_HELLO_DONE: "ServerHelloDone",
    15: "CertificateVerify",
    CLIENT_KEY_EXCHANGE: "ClientKeyExchange",
    FINISHED: "Finished",
    21: "CertificateURL",
    CERTIFICATE_STATUS: "CertificateStatus",
    23: "SupplementalData",
    KEY_UPDATE: "KeyUpdate",
    COMPRESSED_CERTIFICATE: "CompressedCertificate",
}

# RFC 8422 section 5.4 (ECCurveType)
NAMED_CURVE: Final = 3

#: The versions of TLS by their code points, as scenarios spell them (RFC 8446 section 4.2.1).
VERSIONS: Final[Mapping[int, str]] = {0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}
#: The versions of DTLS, which counts down (RFC 6347 section 4.1, RFC 9147 section 5.3).
DTLS_VERSIONS: Final[Mapping[int, str]] = {0xFEFD: "1.2", 0xFEFC: "1.3"}
DTLS_VERSION_CODE_POINTS: Final = {name: code_point for code_point, name in DTLS_VERSIONS.items()}
VERSION_CODE_POINTS: Final = {name: code_point for code_point, name in VERSIONS.items()}
#: The random of a ServerHello that is a HelloRetryRequest (RFC 8446 section 4.1.3).
HELLO_RETRY_REQUEST_RANDOM: Final = bytes.fromhex(
    "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
)

#: The header of a record: type, version, length (RFC 8446 section 5.1).
RECORD_HEADER_BYTES: Final = 5
#: The same in DTLS: type, version, epoch, sequence number, length (RFC 6347 section 4.1).
DTLS_RECORD_HEADER_BYTES: Final = 13
#: The header of a fragment of a handshake message of DTLS (RFC 6347 section 4.2.2).
DTLS_MESSAGE_HEADER_BYTES: Final = 12
#: The maximum of plaintext in a record (RFC 8446 section 5.1).
RECORD_BYTES: Final = 1 << 14
#: The maximum that protection may add to a record's fragment (RFC 5246 section 6.2.3; TLS 1.3 allows 256).
PROTECTION_BYTES: Final = 2048
#: The header of a handshake message: type and length (RFC 8446 section 4).
MESSAGE_HEADER_BYTES: Final = 4
