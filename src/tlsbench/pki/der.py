"""Single objects in DER, each parsed as far as it will be used (X.690, RFC 5280, RFC 2315)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_private_key, pkcs7
from cryptography.x509 import ocsp

from tlsbench.errors import RequestError
from tlsbench.pki.chains import chain_of

_Read = TypeVar(
    "_Read",
    bound=x509.Certificate
    | x509.CertificateRevocationList
    | x509.CertificateSigningRequest
    | ocsp.OCSPResponse,
)
_SEQUENCE, _INDEFINITE = b"\x30", b"\x80"


def first_element(data: bytes) -> tuple[bytes, bytes]:
    """The leading SEQUENCE (X.690 section 8.1) and the bytes after it; ``(b"", data)`` if there is none.

    One of indefinite length (BER) is taken to be all of the data. Text may begin with ``0``, which is the tag
    of a SEQUENCE, so a length below 128 counts only if nothing follows: no certificate is that short.
    """
    if len(data) < 2 or data[:1] != _SEQUENCE:
        return b"", data
    if data[1:2] == _INDEFINITE:
        return data, b""
    length, start = data[1], 2
    if length > 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    elif start + length != len(data):
        return b"", data
    if start + length > len(data):
        return b"", data
    return data[: start + length], data[start + length :]


def certificate(der: bytes) -> x509.Certificate:
    """A certificate.

    :raises ValueError: or another of ``UNREADABLE``, as all functions here, if it is not one or malformed.
    """
    return looked_through(x509.load_der_x509_certificate(der))


def revocation_list(der: bytes) -> x509.CertificateRevocationList:
    """A CRL."""
    return looked_through(x509.load_der_x509_crl(der))


def request(der: bytes) -> x509.CertificateSigningRequest:
    """A signing request (PKCS #10)."""
    return looked_through(x509.load_der_x509_csr(der))


def ocsp_response(der: bytes) -> ocsp.OCSPResponse:
    """An OCSP response."""
    return looked_through(ocsp.load_der_ocsp_response(der))


def pkcs7_certificates(der: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of PKCS #7, which is an unordered set: the leaf, then its issuers, then the others."""
    found = [looked_through(one) for one in pkcs7.load_der_pkcs7_certificates(der)]
    chain = chain_of(found)
    return tuple(found[place] for place in (*chain, *sorted(set(range(len(found))) - set(chain))))


def private_key(der: bytes, password: bytes | None) -> object | None:
    """A private key (PKCS #8, or the traditional format of RSA or EC); None if it is not one.

    :raises RequestError: if it is encrypted, and the password is missing or wrong.
    """
    try:
        return load_der_private_key(der, None)
    except TypeError as error:
        if password is None:
            raise RequestError(password_problem(None)) from error
    except (ValueError, UnsupportedAlgorithm):
        return None
    try:
        return load_der_private_key(der, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RequestError(password_problem(password)) from error


def password_problem(password: bytes | None) -> str:
    """The message for a password that is missing or wrong."""
    return (
        "it is encrypted: give the password with --password" if password is None else "the password is wrong"
    )


def looked_through(read: _Read) -> _Read:
    """The same object, after parsing all the parts needed, which cryptography would put off."""
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


#: The parts that an object must have to be worth showing, by the name of its class.
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "Certificate": ("subject", "issuer", "serial_number", "not_valid_before_utc", "not_valid_after_utc"),
    "CertificateRevocationList": ("issuer", "next_update_utc"),
    "CertificateSigningRequest": ("subject",),
    "OCSPResponse": ("response_status",),
}
