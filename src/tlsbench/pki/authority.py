"""Certificate authorities: roots, intermediates, and what they issue.

trustme makes the root if it supports the key type (RSA-2048 and P-256), and a CA that trustme made
elsewhere can be taken over. Leaves and intermediates come from our own builder for two reasons:
trustme supports no other key types and none of the extensions that a template can ask for, and it marks
the subjectAltName of a leaf critical, which RFC 5280 section 4.2.1.6 requires only if the subject is
empty and which ``cryptography.x509.verification`` therefore rejects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from tlsbench.errors import RequestError
from tlsbench.pki.engine_keys import engine_public_key_of, issued_by_engine
from tlsbench.pki.extensions import UNREADABLE, extension
from tlsbench.pki.identity import Identity, certificates_pem
from tlsbench.pki.keys import PrivateKey, from_pem, key_type_of, new_key, private_key, public_key_of
from tlsbench.pki.names import name_text
from tlsbench.pki.template import Template, authority_template, build

if TYPE_CHECKING:
    import trustme

_TRUSTME_KEY_TYPES = {"rsa-2048": "RSA", "ecdsa-secp256r1": "ECDSA"}


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority: a root, or an intermediate below one.

    ``chain`` is its own certificate and those above it, up to but not including the root;
    it is empty for a root.
    """

    certificate: x509.Certificate
    private_key: PrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def key_type(self) -> str:
        """The type of its key, as in the axis ``key``."""
        return key_type_of(self.private_key.public_key())

    @property
    def certificate_pem(self) -> bytes:
        """The authority's certificate in PEM."""
        return certificates_pem([self.certificate])

    @classmethod
    def new(cls, template: Template, key: PrivateKey) -> Authority:
        """A root, with a self-signed certificate."""
        return cls(build(template, key.public_key(), key), key)

    @classmethod
    def from_pem(cls, certificate_pem: bytes, private_key_pem: bytes) -> Authority:
        """An existing root.

        :raises RequestError: if the key and the certificate do not match, or it is not an authority's.
        """
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        key = from_pem(private_key_pem)
        if public_key_of(certificate) != key.public_key():
            raise RequestError("the private key is not that of the authority's certificate")
        if not is_authority(certificate):
            raise RequestError("the certificate is not an authority's: its basicConstraints do not say CA")
        return cls(certificate, key)

    @classmethod
    def from_trustme(cls, ca: trustme.CA) -> Authority:
        """Take over a trustme CA, to issue certificates that trustme cannot."""
        return cls.from_pem(ca.cert_pem.bytes(), ca.private_key_pem.bytes())

    def subordinate(self, template: Template, key: PrivateKey) -> Authority:
        """An intermediate authority, signed by this one."""
        certificate = build(template, key.public_key(), self.private_key, self.certificate)
        return Authority(certificate, key, (certificate, *self.chain))

    def issue(self, template: Template, key: PrivateKey | None = None) -> Identity:
        """An identity with a certificate for ``key``, or for a new key of the authority's own type."""
        key = key or new_key(self.key_type)
        leaf = build(template, key.public_key(), self.private_key, self.certificate)
        return Identity(key, (leaf, *self.chain))

    def sign_request(
        self, request: x509.CertificateSigningRequest, template: Template
    ) -> tuple[x509.Certificate, ...]:
        """The chain for a signing request that proves possession of its key; leaf first.

        The names come from the request; the authority decides everything else, in the template.

        :raises RequestError: if the request is not signed by its own key, or has no subjectAltName.
        """
        if not request.is_signature_valid:
            raise RequestError("the request is not signed by the key that it is for")
        names = extension(request, x509.SubjectAlternativeName)
        if names is None:
            raise RequestError("the request names no subject: it has no subjectAltName")
        template = replace(template, names=tuple(name_text(name) for name in names))
        leaf = build(template, request.public_key(), self.private_key, self.certificate)  # type: ignore[arg-type]
        return (leaf, *self.chain)


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether a certificate is an authority's, by its basicConstraints (RFC 5280 section 4.2.1.9)."""
    constraints = extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether ``certificate`` names ``issuer`` as its issuer and is signed by its key."""
    if certificate.issuer == issuer.subject and engine_public_key_of(issuer) is not None:
        return issued_by_engine(certificate, issuer)
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


@cache
def root_authority(key_type: str) -> Authority:
    """The root authority of this process with a key of that type."""
    if key_type in _TRUSTME_KEY_TYPES:
        import trustme  # not needed to list libraries

        return Authority.from_trustme(trustme.CA(key_type=trustme.KeyType[_TRUSTME_KEY_TYPES[key_type]]))
    return Authority.new(authority_template("tlsbench root"), private_key(key_type, "root"))
