"""Alerts: how one side tells the other why it gives up (RFC 8446 section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: AlertDescription, as the IANA registry "TLS Alerts" spells them.
DESCRIPTIONS: Final = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    40: "handshake_failure",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}
_CLOSE_NOTIFY = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert, as one side sent or received it. ``sender`` is ``"client"`` or ``"server"``."""

    code: int
    sender: str

    @property
    def description(self) -> str:
        """Its name, such as ``"unknown_ca"``."""
        return DESCRIPTIONS.get(self.code, f"alert {self.code}")

    @property
    def is_refusal(self) -> bool:
        """Whether it ends the connection for a reason; close_notify ends it without one."""
        return self.code != _CLOSE_NOTIFY

    def __str__(self) -> str:
        return f"{self.description} ({self.code}), sent by the {self.sender}"
