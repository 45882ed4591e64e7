"""The key types of certificates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class KeyType:
    """One type of certificate key.

    ``authentication`` names the TLS 1.2 suites it works with (``RSA``, ``ECDSA``; ``""`` for none),
    ``curve`` the group that a TLS 1.2 peer must also offer for it (RFC 8422 section 5.1),
    ``aliases`` its other common names. ``uncommon`` is the reason why a library cannot use it unless it
    declares that it can; ``""`` for key types that libraries usually have. ``engine_only`` means that the
    cryptography package has no such keys, so that OpenSSL signs with them.
    """

    name: str
    authentication: str
    curve: str = ""
    aliases: tuple[str, ...] = ()
    uncommon: str = ""
    engine_only: bool = False


def _brainpool(curve: str) -> KeyType:
    return KeyType(
        f"ecdsa-{curve}",
        "ECDSA",
        curve,
        (curve,),
        "it does not support certificates on the brainpool curves",
    )


def _rsa_pss(bits: int) -> KeyType:
    return KeyType(
        f"rsa-pss-{bits}",
        "RSA",
        aliases=("rsa-pss",) if bits == 2048 else (),
        uncommon="it does not support certificates with RSA-PSS keys (id-RSASSA-PSS)",
        engine_only=True,
    )


def _slh_dsa(hashing: str, size: str) -> KeyType:
    name = f"slh-dsa-{hashing}-{size}"
    return KeyType(
        name,
        "",
        aliases=(name.replace("slh-dsa", "slhdsa"),),
        uncommon="it does not support SLH-DSA certificates",
        engine_only=True,
    )


KEY_TYPES = (
    KeyType("ecdsa-secp256r1", "ECDSA", "secp256r1", ("ecdsa", "ecdsa-p256", "p256", "p-256", "prime256v1")),
    KeyType("ecdsa-secp384r1", "ECDSA", "secp384r1", ("ecdsa-p384", "p384", "p-384")),
    KeyType(
        "ecdsa-secp521r1",
        "ECDSA",
        "secp521r1",
        ("ecdsa-p521", "p521", "p-521"),
        "it does not support certificates on secp521r1",
    ),
    # RFC 5639, in TLS 1.3 by RFC 8734
    _brainpool("brainpoolP256r1"),
    _brainpool("brainpoolP384r1"),
    _brainpool("brainpoolP512r1"),
    KeyType("rsa-2048", "RSA", aliases=("rsa", "rsa2048")),
    KeyType("rsa-3072", "RSA", aliases=("rsa3072",)),
    KeyType("rsa-4096", "RSA", aliases=("rsa4096",)),
    # RFC 4055: keys restricted to RSASSA-PSS
    _rsa_pss(2048),
    _rsa_pss(3072),
    _rsa_pss(4096),
    KeyType("ed25519", "ECDSA", aliases=("eddsa",)),
    KeyType("ed448", "ECDSA", uncommon="it does not support Ed448 certificates"),
    # FIPS 204, in TLS by draft-ietf-tls-mldsa
    KeyType("ml-dsa-44", "", aliases=("mldsa44", "ml-dsa44")),
    KeyType("ml-dsa-65", "", aliases=("mldsa65", "ml-dsa65")),
    KeyType("ml-dsa-87", "", aliases=("mldsa87", "ml-dsa87")),
    # FIPS 205, in certificates by RFC 9909
    *(
        _slh_dsa(hashing, f"{bits}{speed}")
        for hashing in ("sha2", "shake")
        for bits in (128, 192, 256)
        for speed in "sf"
    ),
    # Two keys and two signatures in one (draft-ietf-lamps-pq-composite-sigs): listed so users can request it.
    KeyType(
        "composite-ml-dsa-65-ecdsa-secp256r1",
        "",
        aliases=("composite", "mldsa65-ecdsa-p256-sha512"),
        uncommon="it has no composite keys: no release of an engine here has them yet",
        engine_only=True,
    ),
)

BY_NAME = {key_type.name: key_type for key_type in KEY_TYPES}
#: The key types that a library must declare support for, each with the reason given if it does not.
UNCOMMON: Final = {key_type.name: key_type.uncommon for key_type in KEY_TYPES if key_type.uncommon}
#: The axes for the key types of certificates.
KEY_AXES: Final = ("key", "intermediate_key", "root_key")
