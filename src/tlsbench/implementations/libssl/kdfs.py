"""A key derivation function of OpenSSL 3 by name, fetched anew at each call, as libssl's own HKDF is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.checks import must

# OSSL_PARAM(3): data types, and what a size is until the library sets it
INTEGER, UNSIGNED, UTF8, OCTETS = 1, 2, 4, 5
UNMODIFIED: Final = 2**64 - 1
#: A parameter: its name, its data type, and its value.
Parameter = tuple[str, int, int | bytes]


def has_kdf(lib: Library, name: bytes) -> bool:
    """Whether a library has a key derivation function of that name."""
    if not lib.has("EVP_KDF_fetch"):
        return False
    found = lib.EVP_KDF_fetch(ffi.NULL, name, ffi.NULL)
    lib.ERR_clear_error()
    if found == ffi.NULL:
        return False
    lib.EVP_KDF_free(found)
    return True


def by_kdf(lib: Library, name: bytes, given: Sequence[Parameter], out: Any) -> Callable[[], object]:
    """Return a call that derives into a buffer."""
    parameters = ffi.new(f"OSSL_PARAM[{len(given) + 1}]")
    kept: list[Any] = []
    for at, (key, kind, value) in enumerate(given):
        word = ffi.new("char[]", key.encode())
        data = ffi.new("uint32_t *", value) if isinstance(value, int) else ffi.new("char[]", value)
        size = 4 if isinstance(value, int) else len(value)
        parameters[at] = (word, kind, data, size, UNMODIFIED)
        kept += word, data

    def call() -> None:
        assert kept  # what the parameters point to must live as long as the call
        kdf = lib.EVP_KDF_fetch(ffi.NULL, name, ffi.NULL)
        context = lib.EVP_KDF_CTX_new(kdf)
        lib.EVP_KDF_free(kdf)
        derived = lib.EVP_KDF_derive(context, out, len(out), parameters)
        lib.EVP_KDF_CTX_free(context)
        must(lib, derived, name.decode())

    return call
