"""Key agreements, KEMs, signatures, and schemes that seal secrets and messages."""

from __future__ import annotations

from typing import Final

from tlsbench.scenarios.groups import BY_NAME as GROUPS
from tlsbench.scenarios.keys import KEY_TYPES
from tlsbench.scenarios.subjects.subject import Subject

_SIGNATURE = ("keygen", "sign", "verify")


def _agreement(name: str, source: str, *aliases: str) -> Subject:
    known = GROUPS[name].aliases if name in GROUPS else ()
    return Subject(
        name=name,
        kind="key agreement",
        operations=("keygen", "exchange"),
        source=source,
        aliases=tuple(dict.fromkeys((*known, *aliases))),
    )


_SP_186, _FFDHE = "NIST SP 800-186", "RFC 7919"
AGREEMENTS: Final = (
    _agreement("x25519", "RFC 7748"),
    _agreement("secp256r1", _SP_186),
    _agreement("secp384r1", _SP_186),
    _agreement("secp521r1", _SP_186),
    _agreement("x448", "RFC 7748"),
    _agreement("brainpoolP256r1", "RFC 5639"),
    _agreement("brainpoolP384r1", "RFC 5639"),
    _agreement("brainpoolP512r1", "RFC 5639"),
    _agreement("secp256k1", "SEC 2"),
    _agreement("ffdhe2048", _FFDHE),
    _agreement("ffdhe3072", _FFDHE),
    _agreement("ffdhe4096", _FFDHE),
)

KEMS: Final = tuple(
    Subject(
        name=f"ml-kem-{bits}",
        kind="KEM",
        operations=("keygen", "encapsulate", "decapsulate"),
        source="FIPS 203",
        aliases=(f"mlkem{bits}",),
    )
    for bits in (768, 1024, 512)
)

_OF_KEYS: Final = {
    "rsa": ("RFC 8017", "RSA-PSS, SHA-256, salt of 32 bytes"),
    "ecdsa": ("FIPS 186-5", ""),
    "ed25519": ("RFC 8032", ""),
    "ed448": ("RFC 8032", ""),
    "ml": ("FIPS 204", ""),
    "slh": ("FIPS 205", ""),
}
#: FIPS 205, table 2: the small and the fast parameter set of each strength, with either hash.
SLH_DSA: Final = tuple(
    f"slh-dsa-{hashing}-{bits}{kind}"
    for hashing in ("sha2", "shake")
    for bits in (128, 192, 256)
    for kind in "sf"
)


def _signs_alone(name: str) -> bool:
    """Whether a key type is a primitive of its own; RSA keys for RSA-PSS only do the same as RSA keys."""
    return name.partition("-")[0] in _OF_KEYS and not name.startswith("rsa-pss-")


#: The key types that sign; those of certificates come first.
SIGNATURE_KEYS: Final = tuple(
    dict.fromkeys(
        (
            *(key_type.name for key_type in KEY_TYPES if _signs_alone(key_type.name)),
            "ecdsa-secp521r1",
            "ecdsa-brainpoolP256r1",
            "ecdsa-brainpoolP384r1",
            "ecdsa-brainpoolP512r1",
            "ecdsa-secp256k1",
            "ed448",
            *SLH_DSA,
        )
    )
)


def _signature(name: str) -> Subject:
    source, parameters = _OF_KEYS[name.partition("-")[0]]
    pss = (("sign_pss", "sign"), ("verify_pss", "verify")) if name.startswith("rsa") else ()
    return Subject(
        name=name,
        kind="signature",
        operations=_SIGNATURE,
        source=source,
        parameters=parameters,
        verifying=("verify",),
        renamed=pss,
    )


SIGNATURES: Final = tuple(_signature(name) for name in SIGNATURE_KEYS)

RSA_KEYS: Final = tuple(name for name in SIGNATURE_KEYS if name.startswith("rsa-"))
#: RSA operations other than RSA-PSS. Timing must not reveal errors in RSAES-PKCS1-v1_5 padding (RFC 8017
#: section 7.2.2).
RSA: Final = tuple(
    Subject(
        name=name,
        kind=kind,
        operations=operations,
        source="RFC 8017",
        parameters=parameters,
        verifying=verifying,
    )
    for kind, operations, verifying, parameters in (
        ("encryption", ("decrypt_pkcs1",), ("decrypt_pkcs1",), "RSAES-PKCS1-v1_5, 48 bytes"),
        ("encryption", ("encrypt_pkcs1",), (), "RSAES-PKCS1-v1_5, 48 bytes"),
        ("encryption", ("encrypt_oaep", "decrypt_oaep"), ("decrypt_oaep",), "OAEP, SHA-256, 48 bytes"),
        ("signature", ("sign_pkcs1", "verify_pkcs1"), ("verify_pkcs1",), "RSASSA-PKCS1-v1_5, SHA-256"),
    )
    for name in RSA_KEYS
)

_ENCRYPTION = ("encrypt", "decrypt")
SEALS: Final = (
    *(
        Subject(
            name=f"{name}-{bits}",
            kind="key wrap",
            operations=("wrap", "unwrap"),
            source=source,
            parameters=f"{wrapped}, {bits // 8}-byte key",
            verifying=("unwrap",),
        )
        for name, source, wrapped in (
            ("aes-wrap", "RFC 3394", "a key of 32 bytes"),
            ("aes-wrap-pad", "RFC 5649", "a secret of 29 bytes"),
        )
        for bits in (128, 256)
    ),
    *(
        Subject(
            name=name,
            kind="HPKE",
            operations=_ENCRYPTION,
            source=source,
            parameters="HKDF-SHA256, AES-128-GCM",
            sized=True,
            verifying=("decrypt",),
        )
        for name, source in (
            ("hpke-x25519", "RFC 9180"),
            ("hpke-mlkem768-x25519", "draft-ietf-hpke-pq"),
        )
    ),
    Subject(
        name="fernet",
        kind="token",
        operations=_ENCRYPTION,
        source="the Fernet specification",
        parameters="AES-128-CBC, HMAC-SHA256, base64",
        sized=True,
        verifying=("decrypt",),
    ),
)
