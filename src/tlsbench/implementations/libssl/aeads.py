"""The AEADs of a libcrypto: a record is sealed or opened by a context that has its key already."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from tlsbench.errors import ProofError
from tlsbench.implementations.contract import Operation
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.checks import must

#: What is offered of them.
OPERATIONS: Final = ("encrypt", "decrypt")
#: By algorithm: what OpenSSL and BoringSSL call it, the bytes of its key, and a second implementation.
_AEADS: Final[Mapping[str, tuple[str, str, int, Callable[[bytes], Any]]]] = {
    "aes-128-gcm": ("EVP_aes_128_gcm", "EVP_aead_aes_128_gcm", 16, AESGCM),
    "aes-256-gcm": ("EVP_aes_256_gcm", "EVP_aead_aes_256_gcm", 32, AESGCM),
    "chacha20-poly1305": ("EVP_chacha20_poly1305", "EVP_aead_chacha20_poly1305", 32, ChaCha20Poly1305),
}
# evp.h
_GET_TAG, _SET_TAG = 0x10, 0x11
_TAG_BYTES: Final = 16
#: Additional data of the length that TLS 1.3 records have (RFC 8446 section 5.2).
_ADDITIONAL_DATA: Final = b"\x17\x03\x03\x40\x00"


def has(lib: Library, algorithm: str) -> bool:
    """Whether a library has an AEAD, by either name."""
    return algorithm in _AEADS and any(map(lib.has, _AEADS[algorithm][:2]))


def operation(lib: Library, algorithm: str, operation: str, size_bytes: int) -> Operation:
    """Seal or open a record of this many bytes."""
    by_cipher, by_aead, key_bytes, second = _AEADS[algorithm]
    key, nonce, text = os.urandom(key_bytes), os.urandom(12), os.urandom(size_bytes)
    sealed = second(key).encrypt(nonce, text, _ADDITIONAL_DATA)
    data, expected = (text, sealed) if operation == "encrypt" else (sealed, text)
    out = ffi.new("unsigned char[]", size_bytes + _TAG_BYTES)
    make, named = (_by_aead, by_aead) if lib.has(by_aead) else (_by_cipher, by_cipher)
    call = make(lib, getattr(lib, named)(), key, nonce, operation, data, out)

    def verify() -> None:
        call()
        if bytes(ffi.buffer(out, len(expected))) != expected:
            raise ProofError(algorithm, wanted="the right result", got="another", witness="client")

    return Operation(call, verify)


def _by_aead(  # noqa: PLR0917 - each has its name
    lib: Library, aead: Any, key: bytes, nonce: bytes, operation: str, data: bytes, out: Any
) -> Callable[[], None]:
    """As BoringSSL does."""
    context = ffi.gc(lib.EVP_AEAD_CTX_new(aead, key, len(key), _TAG_BYTES), lib.EVP_AEAD_CTX_free)
    function = lib.EVP_AEAD_CTX_seal if operation == "encrypt" else lib.EVP_AEAD_CTX_open
    length, most = ffi.new("size_t *"), len(out)

    def call() -> None:
        done = function(
            context,
            out,
            length,
            most,
            nonce,
            len(nonce),
            data,
            len(data),
            _ADDITIONAL_DATA,
            len(_ADDITIONAL_DATA),
        )
        must(lib, done, "sealing")

    return call


def _by_cipher(  # noqa: PLR0917 - each has its name
    lib: Library, cipher: Any, key: bytes, nonce: bytes, operation: str, data: bytes, out: Any
) -> Callable[[], None]:
    """As OpenSSL does: the key stays, each record brings its nonce."""
    encrypts = int(operation == "encrypt")
    context = ffi.gc(lib.EVP_CIPHER_CTX_new(), lib.EVP_CIPHER_CTX_free)
    lib.EVP_CipherInit_ex(context, cipher, ffi.NULL, key, ffi.NULL, encrypts)
    size_bytes = len(data) - (0 if encrypts else _TAG_BYTES)
    written, tag = ffi.new("int *"), ffi.new("unsigned char[]", data[size_bytes:].ljust(_TAG_BYTES, b"\0"))

    def call() -> None:
        lib.EVP_CipherInit_ex(context, ffi.NULL, ffi.NULL, ffi.NULL, nonce, encrypts)
        if not encrypts:
            lib.EVP_CIPHER_CTX_ctrl(context, _SET_TAG, _TAG_BYTES, tag)
        lib.EVP_CipherUpdate(context, ffi.NULL, written, _ADDITIONAL_DATA, len(_ADDITIONAL_DATA))
        lib.EVP_CipherUpdate(context, out, written, data, size_bytes)
        done = lib.EVP_CipherFinal_ex(context, out + size_bytes, written)
        if encrypts:
            lib.EVP_CIPHER_CTX_ctrl(context, _GET_TAG, _TAG_BYTES, out + size_bytes)
        must(lib, done, "sealing")

    return call
