"""Keys for which the cryptography package has no class: OpenSSL signs certificates with them.

They are kept in the encodings of files, PKCS #8 and SubjectPublicKeyInfo. pyOpenSSL, and thus the OpenSSL
inside the cryptography package, puts them into certificates and signs with them.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from tlsbench.errors import CertificateError
from tlsbench.pki import slh_dsa
from tlsbench.pki.elements import OCTET_STRING, SEQUENCE, bit_string, element, elements, inner
from tlsbench.scenarios.keys import KEY_TYPES

_RSASSA_PSS: Final = "1.2.840.113549.1.1.10"
_RSASSA_PSS_DER: Final = bytes.fromhex("06092a864886f70d01010a")
_SLH_DSA: Final = "2.16.840.1.101.3.4.3."
_SLH_DSA_DER: Final = bytes.fromhex("06096086480165030403")
#: X509_V_FLAG_NO_CHECK_TIME and X509_V_FLAG_CHECK_SS_SIGNATURE: x509_vfy.h
_NO_CHECK_TIME: Final = 0x200000
_CHECK_OWN_SIGNATURE: Final = 0x4000
#: The tag [0] of a certificate's version, which version 1 certificates omit.
_VERSION: Final = 0xA0
_NEEDED: Final = ("EVP_get_digestbyname", "X509_set_pubkey", "X509_sign")
_RSA_PSS_NAME: Final = "rsa-pss-"
_PUBLIC_EXPONENT: Final = 65537
_SLH_DSA_NAMES: Final = {of.oid_number: name for name, of in slh_dsa.PARAMETERS.items()}
#: The names of the SLH-DSA signature algorithms in certificates, by object identifier.
SLH_DSA_SIGNATURES: Final = {f"{_SLH_DSA}{number}": name.upper() for number, name in _SLH_DSA_NAMES.items()}
#: The key types with which no version of TLS signs a handshake.
WITHOUT_SIGNATURE_SCHEME: Final = tuple(
    key_type.name for key_type in KEY_TYPES if key_type.engine_only and not key_type.authentication
)
#: The key types that the cryptography package lacks, as in the axis ``key``.
ENGINE_KEY_TYPES: Final = tuple(key_type.name for key_type in KEY_TYPES if key_type.engine_only)


@dataclass(frozen=True, slots=True)
class EnginePublicKey:
    """A public key that cryptography cannot hold. ``spki`` is its SubjectPublicKeyInfo in DER."""

    key_type: str
    spki: bytes

    def public_bytes(self, encoding: Encoding, form: PublicFormat) -> bytes:
        """Its SubjectPublicKeyInfo, the only form that it has."""
        if form is not PublicFormat.SubjectPublicKeyInfo:
            raise ValueError(f"{self.key_type} keys have no other form than SubjectPublicKeyInfo")
        return self.spki if encoding is Encoding.DER else _pem("PUBLIC KEY", self.spki)

    @property
    def identifier(self) -> x509.SubjectKeyIdentifier:
        """The subject key identifier: SHA-1 of the key's BIT STRING (RFC 5280 section 4.2.1.2)."""
        bits = inner(elements(inner(self.spki))[1])[1:]
        return x509.SubjectKeyIdentifier(hashlib.sha1(bits, usedforsecurity=False).digest())


@dataclass(frozen=True, slots=True)
class EngineKey:
    """A private key that cryptography cannot hold, or would take for a key of another type.

    :param key_type: as in the axis ``key``.
    :param pkcs8: the key in PKCS #8 (RFC 5958), DER, not encrypted.
    """

    key_type: str
    pkcs8: bytes
    spki: bytes

    def public_key(self) -> EnginePublicKey:
        """Its public part."""
        return EnginePublicKey(self.key_type, self.spki)

    def private_bytes(
        self, encoding: Encoding, form: PrivateFormat, encryption: KeySerializationEncryption
    ) -> bytes:
        """Its unencrypted PKCS #8, the only form that it has."""
        if form is not PrivateFormat.PKCS8 or not isinstance(encryption, NoEncryption):
            raise ValueError(f"{self.key_type} keys have no other form than unencrypted PKCS #8")
        return self.pkcs8 if encoding is Encoding.DER else _pem("PRIVATE KEY", self.pkcs8)


def new_engine_key(key_type: str) -> EngineKey:
    """A new key of one of :data:`ENGINE_KEY_TYPES`.

    :raises CertificateError: for a type that no library here can generate.
    """
    if key_type.startswith(_RSA_PSS_NAME):
        bits = int(key_type.removeprefix(_RSA_PSS_NAME))
        return rsa_pss_key(rsa.generate_private_key(_PUBLIC_EXPONENT, bits))
    if key_type not in slh_dsa.PARAMETERS:
        raise CertificateError(f"no library here makes a key of {key_type}")
    return _slh_dsa_key(key_type, slh_dsa.new_private_key(key_type))


def rsa_pss_key(key: rsa.RSAPrivateKey) -> EngineKey:
    """The same RSA key, limited to RSASSA-PSS signatures, with any hash (RFC 4055 section 1.2)."""
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    algorithm = element(SEQUENCE, _RSASSA_PSS_DER)
    version, _, *rest = elements(inner(pkcs8))
    _, bits = elements(inner(spki))
    return EngineKey(
        f"{_RSA_PSS_NAME}{key.key_size}",
        element(SEQUENCE, b"".join((version, algorithm, *rest))),
        element(SEQUENCE, algorithm + bits),
    )


def _slh_dsa_key(key_type: str, private: bytes) -> EngineKey:
    of = slh_dsa.PARAMETERS[key_type]
    algorithm = element(SEQUENCE, _SLH_DSA_DER + bytes((of.oid_number,)))
    version = bytes.fromhex("020100")
    public = private[2 * of.hash_bytes :]
    return EngineKey(
        key_type,
        element(SEQUENCE, version + algorithm + element(OCTET_STRING, private)),
        element(SEQUENCE, algorithm + bit_string(public)),
    )


def engine_key_from(pkcs8: bytes) -> EngineKey | None:
    """The key in unencrypted PKCS #8 (DER) if its type is one of :data:`ENGINE_KEY_TYPES`, otherwise None."""
    _version, algorithm, private, *_ = elements(inner(pkcs8))
    kind = _kind_of(elements(inner(algorithm))[0])
    if kind is None:
        return None
    if kind == _RSA_PSS_NAME:
        key = load_der_private_key(pkcs8, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return rsa_pss_key(key)
    return _slh_dsa_key(kind, inner(private))


def engine_public_key_of(certificate: x509.Certificate) -> EnginePublicKey | None:
    """The key of a certificate if its type is one of :data:`ENGINE_KEY_TYPES`, otherwise None."""
    oid = certificate.public_key_algorithm_oid.dotted_string
    if oid != _RSASSA_PSS and not oid.startswith(_SLH_DSA):
        return None
    fields = elements(inner(certificate.tbs_certificate_bytes))
    # A tbsCertificate: [version,] serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
    spki = fields[6 if fields[0][0] == _VERSION else 5]
    kind = _kind_of(elements(inner(elements(inner(spki))[0]))[0])
    if kind == _RSA_PSS_NAME:
        key = certificate.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        kind = f"{_RSA_PSS_NAME}{key.key_size}"
    return EnginePublicKey(kind, spki) if kind is not None else None


def is_rsa_pss(der: bytes) -> bool:
    """Whether a certificate in DER has an RSA-PSS key; False without a certificate (``b""``)."""
    if not der:
        return False
    certificate = x509.load_der_x509_certificate(der)
    return certificate.public_key_algorithm_oid.dotted_string == _RSASSA_PSS


def _kind_of(oid: bytes) -> str | None:
    """The key type that an object identifier in DER names; for RSA-PSS, without the key size."""
    if oid == _RSASSA_PSS_DER:
        return _RSA_PSS_NAME
    return _SLH_DSA_NAMES.get(oid[-1]) if oid[:-1] == _SLH_DSA_DER else None


def signed_by_engine(
    certificate: x509.Certificate, spki: bytes, pkcs8: bytes, digest: str
) -> x509.Certificate:
    """The same certificate for another key, re-signed by OpenSSL.

    :param spki: the SubjectPublicKeyInfo of the subject's key, in DER.
    :param pkcs8: the issuer's key in PKCS #8, in DER.
    :param digest: OpenSSL's name for the hash to sign with; ``""`` if the scheme has its own.
    :raises CertificateError: if OpenSSL does not support one of the keys, or does not sign.
    """
    from OpenSSL import crypto  # not needed to list libraries

    lib, ffi = _bindings()
    made = crypto.X509.from_cryptography(certificate)
    try:
        held = crypto.load_publickey(crypto.FILETYPE_ASN1, spki)
        signing = crypto.load_privatekey(crypto.FILETYPE_ASN1, pkcs8)
    except crypto.Error as error:
        raise CertificateError(
            f"the OpenSSL of the cryptography package has no such keys: {error}"
        ) from error
    with_digest = lib.EVP_get_digestbyname(digest.encode("ascii")) if digest else ffi.NULL
    x509_, pkey = made._x509, signing._pkey
    if lib.X509_set_pubkey(x509_, held._pkey) != 1 or lib.X509_sign(x509_, pkey, with_digest) <= 0:
        raise CertificateError("OpenSSL did not sign the certificate")
    return made.to_cryptography()


def issued_by_engine(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether ``certificate`` is signed by the key of ``issuer``, according to OpenSSL."""
    from OpenSSL import crypto

    store = crypto.X509Store()
    store.add_cert(crypto.X509.from_cryptography(issuer))
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN | _NO_CHECK_TIME | _CHECK_OWN_SIGNATURE)
    try:
        crypto.X509StoreContext(store, crypto.X509.from_cryptography(certificate)).verify_certificate()
    except (crypto.X509StoreContextError, crypto.Error):
        return False
    return True


@cache
def _bindings() -> tuple[Any, Any]:
    """The OpenSSL bindings of pyOpenSSL.

    :raises CertificateError: if they lack a function that is needed.
    """
    from OpenSSL import SSL

    lib, ffi = SSL._lib, SSL._ffi  # type: ignore[attr-defined]
    if lacking := [name for name in _NEEDED if not hasattr(lib, name)]:
        raise CertificateError(f"this pyOpenSSL does not bind {', '.join(lacking)}")
    return lib, ffi


def _pem(label: str, der: bytes) -> bytes:
    text = base64.b64encode(der)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    name = label.encode("ascii")
    return b"\n".join((b"-----BEGIN " + name + b"-----", *lines, b"-----END " + name + b"-----", b""))
