"""Keys for primitives, made by the cryptography package, and how each one signs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dh, ec, ed448, padding, rsa, x448, x25519
from cryptography.utils import CryptographyDeprecationWarning

from tlsbench.pki import keys

#: The message to sign, as long as what a TLS 1.3 CertificateVerify covers (RFC 8446 section 4.4.3).
MESSAGE: Final = b" " * 64 + b"TLS 1.3, server CertificateVerify\x00" + bytes(32)
#: The size of what RSA encrypts: that of a TLS premaster secret (RFC 5246 section 7.4.7.1).
SECRET_BYTES: Final = 48

CURVES: Final[Mapping[str, ec.EllipticCurve]] = {
    curve.name: curve
    for curve in (
        ec.SECP256R1(),
        ec.SECP384R1(),
        ec.SECP521R1(),
        ec.BrainpoolP256R1(),
        ec.BrainpoolP384R1(),
        ec.BrainpoolP512R1(),
        ec.SECP256K1(),
    )
}
#: By name in :data:`tlsbench.scenarios.subjects.SIGNATURES`: the keys of certificates, and others that sign.
SIGNATURE_KEYS: Final[Mapping[str, Callable[[], Any]]] = {
    **{f"ecdsa-{name}": partial(ec.generate_private_key, curve) for name, curve in CURVES.items()},
    "ed448": ed448.Ed448PrivateKey.generate,
    **keys.GENERATORS,
}
_OF_RSA: Final = (rsa.RSAPrivateKey, rsa.RSAPublicKey)
_OF_CURVES: Final = (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey)
#: RFC 7919 appendix A: for each group the X of its prime.
_FFDHE: Final = {2048: 560_316, 3072: 2_625_351, 4096: 5_736_041}


@cache
def signature_key(name: str) -> Any:  # noqa: ANN401 - keys of all types have no common one
    """The process's key of that name for primitives; the same one each time."""
    return SIGNATURE_KEYS[name]()


def digest_of(key: object) -> hashes.HashAlgorithm | None:
    """The hash with which a key signs, by the key's strength; None if the scheme has its own.

    :param key: a private or public key.
    """
    if isinstance(key, _OF_RSA):
        return hashes.SHA256()
    if not isinstance(key, _OF_CURVES):
        return None
    sizes = ((256, hashes.SHA256()), (384, hashes.SHA384()))
    return next((digest for bits, digest in sizes if key.key_size <= bits), hashes.SHA512())


def scheme_of(key: object, operation: str = "sign") -> tuple[Any, ...]:
    """How a key signs in TLS 1.3 handshakes: the arguments of its ``sign`` after the message.

    :param key: a private or public key.
    :param operation: RSA's ``sign_pkcs1`` and ``verify_pkcs1`` use RSASSA-PKCS1-v1_5, which TLS 1.3 allows
        only in certificates.
    """
    digest = digest_of(key)
    if isinstance(key, _OF_RSA):
        assert digest is not None
        if operation.endswith("_pkcs1"):
            return padding.PKCS1v15(), digest
        # rsa_pss_rsae_sha256 (RFC 8446 section 4.2.3)
        return padding.PSS(padding.MGF1(digest), digest.digest_size), digest
    if isinstance(key, _OF_CURVES):
        assert digest is not None
        return (ec.ECDSA(digest),)
    return ()


def encryption_of(operation: str) -> padding.AsymmetricPadding:
    """The padding with which RSA encrypts in an operation such as ``encrypt_oaep``."""
    if operation.endswith("_oaep"):
        return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    return padding.PKCS1v15()


def ffdhe_prime(bits: int) -> int:
    """The prime of an RFC 7919 group (appendix A), derived from the digits of e.

    ``2^b - 2^(b-64) + (floor(2^(b-130) e) + X) 2^64 - 1``
    """
    guard = 64
    term = total = 1 << bits - 130 + guard
    count = 1
    while term:
        term //= count
        total += term
        count += 1
    of_e = total >> guard
    return (1 << bits) - (1 << bits - 64) + ((of_e + _FFDHE[bits]) << 64) - 1


@contextmanager
def _deprecated_but_here() -> Iterator[None]:
    """Silence the warning of cryptography, which plans to remove groups of finite fields."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        yield


@cache
def _ffdhe_parameters(bits: int) -> dh.DHParameters:
    with _deprecated_but_here():
        return dh.DHParameterNumbers(ffdhe_prime(bits), 2).parameters()


def agreement_keygen(name: str) -> Callable[[], Any]:
    """The key generator of a group in :data:`tlsbench.scenarios.subjects.AGREEMENTS`."""
    if name.startswith("ffdhe"):
        return _ffdhe_parameters(int(name.removeprefix("ffdhe"))).generate_private_key
    if name in CURVES:
        return partial(ec.generate_private_key, CURVES[name])
    return {"x25519": x25519.X25519PrivateKey.generate, "x448": x448.X448PrivateKey.generate}[name]


def exchange_of(private: Any, public: Any) -> Callable[[], bytes]:  # noqa: ANN401
    """A function that derives the secret shared by a private key and another's public key."""
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return partial(private.exchange, ec.ECDH(), public)
    return partial(private.exchange, public)
