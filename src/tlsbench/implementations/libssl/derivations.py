"""Key derivations of a libcrypto, from secrets and from passwords."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from tlsbench.implementations.libssl import algorithms, hkdfs
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.checks import checked, must
from tlsbench.implementations.libssl.kdfs import OCTETS, UNSIGNED, UTF8, by_kdf, has_kdf
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references import hashes
from tlsbench.implementations.references.hashes import (
    CONTEXT,
    LABEL,
    ONE_BLOCK,
    PASSWORD,
    PASSWORD_HASH_BYTES,
    SALT,
)
from tlsbench.implementations.verification import must_match
from tlsbench.scenarios.subjects import ARGON2, PBKDF2, SCRYPT, Argon2, Pbkdf2, Scrypt

_ARGON2ID: Final = b"ARGON2ID"
#: OpenSSL 3's names of the KDFs, and of their label and context parameters (EVP_KDF-SS(7) and so on).
_KDFS: Final[Mapping[str, tuple[bytes, tuple[tuple[str, bytes], ...]]]] = {
    "concat-kdf-sha-256": (b"SSKDF", (("info", LABEL),)),
    "x963-kdf-sha-256": (b"X963KDF", (("info", LABEL),)),
    "kbkdf-hmac-sha-256": (b"KBKDF", (("salt", LABEL), ("info", CONTEXT))),
}


def find(lib: Library, subject: str, _operation: str) -> Callable[[Library, str, str, int], Operation] | None:
    """Return the maker of an operation of this family; None if the library does not have it."""
    offered = (
        (subject in ARGON2 and has_kdf(lib, _ARGON2ID), _password_hash),
        (subject in SCRYPT and lib.has("EVP_PBE_scrypt"), _password_hash),
        (subject in PBKDF2 and lib.has("PKCS5_PBKDF2_HMAC"), _password_hash),
        (subject in _KDFS and has_kdf(lib, _KDFS[subject][0] if subject in _KDFS else b""), _one_block),
        (subject.startswith("hkdf-") and hkdfs.has(lib), hkdfs.operation),
    )
    return next((make for is_offered, make in offered if is_offered), None)


def _one_block(lib: Library, subject: str, _operation: str, _size_bytes: int) -> Operation:
    name, words = _KDFS[subject]
    secret = os.urandom(32)
    out = ffi.new("unsigned char[]", 32)
    given = [("key", OCTETS, secret), *((word, OCTETS, value) for word, value in words)]
    given += [("digest", UTF8, b"SHA256")]
    if name == b"KBKDF":
        given += [("mac", UTF8, b"HMAC"), ("mode", UTF8, b"counter")]
    call = by_kdf(lib, name, given, out)
    expected = ONE_BLOCK[subject](secret)
    return Operation(call, lambda: checked(call, subject, expected, out))


def _argon2(lib: Library, argon2: Argon2, out: Any) -> Callable[[], object]:
    given = (
        ("pass", OCTETS, PASSWORD),
        ("salt", OCTETS, SALT),
        ("iter", UNSIGNED, argon2.passes),
        ("lanes", UNSIGNED, argon2.lanes),
        ("memcost", UNSIGNED, argon2.memory_kib),
    )
    return by_kdf(lib, _ARGON2ID, given, out)


def _scrypt(lib: Library, scrypt: Scrypt, out: Any) -> Callable[[], object]:
    most_memory = 2 * 1024 * scrypt.memory_kib
    cost = (1 << scrypt.log_n, scrypt.r, scrypt.p, most_memory)
    function = partial(lib.EVP_PBE_scrypt, PASSWORD, len(PASSWORD), SALT, len(SALT), *cost, out, len(out))
    return lambda: must(lib, function(), "scrypt")


def _pbkdf2(lib: Library, pbkdf2: Pbkdf2, out: Any) -> Callable[[], object]:
    md, given = algorithms.digest(lib, pbkdf2.digest), (PASSWORD, len(PASSWORD), SALT, len(SALT))
    function = partial(lib.PKCS5_PBKDF2_HMAC, *given, pbkdf2.iterations, md, len(out), out)
    return lambda: must(lib, function(), "PBKDF2")


def _password_hash(lib: Library, subject: str, _operation: str, _size_bytes: int) -> Operation:
    out = ffi.new("unsigned char[]", PASSWORD_HASH_BYTES)
    if subject in ARGON2:
        derive = _argon2(lib, ARGON2[subject], out)
    elif subject in SCRYPT:
        derive = _scrypt(lib, SCRYPT[subject], out)
    else:
        derive = _pbkdf2(lib, PBKDF2[subject], out)

    def verify() -> None:
        # The measured result itself is checked: deriving once more would take as long as measuring.
        if not any(bytes(ffi.buffer(out))):
            derive()
        must_match(subject, hashes.password_hash(subject), bytes(ffi.buffer(out)))
        ffi.buffer(out)[:] = bytes(PASSWORD_HASH_BYTES)

    return Operation(derive, verify)
