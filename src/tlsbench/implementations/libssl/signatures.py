"""Signing and verifying with a libcrypto as TLS does, and generating the keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tlsbench.errors import ProofError
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.checks import Hollow, loaded, must
from tlsbench.implementations.libssl.key_making import makes_keys, new_key
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.references.keys import (
    MESSAGE,
    SIGNATURE_KEYS,
    digest_of,
    scheme_of,
    signature_key,
)
from tlsbench.pki import keys
from tlsbench.scenarios.subjects import SLH_DSA

# evp.h and rsa.h of OpenSSL 1.1.1, where these are macros over EVP_PKEY_CTX_ctrl
_OF_ANY, _SET_PADDING, _SET_SALT_LENGTH = -1, 0x1001, 0x1002
_PKCS1, _PSS, _SALT_AS_DIGEST = 1, 6, -1
_MOST_BYTES: Final = 65_536
_OPERATIONS: Final = ("keygen", "sign", "verify", "sign_pkcs1", "verify_pkcs1")
#: FIPS 205 table 2: the size of a signature in bytes, with either hash.
_SLH_DSA_BYTES: Final = {
    "128s": 7_856,
    "128f": 17_088,
    "192s": 16_224,
    "192f": 35_664,
    "256s": 29_792,
    "256f": 49_856,
}


def find(lib: Library, subject: str, operation: str) -> Callable[[Library, str, str, int], Operation] | None:
    """Return the maker of an operation of this family; None if the library does not have it."""
    if operation not in _OPERATIONS or subject not in (*SIGNATURE_KEYS, *SLH_DSA):
        return None
    return _operation if makes_keys(lib, subject) else None


@dataclass(frozen=True)
class _Signer:
    """A key of a libcrypto that signs and verifies as TLS does.

    :param padding: the padding of RSA; 0 for other keys.
    """

    lib: Library
    subject: str
    key: Any
    md: Any
    padding: int
    made: Any
    length: Any
    key_context: Any

    def sign(self) -> None:
        lib = self.lib
        self.length[0] = _MOST_BYTES
        context = lib.EVP_MD_CTX_new()
        lib.EVP_DigestSignInit(context, self.key_context, self.md, ffi.NULL, self.key)
        if self.padding:
            _set_padding(lib, self.key_context[0], self.padding)
        signed = lib.EVP_DigestSign(context, self.made, self.length, MESSAGE, len(MESSAGE))
        lib.EVP_MD_CTX_free(context)
        must(lib, signed, f"signing with {self.subject}")

    def signature(self) -> bytes:
        self.sign()
        return bytes(ffi.buffer(self.made, self.length[0]))

    def is_valid(self, signature: bytes, signed: bytes) -> bool:
        lib = self.lib
        context = lib.EVP_MD_CTX_new()
        lib.EVP_DigestVerifyInit(context, self.key_context, self.md, ffi.NULL, self.key)
        if self.padding:
            _set_padding(lib, self.key_context[0], self.padding)
        found = lib.EVP_DigestVerify(context, signature, len(signature), signed, len(signed))
        lib.EVP_MD_CTX_free(context)
        return bool(found == 1)

    def prove(self, kept: bytes, operation: str) -> None:
        """Check that a second implementation accepts its signatures, and that it refuses a forgery.

        SLH-DSA has no second implementation here: only the length of a signature is checked.

        :raises ProofError: if not.
        """
        fresh = self.signature()
        if self.subject in SLH_DSA:
            _check_length(self.subject, fresh)
        else:
            _check_signature(self.public_key(), fresh, operation)
        for signature in (kept, fresh):
            if not self.is_valid(signature, MESSAGE):
                raise ProofError(
                    self.subject, wanted="a valid signature", got="an invalid one", witness="client"
                )
        if self.is_valid(kept, MESSAGE[:-1] + b"!"):
            raise ProofError(self.subject, wanted="InvalidSignature", got="a forgery", witness="client")
        self.lib.ERR_clear_error()

    def public_key(self) -> Any:
        """The public key, as a key of the cryptography package."""
        length = self.lib.i2d_PUBKEY(self.key, ffi.NULL)
        der, at = ffi.new("unsigned char[]", length), ffi.new("unsigned char **")
        at[0] = der
        self.lib.i2d_PUBKEY(self.key, at)
        return load_der_public_key(bytes(ffi.buffer(der, length)))


def _signer(lib: Library, subject: str, operation: str, key: Any) -> _Signer:
    digest = digest_of(signature_key(subject)) if subject in SIGNATURE_KEYS else None
    md = getattr(lib, f"EVP_{digest.name}")() if digest else ffi.NULL
    padding = 0
    if subject.startswith("rsa-"):
        padding = _PKCS1 if operation.endswith("_pkcs1") else _PSS
    buffers = ffi.new("unsigned char[]", _MOST_BYTES), ffi.new("size_t *"), ffi.new("EVP_PKEY_CTX **")
    return _Signer(lib, subject, key, md, padding, *buffers)


def _operation(lib: Library, subject: str, operation: str, _size_bytes: int) -> Operation:
    """Sign, verify a signature, or generate a key, with a key of that type."""
    if operation == "keygen":
        return _keygen(lib, subject)
    key = loaded(lib, signature_key(subject)) if subject in SIGNATURE_KEYS else _own_key(lib, subject)
    signer = _signer(lib, subject, operation, key)
    kept = signer.signature()
    call: Callable[[], object] = signer.sign
    if operation.startswith("verify"):
        call = partial(signer.is_valid, kept, MESSAGE)
    return Operation(call, partial(signer.prove, kept, operation))


def _own_key(lib: Library, subject: str) -> Any:
    """A key of a type that the cryptography package does not have."""
    key = new_key(lib, subject)
    return key if isinstance(lib, Hollow) else ffi.gc(key, lib.EVP_PKEY_free)


def _keygen(lib: Library, subject: str) -> Operation:
    """Generate keys; the last one must be able to sign."""
    last: list[Any] = []

    def call() -> None:
        if last:
            lib.EVP_PKEY_free(last.pop())
        last.append(new_key(lib, subject))

    def verify() -> None:
        if not last:
            call()
        signer = _signer(lib, subject, "sign", last[0])
        signer.prove(signer.signature(), "sign")

    return Operation(call, verify)


def _set_padding(lib: Library, context: Any, padding: int) -> None:
    """Set RSASSA-PKCS1-v1_5, or RSASSA-PSS, which TLS 1.3 handshakes require."""
    if lib.has("EVP_PKEY_CTX_set_rsa_padding"):
        lib.EVP_PKEY_CTX_set_rsa_padding(context, padding)
        if padding == _PSS:
            lib.EVP_PKEY_CTX_set_rsa_pss_saltlen(context, _SALT_AS_DIGEST)
        return
    commands = ((_SET_PADDING, padding), (_SET_SALT_LENGTH, _SALT_AS_DIGEST))
    for command, value in commands[: 2 if padding == _PSS else 1]:
        lib.EVP_PKEY_CTX_ctrl(context, _OF_ANY, _OF_ANY, command, value, ffi.NULL)


def _check_length(subject: str, signature: bytes) -> None:
    """Check the length of a signature that nothing else here can verify."""
    length = _SLH_DSA_BYTES[subject.rpartition("-")[2]]
    if len(signature) != length:
        wanted = f"a signature of {length} bytes"
        raise ProofError(subject, wanted=wanted, got=f"one of {len(signature)}", witness="client")


def _check_signature(public: Any, signature: bytes, operation: str) -> None:
    """Check that the cryptography package accepts a signature.

    :raises ProofError: if not.
    """
    try:
        public.verify(signature, MESSAGE, *scheme_of(public, operation))
    except InvalidSignature:
        kind = keys.key_type_of(public)
        raise ProofError(kind, wanted="a valid signature", got="an invalid one", witness="client") from None
