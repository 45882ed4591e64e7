from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import CertificateError
from tlsbench.pki import (
    Identity,
    Template,
    Validity,
    check_ocsp_response,
    ocsp_response,
    peers,
    revocation_list,
)

ALL = ["rsa-2048", "ecdsa-secp256r1", "ecdsa-secp384r1", "ed25519", "ml-dsa-65"]
MINE = peers("ecdsa-secp256r1", 2)
LEAF, ISSUER = MINE.server.leaf, MINE.issuer


def check(der: bytes, at: datetime | None = None) -> str:
    return check_ocsp_response(der, LEAF, ISSUER.certificate, at)


def responder(*usages: str, validity: Validity | None = None) -> Identity:
    template = Template(common_name="responder", usages=usages, validity=validity or Validity.days(1))
    return ISSUER.issue(template)


@pytest.mark.parametrize("status", ["good", "revoked", "unknown"])
@pytest.mark.parametrize("key_type", ALL)
def test_a_response_says_what_it_was_made_to_say(key_type: str, status: str) -> None:
    who = peers(key_type)
    der = ocsp_response(who.root, who.server.leaf, status)
    assert check_ocsp_response(der, who.server.leaf, who.root.certificate) == status


def test_a_delegate_of_the_issuer_may_answer() -> None:
    assert check(ocsp_response(ISSUER, LEAF, "revoked", responder=responder("ocsp"))) == "revoked"


@pytest.mark.parametrize(
    ("delegate", "problem"),
    [
        (responder("server"), "not for OCSP signing"),
        (responder("ocsp", validity=Validity.days(1, start=-9)), "expired"),
        (peers("ed25519").server, "not a delegate"),
    ],
)
def test_nobody_else_may(delegate: Identity, problem: str) -> None:
    with pytest.raises(CertificateError, match=problem):
        check(ocsp_response(ISSUER, LEAF, responder=delegate))


def test_an_answer_for_another_certificate_is_none() -> None:
    with pytest.raises(CertificateError, match="another certificate"):
        check(ocsp_response(ISSUER, MINE.client.leaf))


def test_an_answer_of_another_issuer_with_the_same_serial_number_is_none() -> None:
    with pytest.raises(CertificateError, match="another certificate"):
        check(ocsp_response(peers("rsa-2048").root, LEAF))


def test_an_answer_has_its_time() -> None:
    der = ocsp_response(ISSUER, LEAF, validity=Validity.days(2))
    assert check(der) == "good"
    with pytest.raises(CertificateError, match="out of date"):
        check(der, datetime.now(UTC) + timedelta(days=3))
    with pytest.raises(CertificateError, match="from the future"):
        check(der, datetime.now(UTC) - timedelta(days=3))


def test_a_changed_answer_is_not_relied_on() -> None:
    der = bytearray(ocsp_response(ISSUER, LEAF, "revoked"))
    der[-1] ^= 1
    with pytest.raises(CertificateError, match="not signed by"):
        check(bytes(der))


def test_a_responder_that_refuses_is_heard() -> None:
    refusal = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    from cryptography.hazmat.primitives.serialization import Encoding

    with pytest.raises(CertificateError, match="refused: try_later"):
        check(refusal.public_bytes(Encoding.DER))


@given(st.binary(max_size=200))
def test_garbage_is_no_answer(data: bytes) -> None:
    with pytest.raises(CertificateError):
        check(data)


REVOKED = ocsp_response(ISSUER, LEAF, "revoked", responder=responder("ocsp"))


@given(st.integers(0, len(REVOKED) - 1), st.integers(1, 255))
def test_no_changed_byte_makes_a_revoked_certificate_good(at: int, flip: int) -> None:
    broken = bytearray(REVOKED)
    broken[at] ^= flip
    with contextlib.suppress(CertificateError):
        assert check(bytes(broken)) == "revoked"  # a byte outside the signed data


@pytest.mark.parametrize("key_type", ALL)
def test_a_list_names_the_revoked_and_is_signed_by_the_issuer(key_type: str) -> None:
    who = peers(key_type)
    crl = revocation_list(who.root, [who.server.leaf.serial_number], number=7)
    assert crl.is_signature_valid(who.root.certificate.public_key())  # type: ignore[arg-type]
    revoked = crl.get_revoked_certificate_by_serial_number(who.server.leaf.serial_number)
    assert revoked is not None
    reason = revoked.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.key_compromise
    assert crl.get_revoked_certificate_by_serial_number(who.client.leaf.serial_number) is None
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
