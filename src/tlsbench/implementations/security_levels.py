"""What OpenSSL's security levels forbid: SSL_CTX_set_security_level(3) and the callback in ssl_cert.c."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tlsbench.scenarios import Gap, Scenario, ciphers, gap, groups, keys

#: The minimum bits of security at each level.
_BITS: Final = {"1": 80, "2": 112, "3": 128, "4": 192, "5": 256}
#: The bits of a key, or of its signatures if they have fewer: RSA signs certificates with SHA-256.
_OF_KEYS: Final[Mapping[str, int]] = {
    "rsa-2048": 112,
    "rsa-3072": 128,
    "rsa-4096": 128,
    "ecdsa-secp256r1": 128,
    "ecdsa-secp384r1": 192,
    "ecdsa-secp521r1": 256,
    "ecdsa-brainpoolP256r1": 128,
    "ecdsa-brainpoolP384r1": 192,
    "ecdsa-brainpoolP512r1": 256,
    **dict.fromkeys(("rsa-pss-3072", "rsa-pss-4096"), 128),
    "rsa-pss-2048": 112,
    "ed25519": 128,
    "ed448": 224,
    "ml-dsa-44": 128,
    "ml-dsa-65": 192,
    "ml-dsa-87": 256,
    "composite-ml-dsa-65-ecdsa-secp256r1": 192,
    **{name: int(name[-4:-1]) for name in keys.BY_NAME if name.startswith("slh-dsa")},
}
#: The bits of a group; for a hybrid, those of its ML-KEM.
_OF_GROUPS: Final[Mapping[str, int]] = {
    "secp256r1": 128,
    "x25519": 128,
    "secp384r1": 192,
    "ffdhe2048": 112,
    "ffdhe3072": 128,
    "ffdhe4096": 128,
    "ffdhe6144": 128,
    "ffdhe8192": 192,
    "x448": 224,
    "secp521r1": 256,
    "MLKEM512": 128,
    "MLKEM768": 192,
    "X25519MLKEM768": 192,
    "SecP256r1MLKEM768": 192,
    "MLKEM1024": 256,
    "SecP384r1MLKEM1024": 256,
}
#: The bits of a cipher, by a part of its name; 256 for the others. A short tag counts for its own length.
_OF_CIPHERS: Final[Mapping[str, int]] = {
    "NULL": 0,
    "CCM_8": 64,
    "RC4": 64,
    "3DES": 112,
    "IDEA": 128,
    "SEED": 128,
    "SM4": 128,
    "128": 128,
}
#: Suites of at most this many bits run at level 0, whatever default an OpenSSL was built with: 2 at most.
_OF_LEVEL_2: Final = 112
#: The bits for which HMAC-SHA-1 counts.
_HMAC_SHA1_BITS: Final = 160
#: The levels without session tickets, which leave only session ids for resumption in TLS 1.2.
_NO_TICKETS: Final = ("3", "4", "5")


def needs_level_0(scenario: Scenario) -> bool:
    """Whether OpenSSL needs security level 0 for a scenario's version or cipher suite.

    TLS 1.0 and 1.1 sign with MD5 and SHA-1, which have too few bits for the other levels.
    """
    return scenario.version in ciphers.BROKEN_VERSIONS or _of_cipher(scenario.cipher) <= _OF_LEVEL_2


def level_gaps() -> Iterator[Gap]:
    """The gaps of each level."""
    for level, bits in _BITS.items():
        least = f"security level {level} requires {bits} bits"
        weak = {
            "group": tuple(name for name in groups.BY_NAME if _OF_GROUPS[name] < bits),
            "cipher": tuple(name for name in ciphers.BY_NAME if _of_cipher(name) < bits),
            **dict.fromkeys(
                ("key", "intermediate_key", "root_key"),
                tuple(name for name in keys.BY_NAME if _OF_KEYS[name] < bits),
            ),
        }
        for axis, values in weak.items():
            if values:
                yield gap(
                    f"{least}, and the {axis.replace('_', ' ')} has fewer",
                    security_level=level,
                    **{axis: values},
                )
    yield gap(
        "TLS 1.0 and 1.1 need security level 0: leave out security_level=",
        security_level=tuple(_BITS),
        version=ciphers.BROKEN_VERSIONS,
    )
    yield gap(
        "from security level 3 on a suite must have forward secrecy",
        security_level=_NO_TICKETS,
        cipher=tuple(suite.name for suite in ciphers.CIPHER_SUITES if not suite.has_forward_secrecy),
    )
    yield gap(
        "from security level 3 on OpenSSL sends no session tickets",
        security_level=_NO_TICKETS,
        version="1.2",
        resumption="ticket",
    )


def _of_cipher(name: str) -> int:
    suite = ciphers.BY_NAME[name]
    bits = next((found for part, found in _OF_CIPHERS.items() if part in suite.encryption), 256)
    if suite.hash_name == "MD5":
        return 0
    return min(bits, _HMAC_SHA1_BITS) if suite.hash_name == "SHA" else bits
