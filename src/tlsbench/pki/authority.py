"""A test PKI: authorities that issue identities.

trustme makes the root where it has the key type (RSA-2048 and P-256). Leaves and intermediates
come from our own builder for two reasons: trustme has no other key types, and it marks the
subjectAltName of a leaf critical, which RFC 5280 section 4.2.1.6 asks for only when the subject
is empty and which ``cryptography.x509.verification`` therefore rejects.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tlsbench.pki.keys import PrivateKey, from_pem, key_type_of, private_key, to_pem

#: The name that server certificates are issued for, and that clients ask for and check.
SERVER_NAME = "localhost"
#: The name in client certificates.
CLIENT_NAME = "client.tlsbench.test"

_TRUSTME_KEY_TYPES = {"rsa-2048": trustme.KeyType.RSA, "ecdsa-secp256r1": trustme.KeyType.ECDSA}
_VALIDITY = timedelta(days=30)
_CLOCK_SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key and the certificates that its holder sends: leaf first, root left out."""

    key_type: str
    private_key: PrivateKey
    certificates: tuple[x509.Certificate, ...]

    @property
    def leaf_der(self) -> bytes:
        """The leaf certificate in DER: what the other side must have seen."""
        return self.certificates[0].public_bytes(Encoding.DER)

    @property
    def chain_pem(self) -> bytes:
        """The certificates in PEM, leaf first."""
        return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in self.certificates)

    @contextmanager
    def pem_file(self) -> Iterator[str]:
        """A temporary file, readable by its owner only, with the private key and the chain.

        For libraries that load certificates from files alone; it is gone after the block.
        """
        with tempfile.NamedTemporaryFile(prefix="tlsbench-", suffix=".pem") as file:
            file.write(to_pem(self.private_key) + self.chain_pem)
            file.flush()
            yield file.name


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority: a root, or an intermediate below one.

    ``chain`` is its own certificate and those above it, down to but without the root;
    it is empty for a root.
    """

    key_type: str
    certificate: x509.Certificate
    private_key: PrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def certificate_pem(self) -> bytes:
        """The authority's certificate in PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    def subordinate(self, level: int) -> Authority:
        """An intermediate authority, signed by this one, with a key of the same type."""
        key = private_key(self.key_type, f"intermediate {level}")
        certificate = _ca_certificate(f"tlsbench intermediate {level}", key, self)
        return Authority(self.key_type, certificate, key, (certificate, *self.chain))

    def issue(self, host: str, key: PrivateKey, usage: x509.ObjectIdentifier) -> Identity:
        """An identity for ``host`` (a DNS name) with one extended key usage.

        :param usage: ``ExtendedKeyUsageOID.SERVER_AUTH`` or ``CLIENT_AUTH``.
        """
        leaf = (
            _builder(host, self.certificate.subject, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(self._authority_key_identifier(), critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(_key_usage(ca=False), critical=True)
            .sign(self.private_key, signature_hash(self.private_key))
        )
        return Identity(self.key_type, key, (leaf, *self.chain))

    def _authority_key_identifier(self) -> x509.AuthorityKeyIdentifier:
        extension = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(extension.value)


@dataclass(frozen=True, slots=True)
class Peers:
    """Who meets in a scenario: the server, the client, and the root that both trust."""

    root: Authority
    server: Identity
    client: Identity

    def to_pem(self) -> dict[str, str]:
        """Everything as PEM, to hand it to another process of one's own: private keys are in it."""
        return {
            name: (to_pem(holder.private_key) + chain).decode("ascii")
            for name, holder, chain in (
                ("root", self.root, self.root.certificate_pem),
                ("server", self.server, self.server.chain_pem),
                ("client", self.client, self.client.chain_pem),
            )
        }

    @classmethod
    def from_pem(cls, pems: Mapping[str, str]) -> Peers:
        """The peers that :meth:`to_pem` wrote."""
        keys = {name: from_pem(pem.encode("ascii")) for name, pem in pems.items()}
        chains = {
            name: tuple(x509.load_pem_x509_certificates(pem.encode("ascii"))) for name, pem in pems.items()
        }
        key_type = key_type_of(keys["root"].public_key())
        return cls(
            root=Authority(key_type, chains["root"][0], keys["root"]),
            server=Identity(key_type, keys["server"], chains["server"]),
            client=Identity(key_type, keys["client"], chains["client"]),
        )


@cache
def root_authority(key_type: str) -> Authority:
    """The process's root authority with a key of that type."""
    if key_type in _TRUSTME_KEY_TYPES:
        ca = trustme.CA(key_type=_TRUSTME_KEY_TYPES[key_type])
        certificate = x509.load_pem_x509_certificate(ca.cert_pem.bytes())
        return Authority(key_type, certificate, from_pem(ca.private_key_pem.bytes()))
    key = private_key(key_type, "root")
    return Authority(key_type, _ca_certificate("tlsbench root", key, None), key)


@cache
def peers(key_type: str, chain_length: int) -> Peers:
    """The peers whose certificates have that key type; made once per process.

    :param key_type: a name of :mod:`tlsbench.scenarios.keys`, for every certificate of the chain.
    :param chain_length: certificates that each side sends, 1 to 5: the leaf and its intermediates.
    """
    if not 1 <= chain_length <= 5:
        raise ValueError(f"a chain has 1 to 5 certificates, not {chain_length}")
    issuer = root = root_authority(key_type)
    for level in range(1, chain_length):
        issuer = issuer.subordinate(level)
    return Peers(
        root=root,
        server=issuer.issue(SERVER_NAME, private_key(key_type, "server"), ExtendedKeyUsageOID.SERVER_AUTH),
        client=issuer.issue(CLIENT_NAME, private_key(key_type, "client"), ExtendedKeyUsageOID.CLIENT_AUTH),
    )


def signature_hash(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384 | None:
    """The hash to sign with: that of the key's strength, None where the scheme has its own."""
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp384r1":
        return hashes.SHA384()
    if isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        return hashes.SHA256()
    return None


def _ca_certificate(name: str, key: PrivateKey, issuer: Authority | None) -> x509.Certificate:
    subject = _name(name)
    builder = (
        _builder(name, subject if issuer is None else issuer.certificate.subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_key_usage(ca=True), critical=True)
    )
    if issuer is None:
        return builder.sign(key, signature_hash(key))
    return builder.add_extension(issuer._authority_key_identifier(), critical=False).sign(
        issuer.private_key, signature_hash(issuer.private_key)
    )


def _builder(common_name: str, issuer: x509.Name, key: PrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _VALIDITY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "tlsbench"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
