"""Reading what people have on disk: certificates, keys, CRLs and more in PEM (RFC 7468), DER and PKCS #12."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import ocsp

from tlsbench.errors import RequestError
from tlsbench.pki.identity import Identity
from tlsbench.pki.keys import PrivateKey

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
        if self.private_key.public_key() != self.certificates[0].public_key():
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
    with warnings.catch_warnings():
        # Of certificates that break rules (a negative serial number, say): they are to be shown, not hidden.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
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
        except _MALFORMED as error:
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
            return Bundle(encoding="DER", **{field: (load(data),)})  # type: ignore[arg-type]
        except _MALFORMED:
            continue
    try:
        store = pkcs12.load_pkcs12(data, password.encode() if password is not None else None)
    except _MALFORMED as error:
        if "password" in str(error).lower() or "mac" in str(error).lower():
            raise RequestError(f"{source}: {_password_problem(password)}") from error
        raise RequestError(
            f"{source} is no certificate, CRL, request or OCSP response in PEM or DER, and no PKCS #12"
        ) from error
    held = ([store.cert] if store.cert is not None else []) + list(store.additional_certs)
    return Bundle(
        encoding="PKCS #12",
        certificates=tuple(entry.certificate for entry in held),
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


def _password_problem(password: str | None) -> str:
    return (
        "it is encrypted: give the password with --password" if password is None else "the password is wrong"
    )


def _reason(error: Exception) -> str:
    """The first sentence of a library's message: some go on with where to complain."""
    return str(error).split(". ")[0].split("\n")[0].rstrip(".") or type(error).__name__


#: What the loaders raise for bytes that are not what they should be.
_MALFORMED: Final = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)
_PEM_READERS: Final[Mapping[str, Callable[[Bundle, bytes, str | None], Bundle]]] = {
    "CERTIFICATE": lambda bundle, block, _password: replace(
        bundle, certificates=(*bundle.certificates, x509.load_pem_x509_certificate(block))
    ),
    "X509 CRL": lambda bundle, block, _password: replace(
        bundle, crls=(*bundle.crls, x509.load_pem_x509_crl(block))
    ),
    "CERTIFICATE REQUEST": lambda bundle, block, _password: replace(
        bundle, requests=(*bundle.requests, x509.load_pem_x509_csr(block))
    ),
    "PRIVATE KEY": _read_key,
    "ENCRYPTED PRIVATE KEY": _read_key,
    "RSA PRIVATE KEY": _read_key,
    "EC PRIVATE KEY": _read_key,
}
