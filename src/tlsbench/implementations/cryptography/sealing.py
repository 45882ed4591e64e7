"""How the cryptography package seals short secrets and messages: RSA, key wrap, HPKE, Fernet.

A function for each family makes a :class:`Seal`, which
:mod:`tlsbench.implementations.cryptography.verifications` uses too.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hpke, keywrap
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

from tlsbench.errors import ProofError
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references import seals as references
from tlsbench.implementations.references.keys import SECRET_BYTES, encryption_of, signature_key
from tlsbench.implementations.verification import must_fail, must_match
from tlsbench.scenarios.subjects import RSA_KEYS, SEALS

#: The sizes of a key, and of a secret whose length is not a multiple of 8 bytes.
_WRAPPED_BYTES: Final = {"aes-wrap": 32, "aes-wrap-pad": 29}
_SEALS: Final = frozenset(subject.name for subject in SEALS)
_OPENING: Final = ("decrypt", "unwrap", "decrypt_pkcs1", "decrypt_oaep")


@dataclass(frozen=True, slots=True)
class Seal:
    """Two functions that are inverses of each other.

    :param seal: seals a text.
    :param open: returns the text of what was sealed.
    :param refusal: what ``open`` raises for altered input.
    :param reference: opens by definition; None if a round trip must suffice.
    """

    text: bytes
    seal: Callable[[bytes], bytes]
    open: Callable[[bytes], bytes]
    refusal: type[Exception]
    reference: Callable[[bytes], bytes] | None = None


def find(subject: str, _operation: str) -> Callable[[str, str, int], Operation] | None:
    """The maker of an operation in this family; None if it belongs to another."""
    return _sealing if subject in _SEALS or subject in RSA_KEYS else None


def attempt(subject: str) -> None:
    """Set up an algorithm, just far enough to see whether the engine has it."""
    if subject in _SEALS:
        seal_of(subject, "", 16)


def seal_of(subject: str, operation: str, size_bytes: int) -> Seal:
    """The seal for a text of this many bytes, or of the algorithm's own size."""
    if subject in RSA_KEYS:
        private, scheme = signature_key(subject), encryption_of(operation)
        public = private.public_key()
        return Seal(
            os.urandom(SECRET_BYTES),
            lambda text: public.encrypt(text, scheme),
            lambda sealed: private.decrypt(sealed, scheme),
            ValueError,
            partial(references.rsa_opened, private, operation.rpartition("_")[2]),
        )
    if subject == "fernet":
        key = Fernet.generate_key()
        fernet, reference = Fernet(key), partial(references.fernet_opened, key)
        return Seal(os.urandom(size_bytes), fernet.encrypt, fernet.decrypt, InvalidToken, reference)
    return (_hpke if subject.startswith("hpke") else _key_wrap)(subject, size_bytes)


def _key_wrap(subject: str, _size_bytes: int) -> Seal:
    kind, _, bits = subject.rpartition("-")
    key = os.urandom(int(bits) // 8)
    wrap, unwrap = {
        "aes-wrap": (keywrap.aes_key_wrap, keywrap.aes_key_unwrap),
        "aes-wrap-pad": (keywrap.aes_key_wrap_with_padding, keywrap.aes_key_unwrap_with_padding),
    }[kind]
    secret = os.urandom(_WRAPPED_BYTES[kind])
    expected = references.wrapped(kind, key, secret)
    return Seal(
        secret,
        partial(wrap, key),
        partial(unwrap, key),
        keywrap.InvalidUnwrap,
        lambda sealed: secret if sealed == expected else b"",
    )


def _hpke(subject: str, size_bytes: int) -> Seal:
    private: Any = x25519.X25519PrivateKey.generate()
    kem = hpke.KEM.X25519
    if subject == "hpke-mlkem768-x25519":
        kem = hpke.KEM.MLKEM768_X25519
        private = hpke.MLKEM768X25519PrivateKey(mlkem.MLKEM768PrivateKey.generate(), private)
    suite, public = hpke.Suite(kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM), private.public_key()
    return Seal(
        os.urandom(size_bytes),
        lambda text: suite.encrypt(text, public),
        lambda sealed: suite.decrypt(sealed, private),
        InvalidTag,
    )


def changed(sealed: bytes) -> bytes:
    """The same bytes with one bit flipped in the middle."""
    at = len(sealed) // 2
    return sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]


def _opened(subject: str, made: Seal, sealed: bytes) -> bytes:
    try:
        return made.open(sealed)
    except made.refusal:
        raise ProofError(subject, wanted="what it sealed", got="a refusal", witness="client") from None


def _sealing(subject: str, operation: str, size_bytes: int) -> Operation:
    made = seal_of(subject, operation, size_bytes)
    text, sealed = made.text, made.seal(made.text)

    def verify() -> None:
        fresh = made.seal(text)
        if made.reference is not None:
            must_match(subject, text, made.reference(fresh))
        for one in (fresh, sealed):
            must_match(subject, text, _opened(subject, made, one))
        if not operation.endswith("_pkcs1"):  # which does not report a rejection, since OpenSSL 3.2
            must_fail(subject, partial(made.open, changed(sealed)), made.refusal)

    call = partial(made.open, sealed) if operation in _OPENING else partial(made.seal, text)
    return Operation(call, verify)
