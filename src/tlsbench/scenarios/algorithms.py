"""The primitives: cryptographic operations measured on their own, without TLS around them.

A name is ``algorithm/operation``. ``sized`` operations work on ``size`` bytes of data; the others
have no size (a signature is over one digest-sized message, a key agreement over one peer key).
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsbench.scenarios.groups import BY_NAME as GROUPS
from tlsbench.scenarios.keys import KEY_TYPES

#: Those whose single operations are measured.
SIGNERS = tuple(key_type for key_type in KEY_TYPES if not key_type.uncommon)

AEADS = ("aes-128-gcm", "aes-256-gcm", "chacha20-poly1305", "aes-128-ccm")
HASHES = ("sha-256", "sha-384")
AGREEMENTS = ("x25519", "secp256r1", "secp384r1")
KEMS = ("ml-kem-768", "ml-kem-1024")
AEAD_OPERATIONS = ("encrypt", "decrypt", "encrypt_into", "decrypt_into")
#: Whose operations accept or refuse.
_VERIFYING = ("decrypt", "decrypt_into", "verify", "decrypt_pkcs1", "compare")


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One measurable primitive. ``aliases`` are other names that people use for it.

    :param verifies: whether it accepts or refuses what it is given, so that its times may say why.
    """

    name: str
    sized: bool = False
    aliases: tuple[str, ...] = ()
    verifies: bool = False


#: Other names of what is done something with.
_ALIASES = {
    "aes-128-gcm": ("aes128-gcm",),
    "aes-256-gcm": ("aes256-gcm",),
    "aes-128-ccm": ("aes128-ccm",),
    "chacha20-poly1305": ("chacha20", "chacha20poly1305"),
    "sha-256": ("sha256",),
    "sha-384": ("sha384",),
    "ml-kem-768": ("mlkem768",),
    "ml-kem-1024": ("mlkem1024",),
    **{name: GROUPS[name].aliases for name in AGREEMENTS},
}


def _algorithm(subject: str, operation: str, *, sized: bool = False) -> Algorithm:
    aliases = tuple(f"{alias}/{operation}" for alias in _ALIASES.get(subject, ()))
    return Algorithm(f"{subject}/{operation}", sized, aliases, verifies=operation in _VERIFYING)


ALGORITHMS = (
    *(_algorithm(aead, operation, sized=True) for aead in AEADS for operation in AEAD_OPERATIONS),
    *(_algorithm(digest, "digest", sized=True) for digest in HASHES),
    *(
        _algorithm(f"hmac-{digest}", operation, sized=True)
        for digest in HASHES
        for operation in ("sign", "verify")
    ),
    *(_algorithm(f"hkdf-{digest}", operation) for digest in HASHES for operation in ("derive", "expand")),
    *(_algorithm(group, operation) for group in AGREEMENTS for operation in ("keygen", "exchange")),
    *(_algorithm(kem, operation) for kem in KEMS for operation in ("keygen", "encapsulate", "decapsulate")),
    *(
        _algorithm(key_type.name, operation)
        for key_type in SIGNERS
        for operation in ("keygen", "sign", "verify")
    ),
    # RSAES-PKCS1-v1_5, whose padding must not show in times (RFC 8017 section 7.2.2)
    *(_algorithm(key_type.name, "decrypt_pkcs1") for key_type in SIGNERS if key_type.authentication == "RSA"),
    _algorithm("bytes", "compare", sized=True),
)

BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS}
