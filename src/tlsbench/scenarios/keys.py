"""The key types of certificates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyType:
    """One kind of certificate key.

    ``authentication`` names the TLS 1.2 suites it can serve (``RSA``, ``ECDSA``; ``""`` for none),
    ``curve`` the group that a TLS 1.2 peer must also offer for it (RFC 8422 section 5.1),
    ``aliases`` other names that people use for it.
    """

    name: str
    authentication: str
    curve: str = ""
    aliases: tuple[str, ...] = ()


KEY_TYPES = (
    KeyType("ecdsa-secp256r1", "ECDSA", "secp256r1", ("ecdsa", "ecdsa-p256", "p256", "p-256", "prime256v1")),
    KeyType("ecdsa-secp384r1", "ECDSA", "secp384r1", ("ecdsa-p384", "p384", "p-384")),
    KeyType("rsa-2048", "RSA", aliases=("rsa", "rsa2048")),
    KeyType("rsa-3072", "RSA", aliases=("rsa3072",)),
    KeyType("rsa-4096", "RSA", aliases=("rsa4096",)),
    KeyType("ed25519", "ECDSA", aliases=("eddsa",)),
    # FIPS 204, in TLS by draft-ietf-tls-mldsa
    KeyType("ml-dsa-44", "", aliases=("mldsa44", "ml-dsa44")),
    KeyType("ml-dsa-65", "", aliases=("mldsa65", "ml-dsa65")),
    KeyType("ml-dsa-87", "", aliases=("mldsa87", "ml-dsa87")),
)

BY_NAME = {key_type.name: key_type for key_type in KEY_TYPES}
