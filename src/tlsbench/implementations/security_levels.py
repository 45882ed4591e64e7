"""What OpenSSL's security levels forbid: SSL_CTX_set_security_level(3) and the callback in ssl_cert.c."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tlsbench.scenarios import Gap, ciphers, gap, groups, keys

#: The least bits of security of each level.
_BITS: Final = {"1": 80, "2": 112, "3": 128, "4": 192, "5": 256}
#: Those of a key, or of its signatures where they have fewer: RSA signs certificates with SHA-256.
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
    **{name: int(name[-4:-1]) for name in keys.BY_NAME if name.startswith("slh-dsa")},
}
#: Those of a group; of a hybrid one those of its ML-KEM.
_OF_GROUPS: Final[Mapping[str, int]] = {
    "secp256r1": 128,
    "x25519": 128,
    "secp384r1": 192,
    "x448": 224,
    "secp521r1": 256,
    "MLKEM512": 128,
    "MLKEM768": 192,
    "X25519MLKEM768": 192,
    "SecP256r1MLKEM768": 192,
    "MLKEM1024": 256,
    "SecP384r1MLKEM1024": 256,
}
#: HMAC with SHA-1 counts for that many.
_HMAC_SHA1_BITS: Final = 160
#: From here on no session ticket is given, and TLS 1.2 has no other here than those and session ids.
_NO_TICKETS: Final = ("3", "4", "5")


def level_gaps() -> Iterator[Gap]:
    """What stands in the way of each level."""
    for level, bits in _BITS.items():
        least = f"security level {level} asks for {bits} bits"
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
        "from security level 3 on OpenSSL gives no session tickets",
        security_level=_NO_TICKETS,
        version="1.2",
        resumption="ticket",
    )


def _of_cipher(name: str) -> int:
    bits = 128 if "AES_128" in name else 256
    return min(bits, _HMAC_SHA1_BITS) if name.endswith("_SHA") else bits
