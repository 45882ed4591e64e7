"""The single operations of the libcrypto that a libssl is linked with, each ready to call.

They are called as libssl itself calls them while it shakes hands, contexts made and freed, so that what they
cost here is what they cost there, but for the caches, which are warm here, and for the way from Python to C.
That way takes some 0.2 µs for each call, more than some of the functions: it is measured by the same calls of
a function that does nothing, and taken off. The cryptography package is the second implementation that
results are checked by.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tlsbench.errors import MeasurementError
from tlsbench.implementations.contract import Operation
from tlsbench.implementations.libssl import aeads, hkdfs, signatures
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.checks import Hollow, check, checked, loaded, must
from tlsbench.pki import keys
from tlsbench.scenarios.algorithms import AGREEMENTS, ALGORITHMS, HASHES, KEMS

_CURVES: Final = {"secp256r1": (415, b"P-256", ec.SECP256R1()), "secp384r1": (715, b"P-384", ec.SECP384R1())}
# obj_mac.h, evp.h, ec.h: of OpenSSL 1.1.1, where to set a curve is a macro over EVP_PKEY_CTX_ctrl
_EC, _OF_KEYS, _SET_CURVE = 408, 6, 0x1001
_MOST_BYTES: Final = 8192


def not_offered(lib: Library) -> tuple[str, ...]:
    """The names of the operations that cannot be called here."""
    return tuple(one.name for one in ALGORITHMS if _maker(lib, *one.name.split("/")) is None)


def primitive(lib: Library, algorithm: str, size_bytes: int) -> Operation:
    """An operation of a library's libcrypto, see :class:`~tlsbench.implementations.contract.CallsPrimitives`.

    :raises MeasurementError: if it does not have it, or another version of it that does something else.
    """
    subject, operation = algorithm.split("/")
    make = _maker(lib, subject, operation)
    if make is None:
        raise MeasurementError(f"{lib.path}: {algorithm} cannot be called")
    made, without_work = (make(one, subject, operation, size_bytes) for one in (lib, Hollow(lib)))
    return replace(made, around=without_work.call)


_Maker = Callable[[Library, str, str, int], Operation]


def _maker(lib: Library, subject: str, operation: str) -> _Maker | None:
    """What makes an operation of a library; None if nothing does."""
    kdf = any(map(lib.has, ("EVP_KDF_fetch", "HKDF_expand", "SSL_CTX_ctrl")))
    families: tuple[tuple[bool, _Maker], ...] = (
        (subject in AGREEMENTS, _agreement),
        (subject in KEMS and lib.has("EVP_PKEY_encapsulate") and lib.has("EVP_PKEY_CTX_new_from_name"), _kem),
        (subject in HASHES, _digest),
        (subject.startswith("hmac-"), _hmac),
        (subject.startswith("hkdf-") and kdf, hkdfs.operation),
        (subject in keys.GENERATORS and operation in signatures.OPERATIONS, signatures.operation),
        (aeads.has(lib, subject) and operation in aeads.OPERATIONS, aeads.operation),
    )
    return next((make for offered, make in families if offered), None)


def _md(lib: Library, name: str) -> Any:
    """A hash as libssl has it: fetched once, where hashes are fetched."""
    if lib.has("EVP_MD_fetch"):
        fetched = lib.EVP_MD_fetch(ffi.NULL, name.upper().replace("SHA-", "SHA2-").encode(), ffi.NULL)
        return ffi.gc(fetched, lib.EVP_MD_free)
    return getattr(lib, f"EVP_{name.replace('-', '')}")()


def _new_key(lib: Library, subject: str) -> Any:
    """A new key of a curve or a KEM, made as libssl makes its key shares; to be freed."""
    key = ffi.new("EVP_PKEY **")
    nid, name, _ = _CURVES.get(subject, (0, b"", None))
    if lib.has("EVP_PKEY_CTX_new_from_name"):
        kind = b"EC" if nid else subject.upper().encode()
        context = lib.EVP_PKEY_CTX_new_from_name(ffi.NULL, kind, ffi.NULL)
        lib.EVP_PKEY_keygen_init(context)
        if nid:
            lib.EVP_PKEY_CTX_set_group_name(context, name)
    else:
        context = lib.EVP_PKEY_CTX_new_id(_EC if nid else lib.OBJ_sn2nid(b"X25519"), ffi.NULL)
        lib.EVP_PKEY_keygen_init(context)
        if nid and lib.has("EVP_PKEY_CTX_set_ec_paramgen_curve_nid"):
            lib.EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, nid)
        elif nid:
            lib.EVP_PKEY_CTX_ctrl(context, _EC, _OF_KEYS, _SET_CURVE, nid, ffi.NULL)
    made = lib.EVP_PKEY_keygen(context, key)
    lib.EVP_PKEY_CTX_free(context)
    must(lib, made, f"making a key of {subject}")
    return key[0]


def _agreement(lib: Library, subject: str, operation: str, _size_bytes: int) -> Operation:
    if subject == "x25519":
        mine, other = X25519PrivateKey.generate(), X25519PrivateKey.generate()
        expected = mine.exchange(other.public_key())
    else:
        curve = _CURVES[subject][2]
        of_curve, its_peer = ec.generate_private_key(curve), ec.generate_private_key(curve)
        expected = of_curve.exchange(ec.ECDH(), its_peer.public_key())
        mine, other = of_curve, its_peer  # type: ignore[assignment]  # the same by another curve
    ours, theirs = loaded(lib, mine), loaded(lib, other)
    secret, length = ffi.new("unsigned char[]", len(expected)), ffi.new("size_t *")

    def exchange(own: Any, peer: Any) -> bytes:
        length[0] = len(expected)
        context = lib.EVP_PKEY_CTX_new(own, ffi.NULL)
        lib.EVP_PKEY_derive_init(context)
        lib.EVP_PKEY_derive_set_peer(context, peer)
        derived = lib.EVP_PKEY_derive(context, secret, length)
        lib.EVP_PKEY_CTX_free(context)
        must(lib, derived, subject)
        return bytes(ffi.buffer(secret, length[0]))

    def verify_keygen() -> None:
        one, another = (ffi.gc(_new_key(lib, subject), lib.EVP_PKEY_free) for _ in range(2))
        check(subject, exchange(one, another), exchange(another, one))

    if operation == "keygen":
        return Operation(lambda: lib.EVP_PKEY_free(_new_key(lib, subject)), verify_keygen)
    return Operation(
        partial(exchange, ours, theirs), lambda: check(subject, expected, exchange(ours, theirs))
    )


def _kem(lib: Library, subject: str, operation: str, _size_bytes: int) -> Operation:
    key = ffi.gc(_new_key(lib, subject), lib.EVP_PKEY_free)
    wrapped, secret = ffi.new("unsigned char[]", _MOST_BYTES), ffi.new("unsigned char[]", 64)
    wrapped_length, length = ffi.new("size_t *"), ffi.new("size_t *")

    def encapsulate() -> bytes:
        wrapped_length[0], length[0] = _MOST_BYTES, 64
        context = lib.EVP_PKEY_CTX_new(key, ffi.NULL)
        lib.EVP_PKEY_encapsulate_init(context, ffi.NULL)
        done = lib.EVP_PKEY_encapsulate(context, wrapped, wrapped_length, secret, length)
        lib.EVP_PKEY_CTX_free(context)
        must(lib, done, subject)
        return bytes(ffi.buffer(secret, length[0]))

    def decapsulate() -> bytes:
        length[0] = 64
        context = lib.EVP_PKEY_CTX_new(key, ffi.NULL)
        lib.EVP_PKEY_decapsulate_init(context, ffi.NULL)
        done = lib.EVP_PKEY_decapsulate(context, secret, length, wrapped, wrapped_length[0])
        lib.EVP_PKEY_CTX_free(context)
        must(lib, done, subject)
        return bytes(ffi.buffer(secret, length[0]))

    encapsulate()
    calls: dict[str, Callable[[], object]] = {
        "keygen": lambda: lib.EVP_PKEY_free(_new_key(lib, subject)),
        "encapsulate": encapsulate,
        "decapsulate": decapsulate,
    }
    return Operation(calls[operation], lambda: check(subject, encapsulate(), decapsulate()))


def _digest(lib: Library, subject: str, _operation: str, size_bytes: int) -> Operation:
    data, md = os.urandom(size_bytes), _md(lib, subject)
    digest = ffi.new("unsigned char[]", 64)
    expected = hashlib.new(subject.replace("-", ""), data).digest()

    def call() -> None:
        context = lib.EVP_MD_CTX_new()
        lib.EVP_DigestInit_ex(context, md, ffi.NULL)
        lib.EVP_DigestUpdate(context, data, size_bytes)
        lib.EVP_DigestFinal_ex(context, digest, ffi.NULL)
        lib.EVP_MD_CTX_free(context)

    return Operation(call, lambda: checked(call, subject, expected, digest))


def _hmac(lib: Library, subject: str, _operation: str, size_bytes: int) -> Operation:
    name = subject.removeprefix("hmac-")
    key, data, md = os.urandom(32), os.urandom(size_bytes), _md(lib, name)
    mac = ffi.new("unsigned char[]", 64)
    expected = hmac.digest(key, data, name.replace("-", ""))

    def call() -> None:
        lib.HMAC(md, key, len(key), data, size_bytes, mac, ffi.NULL)

    return Operation(call, lambda: checked(call, subject, expected, mac))
