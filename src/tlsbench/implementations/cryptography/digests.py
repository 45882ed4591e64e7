"""The hashes and message authentication codes of the cryptography package."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.poly1305 import Poly1305

from tlsbench.errors import MeasurementError
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references import ciphers
from tlsbench.implementations.references import hashes as references
from tlsbench.implementations.references.hashes import XOF_BYTES
from tlsbench.implementations.verification import must_match
from tlsbench.scenarios.subjects import HMAC_HASHES

#: By name in :data:`tlsbench.scenarios.subjects.HASHES`.
HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
    "sha-224": hashes.SHA224(),
    "sha-512": hashes.SHA512(),
    "sha-512-224": hashes.SHA512_224(),
    "sha-512-256": hashes.SHA512_256(),
    "sha3-224": hashes.SHA3_224(),
    "sha3-256": hashes.SHA3_256(),
    "sha3-384": hashes.SHA3_384(),
    "sha3-512": hashes.SHA3_512(),
    "shake128": hashes.SHAKE128(XOF_BYTES["shake128"]),
    "shake256": hashes.SHAKE256(XOF_BYTES["shake256"]),
    "blake2b": hashes.BLAKE2b(64),
    "blake2s": hashes.BLAKE2s(32),
    "sm3": hashes.SM3(),
    "sha-1": hashes.SHA1(),  # noqa: S303 - it is measured
    "md5": hashes.MD5(),  # noqa: S303
}


@dataclass(frozen=True, slots=True)
class Mac:
    """A message authentication code of cryptography.

    :param begin: makes a context from a key of ``key_bytes``.
    :param reference: computes the code by its definition, from key and data.
    """

    begin: Callable[[bytes], Any]
    key_bytes: int
    reference: Callable[[bytes, bytes], bytes]


def _cmac(bits: int) -> Mac:
    block = ciphers.BLOCK_CIPHERS[f"aes-{bits}"]
    return Mac(lambda key: CMAC(block.make(key)), block.key_bytes, partial(ciphers.cmac, f"aes-{bits}"))


#: By name in :data:`tlsbench.scenarios.subjects.MACS`.
MACS: Final[Mapping[str, Mac]] = {
    **{
        f"hmac-{name}": Mac(partial(HMAC, algorithm=HASHES[name]), 32, partial(references.hmac_of, name))
        for name in HMAC_HASHES
    },
    "cmac-aes-128": _cmac(128),
    "cmac-aes-256": _cmac(256),
    "poly1305": Mac(Poly1305, 32, ciphers.poly1305),
}


def find(subject: str, operation: str) -> Callable[[str, str, int], Operation] | None:
    """The maker of an operation in this family; None if it belongs to another."""
    if subject in HASHES:
        return _digest
    return _mac if subject in MACS and operation == "sign" else None


def attempt(subject: str) -> None:
    """Set up an algorithm, just far enough to see whether the engine has it."""
    if subject in MACS:
        mac = MACS[subject]
        mac.begin(os.urandom(mac.key_bytes))
    name = subject.removeprefix("hmac-")
    if name in HASHES:
        hashes.Hash(HASHES[name])
        if not references.has(name):
            raise MeasurementError(f"no second implementation of {name}")


def _digest(subject: str, _operation: str, size_bytes: int) -> Operation:
    data, kind = os.urandom(size_bytes), HASHES[subject]

    def call() -> bytes:
        digest = hashes.Hash(kind)
        digest.update(data)
        return digest.finalize()

    reference = references.digest(subject, data)
    return Operation(call, lambda: must_match(subject, reference, call()))


def _mac(subject: str, _operation: str, size_bytes: int) -> Operation:
    kind = MACS[subject]
    key, data = os.urandom(kind.key_bytes), os.urandom(size_bytes)

    def call() -> object:
        mac = kind.begin(key)
        mac.update(data)
        return mac.finalize()

    reference = kind.reference(key, data)
    return Operation(call, lambda: must_match(subject, reference, call()))
