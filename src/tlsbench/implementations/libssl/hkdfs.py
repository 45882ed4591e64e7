"""HKDF of a libcrypto: OpenSSL 1.1.1, OpenSSL 3 and BoringSSL each have their own interface."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.checks import checked, must
from tlsbench.implementations.libssl.kdfs import INTEGER, OCTETS, UTF8, Parameter, by_kdf
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references.hashes import digest_bytes, hashlib_name, hkdf

# evp.h and kdf.h of OpenSSL 1.1.1, where these are macros over EVP_PKEY_CTX_ctrl
_HKDF, _OF_DERIVE, _OF_ANY = 1036, 1 << 10, -1
_HKDF_DIGEST, _HKDF_SALT, _HKDF_KEY, _HKDF_INFO, _HKDF_MODE = 0x1003, 0x1004, 0x1005, 0x1006, 0x1007
#: EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND and _EXPAND_ONLY of kdf.h, by our names.
_MODES: Final = {"derive": 0, "expand": 2}
#: Each interface has one of these functions.
_WAYS: Final = ("EVP_KDF_fetch", "HKDF_expand", "SSL_CTX_ctrl")


def has(lib: Library) -> bool:
    """Whether a library's HKDF can be called."""
    return any(map(lib.has, _WAYS))


def operation(lib: Library, subject: str, operation: str, _size_bytes: int) -> Operation:
    """Derive one block of output, by Expand alone or after an Extract (RFC 5869)."""
    name = subject.removeprefix("hkdf-")
    digest, length = hashlib_name(name), digest_bytes(name)
    secret, salt, info = os.urandom(length), os.urandom(length), b"tls13 traffic"
    expected = hkdf(name, operation, secret, salt, info)
    out = ffi.new("unsigned char[]", length)
    way = next(way for needed, way in _HKDFS if not needed or lib.has(needed))
    call = way(lib, digest, operation, (secret, salt, info), out)
    return Operation(call, lambda: checked(call, subject, expected, out))


_Inputs = tuple[bytes, bytes, bytes]


def _hkdf_by_kdf(
    lib: Library, digest: str, operation: str, inputs: _Inputs, out: Any
) -> Callable[[], object]:
    """Derive as OpenSSL 3's tls13_hkdf_expand does, fetching the KDF anew at each call."""
    words: list[Parameter] = [("mode", INTEGER, _MODES[operation]), ("digest", UTF8, digest.upper().encode())]
    words += [(name, OCTETS, value) for name, value in zip(("key", "salt", "info"), inputs, strict=True)]
    return by_kdf(lib, b"HKDF", words, out)


def _hkdf_of_boringssl(
    lib: Library, digest: str, operation: str, inputs: _Inputs, out: Any
) -> Callable[[], object]:
    secret, salt, info = inputs
    md = getattr(lib, f"EVP_{digest}")()
    if operation == "expand":
        return partial(lib.HKDF_expand, out, len(out), md, secret, len(secret), info, len(info))
    return partial(lib.HKDF, out, len(out), md, secret, len(secret), salt, len(salt), info, len(info))


def _hkdf_by_key(
    lib: Library, digest: str, operation: str, inputs: _Inputs, out: Any
) -> Callable[[], object]:
    """Derive as OpenSSL 1.1.1's tls13_hkdf_expand does."""
    given = list(zip((_HKDF_KEY, _HKDF_SALT, _HKDF_INFO), inputs, strict=True))
    md, length = getattr(lib, f"EVP_{digest}")(), ffi.new("size_t *")

    def call() -> None:
        context = lib.EVP_PKEY_CTX_new_id(_HKDF, ffi.NULL)
        lib.EVP_PKEY_derive_init(context)
        lib.EVP_PKEY_CTX_ctrl(context, _OF_ANY, _OF_DERIVE, _HKDF_MODE, _MODES[operation], ffi.NULL)
        lib.EVP_PKEY_CTX_ctrl(context, _OF_ANY, _OF_DERIVE, _HKDF_DIGEST, 0, ffi.cast("void *", md))
        for command, value in given:
            lib.EVP_PKEY_CTX_ctrl(context, _OF_ANY, _OF_DERIVE, command, len(value), value)
        length[0] = len(out)
        derived = lib.EVP_PKEY_derive(context, out, length)
        lib.EVP_PKEY_CTX_free(context)
        must(lib, derived, "HKDF")

    return call


#: Each interface, with the function by which it is recognised.
_HKDFS: Final = (
    ("EVP_KDF_fetch", _hkdf_by_kdf),
    ("HKDF_expand", _hkdf_of_boringssl),
    ("", _hkdf_by_key),
)
