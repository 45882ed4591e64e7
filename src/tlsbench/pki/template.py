"""Templates for certificates, and the certificates built from them (RFC 5280)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from tlsbench.pki.engine_keys import EngineKey, EnginePublicKey, signed_by_engine
from tlsbench.pki.keys import OwnPrivateKey, PrivateKey, PublicKey, public_key_of
from tlsbench.pki.names import constraint, general_name

#: Extended key usages (RFC 5280 section 4.2.1.12) by the names used here.
USAGES: Final = {
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
    "ocsp": ExtendedKeyUsageOID.OCSP_SIGNING,
}
#: By the size of the curve in bits (RFC 8446 section 4.2.3, RFC 8734 section 2); all others use SHA-256.
_HASHES_OF_CURVES: Final[Mapping[int, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]]] = {
    384: hashes.SHA384,
    512: hashes.SHA512,
    521: hashes.SHA512,
}
_CLOCK_SKEW = timedelta(hours=1)
#: X.520 limits the length of a common name: RFC 5280 appendix A.1, ub-common-name.
_LONGEST_COMMON_NAME = 64


@dataclass(frozen=True, slots=True)
class Validity:
    """A validity period, both ends included; the times are aware, in UTC."""

    not_before: datetime
    not_after: datetime

    @classmethod
    def days(cls, days: float, *, start: float = 0.0) -> Validity:
        """A number of days from now, or from ``start`` days from now; negative for a start in the past.

        It begins an hour earlier, for peers whose clocks are behind.
        """
        begin = datetime.now(UTC) + timedelta(days=start)
        return cls(begin - _CLOCK_SKEW, begin + timedelta(days=days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The contents of a certificate apart from its key and its issuer.

    :param names: subject alternative names, as :func:`tlsbench.pki.names.general_name` takes them.
    :param common_name: of the subject; by default, the first DNS name. An address is not used: OpenSSL would
        check it against the name constraints for DNS names.
    :param usages: keys of :data:`USAGES`; empty for an authority, which may then issue for all.
    :param is_authority: whether its key may sign certificates and CRLs.
    :param path_length: how many intermediates may follow below an authority; None for any number.
    :param permitted: the names that an authority may issue for (name constraints); all if empty.
    :param excluded: the names that it may not issue for.
    :param must_staple: whether a server must staple an OCSP response to it (RFC 7633).
    :param ocsp_url: the URL of its OCSP responder; ``issuer_url``, that of its issuer's certificate (both in
        the authority information access, RFC 5280 section 4.2.2.1).
    :param crl_url: its CRL distribution point (section 4.2.1.13).
    """

    names: tuple[str, ...] = ()
    common_name: str = ""
    usages: tuple[str, ...] = ("server",)
    validity: Validity = field(default_factory=lambda: Validity.days(30))
    is_authority: bool = False
    path_length: int | None = None
    permitted: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    must_staple: bool = False
    ocsp_url: str = ""
    issuer_url: str = ""
    crl_url: str = ""

    @property
    def subject(self) -> x509.Name:
        """The subject's distinguished name."""
        hosts = [name for name in self.names if isinstance(general_name(name), x509.DNSName)]
        attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "tlsbench")]
        if common_name := self.common_name or next(iter(hosts), ""):
            shortened = common_name[:_LONGEST_COMMON_NAME]
            attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, shortened))
        return x509.Name(attributes)


def authority_template(common_name: str, **more: object) -> Template:
    """The template of a certificate authority; ``more`` are fields of :class:`Template`."""
    return Template(common_name=common_name, usages=(), is_authority=True, **more)  # type: ignore[arg-type]


def build(
    template: Template,
    public_key: PublicKey,
    signing_key: PrivateKey,
    issuer: x509.Certificate | None = None,
) -> x509.Certificate:
    """The certificate for ``public_key``, signed by ``signing_key``.

    :param issuer: the certificate of the signing key; None for a self-signed certificate.
    :raises RequestError: if a name in the template is invalid.
    """
    # Keys that cryptography cannot put into a certificate, or sign it with, are substituted afterwards.
    own_key = _stand_in().public_key() if isinstance(public_key, EnginePublicKey) else public_key
    own_signer = _stand_in() if isinstance(signing_key, EngineKey) else signing_key
    builder = (
        x509.CertificateBuilder()
        .subject_name(template.subject)
        .issuer_name(template.subject if issuer is None else issuer.subject)
        .public_key(own_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(template.validity.not_before)
        .not_valid_after(template.validity.not_after)
        .add_extension(_key_identifier(public_key), critical=False)
    )
    if issuer is not None:
        builder = builder.add_extension(_authority_key_identifier(issuer), critical=False)
    for extension, critical in _extensions(template, public_key):
        builder = builder.add_extension(extension, critical=critical)
    made = builder.sign(own_signer, signature_hash(own_signer))
    if own_key is public_key and own_signer is signing_key:
        return made
    spki = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pkcs8 = signing_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signed_by_engine(made, spki, pkcs8, _digest_of(signing_key))


@cache
def _stand_in() -> ed25519.Ed25519PrivateKey:
    """A placeholder for a key that cryptography does not have."""
    return ed25519.Ed25519PrivateKey.generate()


def _key_identifier(public_key: PublicKey) -> x509.SubjectKeyIdentifier:
    if isinstance(public_key, EnginePublicKey):
        return public_key.identifier
    return x509.SubjectKeyIdentifier.from_public_key(public_key)


def _digest_of(key: PrivateKey) -> str:
    """OpenSSL's name for the hash to sign a certificate with; ``""`` if the scheme has its own."""
    if isinstance(key, EngineKey):
        return hashes.SHA256.name if key.key_type.startswith("rsa") else ""
    digest = signature_hash(key)
    return digest.name if digest is not None else ""


def signature_hash(key: OwnPrivateKey) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    """The hash to sign with, which matches the key's strength; None if the scheme has its own."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return _HASHES_OF_CURVES.get(key.key_size, hashes.SHA256)()
    return hashes.SHA256() if isinstance(key, rsa.RSAPrivateKey) else None


def _extensions(template: Template, public_key: PublicKey) -> Iterator[tuple[x509.ExtensionType, bool]]:
    """The extensions that the template asks for, and whether each is critical."""
    yield x509.BasicConstraints(ca=template.is_authority, path_length=template.path_length), True
    yield _key_usage(template, public_key), True
    if template.names:
        yield x509.SubjectAlternativeName([general_name(name) for name in template.names]), False
    if template.usages:
        yield x509.ExtendedKeyUsage([USAGES[usage] for usage in template.usages]), False
    if "ocsp" in template.usages:
        yield x509.OCSPNoCheck(), False  # RFC 6960 section 4.2.2.2.1: its own revocation is not checked
    if template.permitted or template.excluded:
        yield (
            x509.NameConstraints(
                [constraint(text) for text in template.permitted] or None,
                [constraint(text) for text in template.excluded] or None,
            ),
            True,
        )
    if template.must_staple:
        yield x509.TLSFeature([x509.TLSFeatureType.status_request]), False
    places = (
        (AuthorityInformationAccessOID.OCSP, template.ocsp_url),
        (AuthorityInformationAccessOID.CA_ISSUERS, template.issuer_url),
    )
    if any(url for _, url in places):
        yield (
            x509.AuthorityInformationAccess(
                x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
                for method, url in places
                if url
            ),
            False,
        )
    if template.crl_url:
        url = x509.UniformResourceIdentifier(template.crl_url)
        yield x509.CRLDistributionPoints([x509.DistributionPoint([url], None, None, None)]), False


def _key_usage(template: Template, public_key: PublicKey) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not template.is_authority,
        key_cert_sign=template.is_authority,
        crl_sign=template.is_authority,
        # RSA key exchange, in TLS up to 1.2 (RFC 5246 section 7.4.2), encrypts with it.
        key_encipherment="server" in template.usages and isinstance(public_key, rsa.RSAPublicKey),
        content_commitment=False,
        data_encipherment=False,
        # ECDH with the certificate's own key needs it (RFC 4492; no longer in RFC 8422 section 2.1).
        key_agreement="server" in template.usages and isinstance(public_key, ec.EllipticCurvePublicKey),
        encipher_only=False,
        decipher_only=False,
    )


def _authority_key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    try:
        extension = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        key = public_key_of(issuer)
        if isinstance(key, EnginePublicKey):
            return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key.identifier)
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)  # type: ignore[arg-type]
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(extension.value)
