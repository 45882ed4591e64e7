"""The key derivations of the cryptography package, from secrets and from passwords."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from tlsbench.implementations.cryptography.digests import HASHES
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references import hashes as references
from tlsbench.implementations.references.hashes import (
    CONTEXT,
    LABEL,
    ONE_BLOCK,
    PASSWORD,
    PASSWORD_HASH_BYTES,
    SALT,
)
from tlsbench.implementations.verification import must_match
from tlsbench.scenarios.subjects import ARGON2, KDFS, PASSWORD_HASHES, PBKDF2, SCRYPT

_KDFS: Final = frozenset(subject.name for subject in KDFS)
_PASSWORD_HASHES: Final = frozenset(subject.name for subject in PASSWORD_HASHES)


def find(subject: str, _operation: str) -> Callable[[str, str, int], Operation] | None:
    """The maker of an operation in this family; None if it belongs to another."""
    if subject in _PASSWORD_HASHES:
        return _password_hash
    if subject in ONE_BLOCK:
        return _one_block
    return _hkdf if subject in _KDFS else None


def attempt(subject: str) -> None:
    """Set up an algorithm, just far enough to see whether the engine has it."""
    if subject in _PASSWORD_HASHES:
        _of_password(subject)
    elif subject in ONE_BLOCK:
        _of_secret(subject)
    elif subject in _KDFS:
        HKDF(HASHES[subject.removeprefix("hkdf-")], 32, None, None)


def _hkdf(subject: str, operation: str, _size_bytes: int) -> Operation:
    name = subject.removeprefix("hkdf-")
    kind = HASHES[name]
    secret, salt, info = os.urandom(32), os.urandom(kind.digest_size), b"tls13 traffic"
    length_bytes = kind.digest_size
    extracted = references.hmac_of(name, salt, secret)

    def derive() -> bytes:
        return HKDF(kind, length_bytes, salt, info).derive(secret)

    def expand() -> bytes:
        return HKDFExpand(kind, length_bytes, info).derive(extracted)

    expected = references.hkdf(name, "derive", secret, salt, info)
    call = {"derive": derive, "expand": expand}[operation]
    return Operation(call, lambda: must_match(subject, expected, call()))


def _of_secret(subject: str) -> Any:  # noqa: ANN401 - the derivations have no common type
    """Cryptography's object for a single derivation."""
    if subject == "concat-kdf-sha-256":
        return ConcatKDFHash(hashes.SHA256(), 32, LABEL)
    if subject == "x963-kdf-sha-256":
        return X963KDF(hashes.SHA256(), 32, LABEL)
    before = CounterLocation.BeforeFixed
    return KBKDFHMAC(hashes.SHA256(), Mode.CounterMode, 32, 4, 4, before, LABEL, CONTEXT, None)


def _one_block(subject: str, _operation: str, _size_bytes: int) -> Operation:
    secret = os.urandom(32)
    expected = ONE_BLOCK[subject](secret)

    def call() -> object:
        return _of_secret(subject).derive(secret)

    return Operation(call, lambda: must_match(subject, expected, call()))


def _of_password(subject: str) -> Any:  # noqa: ANN401
    """Cryptography's object for a single derivation."""
    if argon2 := ARGON2.get(subject):
        return Argon2id(
            salt=SALT,
            length=PASSWORD_HASH_BYTES,
            iterations=argon2.passes,
            lanes=argon2.lanes,
            memory_cost=argon2.memory_kib,
        )
    if scrypt := SCRYPT.get(subject):
        return Scrypt(salt=SALT, length=PASSWORD_HASH_BYTES, n=1 << scrypt.log_n, r=scrypt.r, p=scrypt.p)
    pbkdf2 = PBKDF2[subject]
    return PBKDF2HMAC(HASHES[pbkdf2.digest], PASSWORD_HASH_BYTES, SALT, pbkdf2.iterations)


def _password_hash(subject: str, _operation: str, _size_bytes: int) -> Operation:
    expected = partial(references.password_hash, subject)
    last: list[object] = []

    def call() -> None:
        last[:] = [_of_password(subject).derive(PASSWORD)]

    def verify() -> None:
        # Check the measured result: deriving it again would take as long as the measurement.
        if not last:
            call()
        must_match(subject, expected(), last.pop())

    return Operation(call, verify)
