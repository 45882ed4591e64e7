"""The signature algorithms of the cryptography package."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from cryptography.exceptions import InvalidSignature

from tlsbench.errors import ProofError
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references.keys import MESSAGE, SIGNATURE_KEYS, scheme_of, signature_key
from tlsbench.implementations.verification import must_fail
from tlsbench.scenarios.subjects import RSA_KEYS

_OPERATIONS = ("keygen", "sign", "verify", "sign_pkcs1", "verify_pkcs1")


def find(subject: str, operation: str) -> Callable[[str, str, int], Operation] | None:
    """The maker of an operation in this family; None if it belongs to another."""
    return _signature if subject in SIGNATURE_KEYS and operation in _OPERATIONS else None


def attempt(subject: str) -> None:
    """Set up an algorithm, just far enough to see whether the engine has it."""
    if subject in SIGNATURE_KEYS and subject not in RSA_KEYS:  # RSA keys are slow, and every engine has them
        signature_key(subject)


def _keygen(subject: str) -> Operation:
    """Making a key; the last key made must sign correctly."""
    generate = SIGNATURE_KEYS[subject]
    last = [signature_key(subject)]

    def call() -> None:
        last[0] = generate()

    return Operation(call, lambda: _signs(subject, last[0], scheme_of(last[0])))


def _signs(subject: str, private: Any, scheme: tuple[Any, ...]) -> None:  # noqa: ANN401
    """Check that a key's signature is valid, and only for its message."""
    public, signature = private.public_key(), private.sign(MESSAGE, *scheme)
    try:
        public.verify(signature, MESSAGE, *scheme)
    except InvalidSignature:
        raise ProofError(
            subject, wanted="a valid signature", got="an invalid one", witness="client"
        ) from None
    must_fail(subject, partial(public.verify, signature, MESSAGE + b"!", *scheme), InvalidSignature)


def _signature(subject: str, operation: str, _size_bytes: int) -> Operation:
    if operation == "keygen":
        return _keygen(subject)
    private = signature_key(subject)
    public, scheme = private.public_key(), scheme_of(private, operation)
    signature = private.sign(MESSAGE, *scheme)
    call: Callable[[], object] = partial(private.sign, MESSAGE, *scheme)
    if operation.startswith("verify"):
        call = partial(public.verify, signature, MESSAGE, *scheme)

    return Operation(call, lambda: _signs(subject, private, scheme))
