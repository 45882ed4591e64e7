"""Unauthenticated ciphers of a libcrypto: a context keeps its key, and each message sets its nonce."""

from __future__ import annotations

import os
from collections.abc import Callable

from tlsbench.implementations.libssl import algorithms
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.checks import must
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references.ciphers import CIPHERS
from tlsbench.implementations.verification import must_match


def find(lib: Library, subject: str, _operation: str) -> Callable[[Library, str, str, int], Operation] | None:
    """Return the maker of an operation of this family; None if the library does not have it."""
    return _cipher if subject in CIPHERS and algorithms.cipher(lib, subject) else None


def _cipher(lib: Library, subject: str, operation: str, size_bytes: int) -> Operation:
    kind = CIPHERS[subject]
    key, nonce = os.urandom(kind.key_bytes), os.urandom(kind.nonce_bytes)
    if not kind.block:  # ChaCha20, whose nonce begins with a counter
        nonce = (1).to_bytes(4, "little") + nonce[4:]
    data = os.urandom(kind.text_bytes(size_bytes))
    encrypts = int(operation == "encrypt")
    cipher = algorithms.cipher(lib, subject)
    context = ffi.gc(lib.EVP_CIPHER_CTX_new(), lib.EVP_CIPHER_CTX_free)
    lib.EVP_CipherInit_ex(context, cipher, ffi.NULL, key, nonce, encrypts)
    lib.EVP_CIPHER_CTX_set_padding(context, 0)
    written = ffi.new("int *")
    out = ffi.new("unsigned char[]", len(data) + kind.nonce_bytes)

    def call() -> None:
        lib.EVP_CipherInit_ex(context, ffi.NULL, ffi.NULL, ffi.NULL, nonce, encrypts)
        lib.EVP_CipherUpdate(context, out, written, data, len(data))
        must(lib, lib.EVP_CipherFinal_ex(context, out + len(data), written), subject)

    def verify() -> None:
        call()
        got = bytes(ffi.buffer(out, len(data)))
        sealed, text = (got, data) if encrypts else (data, got)
        must_match(subject, kind.opened(kind.block, key, nonce, sealed), text)

    return Operation(call, verify)
