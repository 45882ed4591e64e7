"""Extensions of hello messages: IANA's "TLS ExtensionType Values"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# RFC 7250 section 3
CLIENT_CERTIFICATE_TYPE: Final = 19
SERVER_CERTIFICATE_TYPE: Final = 20
#: The extension of a server that presents a raw public key: IANA's "TLS Certificate Types".
RAW_PUBLIC_KEY: Final = b"\x02"
# RFC 6066 section 4
MAX_FRAGMENT_LENGTH: Final = 1
#: The lengths that it can ask for, in bytes, and their codes.
FRAGMENT_LENGTHS: Final[Mapping[int, int]] = {512: 1, 1024: 2, 2048: 3, 4096: 4}
# RFC 8449 section 4
RECORD_SIZE_LIMIT: Final = 28
# RFC 5077 section 3.2
SESSION_TICKET: Final = 35
# RFC 8446 section 4.2
PRE_SHARED_KEY: Final = 41
EARLY_DATA: Final = 42
SUPPORTED_VERSIONS: Final = 43
PSK_KEY_EXCHANGE_MODES: Final = 45
KEY_SHARE: Final = 51
# RFC 6066 section 3
SERVER_NAME: Final = 0
# RFC 8879 section 3
COMPRESS_CERTIFICATE: Final = 27
# RFC 9849 section 5
ENCRYPTED_CLIENT_HELLO: Final = 0xFE0D
# RFC 7366 section 2
ENCRYPT_THEN_MAC: Final = 22

#: Extension names by code point.
NAMES: Final[Mapping[int, str]] = {
    SERVER_NAME: "server_name",
    MAX_FRAGMENT_LENGTH: "max_fragment_length",
    5: "status_request",
    10: "supported_groups",
    11: "ec_point_formats",
    13: "signature_algorithms",
    14: "use_srtp",
    15: "heartbeat",
    16: "application_layer_protocol_negotiation",
    17: "status_request_v2",
    18: "signed_certificate_timestamp",
    CLIENT_CERTIFICATE_TYPE: "client_certificate_type",
    SERVER_CERTIFICATE_TYPE: "server_certificate_type",
    21: "padding",
    ENCRYPT_THEN_MAC: "encrypt_then_mac",
    23: "extended_master_secret",
    24: "token_binding",
    COMPRESS_CERTIFICATE: "compress_certificate",
    RECORD_SIZE_LIMIT: "record_size_limit",
    34: "delegated_credential",
    SESSION_TICKET: "session_ticket",
    PRE_SHARED_KEY: "pre_shared_key",
    EARLY_DATA: "early_data",
    SUPPORTED_VERSIONS: "supported_versions",
    44: "cookie",
    PSK_KEY_EXCHANGE_MODES: "psk_key_exchange_modes",
    47: "certificate_authorities",
    48: "oid_filters",
    49: "post_handshake_auth",
    50: "signature_algorithms_cert",
    KEY_SHARE: "key_share",
    57: "quic_transport_parameters",
    58: "ticket_request",
    64768: "ech_outer_extensions",
    ENCRYPTED_CLIENT_HELLO: "encrypted_client_hello",
    65281: "renegotiation_info",
}
#: Reserved to keep peers tolerant of unknown values (RFC 8701): 0x0A0A, 0x1A1A and so on.
_GREASE: Final = frozenset(0x0A0A + 0x1010 * at for at in range(16))


def name_of(code_point: int) -> str:
    """The name of an extension; its code point in hexadecimal if it has no name here."""
    return "GREASE" if code_point in _GREASE else NAMES.get(code_point, f"{code_point:#06x}")
