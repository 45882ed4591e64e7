"""The key types of certificates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyType:
    """One kind of certificate key.

    ``authentication`` names the TLS 1.2 suites it can serve (``RSA``, ``ECDSA``; ``""`` for none),
    ``curve`` the group that a TLS 1.2 peer must also offer for it (RFC 8422 section 5.1).
    """

    name: str
    authentication: str
    curve: str = ""


KEY_TYPES = (
    KeyType("ecdsa-secp256r1", "ECDSA", "secp256r1"),
    KeyType("ecdsa-secp384r1", "ECDSA", "secp384r1"),
    KeyType("rsa-2048", "RSA"),
    KeyType("rsa-3072", "RSA"),
    KeyType("rsa-4096", "RSA"),
    KeyType("ed25519", "ECDSA"),
    # FIPS 204, in TLS by draft-ietf-tls-mldsa
    KeyType("ml-dsa-44", ""),
    KeyType("ml-dsa-65", ""),
    KeyType("ml-dsa-87", ""),
)

BY_NAME = {key_type.name: key_type for key_type in KEY_TYPES}
