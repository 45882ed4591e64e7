"""Hashes and message authentication codes of a libcrypto."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

from tlsbench.implementations.libssl import algorithms
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.checks import Hollow, checked, must
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references import ciphers, hashes
from tlsbench.scenarios.algorithms import HASHES

_MOST_BYTES: Final = 64
_MAC_BYTES: Final = 16
#: obj_mac.h: NID_poly1305.
_POLY1305: Final = 1061


def find(lib: Library, subject: str, operation: str) -> Callable[[Library, str, str, int], Operation] | None:
    """Return the maker of an operation of this family; None if the library does not have it."""
    if subject in HASHES:
        return _digest if _has_hash(lib, subject) else None
    if operation != "sign":
        return None
    if subject.startswith("hmac-"):
        return _hmac if _has_hash(lib, subject.removeprefix("hmac-")) else None
    if subject.startswith("cmac-"):
        return _cmac if algorithms.cipher(lib, f"{subject.removeprefix('cmac-')}-cbc") else None
    return _poly1305 if subject == "poly1305" and _has_poly1305(lib) else None


def _has_hash(lib: Library, name: str) -> bool:
    return hashes.has(name) and algorithms.digest(lib, name) is not None


def _has_poly1305(lib: Library) -> bool:
    key = _poly1305_key(lib, bytes(32))
    lib.ERR_clear_error()
    return key is not None


def _digest(lib: Library, subject: str, _operation: str, size_bytes: int) -> Operation:
    data, md = os.urandom(size_bytes), algorithms.digest(lib, subject)
    digest = ffi.new("unsigned char[]", _MOST_BYTES)
    expected = hashes.digest(subject, data)
    length = hashes.XOF_BYTES.get(subject)

    def call() -> None:
        context = lib.EVP_MD_CTX_new()
        lib.EVP_DigestInit_ex(context, md, ffi.NULL)
        lib.EVP_DigestUpdate(context, data, size_bytes)
        if length is None:
            lib.EVP_DigestFinal_ex(context, digest, ffi.NULL)
        else:
            lib.EVP_DigestFinalXOF(context, digest, length)
        lib.EVP_MD_CTX_free(context)

    return Operation(call, lambda: checked(call, subject, expected, digest))


def _hmac(lib: Library, subject: str, _operation: str, size_bytes: int) -> Operation:
    name = subject.removeprefix("hmac-")
    key, data, md = os.urandom(32), os.urandom(size_bytes), algorithms.digest(lib, name)
    mac = ffi.new("unsigned char[]", _MOST_BYTES)
    expected = hashes.hmac_of(name, key, data)

    def call() -> None:
        lib.HMAC(md, key, len(key), data, size_bytes, mac, ffi.NULL)

    return Operation(call, lambda: checked(call, subject, expected, mac))


def _cmac(lib: Library, subject: str, _operation: str, size_bytes: int) -> Operation:
    block = subject.removeprefix("cmac-")
    cipher = algorithms.cipher(lib, f"{block}-cbc")
    key, data = os.urandom(ciphers.BLOCK_CIPHERS[block].key_bytes), os.urandom(size_bytes)
    mac, length = ffi.new("unsigned char[]", _MAC_BYTES), ffi.new("size_t *")
    expected = ciphers.cmac(block, key, data)

    def call() -> None:
        context = lib.CMAC_CTX_new()
        lib.CMAC_Init(context, key, len(key), cipher, ffi.NULL)
        lib.CMAC_Update(context, data, size_bytes)
        done = lib.CMAC_Final(context, mac, length)
        lib.CMAC_CTX_free(context)
        must(lib, done, subject)

    return Operation(call, lambda: checked(call, subject, expected, mac))


def _poly1305_key(lib: Library, key: bytes) -> Any | None:
    """A Poly1305 key as an EVP_PKEY (since OpenSSL 1.1.1); None if the library does not support it."""
    if not lib.has("EVP_PKEY_new_raw_private_key"):
        return None
    made = lib.EVP_PKEY_new_raw_private_key(_POLY1305, ffi.NULL, key, len(key))
    if isinstance(lib, Hollow):
        return ffi.NULL
    return None if made == ffi.NULL else ffi.gc(made, lib.EVP_PKEY_free)


def _poly1305(lib: Library, subject: str, _operation: str, size_bytes: int) -> Operation:
    key, data = os.urandom(32), os.urandom(size_bytes)
    own = _poly1305_key(lib, key)
    mac, length = ffi.new("unsigned char[]", _MAC_BYTES), ffi.new("size_t *")
    expected = ciphers.poly1305(key, data)

    def call() -> None:
        length[0] = _MAC_BYTES
        context = lib.EVP_MD_CTX_new()
        lib.EVP_DigestSignInit(context, ffi.NULL, ffi.NULL, ffi.NULL, own)
        done = lib.EVP_DigestSign(context, mac, length, data, size_bytes)
        lib.EVP_MD_CTX_free(context)
        must(lib, done, subject)

    return Operation(call, lambda: checked(call, subject, expected, mac))
