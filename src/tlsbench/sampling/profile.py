"""Attributing a TLS library's instructions to its calls into libcrypto, from a callgrind profile.

libssl and libcrypto are two files, and the functions between them are exported, so they keep their names even
if all other symbols are stripped. The libcrypto function that libssl calls thus shows the purpose, and
everything below such a call belongs to it: the inclusive costs add up, and nothing is counted twice. The
number of calls is unknown: callgrind also counts the other side's calls, which cost nothing here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from tlsbench.errors import MeasurementError
from tlsbench.workloads.parts import PARTS, REST, UNKNOWN, Part
from tlsbench.workloads.parts.bill import (
    AGREEMENT,
    ALLOCATION,
    HASHING,
    KEY_SCHEDULE,
    KEY_SHARE,
    RECORDS,
    SIGNATURE,
    VERIFICATION,
)

_PROTOCOL, _CRYPTOGRAPHY = re.compile(r"libssl\b.*"), re.compile(r"libcrypto\b.*")
#: What callgrind writes for code that it cannot assign to a file, such as linkage tables.
_NO_FILE: Final = "???"
_NAMED = re.compile(r"(c?(?:fn|ob|fl|fi|fe))=(?:\(([0-9]+)\))? ?(.*)")
#: A function with a smaller share of a side's instructions gets no row of its own.
_LEAST_SHARE = 0.01
_SETS_PEER, _READS_POINT = "EVP_PKEY_derive_set_peer", "EC_POINT_get_affine_coordinates_GFp"
#: Functions that serve two parts: a function that only callers for the first part also call, and both parts.
#: OpenSSL 1.1.1 derives keys and agreed secrets by the same calls; BoringSSL multiplies points for both.
_FOR_TWO: Final[Mapping[str, tuple[str, str, str]]] = {
    **dict.fromkeys(
        ("EVP_PKEY_derive", "EVP_PKEY_derive_init", "EVP_PKEY_CTX_new_id", "EVP_PKEY_CTX_ctrl"),
        (_SETS_PEER, AGREEMENT, KEY_SCHEDULE),
    ),
    "EC_POINT_mul": (_READS_POINT, AGREEMENT, KEY_SHARE),
}
#: The purpose of libcrypto functions, by the start of their names; the first match counts.
_MEANT: Final[Sequence[tuple[str, tuple[str, ...]]]] = (
    (
        KEY_SHARE,
        (
            *("EVP_PKEY_keygen", "EVP_PKEY_paramgen", "EVP_PKEY_CTX_set_group_name", "EVP_PKEY_Q_keygen"),
            *("EVP_PKEY_CTX_set_ec_paramgen", "X25519_keypair", "EC_KEY_generate", "BCM_mlkem768_generate"),
            *("MLKEM768_generate", "MLKEM1024_generate", "KYBER_generate", "EC_POINT_point2cbb"),
            *("EVP_PKEY_get1_encoded_public_key",),
        ),
    ),
    (
        AGREEMENT,
        (
            *(_SETS_PEER, "EVP_PKEY_encapsulate", "EVP_PKEY_decapsulate", "X25519", _READS_POINT),
            *("MLKEM768_", "MLKEM1024_", "KYBER_", "ECDH_", "EVP_PKEY_set1_encoded_public_key"),
            *("EVP_PKEY_set1_tls_encodedpoint",),
        ),
    ),
    (KEY_SCHEDULE, ("EVP_DigestSignUpdate", "EVP_DigestSignFinal", "EVP_KDF_", "EVP_MAC_", "EVP_Q_mac")),
    (KEY_SCHEDULE, ("HKDF", "HMAC", "CRYPTO_tls1_prf", "CRYPTO_tls13", "EVP_PKEY_new_raw_private_key")),
    (SIGNATURE, ("EVP_DigestSign", "EVP_PKEY_sign")),
    (VERIFICATION, ("EVP_DigestVerify", "EVP_PKEY_verify", "X509_verify_cert")),
    (ALLOCATION, ("CRYPTO_malloc", "CRYPTO_zalloc", "CRYPTO_realloc", "CRYPTO_clear", "CRYPTO_free")),
    (ALLOCATION, ("CRYPTO_memdup", "CRYPTO_strdup", "OPENSSL_malloc", "OPENSSL_realloc", "OPENSSL_free")),
    (ALLOCATION, ("OPENSSL_zalloc", "OPENSSL_calloc", "BUF_MEM_", "BIO_new", "BIO_free", "malloc", "free")),
    (ALLOCATION, ("EVP_MD_CTX_new", "EVP_MD_CTX_free", "EVP_CIPHER_CTX_new", "EVP_CIPHER_CTX_free")),
    (RECORDS, ("EVP_Cipher", "EVP_CIPHER", "EVP_AEAD", "EVP_Encrypt", "EVP_Decrypt")),
    (HASHING, ("EVP_Digest", "EVP_MD_CTX", "SHA256", "SHA384", "SHA512")),
)


@dataclass(frozen=True, slots=True)
class Arc:
    """Calls from one function of a file to one of another."""

    caller: str
    caller_file: str
    callee: str
    callee_file: str
    instructions: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A callgrind profile.

    :param by_file: the instructions of each file's own code.
    :param arcs: the calls between functions, with their inclusive cost.
    """

    by_file: Mapping[str, int]
    arcs: Sequence[Arc]

    @property
    def total(self) -> int:
        """All instructions that were collected."""
        return sum(self.by_file.values())


def read_profile(lines: Iterable[str]) -> Profile:
    """Read a profile (Callgrind Format Specification 1).

    :raises MeasurementError: if it is not one, or is empty.
    """
    names: dict[tuple[str, str], str] = {}
    at = {"fn": "", "ob": "", "cfn": "", "cob": ""}
    by_file: Counter[str] = Counter()
    arcs: list[Arc] = []
    is_call = False
    for line in lines:
        if named := _NAMED.match(line):
            kind, number, name = named.groups()
            space = kind.removeprefix("c")
            if number is not None:
                name = names.setdefault((space, number), name) if name else names.get((space, number), "")
            at[kind] = name
        elif line.startswith("calls="):
            is_call = True
        elif line[:1].isdigit() or line[:1] in "+-*":
            cost = _cost(line)
            if is_call:
                callee_file = at["cob"] or at["ob"]
                arcs.append(Arc(at["fn"], at["ob"], at["cfn"], callee_file, cost))
                at["cob"], is_call = "", False
            else:
                by_file[at["ob"]] += cost
    if not by_file:
        raise MeasurementError("callgrind collected nothing")
    return Profile(by_file, arcs)


def _cost(line: str) -> int:
    """The cost on a line of a position and a cost; callgrind leaves it out if it is zero."""
    words = line.split()
    try:
        return int(words[1]) if len(words) > 1 else 0
    except ValueError:
        raise MeasurementError(f"callgrind wrote '{line.strip()}', which is not a cost") from None


def parts_of_profile(profile: Profile, side: str, handshakes: int) -> tuple[Part, ...]:
    """The parts of a side's cost, in instructions per handshake.

    :param handshakes: the number of handshakes in the profile.
    :raises MeasurementError: if the library does not consist of a libssl and a separate libcrypto.
    """
    files = {file: PurePath(file).name for file in profile.by_file}
    named = {file for file, name in files.items() if name != _NO_FILE}  # a linkage table only passes calls on
    protocol = {file for file, name in files.items() if _PROTOCOL.match(name)}
    cryptography = {file for file, name in files.items() if _CRYPTOGRAPHY.match(name)}
    if not protocol or not cryptography:
        raise MeasurementError(
            "its TLS and its cryptography are one file, or have no symbols: calls between them cannot be seen"
        )
    outside = {arc.caller_file for arc in profile.arcs if arc.callee_file in protocol} - protocol
    callers = (outside & named) - cryptography
    entered = [
        arc
        for arc in profile.arcs
        if (arc.caller_file in protocol and arc.callee_file in named - protocol)
        or (arc.caller_file in callers and arc.callee_file in cryptography)
    ]
    callers_of: dict[str, set[str]] = {}
    for arc in entered:
        callers_of.setdefault(arc.callee, set()).add(arc.caller)
    costs: Counter[tuple[str, str]] = Counter()
    for arc in entered:
        costs[_part_of(arc, callers_of), arc.callee] += arc.instructions
    own = sum(profile.by_file[file] for file in protocol)
    around = profile.total - own - costs.total()
    costs[REST, "the protocol code itself"] = own
    costs[REST, "what calls it, Python among it"] = around
    return tuple(
        Part(side, part, name, UNKNOWN, 0, "", instructions / handshakes)
        for part, name, instructions in _rows(costs, _LEAST_SHARE * profile.total)
    )


def _part_of(arc: Arc, callers_of: Mapping[str, set[str]]) -> str:
    if arc.callee in _FOR_TWO:
        marker, first, second = _FOR_TWO[arc.callee]
        return first if arc.caller in callers_of.get(marker, ()) else second
    return next((part for part, names in _MEANT if arc.callee.startswith(names)), REST)


def _rows(costs: Mapping[tuple[str, str], int], least: float) -> Iterator[tuple[str, str, int]]:
    """Rows for functions with at least ``least`` instructions, and one for the rest of each part."""
    for part in PARTS:
        found = {name: instructions for (of, name), instructions in costs.items() if of == part}
        large = sorted((name for name in found if found[name] >= least), key=lambda name: -found[name])
        yield from ((part, name, found[name]) for name in large)
        if small := [found[name] for name in found if found[name] < least]:
            kind = "other" if large else "small"
            yield part, f"{len(small)} {kind} function{'s' * (len(small) > 1)}", sum(small)
