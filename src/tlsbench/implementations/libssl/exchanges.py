"""Key agreements and KEMs of a libcrypto, called as libssl calls them for its key shares."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from tlsbench.errors import ProofError
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.checks import Hollow, loaded, must
from tlsbench.implementations.libssl.key_making import makes_keys, new_key
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references.keys import agreement_keygen, exchange_of
from tlsbench.implementations.verification import must_match
from tlsbench.scenarios.algorithms import AGREEMENTS, KEMS

_MOST_BYTES: Final = 8192


def find(lib: Library, subject: str, _operation: str) -> Callable[[Library, str, str, int], Operation] | None:
    """Return the maker of an operation of this family; None if the library does not have it."""
    if subject in AGREEMENTS:
        return _agreement if makes_keys(lib, subject) else None
    if subject in KEMS and lib.has("EVP_PKEY_encapsulate") and lib.has("EVP_PKEY_CTX_new_from_name"):
        return _kem if makes_keys(lib, subject) else None
    return None


def _agreement(lib: Library, subject: str, operation: str, _size_bytes: int) -> Operation:
    make = agreement_keygen(subject)
    mine, other = make(), make()
    expected = exchange_of(mine, other.public_key())()
    ours, theirs = loaded(lib, mine), loaded(lib, other)
    secret, length = ffi.new("unsigned char[]", len(expected)), ffi.new("size_t *")

    def exchange(own: Any, peer: Any) -> bytes:
        length[0] = len(expected)
        context = lib.EVP_PKEY_CTX_new(own, ffi.NULL)
        lib.EVP_PKEY_derive_init(context)
        lib.EVP_PKEY_derive_set_peer(context, peer)
        derived = lib.EVP_PKEY_derive(context, secret, length)
        lib.EVP_PKEY_CTX_free(context)
        must(lib, derived, subject)
        return bytes(ffi.buffer(secret, length[0]))

    def verify_keygen() -> None:
        one, another = (ffi.gc(new_key(lib, subject), lib.EVP_PKEY_free) for _ in range(2))
        must_match(subject, exchange(one, another), exchange(another, one))
        must_match(subject, expected, exchange(ours, theirs))

    if operation == "keygen":
        return Operation(lambda: lib.EVP_PKEY_free(new_key(lib, subject)), verify_keygen)
    return Operation(
        partial(exchange, ours, theirs), lambda: must_match(subject, expected, exchange(ours, theirs))
    )


def _kem(lib: Library, subject: str, operation: str, _size_bytes: int) -> Operation:
    key = new_key(lib, subject)
    key = ffi.NULL if isinstance(lib, Hollow) else ffi.gc(key, lib.EVP_PKEY_free)
    wrapped, secret = ffi.new("unsigned char[]", _MOST_BYTES), ffi.new("unsigned char[]", 64)
    wrapped_length, length = ffi.new("size_t *"), ffi.new("size_t *")

    def encapsulate() -> bytes:
        wrapped_length[0], length[0] = _MOST_BYTES, 64
        context = lib.EVP_PKEY_CTX_new(key, ffi.NULL)
        lib.EVP_PKEY_encapsulate_init(context, ffi.NULL)
        done = lib.EVP_PKEY_encapsulate(context, wrapped, wrapped_length, secret, length)
        lib.EVP_PKEY_CTX_free(context)
        must(lib, done, subject)
        return bytes(ffi.buffer(secret, length[0]))

    def decapsulate() -> bytes:
        length[0] = 64
        context = lib.EVP_PKEY_CTX_new(key, ffi.NULL)
        lib.EVP_PKEY_decapsulate_init(context, ffi.NULL)
        done = lib.EVP_PKEY_decapsulate(context, secret, length, wrapped, wrapped_length[0])
        lib.EVP_PKEY_CTX_free(context)
        must(lib, done, subject)
        return bytes(ffi.buffer(secret, length[0]))

    def verify() -> None:
        one = encapsulate()
        must_match(subject, one, decapsulate())
        if encapsulate() == one:
            raise ProofError(subject, wanted="a new secret each time", got="the same", witness="client")

    encapsulate()
    calls: dict[str, Callable[[], object]] = {
        "keygen": lambda: lib.EVP_PKEY_free(new_key(lib, subject)),
        "encapsulate": encapsulate,
        "decapsulate": decapsulate,
    }
    return Operation(calls[operation], verify)
