"""The axis for splitting a handshake into parts, and the primitives behind groups and cipher suites.

A handshake's cost is the sum of its parts: operations of :mod:`tlsbench.scenarios.algorithms`, each counted
as often as the handshake performs it (:mod:`tlsbench.workloads.parts`), and the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tlsbench.scenarios.axis import row

PARTS: Final = row(
    meaning="whether the cost of each side is split into parts: key share, agreement, signature, "
    "verification, key schedule, records, hashing, allocation, and the rest",
    values=("no", "yes"),
    default=("no",),
    neutral="no",
    workloads=("handshake",),
    rare=True,
    denied="the single operations of its engine cannot be called",
)
#: The key agreements and KEMs that make up each group, the curve first (draft-ietf-tls-ecdhe-mlkem).
MADE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "secp256r1": ("secp256r1",),
    "x25519": ("x25519",),
    "secp384r1": ("secp384r1",),
    "secp521r1": ("secp521r1",),
    "x448": ("x448",),
    "X25519MLKEM768": ("x25519", "ml-kem-768"),
    "SecP256r1MLKEM768": ("secp256r1", "ml-kem-768"),
    "SecP384r1MLKEM1024": ("secp384r1", "ml-kem-1024"),
    "MLKEM768": ("ml-kem-768",),
    "MLKEM1024": ("ml-kem-1024",),
}
#: The AEADs by the part of a suite's name that identifies them.
_AEADS: Final = {
    "_AES_128_GCM": "aes-128-gcm",
    "_AES_256_GCM": "aes-256-gcm",
    "_AES_128_CCM_8": "aes-128-ccm-8",
    "_AES_128_CCM": "aes-128-ccm",
    "_AES_256_CCM_8": "",
    "_AES_256_CCM": "aes-256-ccm",
    "CHACHA20_POLY1305": "chacha20-poly1305",
}


def aead_of(suite: str) -> str:
    """The AEAD that protects the records of a cipher suite.

    ``""`` if it has none (CBC), or one that is not among the primitives: ARIA, CAMELLIA, SM4.
    """
    return next((aead for part, aead in _AEADS.items() if part in suite), "")


def hash_of(suite: str) -> str:
    """The hash of a cipher suite's transcript and key schedule (RFC 8446, appendix B.4; RFC 5289)."""
    return "sha-384" if suite.endswith("SHA384") else "sha-256"
