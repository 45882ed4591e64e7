"""The primes of the finite-field Diffie-Hellman groups, as RFC 7919 (appendix A) defines them.

A prime of ``b`` bits is ``2^b - 2^(b-64) + (floor(2^(b-130) e) + X) 2^64 - 1``, with Euler's number ``e`` and
the smallest ``X`` that makes it a safe prime; the generator is 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

GENERATOR: Final = 2
#: By the bits of the prime: the group's name, and its X.
_GROUPS: Final[Mapping[int, tuple[str, int]]] = {
    2048: ("ffdhe2048", 560316),
    3072: ("ffdhe3072", 2625351),
    4096: ("ffdhe4096", 5736041),
    6144: ("ffdhe6144", 15705020),
    8192: ("ffdhe8192", 10965728),
}
_BITS: Final = {name: bits for bits, (name, _) in _GROUPS.items()}
#: Extra bits, many more than the rounding of the terms of Euler's series can cost.
_GUARD_BITS: Final = 64


@cache
def prime_of(group: str) -> int:
    """The prime of a group, by its IANA name.

    :raises KeyError: if RFC 7919 has no such group.
    """
    bits = _BITS[group]
    _, added = _GROUPS[bits]
    prime: int = 2**bits - 2 ** (bits - 64) + (_euler(bits - 130) + added) * 2**64 - 1
    return prime


def prime_bytes(group: str) -> bytes:
    """The prime of a group as TLS messages carry it: big-endian, without leading zeros."""
    return prime_of(group).to_bytes(_BITS[group] // 8, "big")


def group_of(prime: int) -> str | None:
    """The name of the group with this prime; None if RFC 7919 has none."""
    name, _ = _GROUPS.get(prime.bit_length(), ("", 0))
    return name if name and prime_of(name) == prime else None


def _euler(bits: int) -> int:
    """Euler's number times ``2^bits``, rounded down: the sum of ``1/n!``."""
    term, total, number = 1 << (bits + _GUARD_BITS), 0, 0
    while term:
        total += term
        number += 1
        term //= number
    return total >> _GUARD_BITS
