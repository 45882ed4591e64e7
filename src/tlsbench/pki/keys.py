"""Private keys of every key type, made once per process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tlsbench.errors import RequestError
from tlsbench.pki.engine_keys import (
    ENGINE_KEY_TYPES,
    EngineKey,
    EnginePublicKey,
    engine_key_from,
    engine_public_key_of,
    new_engine_key,
)
from tlsbench.pki.pem import read_blocks

#: Keys that the cryptography package itself signs with.
OwnPrivateKey: TypeAlias = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | mldsa.MLDSA44PrivateKey
    | mldsa.MLDSA65PrivateKey
    | mldsa.MLDSA87PrivateKey
)
PrivateKey: TypeAlias = OwnPrivateKey | EngineKey

OwnPublicKey: TypeAlias = (
    rsa.RSAPublicKey
    | ec.EllipticCurvePublicKey
    | ed25519.Ed25519PublicKey
    | ed448.Ed448PublicKey
    | mldsa.MLDSA44PublicKey
    | mldsa.MLDSA65PublicKey
    | mldsa.MLDSA87PublicKey
)
PublicKey: TypeAlias = OwnPublicKey | EnginePublicKey

#: Key generators by key type, for the types that the cryptography package has.
GENERATORS: Final[dict[str, Callable[[], OwnPrivateKey]]] = {
    "rsa-2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa-3072": lambda: rsa.generate_private_key(65537, 3072),
    "rsa-4096": lambda: rsa.generate_private_key(65537, 4096),
    "ecdsa-secp256r1": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ecdsa-secp384r1": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ecdsa-secp521r1": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ecdsa-brainpoolP256r1": lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
    "ecdsa-brainpoolP384r1": lambda: ec.generate_private_key(ec.BrainpoolP384R1()),
    "ecdsa-brainpoolP512r1": lambda: ec.generate_private_key(ec.BrainpoolP512R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ed448": ed448.Ed448PrivateKey.generate,
    "ml-dsa-44": mldsa.MLDSA44PrivateKey.generate,
    "ml-dsa-65": mldsa.MLDSA65PrivateKey.generate,
    "ml-dsa-87": mldsa.MLDSA87PrivateKey.generate,
}


def new_key(key_type: str) -> PrivateKey:
    """A new key.

    :param key_type: a name of :mod:`tlsbench.scenarios.keys`.
    """
    return new_engine_key(key_type) if key_type in ENGINE_KEY_TYPES else GENERATORS[key_type]()


@cache
def private_key(key_type: str, purpose: str) -> PrivateKey:
    """The key of this process of that type and for that purpose; the same one each time.

    :param key_type: a name of :mod:`tlsbench.scenarios.keys`.
    :param purpose: who holds it, such as ``"root"`` or ``"server"``; each has its own key.
    """
    del purpose  # only distinguishes the cached keys
    return new_key(key_type)


def to_pem(key: PrivateKey) -> bytes:
    """The key as unencrypted PKCS #8 PEM (RFC 5958)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def from_pem(pem: bytes) -> PrivateKey:
    """The key in unencrypted PEM.

    :raises TypeError: if it is of a type that certificates here cannot have.
    """
    blocks, _ = read_blocks(pem)
    for block in blocks:
        if block.label == "PRIVATE KEY" and (own := engine_key_from(block.data)) is not None:
            return own
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, OwnPrivateKey):
        raise TypeError(f"{type(key).__name__} is not a key type of tlsbench")
    return key


def own(key: PrivateKey) -> OwnPrivateKey:
    """The key, for operations that only the cryptography package performs.

    :raises RequestError: if that package has no such keys.
    """
    if isinstance(key, EngineKey):
        raise RequestError(f"{key.key_type} keys sign only certificates here")
    return key


def public_key_of(certificate: x509.Certificate) -> EnginePublicKey | CertificatePublicKeyTypes:
    """The key of a certificate, of any type.

    For a type that neither cryptography nor an engine has, it raises what cryptography does
    (:data:`tlsbench.pki.extensions.UNREADABLE`).
    """
    return engine_public_key_of(certificate) or certificate.public_key()


def key_type_of(public_key: object) -> str:
    """The name of a public key's type, as in the axis ``key``; the name of its class if it has none."""
    if isinstance(public_key, EnginePublicKey):
        return public_key.key_type
    if isinstance(public_key, rsa.RSAPublicKey):
        return f"rsa-{public_key.key_size}"
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return f"ecdsa-{public_key.curve.name}"
    return _PUBLIC_KEY_TYPES.get(type(public_key).__name__, type(public_key).__name__)


#: By the name of the concrete class (the public classes of cryptography are abstract).
_PUBLIC_KEY_TYPES: Final = {
    "Ed25519PublicKey": "ed25519",
    "Ed448PublicKey": "ed448",
    "MLDSA44PublicKey": "ml-dsa-44",
    "MLDSA65PublicKey": "ml-dsa-65",
    "MLDSA87PublicKey": "ml-dsa-87",
}
