"""The contents of a chain as plain values, and what fails with it, or soon will."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    PublicKeyAlgorithmOID,
)

from tlsbench.certs.order import CertificateFinding, findings_of_order, names_itself
from tlsbench.loopback.setups import must_staple
from tlsbench.pki import key_type_of, spki_pin
from tlsbench.pki.authority import is_authority
from tlsbench.pki.chains import chain_of
from tlsbench.pki.engine_keys import SLH_DSA_SIGNATURES
from tlsbench.pki.extensions import UNREADABLE, extension
from tlsbench.pki.keys import public_key_of
from tlsbench.pki.names import name_text, short_name

_EXPIRES_SOON_DAYS = 14
_LEAST_RSA_BITS = 2048
_CURVES: Final = ("ecdsa-secp256r1", "ecdsa-secp384r1", "ecdsa-secp521r1")
#: Key types, and the libraries they fail with: each tried in handshakes with OpenSSL 3.0 and 4.0, GnuTLS 3.7,
#: BoringSSL, rustls and curl.
_FEW_PEERS: Final = {
    "ecdsa-secp521r1": "BoringSSL, and Chrome with it, refuses it",
    "ed25519": "BoringSSL, and Chrome with it, refuses it",
    "ed448": "BoringSSL, Chrome and rustls refuse it",
    "rsa-pss-": "BoringSSL, Chrome and rustls refuse it (a plain RSA key signs with PSS as well)",
    "ml-dsa-": "OpenSSL knows it since 3.5, most others do not yet",
}
#: The identifier prime-field (1.2.840.10045.1.1) in DER.
_PRIME_FIELD = bytes.fromhex("06072a8648ce3d0101")
#: The longest validity that browsers accept from a public authority, by the day of issue: CA/Browser Forum,
#: Baseline Requirements 6.3.2, as amended by ballot SC-081v3.
_LONGEST_DAYS: Final = (
    (date(2029, 3, 15), 47),
    (date(2027, 3, 15), 100),
    (date(2026, 3, 15), 200),
    (date(2020, 9, 1), 398),
    (date.min, 825),
)
_BROKEN_HASHES = (hashes.MD5, hashes.SHA1)
_SIGNATURES: Final = {
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    **SLH_DSA_SIGNATURES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The contents of a certificate. Times are in UTC; ``size_bytes`` is the size of its DER."""

    name: str
    subject: str
    issuer: str
    names: tuple[str, ...]
    serial_number: str
    key: str
    signature: str
    not_before: str
    not_after: str
    days_left: int
    usages: tuple[str, ...]
    is_authority: bool
    constraints: tuple[str, ...]
    must_staple: bool
    urls: tuple[str, ...]
    pin: str
    size_bytes: int


def facts_of(certificate: x509.Certificate, at: datetime | None = None) -> Facts:
    """The facts of a certificate; parts that cannot be read are shown as unknown, or left out."""
    at = at or datetime.now(UTC)
    constraints = extension(certificate, x509.NameConstraints)
    return Facts(
        name=short_name(certificate),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        names=tuple(name_text(name) for name in extension(certificate, x509.SubjectAlternativeName) or ()),
        serial_number=f"{certificate.serial_number:x}",
        key=_key(certificate),
        signature=_signature(certificate),
        not_before=f"{certificate.not_valid_before_utc:%Y-%m-%d %H:%M}",
        not_after=f"{certificate.not_valid_after_utc:%Y-%m-%d %H:%M}",
        days_left=(certificate.not_valid_after_utc - at).days,
        usages=tuple(_usages(certificate)),
        is_authority=is_authority(certificate),
        constraints=(
            *(f"only {name_text(name)}" for name in (constraints and constraints.permitted_subtrees) or ()),
            *(f"not {name_text(name)}" for name in (constraints and constraints.excluded_subtrees) or ()),
        ),
        must_staple=must_staple(certificate),
        urls=tuple(_urls(certificate)),
        pin=spki_pin(certificate) if _public_key(certificate) is not None else "",
        size_bytes=len(certificate.public_bytes(Encoding.DER)),
    )


def findings_of(
    chain: Sequence[x509.Certificate], at: datetime | None = None
) -> tuple[CertificateFinding, ...]:
    """What fails with a chain (leaf first), or soon will; errors first.

    A finding on a certificate that verifiers do not need is only a warning: they skip it.
    """
    at = at or datetime.now(UTC)
    path = chain_of(chain, at)
    needed = path[:-1] if len(path) > 1 and names_itself(chain[path[-1]]) else path
    found = []
    for position, certificate in enumerate(chain):
        checks = (
            (*_OF_EACH, *_OF_A_LEAF) if position == path[0] and not is_authority(certificate) else _OF_EACH
        )
        for check in checks:
            found += [
                CertificateFinding(level if position in needed else "warning", position, text)
                for level, text in check(certificate, at)
            ]
    found += findings_of_order(chain, path)
    return tuple(sorted(found, key=lambda finding: (finding.level != "error", finding.position)))


def findings_of_roots(
    roots: Sequence[x509.Certificate], at: datetime | None = None
) -> tuple[CertificateFinding, ...]:
    """Findings in a set of roots: all are warnings, since clients can do without any one root."""
    at = at or datetime.now(UTC)
    return tuple(
        CertificateFinding("warning", position, text)
        for position, root in enumerate(roots)
        for check in (_time, _strength, _criticals)
        for _level, text in check(root, at)
    )


_Found = Iterator[tuple[str, str]]


def _time(certificate: x509.Certificate, at: datetime) -> _Found:
    if at > certificate.not_valid_after_utc:
        yield "error", f"it expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
    elif at < certificate.not_valid_before_utc:
        yield "error", f"it is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
    elif (days := (certificate.not_valid_after_utc - at).days) < _EXPIRES_SOON_DAYS:
        yield "warning", f"it expires in {days} days"


def _strength(certificate: x509.Certificate, _at: datetime) -> _Found:
    key = _public_key(certificate)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _LEAST_RSA_BITS:
        yield "error", f"its RSA key has {key.key_size} bits: peers refuse less than {_LEAST_RSA_BITS}"
    elif isinstance(key, dsa.DSAPublicKey):
        yield "error", "its key is for DSA, which TLS 1.3 does not have"
    elif key is None:
        yield "error", "its key is of a kind that is not known here, or malformed"
    if isinstance(_signature_hash(certificate), _BROKEN_HASHES) and certificate.issuer != certificate.subject:
        yield "error", f"its signature uses {_signature(certificate)}, whose hash is broken"


def _algorithm(certificate: x509.Certificate, _at: datetime) -> _Found:
    key = _key(certificate)
    if _has_explicit_curve(certificate):
        yield (
            "error",
            "its curve is given by parameters, not by name, which peers refuse (RFC 5480 section 2.1.1)",
        )
    elif key.startswith("ecdsa-") and key not in _CURVES:
        curve = key.removeprefix("ecdsa-")
        yield (
            "error",
            f"its curve {curve} is not one that peers offer: handshakes fail (valid: P-256, P-384, P-521)",
        )
    elif who := next((who for kind, who in _FEW_PEERS.items() if key.startswith(kind)), ""):
        yield "warning", f"its key is {key}: {who}"


def _criticals(certificate: x509.Certificate, _at: datetime) -> _Found:
    try:
        extensions = list(certificate.extensions)
    except UNREADABLE:
        yield "error", "its extensions cannot be read: they are malformed, or of a kind not known here"
        return
    for one in extensions:
        if one.critical and isinstance(one.value, x509.UnrecognizedExtension):
            yield "error", f"its critical extension {one.oid.dotted_string} is unknown: peers refuse it"


def _names(certificate: x509.Certificate, _at: datetime) -> _Found:
    usages = extension(certificate, x509.ExtendedKeyUsage)
    serves = usages is None or ExtendedKeyUsageOID.SERVER_AUTH in usages
    if extension(certificate, x509.SubjectAlternativeName) is None and serves:
        yield (
            "error",
            "it has no subjectAltName: a common name alone is not a host name (RFC 9525, section 6.3)",
        )
    if usages is None:
        yield "warning", "it does not say what it is for: browsers require the extended key usage serverAuth"
    elif not {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH} & set(usages):
        yield "error", "its extended key usage is neither for servers nor for clients"


def _lifetime(certificate: x509.Certificate, _at: datetime) -> _Found:
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    issued = certificate.not_valid_before_utc.date()
    longest = next(days for since, days in _LONGEST_DAYS if issued >= since)
    if lifetime.days > longest:
        yield (
            "warning",
            f"it is valid for {lifetime.days} days: browsers accept {longest} (public authorities, SC-081v3)",
        )


def _stapling(certificate: x509.Certificate, _at: datetime) -> _Found:
    if must_staple(certificate):
        yield "warning", "it needs a stapled OCSP response (RFC 7633), or clients may refuse it"


_Check = Callable[[x509.Certificate, datetime], _Found]
_OF_EACH: Final[tuple[_Check, ...]] = (_time, _strength, _algorithm, _criticals)
_OF_A_LEAF: Final[tuple[_Check, ...]] = (_names, _lifetime, _stapling)


def _public_key(certificate: x509.Certificate) -> object | None:
    try:
        key: object = public_key_of(certificate)
    except UNREADABLE:
        return None
    return key


def _key(certificate: x509.Certificate) -> str:
    key = _public_key(certificate)
    return key_type_of(key) if key is not None else "unknown"


def _has_explicit_curve(certificate: x509.Certificate) -> bool:
    """Whether the key includes its curve's equation (RFC 3279 section 2.3.5), which cryptography hides."""
    oid = certificate.public_key_algorithm_oid
    return oid == PublicKeyAlgorithmOID.EC_PUBLIC_KEY and _PRIME_FIELD in certificate.tbs_certificate_bytes


def _signature_hash(certificate: x509.Certificate) -> hashes.HashAlgorithm | None:
    try:
        return certificate.signature_hash_algorithm
    except UNREADABLE:
        return None


def _signature(certificate: x509.Certificate) -> str:
    oid = certificate.signature_algorithm_oid
    return _SIGNATURES.get(oid.dotted_string, oid._name if oid._name != "Unknown OID" else oid.dotted_string)


def _usages(certificate: x509.Certificate) -> Iterator[str]:
    key_usage = extension(certificate, x509.KeyUsage)
    for name in ("digital_signature", "key_encipherment", "key_cert_sign", "crl_sign"):
        if key_usage is not None and getattr(key_usage, name):
            first, *others = name.split("_")
            yield first + "".join(word.capitalize() for word in others)
    for usage in extension(certificate, x509.ExtendedKeyUsage) or ():
        yield usage._name if usage._name != "Unknown OID" else usage.dotted_string


def _urls(certificate: x509.Certificate) -> Iterator[str]:
    words = {AuthorityInformationAccessOID.OCSP: "OCSP", AuthorityInformationAccessOID.CA_ISSUERS: "issuer"}
    for access in extension(certificate, x509.AuthorityInformationAccess) or ():
        yield f"{words.get(access.access_method, 'other')} {name_text(access.access_location)}"
    for point in extension(certificate, x509.CRLDistributionPoints) or ():
        yield from (f"CRL {name_text(name)}" for name in point.full_name or ())
