"""The AEADs of a libcrypto: records are sealed and opened by a context that already holds the key."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tlsbench.implementations.cryptography.ciphers import ADDITIONAL_DATA, AEADS, NONCE_BYTES
from tlsbench.implementations.libssl import algorithms
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.checks import must
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.verification import must_match

#: The operations of each AEAD.
OPERATIONS: Final = ("encrypt", "decrypt")
# evp.h
_SET_NONCE_LENGTH, _GET_TAG, _SET_TAG = 0x9, 0x10, 0x11


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a libcrypto implements an AEAD.

    :param cipher: OpenSSL's name for it.
    :param aead: BoringSSL's function for it; ``""`` if it has none.
    :param ahead: whether lengths must be set first, and a text is authenticated as it is opened (CCM).
    :param nonce_is_data: whether the nonce is additional data, and the tag comes first (RFC 5297).
    :param keyed_anew: whether cipher and key are set again for each record: if only the nonce is set,
        OpenSSL 3.5's AES-GCM-SIV seals a second record wrongly.
    """

    cipher: str
    aead: str = ""
    ahead: bool = False
    nonce_is_data: bool = False
    keyed_anew: bool = False


_KINDS: Final[Mapping[str, _Kind]] = {
    "aes-128-gcm": _Kind("aes-128-gcm", "EVP_aead_aes_128_gcm"),
    "aes-256-gcm": _Kind("aes-256-gcm", "EVP_aead_aes_256_gcm"),
    "chacha20-poly1305": _Kind("chacha20-poly1305", "EVP_aead_chacha20_poly1305"),
    "aes-128-ccm": _Kind("aes-128-ccm", ahead=True),
    "aes-256-ccm": _Kind("aes-256-ccm", ahead=True),
    "aes-128-ccm-8": _Kind("aes-128-ccm", ahead=True),
    "aes-128-gcm-siv": _Kind("aes-128-gcm-siv", "EVP_aead_aes_128_gcm_siv", keyed_anew=True),
    "aes-256-gcm-siv": _Kind("aes-256-gcm-siv", "EVP_aead_aes_256_gcm_siv", keyed_anew=True),
    "aes-128-ocb": _Kind("aes-128-ocb"),
    "aes-256-ocb": _Kind("aes-256-ocb"),
    "aes-128-siv": _Kind("aes-128-siv", nonce_is_data=True, keyed_anew=True),
    "aes-256-siv": _Kind("aes-256-siv", nonce_is_data=True, keyed_anew=True),
    "sm4-gcm": _Kind("sm4-gcm"),
}


def has(lib: Library, algorithm: str) -> bool:
    """Whether a library has an AEAD, as an EVP_AEAD or an EVP_CIPHER."""
    if algorithm not in _KINDS:
        return False
    kind = _KINDS[algorithm]
    if lib.has("EVP_AEAD_CTX_new"):
        return bool(kind.aead) and lib.has(kind.aead)
    return algorithms.cipher(lib, kind.cipher) is not None


def find(lib: Library, subject: str, operation: str) -> Callable[[Library, str, str, int], Operation] | None:
    """Return the maker of an operation of this family; None if the library does not have it."""
    return _operation if operation in OPERATIONS and has(lib, subject) else None


@dataclass(frozen=True, slots=True)
class _Record:
    """One record to seal or open.

    :param data: the input; a ciphertext includes its tag for BoringSSL only.
    :param tag: the tag of a record that OpenSSL opens; otherwise, only its length is used.
    """

    key: bytes
    nonce: bytes
    data: bytes
    tag: bytes
    encrypts: bool
    out: Any = field(repr=False)


def _operation(lib: Library, subject: str, operation: str, size_bytes: int) -> Operation:
    """Seal or open a record of ``size_bytes`` bytes."""
    second, kind = AEADS[subject], _KINDS[subject]
    key, nonce, text = os.urandom(second.key_bytes), os.urandom(NONCE_BYTES), os.urandom(size_bytes)
    sealed = second.make(key).encrypt(*second.arguments(nonce, text))
    out = ffi.new("unsigned char[]", size_bytes + second.tag_bytes)
    encrypts = operation == "encrypt"
    if lib.has("EVP_AEAD_CTX_new"):
        data, expected = (text, sealed) if encrypts else (sealed, text)
        record = _Record(key, nonce, data, bytes(second.tag_bytes), encrypts, out)
        call = _by_aead(lib, getattr(lib, kind.aead)(), record)
    else:
        before, tag, after = second.parts(sealed)
        ciphertext = before + after
        data, expected = (text, sealed) if encrypts else (ciphertext, text)
        record = _Record(key, nonce, data, tag, encrypts, out)
        call = _by_cipher(lib, kind, record)

    def verify() -> None:
        call()
        must_match(subject, expected, bytes(ffi.buffer(out, len(expected))))

    return Operation(call, verify)


def _by_aead(lib: Library, aead: Any, record: _Record) -> Callable[[], None]:
    """Return a call of BoringSSL's EVP_AEAD interface."""
    made = lib.EVP_AEAD_CTX_new(aead, record.key, len(record.key), len(record.tag))
    context = ffi.gc(made, lib.EVP_AEAD_CTX_free)
    function = lib.EVP_AEAD_CTX_seal if record.encrypts else lib.EVP_AEAD_CTX_open
    out, nonce, data = record.out, record.nonce, record.data
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
            ADDITIONAL_DATA,
            len(ADDITIONAL_DATA),
        )
        must(lib, done, "sealing")

    return call


def _by_cipher(lib: Library, kind: _Kind, record: _Record) -> Callable[[], None]:
    """Return a call of OpenSSL's EVP_CIPHER interface: the key is kept, and each record sets its nonce."""
    encrypts, data, nonce = int(record.encrypts), record.data, record.nonce
    size_bytes, tag_bytes = len(data), len(record.tag)
    context = ffi.gc(lib.EVP_CIPHER_CTX_new(), lib.EVP_CIPHER_CTX_free)
    cipher = algorithms.cipher(lib, kind.cipher)
    lib.EVP_CipherInit_ex(context, cipher, ffi.NULL, ffi.NULL, ffi.NULL, encrypts)
    if kind.ahead:
        lib.EVP_CIPHER_CTX_ctrl(context, _SET_NONCE_LENGTH, len(nonce), ffi.NULL)
        lib.EVP_CIPHER_CTX_ctrl(context, _SET_TAG, tag_bytes, ffi.NULL)
    lib.EVP_CipherInit_ex(context, ffi.NULL, ffi.NULL, record.key, ffi.NULL, encrypts)
    written, tag = ffi.new("int *"), ffi.new("unsigned char[]", record.tag)
    # the tag comes first or last
    text_at, tag_at = (tag_bytes, 0) if kind.nonce_is_data and encrypts else (0, size_bytes)
    out, tag_out = record.out + text_at, record.out + tag_at
    again, key = (cipher, record.key) if kind.keyed_anew else (ffi.NULL, ffi.NULL)
    iv = ffi.NULL if kind.nonce_is_data else nonce

    def call() -> None:
        lib.EVP_CipherInit_ex(context, again, ffi.NULL, key, iv, encrypts)
        if not encrypts:
            lib.EVP_CIPHER_CTX_ctrl(context, _SET_TAG, tag_bytes, tag)
        if kind.ahead:
            lib.EVP_CipherUpdate(context, ffi.NULL, written, ffi.NULL, size_bytes)
        lib.EVP_CipherUpdate(context, ffi.NULL, written, ADDITIONAL_DATA, len(ADDITIONAL_DATA))
        if kind.nonce_is_data:
            lib.EVP_CipherUpdate(context, ffi.NULL, written, nonce, len(nonce))
        done = lib.EVP_CipherUpdate(context, out, written, data, size_bytes)
        if not kind.ahead:
            done = lib.EVP_CipherFinal_ex(context, out + written[0], written)
        if encrypts:
            lib.EVP_CIPHER_CTX_ctrl(context, _GET_TAG, tag_bytes, tag_out)
        must(lib, done, "sealing")

    return call
