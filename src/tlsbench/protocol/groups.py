"""Key exchange groups: IANA's "TLS Supported Groups", except for deprecated or obsolete ones.

Those that can be measured are in :mod:`tlsbench.scenarios.groups`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tlsbench.protocol import finite_fields

#: Group names by code point.
NAMES: Final[Mapping[int, str]] = {
    0x0017: "secp256r1",
    0x0018: "secp384r1",
    0x0019: "secp521r1",
    0x001A: "brainpoolP256r1",
    0x001B: "brainpoolP384r1",
    0x001C: "brainpoolP512r1",
    0x001D: "x25519",
    0x001E: "x448",
    0x001F: "brainpoolP256r1tls13",
    0x0020: "brainpoolP384r1tls13",
    0x0021: "brainpoolP512r1tls13",
    0x0029: "curveSM2",
    0x0100: "ffdhe2048",
    0x0101: "ffdhe3072",
    0x0102: "ffdhe4096",
    0x0103: "ffdhe6144",
    0x0104: "ffdhe8192",
    0x0200: "MLKEM512",
    0x0201: "MLKEM768",
    0x0202: "MLKEM1024",
    0x11EB: "SecP256r1MLKEM768",
    0x11EC: "X25519MLKEM768",
    0x11ED: "SecP384r1MLKEM1024",
}

_CODE_POINTS: Final = {name: code_point for code_point, name in NAMES.items()}


def of_prime(prime: int) -> int:
    """The code point of the finite field with this prime; if RFC 7919 lacks it, minus its number of bits."""
    name = finite_fields.group_of(prime)
    return _CODE_POINTS[name] if name else -prime.bit_length()


def name_of(code_point: int) -> str:
    """The name of a code point, also of one from :func:`of_prime`; in hexadecimal if it has no name here."""
    if code_point < 0:
        return f"a prime of {-code_point} bits that is not in RFC 7919"
    return NAMES.get(code_point, f"{code_point:#06x}")
