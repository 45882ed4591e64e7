"""Revocation: make CRLs (RFC 5280 section 5), make and check OCSP responses (RFC 6960)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from tlsbench.errors import CertificateError
from tlsbench.pki.authority import Authority
from tlsbench.pki.identity import Identity
from tlsbench.pki.keys import own
from tlsbench.pki.template import Validity, signature_hash

#: The statuses that an OCSP response can give a certificate (RFC 6960 section 2.2).
STATUSES: Final = {
    "good": ocsp.OCSPCertStatus.GOOD,
    "revoked": ocsp.OCSPCertStatus.REVOKED,
    "unknown": ocsp.OCSPCertStatus.UNKNOWN,
}
_STATUS_NAMES = {status: name for name, status in STATUSES.items()}
#: It identifies the issuer and its key and secures nothing: RFC 5019 section 2.1.1 asks for SHA-1, and curl
#: and nginx look for nothing else.
_CERT_ID_HASH = hashes.SHA1()  # noqa: S303
_REVOKED_BEFORE = timedelta(hours=1)


def revocation_list(
    issuer: Authority,
    serial_numbers: Iterable[int] = (),
    *,
    validity: Validity | None = None,
    number: int = 1,
    reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise,
) -> x509.CertificateRevocationList:
    """The issuer's CRL, with these certificates revoked an hour ago.

    :param validity: thisUpdate and nextUpdate; by default, seven days from now.
    :param number: the cRLNumber (RFC 5280 section 5.2.3), which increases from list to list.
    """
    validity, key = validity or Validity.days(7), own(issuer.private_key)
    revoked_at = datetime.now(UTC) - _REVOKED_BEFORE
    because = x509.CRLReason(reason)
    revoked = [
        x509.RevokedCertificateBuilder()
        .serial_number(serial_number)
        .revocation_date(revoked_at)
        .add_extension(because, critical=False)
        .build()
        for serial_number in serial_numbers
    ]
    # All at once: add_revoked_certificate() copies the list each time.
    builder = x509.CertificateRevocationListBuilder(
        issuer.certificate.subject, validity.not_before, validity.not_after, [], revoked
    )
    key_identifier = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return (
        builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_identifier.value),
            critical=False,
        )
        .add_extension(x509.CRLNumber(number), critical=False)
        .sign(key, signature_hash(key))
    )


def ocsp_response(
    issuer: Authority,
    certificate: x509.Certificate,
    status: str = "good",
    *,
    responder: Identity | None = None,
    validity: Validity | None = None,
) -> bytes:
    """An OCSP response for a certificate, in DER, as a server staples it.

    :param issuer: the authority that issued the certificate; it signs unless there is a responder.
    :param status: a key of :data:`STATUSES`.
    :param responder: a delegate of the issuer, with the extended key usage for OCSP signing.
    :param validity: thisUpdate and nextUpdate; by default, seven days from now.
    """
    validity = validity or Validity.days(7)
    revoked = status == "revoked"
    signer = responder.leaf if responder is not None else issuer.certificate
    key = own(responder.private_key if responder is not None else issuer.private_key)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            certificate,
            issuer.certificate,
            _CERT_ID_HASH,
            STATUSES[status],
            validity.not_before,
            validity.not_after,
            datetime.now(UTC) - _REVOKED_BEFORE if revoked else None,
            x509.ReasonFlags.key_compromise if revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, signer)
    )
    if responder is not None or not issuer.chain:
        # A client with only the leaf's chain, which does not include the root, must find the signer here.
        builder = builder.certificates([signer])
    return builder.sign(key, signature_hash(key)).public_bytes(Encoding.DER)


def check_ocsp_response(
    der: bytes, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime | None = None
) -> str:
    """The status that a response gives a certificate, once checked (RFC 6960 section 3.2).

    :param at: the time at which to check it; by default, now.
    :returns: ``"good"``, ``"revoked"`` or ``"unknown"``.
    :raises CertificateError: if it is unreadable, an error, for another certificate, not signed by the issuer
        or a delegate, or not current.
    """
    at = at or datetime.now(UTC)
    try:
        response = ocsp.load_der_ocsp_response(der)
    except ValueError as error:
        raise CertificateError("the OCSP response is not valid DER") from error
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise CertificateError(f"the OCSP responder refused: {response.response_status.name.lower()}")
    try:
        answer = _answer_for(response, certificate, issuer)
        _check_signature(response, issuer, at)
        if at < answer.this_update_utc:
            raise CertificateError("the OCSP response is from the future")
        if answer.next_update_utc is None or at > answer.next_update_utc:
            raise CertificateError("the OCSP response is out of date")
        return _STATUS_NAMES[answer.certificate_status]
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(f"the OCSP response cannot be read: {error}") from error


def _answer_for(
    response: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> ocsp.OCSPSingleResponse:
    for answer in response.responses:
        if answer.serial_number != certificate.serial_number:
            continue
        # The issuer is identified by hashes: let a request for this certificate compute them.
        asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, answer.hash_algorithm).build()
        if (answer.issuer_key_hash, answer.issuer_name_hash) == (
            asked.issuer_key_hash,
            asked.issuer_name_hash,
        ):
            return answer
    raise CertificateError("the OCSP response is for another certificate")


def _check_signature(response: ocsp.OCSPResponse, issuer: x509.Certificate, at: datetime) -> None:
    signer = issuer
    for delegate in response.certificates:
        if delegate == issuer:
            continue
        signer = delegate
        _check_delegate(delegate, issuer, at)
        break
    named = response.responder_name
    identifier = x509.SubjectKeyIdentifier.from_public_key(signer.public_key())
    if response.responder_key_hash != identifier.digest and named != signer.subject:
        raise CertificateError("the OCSP response names a responder other than its signer")
    if not signed_by(
        signer.public_key(),
        response.signature,
        response.tbs_response_bytes,
        response.signature_hash_algorithm,
    ):
        raise CertificateError("the OCSP response is not signed by the certificate's issuer or its delegate")


def _check_delegate(delegate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> None:
    """Check that a responder is the issuer's own delegate (RFC 6960 section 4.2.2.2)."""
    try:
        delegate.verify_directly_issued_by(issuer)
        usages = delegate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as error:
        raise CertificateError("the OCSP responder is not a delegate of the certificate's issuer") from error
    if ExtendedKeyUsageOID.OCSP_SIGNING not in usages:
        raise CertificateError("the OCSP responder's certificate is not for OCSP signing")
    if not delegate.not_valid_before_utc <= at <= delegate.not_valid_after_utc:
        raise CertificateError("the OCSP responder's certificate is expired or not yet valid")


def signed_by(key: object, signature: bytes, data: bytes, digest: hashes.HashAlgorithm | None) -> bool:
    """Whether that public key verifies ``signature`` over ``data``, with the schemes that X.509 uses."""
    public_key: Any = key
    scheme: tuple[Any, ...] = ()
    if isinstance(key, rsa.RSAPublicKey):
        scheme = (padding.PKCS1v15(), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if digest is None:
            return False
        scheme = (ec.ECDSA(digest),)
    try:
        public_key.verify(signature, data, *scheme)
    except (InvalidSignature, TypeError):
        return False
    return True
