"""What the operations of a libcrypto have in common: loading keys and checking results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tlsbench.errors import MeasurementError
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.verification import must_match
from tlsbench.pki import keys


class Hollow(Library):
    """A library whose functions take their arguments and do nothing: it shows the cost of the calls alone."""

    def __init__(self, lib: Library) -> None:
        super().__init__(lib.handle, lib.path)
        self._lib = lib

    def _find(self, name: str) -> Any:
        # It returns a constant, and ignores its arguments.
        return ffi.cast(ffi.typeof(getattr(self._lib, name)), self._lib.OpenSSL_version_num)


def must(lib: Library, result: int, what: str) -> None:
    """Check that a call succeeded.

    :raises MeasurementError: if not.
    """
    if result != 1 and not isinstance(lib, Hollow):
        lib.ERR_clear_error()
        raise MeasurementError(f"{lib.path}: {what} failed")


def loaded(lib: Library, key: PrivateKeyTypes) -> Any:
    """Load a private key into the library."""
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    data, at = ffi.new("unsigned char[]", der), ffi.new("const unsigned char **")
    at[0] = data
    if isinstance(lib, Hollow):
        return ffi.NULL
    loaded = lib.d2i_AutoPrivateKey(ffi.NULL, at, len(der))
    if loaded == ffi.NULL:
        lib.ERR_clear_error()
        raise MeasurementError(f"{lib.path} does not read a key of {keys.key_type_of(key.public_key())}")
    return ffi.gc(loaded, lib.EVP_PKEY_free)


def checked(call: Callable[[], object], subject: str, expected: bytes, out: Any) -> None:
    """Call an operation once, and check what it has written."""
    call()
    must_match(subject, expected, bytes(ffi.buffer(out, len(expected))))
