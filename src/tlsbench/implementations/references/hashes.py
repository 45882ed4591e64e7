"""Hashes from Python's hashlib, and what is built on them: HMAC and key derivations."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from tlsbench.errors import MeasurementError
from tlsbench.scenarios import subjects

#: The output sizes in bytes of hashes whose caller chooses them.
XOF_BYTES: Final = {"shake128": 32, "shake256": 64}
#: The names of hashes in hashlib, if they differ by more than hyphens.
_NAMES: Final = {
    **{f"sha-512-{bits}": f"sha512_{bits}" for bits in (224, 256)},
    **{f"sha3-{bits}": f"sha3_{bits}" for bits in (224, 256, 384, 512)},
    **{f"shake{bits}": f"shake_{bits}" for bits in (128, 256)},
}


def hashlib_name(name: str) -> str:
    """What hashlib calls a hash of :data:`tlsbench.scenarios.subjects.HASHES`."""
    return _NAMES.get(name, name.replace("-", ""))


def digest(name: str, data: bytes) -> bytes:
    """A digest.

    :raises MeasurementError: if Python does not have the hash, so that no result could be checked.
    """
    try:
        made = hashlib.new(hashlib_name(name), data, usedforsecurity=False)
    except ValueError:
        raise MeasurementError(f"this Python's hashlib has no {name} to check results against") from None
    if name in XOF_BYTES:
        return made.digest(XOF_BYTES[name])  # type: ignore[call-arg]  # a SHAKE's
    return made.digest()


def has(name: str) -> bool:
    """Whether results of a hash can be checked."""
    try:
        digest(name, b"")
    except MeasurementError:
        return False
    return True


def digest_bytes(name: str) -> int:
    """The size of a digest."""
    return len(digest(name, b""))


def hmac_of(name: str, key: bytes, data: bytes) -> bytes:
    """HMAC (RFC 2104)."""
    return hmac.digest(key, data, hashlib_name(name))


def hkdf(name: str, operation: str, secret: bytes, salt: bytes, info: bytes) -> bytes:
    """One block of HKDF output, from ``derive`` or from ``expand`` alone (RFC 5869 sections 2.2 and 2.3)."""
    key = secret if operation == "expand" else hmac_of(name, salt, secret)
    return hmac_of(name, key, info + b"\x01")


_COUNTER_1: Final = (1).to_bytes(4)
#: What a key is derived for.
LABEL, CONTEXT = b"tlsbench", b"context"


def _concat(secret: bytes) -> bytes:
    """NIST SP 800-56C section 4.1: the counter, the secret and the label."""
    return hashlib.sha256(_COUNTER_1 + secret + LABEL).digest()


def _x963(secret: bytes) -> bytes:
    """SEC 1 section 3.6.1: the secret, the counter and the label."""
    return hashlib.sha256(secret + _COUNTER_1 + LABEL).digest()


def _kbkdf(secret: bytes) -> bytes:
    """NIST SP 800-108 section 4.1: counter, label, zero, context and the length in bits."""
    return hmac_of("sha-256", secret, _COUNTER_1 + LABEL + b"\0" + CONTEXT + (256).to_bytes(4))


#: The other derivations of one block of SHA-256, by name in :data:`tlsbench.scenarios.subjects.KDFS`.
ONE_BLOCK: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "concat-kdf-sha-256": _concat,
    "x963-kdf-sha-256": _x963,
    "kbkdf-hmac-sha-256": _kbkdf,
}

#: The inputs of all password hashes: the known answers hold for these.
PASSWORD, SALT, PASSWORD_HASH_BYTES = b"password", b"tlsbench's salt.", 32
#: Argon2id of these by memory, passes and lanes, from the reference implementation
#: (https://github.com/P-H-C/phc-winner-argon2, through argon2-cffi 25.1).
_ARGON2: Final = {
    (47_104, 1, 1): "11bd419586be191cd3c32f67f1a52ea8881336601081d48a49b5bb473aa8e40e",
    (19_456, 2, 1): "8b04bba3e9db588a8a201f114f6ab0979dea1fbd6035c70360edbabb63dd1e70",
    (12_288, 3, 1): "468bb20c661883ceb2527bc5982fa636220f4fd92b025d8d1cc18e14749c96e7",
    (9_216, 4, 1): "2beda48200a8296a54b27ff61446ced8b78d766699fab9a3d0ab2f2cc69b3601",
    (7_168, 5, 1): "d812dd7ade9868e76ef487490ddf34ada4e85b8b8b06bf2b0b8e9a880bd12016",
    (65_536, 3, 4): "d0826933aa28da613f31001920e64e17a234c102932661e0018345257be21542",
}


@cache
def password_hash(name: str) -> bytes:
    """The correct result of a password hash in :data:`tlsbench.scenarios.subjects.PASSWORD_HASHES`."""
    if argon2 := subjects.ARGON2.get(name):
        return bytes.fromhex(_ARGON2[argon2.memory_kib, argon2.passes, argon2.lanes])
    if scrypt := subjects.SCRYPT.get(name):
        return hashlib.scrypt(
            PASSWORD,
            salt=SALT,
            n=1 << scrypt.log_n,
            r=scrypt.r,
            p=scrypt.p,
            maxmem=2 * 1024 * scrypt.memory_kib,
            dklen=PASSWORD_HASH_BYTES,
        )
    pbkdf2 = subjects.PBKDF2[name]
    hash_name = hashlib_name(pbkdf2.digest)
    return hashlib.pbkdf2_hmac(hash_name, PASSWORD, SALT, pbkdf2.iterations, PASSWORD_HASH_BYTES)
