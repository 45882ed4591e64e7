"""The subjects of primitives: algorithms with their parameters, and the operations of each.

A row says where the algorithm is specified and which parameters its name implies, so that figures can be
compared. :mod:`tlsbench.scenarios.algorithms` derives the values of the axis from the rows.
"""

from __future__ import annotations

from typing import Final

from tlsbench.scenarios.subjects.asymmetric import (
    AGREEMENTS,
    KEMS,
    RSA,
    RSA_KEYS,
    SEALS,
    SIGNATURE_KEYS,
    SIGNATURES,
    SLH_DSA,
)
from tlsbench.scenarios.subjects.passwords import (
    ARGON2,
    OWASP,
    PASSWORD_HASHES,
    PBKDF2,
    SCRYPT,
    Argon2,
    Pbkdf2,
    Scrypt,
)
from tlsbench.scenarios.subjects.subject import Subject
from tlsbench.scenarios.subjects.symmetric import (
    AEADS,
    CIPHERS,
    HASHES,
    HMAC_HASHES,
    KDFS,
    MACS,
)

__all__ = [
    "AEADS",
    "AGREEMENTS",
    "ARGON2",
    "CIPHERS",
    "COMPARISON",
    "HASHES",
    "HMAC_HASHES",
    "KDFS",
    "KEMS",
    "MACS",
    "OWASP",
    "PASSWORD_HASHES",
    "PBKDF2",
    "RSA",
    "RSA_KEYS",
    "SCRYPT",
    "SEALS",
    "SIGNATURES",
    "SIGNATURE_KEYS",
    "SLH_DSA",
    "SUBJECTS",
    "Argon2",
    "Pbkdf2",
    "Scrypt",
    "Subject",
]

COMPARISON: Final = Subject(
    name="bytes",
    kind="comparison",
    operations=("compare",),
    source="constant time",
    sized=True,
    verifying=("compare",),
)

#: All subjects; a name may have several rows.
SUBJECTS: Final = (
    *AEADS,
    *CIPHERS,
    *HASHES,
    *MACS,
    *KDFS,
    *PASSWORD_HASHES,
    *AGREEMENTS,
    *KEMS,
    *SIGNATURES,
    *RSA,
    *SEALS,
    COMPARISON,
)
