"""The key agreements of the cryptography package: curves, finite fields and KEMs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import mlkem

from tlsbench.errors import ProofError
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references.exchanges import shared_secret
from tlsbench.implementations.references.keys import agreement_keygen, exchange_of
from tlsbench.implementations.verification import must_match
from tlsbench.scenarios.algorithms import AGREEMENTS

_KEMS: Final[Mapping[str, Any]] = {
    "ml-kem-768": mlkem.MLKEM768PrivateKey,
    "ml-kem-1024": mlkem.MLKEM1024PrivateKey,
}


def find(subject: str, _operation: str) -> Callable[[str, str, int], Operation] | None:
    """The maker of an operation in this family; None if it belongs to another."""
    if subject in AGREEMENTS:
        return _agreement
    return _kem if subject in _KEMS else None


def attempt(subject: str) -> None:
    """Set up an algorithm, just far enough to see whether the engine has it."""
    if subject in _KEMS:
        _KEMS[subject].generate()
    elif subject in AGREEMENTS:
        agreement_keygen(subject)()


def _agreement(subject: str, operation: str, _size_bytes: int) -> Operation:
    keygen = agreement_keygen(subject)
    ours, theirs = keygen(), keygen()
    exchange = exchange_of(ours, theirs.public_key())
    expected = shared_secret(ours, theirs)

    def verify() -> None:
        must_match(subject, expected, exchange())

    def verify_keygen() -> None:
        fresh = keygen()
        must_match(subject, shared_secret(fresh, theirs), exchange_of(theirs, fresh.public_key())())

    if operation == "keygen":
        return Operation(keygen, verify_keygen)
    return Operation(exchange, verify)


def _kem(subject: str, operation: str, _size_bytes: int) -> Operation:
    private = _KEMS[subject].generate()
    public = private.public_key()
    secret, ciphertext = public.encapsulate()
    call = {
        "keygen": _KEMS[subject].generate,
        "encapsulate": public.encapsulate,
        "decapsulate": partial(private.decapsulate, ciphertext),
    }[operation]
    last: list[bytes] = [secret]

    def verify() -> None:
        must_match(subject, secret, private.decapsulate(ciphertext))
        fresh_secret, fresh_ciphertext = public.encapsulate()
        must_match(subject, fresh_secret, private.decapsulate(fresh_ciphertext))
        if fresh_secret in last:
            raise ProofError(subject, wanted="a new secret each time", got="the same", witness="client")
        last[:] = [secret, fresh_secret]

    return Operation(call, verify)
