"""The key exchange groups, by their IANA names ("TLS Supported Groups")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """One group. ``post_quantum`` groups (hybrid or pure ML-KEM) exist for TLS 1.3 only."""

    name: str
    code_point: int
    post_quantum: bool = False


GROUPS = (
    Group("secp256r1", 0x0017),
    Group("x25519", 0x001D),
    Group("secp384r1", 0x0018),
    Group("secp521r1", 0x0019),
    Group("x448", 0x001E),
    # draft-ietf-tls-ecdhe-mlkem: a curve and ML-KEM together
    Group("X25519MLKEM768", 0x11EC, post_quantum=True),
    Group("SecP256r1MLKEM768", 0x11EB, post_quantum=True),
    Group("SecP384r1MLKEM1024", 0x11ED, post_quantum=True),
    # draft-ietf-tls-mlkem: ML-KEM (FIPS 203) alone
    Group("MLKEM512", 0x0200, post_quantum=True),
    Group("MLKEM768", 0x0201, post_quantum=True),
    Group("MLKEM1024", 0x0202, post_quantum=True),
)

BY_NAME = {group.name: group for group in GROUPS}
BY_CODE_POINT = {group.code_point: group for group in GROUPS}
