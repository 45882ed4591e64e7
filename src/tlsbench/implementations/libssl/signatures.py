"""Signing and verifying with a libcrypto, as TLS does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tlsbench.errors import ProofError
from tlsbench.implementations.contract import Operation
from tlsbench.implementations.libssl.bindings import Library, ffi
from tlsbench.implementations.libssl.checks import loaded, must
from tlsbench.pki import keys
from tlsbench.pki.template import signature_hash

#: What is offered of them.
OPERATIONS: Final = ("sign", "verify")
# evp.h and rsa.h of OpenSSL 1.1.1, where these are macros over EVP_PKEY_CTX_ctrl
_OF_ANY, _SET_PADDING, _SET_SALT_LENGTH = -1, 0x1001, 0x1002
_PSS, _SALT_AS_DIGEST = 6, -1
_MOST_BYTES: Final = 8192
#: What is signed: as long as what a TLS 1.3 CertificateVerify covers (RFC 8446 section 4.4.3).
_MESSAGE: Final = b" " * 64 + b"TLS 1.3, server CertificateVerify\x00" + bytes(32)


def operation(lib: Library, subject: str, operation: str, _size_bytes: int) -> Operation:
    """Signing, or verifying a signature, by a key of that type."""
    private = keys.own(keys.private_key(subject, "primitive"))
    digest, own = signature_hash(private), loaded(lib, private)
    md = getattr(lib, f"EVP_{digest.name}")() if digest else ffi.NULL
    is_rsa = isinstance(private, rsa.RSAPrivateKey)
    made, length = ffi.new("unsigned char[]", _MOST_BYTES), ffi.new("size_t *")
    key_context: Any = ffi.new("EVP_PKEY_CTX **")

    def sign() -> None:
        length[0] = _MOST_BYTES
        context = lib.EVP_MD_CTX_new()
        lib.EVP_DigestSignInit(context, key_context, md, ffi.NULL, own)
        if is_rsa:
            _set_pss(lib, key_context[0])
        signed = lib.EVP_DigestSign(context, made, length, _MESSAGE, len(_MESSAGE))
        lib.EVP_MD_CTX_free(context)
        must(lib, signed, f"signing with {subject}")

    def signature() -> bytes:
        sign()
        return bytes(ffi.buffer(made, length[0]))

    def is_valid(made: bytes, signed: bytes) -> bool:
        context = lib.EVP_MD_CTX_new()
        lib.EVP_DigestVerifyInit(context, key_context, md, ffi.NULL, own)
        if is_rsa:
            _set_pss(lib, key_context[0])
        found = lib.EVP_DigestVerify(context, made, len(made), signed, len(signed))
        lib.EVP_MD_CTX_free(context)
        return bool(found == 1)

    kept = signature()

    def verify() -> None:
        _check_signature(private, signature())
        if not is_valid(kept, _MESSAGE):
            raise ProofError(subject, wanted="a valid signature", got="an invalid one", witness="client")
        if is_valid(kept, _MESSAGE[:-1] + b"!"):
            raise ProofError(subject, wanted="InvalidSignature", got="a forgery", witness="client")
        lib.ERR_clear_error()

    calls: dict[str, Callable[[], object]] = {"sign": sign, "verify": partial(is_valid, kept, _MESSAGE)}
    return Operation(calls[operation], verify)


def _set_pss(lib: Library, context: Any) -> None:
    """rsa_pss_rsae_sha256, the one RSA scheme of TLS 1.3 handshakes."""
    if lib.has("EVP_PKEY_CTX_set_rsa_padding"):
        lib.EVP_PKEY_CTX_set_rsa_padding(context, _PSS)
        lib.EVP_PKEY_CTX_set_rsa_pss_saltlen(context, _SALT_AS_DIGEST)
        return
    for command, value in ((_SET_PADDING, _PSS), (_SET_SALT_LENGTH, _SALT_AS_DIGEST)):
        lib.EVP_PKEY_CTX_ctrl(context, _OF_ANY, _OF_ANY, command, value, ffi.NULL)


def _check_signature(private: Any, signature: bytes) -> None:
    """Whether the cryptography package finds a signature good.

    :raises ProofError: if not.
    """
    scheme: tuple[Any, ...] = ()
    digest = signature_hash(private)
    if isinstance(private, rsa.RSAPrivateKey):
        assert digest is not None
        scheme = (padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    elif isinstance(private, ec.EllipticCurvePrivateKey):
        assert digest is not None
        scheme = (ec.ECDSA(digest),)
    try:
        private.public_key().verify(signature, _MESSAGE, *scheme)
    except InvalidSignature:
        kind = keys.key_type_of(private.public_key())
        raise ProofError(kind, wanted="a valid signature", got="an invalid one", witness="client") from None
