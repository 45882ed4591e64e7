"""The primitives: cryptographic operations measured on their own, without TLS around them.

A name is ``algorithm/operation``. ``sized`` operations work on ``size`` bytes of data; the others
have no size (a signature is over one digest-sized message, a key agreement over one peer key).
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsbench.scenarios.keys import KEY_TYPES

AEADS = ("aes-128-gcm", "aes-256-gcm", "chacha20-poly1305", "aes-128-ccm")
HASHES = ("sha-256", "sha-384")
AGREEMENTS = ("x25519", "secp256r1", "secp384r1")
KEMS = ("ml-kem-768", "ml-kem-1024")
AEAD_OPERATIONS = ("encrypt", "decrypt", "encrypt_into", "decrypt_into")


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One measurable primitive."""

    name: str
    sized: bool = False


ALGORITHMS = (
    *(Algorithm(f"{aead}/{operation}", sized=True) for aead in AEADS for operation in AEAD_OPERATIONS),
    *(Algorithm(f"{digest}/digest", sized=True) for digest in HASHES),
    *(Algorithm(f"hmac-{digest}/sign", sized=True) for digest in HASHES),
    *(Algorithm(f"hkdf-{digest}/derive") for digest in HASHES),
    *(Algorithm(f"{group}/{operation}") for group in AGREEMENTS for operation in ("keygen", "exchange")),
    *(
        Algorithm(f"{kem}/{operation}")
        for kem in KEMS
        for operation in ("keygen", "encapsulate", "decapsulate")
    ),
    *(
        Algorithm(f"{key_type.name}/{operation}")
        for key_type in KEY_TYPES
        for operation in ("keygen", "sign", "verify")
    ),
)

BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS}
