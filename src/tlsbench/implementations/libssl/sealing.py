"""How a libcrypto seals short secrets: RSA encryption and key wrap."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

from tlsbench.implementations.libssl import algorithms
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.checks import loaded, must
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references.keys import SECRET_BYTES, encryption_of, signature_key
from tlsbench.implementations.references.seals import rsa_opened, wrapped
from tlsbench.implementations.verification import must_match
from tlsbench.scenarios.subjects import RSA_KEYS

# rsa.h and evp.h of OpenSSL 1.1.1, where these are set by macros over EVP_PKEY_CTX_ctrl
_PADDINGS: Final = {"pkcs1": 1, "oaep": 4}
_RSA, _OF_ANY, _OF_ENCRYPTION, _SET_PADDING, _SET_OAEP_DIGEST = 6, -1, 1 << 8 | 1 << 9, 0x1001, 0x1009
_WRAP_ALLOWED: Final = 1
_MOST_BYTES: Final = 1024
#: OpenSSL's names of the key-wrap ciphers: with providers, and before them.
_WRAPS: Final = {
    "aes-wrap-128": ("AES-128-WRAP", "id-aes128-wrap"),
    "aes-wrap-256": ("AES-256-WRAP", "id-aes256-wrap"),
    "aes-wrap-pad-128": ("AES-128-WRAP-PAD", "id-aes128-wrap-pad"),
    "aes-wrap-pad-256": ("AES-256-WRAP-PAD", "id-aes256-wrap-pad"),
}


def find(lib: Library, subject: str, operation: str) -> Callable[[Library, str, str, int], Operation] | None:
    """Return the maker of an operation of this family; None if the library does not have it."""
    if subject in RSA_KEYS and operation.rpartition("_")[2] in _PADDINGS and "crypt" in operation:
        return _rsa
    return _key_wrap if subject in _WRAPS and _wrap_cipher(lib, subject) is not None else None


def _rsa(lib: Library, subject: str, operation: str, _size_bytes: int) -> Operation:
    private, padding = signature_key(subject), operation.rpartition("_")[2]
    text = os.urandom(SECRET_BYTES)
    sealed = private.public_key().encrypt(text, encryption_of(operation))
    own, digest = loaded(lib, private), algorithms.digest(lib, "sha-256")
    out, length = ffi.new("unsigned char[]", _MOST_BYTES), ffi.new("size_t *")
    encrypts = operation.startswith("encrypt")
    data = text if encrypts else sealed
    begin = lib.EVP_PKEY_encrypt_init if encrypts else lib.EVP_PKEY_decrypt_init
    function = lib.EVP_PKEY_encrypt if encrypts else lib.EVP_PKEY_decrypt

    def call() -> None:
        length[0] = _MOST_BYTES
        context = lib.EVP_PKEY_CTX_new(own, ffi.NULL)
        begin(context)
        _set_padding(lib, context, padding, digest)
        done = function(context, out, length, data, len(data))
        lib.EVP_PKEY_CTX_free(context)
        must(lib, done, f"{subject}/{operation}")

    def verify() -> None:
        call()
        got = bytes(ffi.buffer(out, length[0]))
        must_match(subject, text, rsa_opened(private, padding, got) if encrypts else got)

    return Operation(call, verify)


def _set_padding(lib: Library, context: Any, padding: str, digest: Any) -> None:
    if lib.has("EVP_PKEY_CTX_set_rsa_padding"):
        lib.EVP_PKEY_CTX_set_rsa_padding(context, _PADDINGS[padding])
        if padding == "oaep":
            lib.EVP_PKEY_CTX_set_rsa_oaep_md(context, digest)
        return
    lib.EVP_PKEY_CTX_ctrl(context, _RSA, _OF_ANY, _SET_PADDING, _PADDINGS[padding], ffi.NULL)
    if padding == "oaep":
        md = ffi.cast("void *", digest)
        lib.EVP_PKEY_CTX_ctrl(context, _RSA, _OF_ENCRYPTION, _SET_OAEP_DIGEST, 0, md)


def _wrap_cipher(lib: Library, subject: str) -> Any | None:
    name = _WRAPS[subject][0 if lib.has("EVP_CIPHER_fetch") else 1]
    return algorithms.cipher(lib, name)


def _key_wrap(lib: Library, subject: str, operation: str, _size_bytes: int) -> Operation:
    kind, _, bits = subject.rpartition("-")
    key = os.urandom(int(bits) // 8)
    secret = os.urandom(29 if kind == "aes-wrap-pad" else 32)
    sealed = wrapped(kind, key, secret)
    wraps = int(operation == "wrap")
    data, expected = (secret, sealed) if wraps else (sealed, secret)
    cipher = _wrap_cipher(lib, subject)
    context = ffi.gc(lib.EVP_CIPHER_CTX_new(), lib.EVP_CIPHER_CTX_free)
    lib.EVP_CIPHER_CTX_set_flags(context, _WRAP_ALLOWED)
    out, written = ffi.new("unsigned char[]", _MOST_BYTES), ffi.new("int *")

    def call() -> None:
        lib.EVP_CipherInit_ex(context, cipher, ffi.NULL, key, ffi.NULL, wraps)
        lib.EVP_CipherUpdate(context, out, written, data, len(data))
        must(lib, int(written[0] != 0), f"{subject}/{operation}")

    def verify() -> None:
        call()
        must_match(subject, expected, bytes(ffi.buffer(out, written[0])))

    return Operation(call, verify)
