"""What the cryptography package verifies, with inputs that it must accept and inputs that it must refuse.

``bytes/compare`` is ``constant_time.bytes_eq``, which is :func:`hmac.compare_digest`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import constant_time, hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hmac import HMAC

from tlsbench.implementations.contract import Operation
from tlsbench.implementations.verifying import Verification
from tlsbench.pki import keys
from tlsbench.pki.template import signature_hash

HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
}
AEADS: Final[Mapping[str, tuple[Callable[[bytes], Any], int]]] = {
    # algorithm: constructor and key length in bytes
    "aes-128-gcm": (AESGCM, 16),
    "aes-256-gcm": (AESGCM, 32),
    "chacha20-poly1305": (ChaCha20Poly1305, 32),
    "aes-128-ccm": (AESCCM, 16),
}
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
#: Additional data of the length that TLS 1.3 records have (RFC 8446 section 5.2).
ADDITIONAL_DATA: Final = b"\x17\x03\x03\x40\x00"
#: What is signed: as long as what a TLS 1.3 CertificateVerify covers (RFC 8446 section 4.4.3).
MESSAGE: Final = b" " * 64 + b"TLS 1.3, server CertificateVerify\x00" + bytes(32)
#: The operations, by what their algorithm's name begins with, that are made here alone.
ALONE: Final = frozenset({("hmac", "verify"), ("rsa", "decrypt_pkcs1"), ("bytes", "compare")})

_RIGHT, _WRONG_FIRST, _WRONG_LAST = "right", "wrong in the first byte", "wrong in the last byte"
#: Whether they are right; and, both refused, where they are wrong.
_OF_TAGS: Final = ((_RIGHT, _WRONG_LAST), (_WRONG_FIRST, _WRONG_LAST))
_VALID, _FORGED = "valid", "forged"
_WELL_PADDED, _BADLY_PADDED = "valid padding", "invalid padding"
_SECRET_BYTES: Final = 48  # a TLS premaster secret (RFC 5246 section 7.4.7.1)


def verification(algorithm: str, operation: str, size_bytes: int) -> Verification:
    """The operation of an algorithm, on this many bytes if it takes data."""
    families: tuple[tuple[object, Callable[[str, str, int], Verification]], ...] = (
        (AEADS, _aead),
        (("hmac-sha-256", "hmac-sha-384"), _hmac),
        (("bytes",), _compare),
        (keys.GENERATORS, _pkcs1 if operation == "decrypt_pkcs1" else _signature),
    )
    make = next(make for names, make in families if algorithm in names)  # type: ignore[operator]
    return make(algorithm, operation, size_bytes)


def operation(algorithm: str, operation: str, size_bytes: int) -> Operation:
    """The operation on an input that it accepts, as ``workload=primitive`` measures it."""
    made = verification(algorithm, operation, size_bytes)
    accepted = next(kind for kind in made.inputs if kind in made.accepted)
    return Operation(partial(made.call, made.inputs[accepted]()), partial(made.prove, algorithm))


def _wrong(right: bytes, at: int) -> bytes:
    """The same bytes, but one of them, which has any other value."""
    changed = bytearray(right)
    changed[at] ^= 1 + os.urandom(1)[0] % 255
    return bytes(changed)


def _tags(tag: bytes, before: bytes = b"") -> Mapping[str, Callable[[], bytes]]:
    """Right and wrong tags behind other bytes."""
    return {
        _RIGHT: lambda: bytes(bytearray(before + tag)),  # a new object each time, as the others are
        _WRONG_FIRST: lambda: before + _wrong(tag, 0),
        _WRONG_LAST: lambda: before + _wrong(tag, -1),
    }


def _aead(algorithm: str, operation: str, size_bytes: int) -> Verification:
    make, key_bytes = AEADS[algorithm]
    cipher, nonce = make(os.urandom(key_bytes)), os.urandom(NONCE_BYTES)
    sealed = cipher.encrypt(nonce, os.urandom(size_bytes), ADDITIONAL_DATA)
    into = (bytearray(size_bytes),) if operation == "decrypt_into" else ()
    decrypt = getattr(cipher, operation)

    def call(given: bytes) -> object:
        return decrypt(nonce, given, ADDITIONAL_DATA, *into)

    inputs = _tags(sealed[-TAG_BYTES:], sealed[:-TAG_BYTES])
    return Verification(call, (InvalidTag,), inputs, frozenset({_RIGHT}), _OF_TAGS)


def _hmac(algorithm: str, _operation: str, size_bytes: int) -> Verification:
    kind, key, data = HASHES[algorithm.removeprefix("hmac-")], os.urandom(32), os.urandom(size_bytes)

    def begun() -> HMAC:
        mac = HMAC(key, kind)
        mac.update(data)
        return mac

    def call(given: bytes) -> object:
        begun().verify(given)
        return True

    inputs = _tags(begun().finalize())
    return Verification(call, (InvalidSignature,), inputs, frozenset({_RIGHT}), _OF_TAGS)


def _compare(_algorithm: str, _operation: str, size_bytes: int) -> Verification:
    secret = os.urandom(size_bytes)
    call = partial(constant_time.bytes_eq, secret)
    return Verification(call, (), _tags(secret), frozenset({_RIGHT}), _OF_TAGS)


def scheme_of(private: Any) -> tuple[Any, ...]:  # noqa: ANN401 - keys of all types have no common one
    """How a key signs in handshakes of TLS 1.3, as its ``sign`` takes it behind the message."""
    if isinstance(private, rsa.RSAPrivateKey):
        # rsa_pss_rsae_sha256, the one RSA scheme of TLS 1.3 handshakes
        return padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()
    if isinstance(private, ec.EllipticCurvePrivateKey):
        digest = signature_hash(private)
        assert digest is not None
        return (ec.ECDSA(digest),)
    return ()


def _signature(algorithm: str, _operation: str, _size_bytes: int) -> Verification:
    private: Any = keys.private_key(algorithm, "primitive")
    public, scheme = private.public_key(), scheme_of(private)

    def call(given: bytes) -> object:
        return public.verify(given, MESSAGE, *scheme)

    inputs = {
        _VALID: lambda: private.sign(MESSAGE, *scheme),
        # well-formed, and of another message: it is refused by the computation, and not by its form
        _FORGED: lambda: private.sign(os.urandom(len(MESSAGE)), *scheme),
    }
    return Verification(call, (InvalidSignature,), inputs, frozenset({_VALID}), ((_VALID, _FORGED),))


def _pkcs1(algorithm: str, _operation: str, _size_bytes: int) -> Verification:
    private: Any = keys.private_key(algorithm, "primitive")
    public = private.public_key()
    numbers, length = public.public_numbers(), private.key_size // 8

    def badly_padded() -> bytes:
        """A ciphertext whose block begins with 00 03, where 00 02 is right (RFC 8017 section 7.2.1)."""
        filling = bytes(byte or 1 for byte in os.urandom(length - 3 - _SECRET_BYTES))
        block = b"\x00\x03" + filling + b"\x00" + os.urandom(_SECRET_BYTES)
        sealed: int = pow(int.from_bytes(block), numbers.e, numbers.n)
        return sealed.to_bytes(length)

    inputs = {
        _WELL_PADDED: lambda: public.encrypt(os.urandom(_SECRET_BYTES), padding.PKCS1v15()),
        _BADLY_PADDED: badly_padded,
    }
    scheme = padding.PKCS1v15()

    def call(given: bytes) -> object:
        return private.decrypt(given, scheme)

    made = Verification(call, (ValueError,), inputs, frozenset(inputs), ((_WELL_PADDED, _BADLY_PADDED),))
    # OpenSSL from 3.2 on does not refuse: it gives other bytes, so that nobody learns why (implicit
    # rejection).
    if made.accepts(badly_padded()):
        return made
    return Verification(call, made.refusals, inputs, frozenset({_WELL_PADDED}), made.contrasts)
