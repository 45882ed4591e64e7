"""Reading what people have on disk: certificates, keys, CRLs and more in PEM (RFC 7468), DER and PKCS #12."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from cryptography.x509 import ocsp

from tlsbench.errors import RequestError
from tlsbench.pki.extensions import UNREADABLE, lenient
from tlsbench.pki.identity import Identity
from tlsbench.pki.keys import PrivateKey

_Read = TypeVar(
    "_Read",
    bound=x509.Certificate
    | x509.CertificateRevocationList
    | x509.CertificateSigningRequest
    | ocsp.OCSPResponse,
)
_PEM_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\r?\n.*?-----END \1-----", re.DOTALL)
#: More than any chain, key and CRL that a person wants shown.
_MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a file holds. ``encoding`` is ``"PEM"``, ``"DER"`` or ``"PKCS #12"``.

    ``private_key`` is as cryptography loads it; it may be of a type that is not for TLS.
    """

    encoding: str
    certificates: tuple[x509.Certificate, ...] = ()
    private_key: Any = None
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    requests: tuple[x509.CertificateSigningRequest, ...] = ()
    ocsp_responses: tuple[ocsp.OCSPResponse, ...] = ()

    def is_pair(self) -> bool:
        """Whether the private key is that of the first certificate."""
        try:
            return bool(self.private_key.public_key() == self.certificates[0].public_key())
        except UNREADABLE:
            return False

    def identity(self, source: str) -> Identity:
        """The key with its certificates.

        :param source: what to call the bundle in an error.
        :raises RequestError: if one of them is missing, or they do not belong together.
        """
        if self.private_key is None or not self.certificates:
            missing = "certificate" if self.private_key is not None else "private key"
            raise RequestError(f"{source} has no {missing}")
        if not isinstance(self.private_key, PrivateKey):
            raise RequestError(f"{source}: {type(self.private_key).__name__} is no key for TLS certificates")
        if not self.is_pair():
            raise RequestError(f"{source}: the private key is not that of the first certificate")
        return Identity(self.private_key, self.certificates)


def read_file(path: Path) -> bytes:
    """The bytes of a file that a person named.

    :raises RequestError: in one line, if it cannot be read or is too large to be what is wanted.
    """
    try:
        if path.is_file() and path.stat().st_size > _MOST_BYTES:
            raise RequestError(f"{path} is larger than {_MOST_BYTES >> 20} MiB: that is no certificate")
        return path.read_bytes()
    except OSError as error:
        raise RequestError(f"cannot read {path}: {error.strerror}") from error


def read_bundle(data: bytes, source: str, password: str | None = None) -> Bundle:
    """What some bytes hold, whatever their encoding.

    :param source: what to call them in an error, such as the file's name.
    :param password: of an encrypted private key or PKCS #12.
    :raises RequestError: in one line, if they are malformed, or the password is wrong or missing.
    """
    with lenient():
        if b"-----BEGIN " in data:
            return _read_pem(data, source, password)
        return _read_der(data, source, password)


def _read_pem(data: bytes, source: str, password: str | None) -> Bundle:
    bundle = Bundle(encoding="PEM")
    seen = False
    for block in _PEM_BLOCK.finditer(data):
        label = block[1].decode("ascii")
        read = _PEM_READERS.get(label)
        if read is None:
            continue
        seen = True
        try:
            bundle = read(bundle, block[0], password)
        except RequestError as error:
            raise RequestError(f"{source}: {error}") from error
        except UNREADABLE as error:
            raise RequestError(f"{source}: a malformed {label} ({_reason(error)})") from error
    if not seen:
        raise RequestError(f"{source} has no complete PEM block of a kind known: {', '.join(_PEM_READERS)}")
    return bundle


def _read_der(data: bytes, source: str, password: str | None) -> Bundle:
    for load, field in (
        (x509.load_der_x509_certificate, "certificates"),
        (x509.load_der_x509_crl, "crls"),
        (x509.load_der_x509_csr, "requests"),
        (ocsp.load_der_ocsp_response, "ocsp_responses"),
    ):
        try:
            return Bundle(encoding="DER", **{field: (_looked_through(load(data)),)})  # type: ignore[arg-type]
        except UNREADABLE:
            continue
    try:
        store = pkcs12.load_pkcs12(data, password.encode() if password is not None else None)
    except UNREADABLE as error:
        if "password" in str(error).lower() or "mac" in str(error).lower():
            raise RequestError(f"{source}: {_password_problem(password)}") from error
        raise RequestError(
            f"{source} is no certificate, CRL, request or OCSP response in PEM or DER, and no PKCS #12"
        ) from error
    held = ([store.cert] if store.cert is not None else []) + list(store.additional_certs)
    return Bundle(
        encoding="PKCS #12",
        certificates=tuple(_looked_through(entry.certificate) for entry in held),
        private_key=store.key,
    )


def _read_key(bundle: Bundle, block: bytes, password: str | None) -> Bundle:
    encrypted = b"ENCRYPTED" in block
    try:
        key = load_pem_private_key(block, password.encode() if password is not None and encrypted else None)
    except (TypeError, ValueError) as error:
        if encrypted:
            raise RequestError(_password_problem(password)) from error
        raise
    return replace(bundle, private_key=key)


def _looked_through(read: _Read) -> _Read:
    """The same, once all that is needed of it has been parsed, which cryptography puts off.

    :raises ValueError: and others of ``UNREADABLE``, if that cannot be.
    """
    for part in _NEEDED[type(read).__name__]:
        value = getattr(read, part)
        if isinstance(value, x509.Name):
            value.rfc4514_string()
    if isinstance(read, x509.CertificateRevocationList):
        len(read)
    if isinstance(read, ocsp.OCSPResponse) and read.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL:
        for answer in read.responses:
            _ = answer.certificate_status, answer.serial_number, answer.next_update_utc
    return read


def _password_problem(password: str | None) -> str:
    return (
        "it is encrypted: give the password with --password" if password is None else "the password is wrong"
    )


def _reason(error: Exception) -> str:
    """The first sentence of a library's message: some go on with where to complain."""
    return str(error).split(". ")[0].split("\n")[0].rstrip(".") or type(error).__name__


#: What every certificate, list, request and response must have to be worth showing, by the class's name.
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "Certificate": ("subject", "issuer", "serial_number", "not_valid_before_utc", "not_valid_after_utc"),
    "CertificateRevocationList": ("issuer", "next_update_utc"),
    "CertificateSigningRequest": ("subject",),
    "OCSPResponse": ("response_status",),
}
_PEM_READERS: Final[Mapping[str, Callable[[Bundle, bytes, str | None], Bundle]]] = {
    "CERTIFICATE": lambda bundle, block, _password: replace(
        bundle, certificates=(*bundle.certificates, _looked_through(x509.load_pem_x509_certificate(block)))
    ),
    "X509 CRL": lambda bundle, block, _password: replace(
        bundle, crls=(*bundle.crls, _looked_through(x509.load_pem_x509_crl(block)))
    ),
    "CERTIFICATE REQUEST": lambda bundle, block, _password: replace(
        bundle, requests=(*bundle.requests, _looked_through(x509.load_pem_x509_csr(block)))
    ),
    "PRIVATE KEY": _read_key,
    "ENCRYPTED PRIVATE KEY": _read_key,
    "RSA PRIVATE KEY": _read_key,
    "EC PRIVATE KEY": _read_key,
}
