"""A private key with its certificates: the form in which every library is given them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PublicFormat,
    pkcs12,
)

from tlsbench.errors import RequestError
from tlsbench.files import temporary
from tlsbench.pki.engine_keys import EnginePublicKey
from tlsbench.pki.keys import PrivateKey, key_type_of, own, public_key_of, to_pem
from tlsbench.pki.names import general_name
from tlsbench.pki.template import signature_hash


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key and the certificates that its holder sends: leaf first, without the root."""

    private_key: PrivateKey
    certificates: tuple[x509.Certificate, ...]

    @property
    def leaf(self) -> x509.Certificate:
        """The holder's own certificate."""
        return self.certificates[0]

    @property
    def key_type(self) -> str:
        """The type of the leaf's key, as in the axis ``key``."""
        return key_type_of(self.private_key.public_key())

    @property
    def leaf_der(self) -> bytes:
        """The leaf certificate in DER, which the other side must have received."""
        return self.leaf.public_bytes(Encoding.DER)

    @property
    def public_key_der(self) -> bytes:
        """The leaf's SubjectPublicKeyInfo in DER: what a raw public key consists of (RFC 7250 section 3)."""
        return public_key_der(self.private_key.public_key())

    @property
    def chain_pem(self) -> bytes:
        """The certificates in PEM, leaf first."""
        return certificates_pem(self.certificates)

    @contextmanager
    def pem_file(self) -> Iterator[str]:
        """A temporary file, readable by its owner only, with the private key and the chain.

        For libraries that load certificates only from files; it is deleted after the block.
        """
        with temporary(to_pem(self.private_key) + self.chain_pem, ".pem") as path:
            yield str(path)

    def pkcs12(self, password: str, name: str = "tlsbench") -> bytes:
        """The key and chain as PKCS #12 (RFC 7292), encrypted with ``password`` unless it is empty.

        :raises RequestError: for a key that cryptography cannot write as PKCS #12, such as ML-DSA.
        """
        encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        try:
            return pkcs12.serialize_key_and_certificates(
                name.encode(),
                self.private_key,  # type: ignore[arg-type]
                self.leaf,
                self.certificates[1:],
                encryption,
            )
        except TypeError as error:
            raise RequestError(f"cryptography writes no PKCS #12 with an {self.key_type} key") from error


def certificates_pem(certificates: Sequence[x509.Certificate]) -> bytes:
    """The certificates in PEM, concatenated."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def public_key_der(key: CertificatePublicKeyTypes | EnginePublicKey) -> bytes:
    """The SubjectPublicKeyInfo of a public key in DER (RFC 5280 section 4.1.2.7)."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def spki_pin(certificate: x509.Certificate) -> str:
    """The pin of a certificate's key: base64 of the SHA-256 of its SubjectPublicKeyInfo (RFC 7469)."""
    spki = public_key_der(public_key_of(certificate))
    return base64.b64encode(hashlib.sha256(spki).digest()).decode("ascii")


def signing_request(key: PrivateKey, names: Sequence[str]) -> x509.CertificateSigningRequest:
    """A certificate signing request for ``names``, signed by its own key (PKCS #10, RFC 2986).

    :raises RequestError: if a name is invalid, or the key can sign only certificates here.
    """
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))  # as ACME clients do (RFC 8555 section 7.4): only the names count
        .add_extension(x509.SubjectAlternativeName([general_name(name) for name in names]), critical=True)
        .sign(own(key), signature_hash(own(key)))
    )
