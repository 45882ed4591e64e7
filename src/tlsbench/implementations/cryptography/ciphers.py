"""The ciphers of the cryptography package: AEADs, and ciphers without authentication."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import (
    AESCCM,
    AESGCM,
    AESGCMSIV,
    AESOCB3,
    AESSIV,
    ChaCha20Poly1305,
)

from tlsbench.errors import ProofError
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references.ciphers import BLOCK_CIPHERS, CIPHERS, SECOND_BLOCK
from tlsbench.implementations.verification import must_match

#: Additional data of the length that TLS 1.3 records have (RFC 8446 section 5.2).
ADDITIONAL_DATA: Final = b"\x17\x03\x03\x40\x00"
NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Sm4Gcm:
    """SM4-GCM, which cryptography has only as a cipher with a mode, with the interface of its AEADs."""

    key: bytes

    def encrypt(self, nonce: bytes, data: bytes, additional: bytes) -> bytes:
        sealing = Cipher(algorithms.SM4(self.key), modes.GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(additional)
        return sealing.update(data) + sealing.finalize() + sealing.tag

    def decrypt(self, nonce: bytes, sealed: bytes, additional: bytes) -> bytes:
        tag_bytes = AEADS["sm4-gcm"].tag_bytes
        mode = modes.GCM(nonce, sealed[-tag_bytes:])
        opening = Cipher(algorithms.SM4(self.key), mode).decryptor()
        opening.authenticate_additional_data(additional)
        return opening.update(sealed[:-tag_bytes]) + opening.finalize()


@dataclass(frozen=True, slots=True)
class Aead:
    """An AEAD of cryptography.

    :param make: makes it from a key of ``key_bytes``.
    :param tag_first: whether the tag comes first (RFC 5297), and the nonce is passed as additional data.
    """

    make: Callable[[bytes], Any]
    key_bytes: int
    tag_bytes: int = 16
    tag_first: bool = False

    def arguments(self, nonce: bytes, data: object) -> tuple[object, ...]:
        """The arguments of encryption or decryption, except for a buffer."""
        if self.tag_first:
            return data, [ADDITIONAL_DATA, nonce]
        return nonce, data, ADDITIONAL_DATA

    def parts(self, sealed: bytes) -> tuple[bytes, bytes, bytes]:
        """The parts of its output: what precedes the tag, the tag, and what follows it."""
        at = 0 if self.tag_first else len(sealed) - self.tag_bytes
        return sealed[:at], sealed[at : at + self.tag_bytes], sealed[at + self.tag_bytes :]


#: By name in :data:`tlsbench.scenarios.subjects.AEADS`.
AEADS: Final[Mapping[str, Aead]] = {
    "aes-128-gcm": Aead(AESGCM, 16),
    "aes-256-gcm": Aead(AESGCM, 32),
    "chacha20-poly1305": Aead(ChaCha20Poly1305, 32),
    "aes-128-ccm": Aead(AESCCM, 16),
    "aes-256-ccm": Aead(AESCCM, 32),
    "aes-128-ccm-8": Aead(partial(AESCCM, tag_length=8), 16, tag_bytes=8),
    "aes-128-gcm-siv": Aead(AESGCMSIV, 16),
    "aes-256-gcm-siv": Aead(AESGCMSIV, 32),
    "aes-128-ocb": Aead(AESOCB3, 16),
    "aes-256-ocb": Aead(AESOCB3, 32),
    "aes-128-siv": Aead(AESSIV, 32, tag_first=True),
    "aes-256-siv": Aead(AESSIV, 64, tag_first=True),
    "sm4-gcm": Aead(Sm4Gcm, 16),
}


_MODES: Final[Mapping[str, Callable[[bytes], Any]]] = {
    "cbc": modes.CBC,
    "ctr": modes.CTR,
    "xts": modes.XTS,
}


def find(subject: str, operation: str) -> Callable[[str, str, int], Operation] | None:
    """The maker of an operation in this family; None if it belongs to another."""
    if subject in AEADS and operation in _AEAD_OPERATIONS:
        return _aead
    return _cipher if subject in CIPHERS else None


_AEAD_OPERATIONS: Final = ("encrypt", "decrypt", "encrypt_into", "decrypt_into")


def attempt(subject: str) -> None:
    """Set up an algorithm, just far enough to see whether the engine has it."""
    if subject in AEADS:
        aead = AEADS[subject]
        aead.make(os.urandom(aead.key_bytes)).encrypt(*aead.arguments(os.urandom(NONCE_BYTES), b"text"))
    elif subject in CIPHERS:
        key, nonce = _secrets(subject)
        _context(subject, key, nonce).encryptor()


def aead_of(subject: str) -> tuple[Aead, Any, bytes]:
    """An AEAD, its object with a new key, and a nonce."""
    aead = AEADS[subject]
    return aead, aead.make(os.urandom(aead.key_bytes)), os.urandom(NONCE_BYTES)


def _aead(subject: str, operation: str, size_bytes: int) -> Operation:
    aead, cipher, nonce = aead_of(subject)
    plaintext = os.urandom(size_bytes)
    sealed = cipher.encrypt(*aead.arguments(nonce, plaintext))
    into = bytearray(size_bytes + (aead.tag_bytes if "encrypt" in operation else 0))
    data, result = (plaintext, sealed) if "encrypt" in operation else (sealed, plaintext)
    arguments = (*aead.arguments(nonce, data), *((into,) if operation.endswith("_into") else ()))
    call = partial(getattr(cipher, operation), *arguments)
    before, tag, after = aead.parts(sealed)
    forged = before + bytes([*tag[:-1], tag[-1] ^ 1]) + after

    def verify() -> None:
        try:
            returned, opened = call(), cipher.decrypt(*aead.arguments(nonce, sealed))
        except InvalidTag:
            raise ProofError(subject, wanted="what it sealed", got="a refusal", witness="client") from None
        must_match(subject, result, bytes(into) if operation.endswith("_into") else returned)
        must_match(subject, plaintext, opened)
        try:
            cipher.decrypt(*aead.arguments(nonce, forged))
        except InvalidTag:
            return
        raise ProofError(subject, wanted="InvalidTag", got="a forged text", witness="client")

    return Operation(call, verify)


def _secrets(subject: str) -> tuple[bytes, bytes]:
    cipher = CIPHERS[subject]
    if not cipher.block:  # ChaCha20, whose nonce begins with a counter
        return os.urandom(cipher.key_bytes), SECOND_BLOCK + os.urandom(NONCE_BYTES)
    return os.urandom(cipher.key_bytes), os.urandom(cipher.nonce_bytes)


def _context(subject: str, key: bytes, nonce: bytes) -> Cipher[Any]:
    block = CIPHERS[subject].block
    if not block:
        return Cipher(algorithms.ChaCha20(key, nonce), None)
    mode = _MODES[subject.rpartition("-")[2]]
    return Cipher(BLOCK_CIPHERS[block].make(key), mode(nonce))


def _cipher(subject: str, operation: str, size_bytes: int) -> Operation:
    """One message: cryptography requires a new context for each, which sets the key up again."""
    cipher = CIPHERS[subject]
    key, nonce = _secrets(subject)
    text = os.urandom(cipher.text_bytes(size_bytes))

    def encrypt(data: bytes) -> bytes:
        sealing = _context(subject, key, nonce).encryptor()
        return sealing.update(data) + sealing.finalize()

    def decrypt(data: bytes) -> bytes:
        opening = _context(subject, key, nonce).decryptor()
        return opening.update(data) + opening.finalize()

    sealed = encrypt(text)

    def verify() -> None:
        must_match(subject, text, decrypt(encrypt(text)))
        must_match(subject, text, cipher.opened(cipher.block, key, nonce, sealed))
        must_match(subject, sealed, encrypt(text))

    calls = {"encrypt": partial(encrypt, text), "decrypt": partial(decrypt, sealed)}
    return Operation(calls[operation], verify)
