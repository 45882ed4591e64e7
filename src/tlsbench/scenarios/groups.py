"""The key exchange groups by IANA name ("TLS Supported Groups")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tlsbench.scenarios.axis import row


@dataclass(frozen=True, slots=True)
class Group:
    """One group. ``post_quantum`` groups (hybrid or pure ML-KEM) exist only in TLS 1.3.

    ``prime_bits`` is the size of the prime of a finite-field group (RFC 7919), 0 for the others;
    ``aliases`` are other common names.
    """

    name: str
    code_point: int
    post_quantum: bool = False
    prime_bits: int = 0
    aliases: tuple[str, ...] = ()


GROUPS = (
    Group("secp256r1", 0x0017, aliases=("p256", "p-256", "prime256v1")),
    Group("x25519", 0x001D, aliases=("curve25519",)),
    Group("secp384r1", 0x0018, aliases=("p384", "p-384")),
    Group("secp521r1", 0x0019, aliases=("p521", "p-521")),
    Group("x448", 0x001E, aliases=("curve448",)),
    # RFC 7919: Diffie-Hellman over finite fields, for DHE suites and for TLS 1.3
    *(
        Group(f"ffdhe{bits}", code_point, prime_bits=bits, aliases=(f"dh{bits}", f"dhe{bits}"))
        for code_point, bits in (
            (0x0100, 2048),
            (0x0101, 3072),
            (0x0102, 4096),
            (0x0103, 6144),
            (0x0104, 8192),
        )
    ),
    # draft-ietf-tls-ecdhe-mlkem: a curve and ML-KEM together
    Group("X25519MLKEM768", 0x11EC, post_quantum=True, aliases=("x25519-mlkem768",)),
    Group("SecP256r1MLKEM768", 0x11EB, post_quantum=True, aliases=("p256mlkem768", "p256-mlkem768")),
    Group("SecP384r1MLKEM1024", 0x11ED, post_quantum=True, aliases=("p384mlkem1024", "p384-mlkem1024")),
    # draft-ietf-tls-mlkem: ML-KEM (FIPS 203) alone
    Group("MLKEM512", 0x0200, post_quantum=True, aliases=("ml-kem-512", "ml-kem512")),
    Group("MLKEM768", 0x0201, post_quantum=True, aliases=("ml-kem-768", "ml-kem768")),
    Group("MLKEM1024", 0x0202, post_quantum=True, aliases=("ml-kem-1024", "ml-kem1024")),
)

#: The value of ``group`` without a key exchange in a group: static RSA, and ECDH with a certificate's key.
NO_GROUP: Final = "none"
PRIMES: Final = tuple(group.name for group in GROUPS if group.prime_bits)

#: Whether the server must ask the client for a key share of another group (RFC 8446 section 4.1.4).
HELLO_RETRY: Final = row(
    meaning="whether the client first sends a key share of another group (x25519, else secp256r1), so that "
    "the server answers with a HelloRetryRequest",
    values=("no", "yes"),
    default=("no",),
    neutral="no",
    workloads=("handshake", "completion"),
    rare=True,
    denied="the group of its client's first key cannot be chosen",
    ends=("client",),
)
#: A client that must be asked again first sends a key share of the first of these that is not ``group``.
_UNWANTED: Final = ("x25519", "secp256r1")


def groups_to_retry(group: str) -> str:
    """The groups, in order, of a client that the server must ask again for a key share of ``group``.

    They are separated by colons, as :class:`tlsbench.implementations.TlsImplementation` expects.
    """
    return f"{next(other for other in _UNWANTED if other != group)}:{group}"


BY_NAME = {group.name: group for group in GROUPS}
BY_CODE_POINT = {group.code_point: group for group in GROUPS}
