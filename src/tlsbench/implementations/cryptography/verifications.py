"""What the cryptography package verifies, with inputs that it must accept and inputs that it must reject.

``bytes/compare`` is ``constant_time.bytes_eq``, which is :func:`hmac.compare_digest`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import constant_time

from tlsbench.implementations.cryptography.ciphers import AEADS, aead_of
from tlsbench.implementations.cryptography.digests import MACS
from tlsbench.implementations.cryptography.sealing import changed, seal_of
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references.keys import (
    MESSAGE,
    SECRET_BYTES,
    SIGNATURE_KEYS,
    encryption_of,
    scheme_of,
    signature_key,
)
from tlsbench.implementations.verifying import Verification
from tlsbench.scenarios.subjects import SEALS

#: The operations that are made only here, apart from those of MACs.
_ALONE: Final = frozenset({"decrypt_pkcs1", "decrypt_oaep", "compare"})

_RIGHT, _WRONG_FIRST, _WRONG_LAST = "right", "wrong in the first byte", "wrong in the last byte"
#: Right against wrong; and wrong against wrong in another place, both of which are rejected.
_OF_TAGS: Final = ((_RIGHT, _WRONG_LAST), (_WRONG_FIRST, _WRONG_LAST))
_VALID, _FORGED = "valid", "forged"
_WELL_PADDED, _BADLY_PADDED = "valid padding", "invalid padding"
_OTHER_LABEL, _TOO_LARGE = "of another label", "with a first byte that is not zero"


def verification(algorithm: str, operation: str, size_bytes: int) -> Verification:
    """The verification for an operation of an algorithm, on this many bytes if it takes data."""
    return _family(algorithm, operation)(algorithm, operation, size_bytes)


def find(algorithm: str, operation: str) -> Callable[[str, str, int], Operation] | None:
    """The maker of an operation that is made only here; None for any other."""
    is_mac = algorithm in MACS and operation == "verify"
    return _operation if is_mac or operation in _ALONE else None


_Maker = Callable[[str, str, int], Verification]


def _family(algorithm: str, operation: str) -> _Maker:
    by_operation: Mapping[str, _Maker] = {
        "compare": _compare,
        "decrypt_pkcs1": _pkcs1,
        "decrypt_oaep": _oaep,
    }
    families: tuple[tuple[object, _Maker], ...] = (
        (AEADS, _aead),
        (MACS, _mac),
        (SIGNATURE_KEYS, _signature),
        ({subject.name for subject in SEALS}, _sealed),
    )
    if operation in by_operation:
        return by_operation[operation]
    return next(make for names, make in families if algorithm in names)  # type: ignore[operator]


def _operation(algorithm: str, operation: str, size_bytes: int) -> Operation:
    """The operation on an input that it accepts, as ``workload=primitive`` measures it."""
    made = verification(algorithm, operation, size_bytes)
    accepted = next(kind for kind in made.inputs if kind in made.accepted)
    return Operation(partial(made.call, made.inputs[accepted]()), partial(made.prove, algorithm))


def _wrong(right: bytes, at: int) -> bytes:
    """The same bytes, except for one, which gets a random other value."""
    changed = bytearray(right)
    changed[at] ^= 1 + os.urandom(1)[0] % 255
    return bytes(changed)


def _tags(tag: bytes, before: bytes = b"", after: bytes = b"") -> Mapping[str, Callable[[], bytes]]:
    """Right and wrong tags between other bytes."""
    return {
        _RIGHT: lambda: bytes(bytearray(before + tag + after)),  # a new object each time, like the others
        _WRONG_FIRST: lambda: before + _wrong(tag, 0) + after,
        _WRONG_LAST: lambda: before + _wrong(tag, -1) + after,
    }


def _aead(algorithm: str, operation: str, size_bytes: int) -> Verification:
    aead, cipher, nonce = aead_of(algorithm)
    sealed = cipher.encrypt(*aead.arguments(nonce, os.urandom(size_bytes)))
    into = (bytearray(size_bytes),) if operation == "decrypt_into" else ()
    decrypt = getattr(cipher, operation)

    def call(given: bytes) -> object:
        return decrypt(*aead.arguments(nonce, given), *into)

    before, tag, after = aead.parts(sealed)
    inputs = _tags(tag, before, after)
    return Verification(call, (InvalidTag,), inputs, frozenset({_RIGHT}), _OF_TAGS)


def _mac(algorithm: str, _operation: str, size_bytes: int) -> Verification:
    kind = MACS[algorithm]
    key, data = os.urandom(kind.key_bytes), os.urandom(size_bytes)

    def call(given: bytes) -> object:
        mac = kind.begin(key)
        mac.update(data)
        mac.verify(given)
        return True

    inputs = _tags(kind.reference(key, data))
    return Verification(call, (InvalidSignature,), inputs, frozenset({_RIGHT}), _OF_TAGS)


def _sealed(algorithm: str, operation: str, size_bytes: int) -> Verification:
    """A sealed text, and one with a bit flipped in the middle: all of it is authenticated."""
    made = seal_of(algorithm, operation, size_bytes)
    inputs = {
        _RIGHT: lambda: made.seal(made.text),
        _FORGED: lambda: changed(made.seal(made.text)),
    }
    return Verification(made.open, (made.refusal,), inputs, frozenset({_RIGHT}), ((_RIGHT, _FORGED),))


def _compare(_algorithm: str, _operation: str, size_bytes: int) -> Verification:
    secret = os.urandom(size_bytes)
    call = partial(constant_time.bytes_eq, secret)
    return Verification(call, (), _tags(secret), frozenset({_RIGHT}), _OF_TAGS)


def _signature(algorithm: str, operation: str, _size_bytes: int) -> Verification:
    private = signature_key(algorithm)
    public, scheme = private.public_key(), scheme_of(private, operation)

    def call(given: bytes) -> object:
        return public.verify(given, MESSAGE, *scheme)

    inputs = {
        _VALID: lambda: private.sign(MESSAGE, *scheme),
        # well-formed, but for another message: rejected by the computation, not by its form
        _FORGED: lambda: private.sign(os.urandom(len(MESSAGE)), *scheme),
    }
    return Verification(call, (InvalidSignature,), inputs, frozenset({_VALID}), ((_VALID, _FORGED),))


def _pkcs1(algorithm: str, operation: str, _size_bytes: int) -> Verification:
    private = signature_key(algorithm)
    public = private.public_key()
    numbers, length, scheme = public.public_numbers(), private.key_size // 8, encryption_of(operation)

    def badly_padded() -> bytes:
        """A ciphertext whose block begins with 00 03 instead of 00 02 (RFC 8017 section 7.2.1)."""
        filling = bytes(byte or 1 for byte in os.urandom(length - 3 - SECRET_BYTES))
        block = b"\x00\x03" + filling + b"\x00" + os.urandom(SECRET_BYTES)
        sealed: int = pow(int.from_bytes(block), numbers.e, numbers.n)
        return sealed.to_bytes(length)

    inputs = {
        _WELL_PADDED: lambda: public.encrypt(os.urandom(SECRET_BYTES), scheme),
        _BADLY_PADDED: badly_padded,
    }

    def call(given: bytes) -> object:
        return private.decrypt(given, scheme)

    made = Verification(call, (ValueError,), inputs, frozenset(inputs), ((_WELL_PADDED, _BADLY_PADDED),))
    # OpenSSL from 3.2 on does not reject it: it returns other bytes, so that nobody learns why (implicit
    # rejection).
    if made.accepts(badly_padded()):
        return made
    return Verification(call, made.refusals, inputs, frozenset({_WELL_PADDED}), made.contrasts)


def _oaep(algorithm: str, operation: str, _size_bytes: int) -> Verification:
    """OAEP, where both rejected kinds must take the same time, or an attacker could decrypt.

    RFC 8017 section 7.1.2; Manger, "A Chosen Ciphertext Attack on RSA-OAEP", CRYPTO 2001.
    """
    private = signature_key(algorithm)
    public, scheme = private.public_key(), encryption_of(operation)
    numbers, length = public.public_numbers(), private.key_size // 8

    def raw(block: bytes) -> bytes:
        sealed: int = pow(int.from_bytes(block), numbers.e, numbers.n)
        return sealed.to_bytes(length)

    inputs = {
        _VALID: lambda: public.encrypt(os.urandom(SECRET_BYTES), scheme),
        _OTHER_LABEL: lambda: raw(b"\x00" + os.urandom(length - 1)),
        _TOO_LARGE: lambda: raw(b"\x01" + os.urandom(length - 1)),
    }

    def call(given: bytes) -> object:
        return private.decrypt(given, scheme)

    contrasts = ((_VALID, _OTHER_LABEL), (_OTHER_LABEL, _TOO_LARGE))
    return Verification(call, (ValueError,), inputs, frozenset({_VALID}), contrasts)
