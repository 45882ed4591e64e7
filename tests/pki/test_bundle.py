from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.pki import ocsp_response, peers, read_bundle, read_file, revocation_list, signing_request
from tlsbench.pki.bundle import Bundle
from tlsbench.pki.keys import to_pem

WHO = peers("ecdsa-secp256r1", 3)
KEY, CHAIN = WHO.server.private_key, WHO.server.chain_pem
CRL = revocation_list(WHO.root).public_bytes(Encoding.PEM)
REQUEST = signing_request(KEY, ["localhost"]).public_bytes(Encoding.PEM)
ENCRYPTED = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"right"))
P12 = WHO.server.pkcs12("right")


def test_pem_may_hold_everything_in_any_order() -> None:
    bundle = read_bundle(CRL + CHAIN + b"some words\n" + to_pem(KEY) + REQUEST, "x.pem")
    assert bundle.encoding == "PEM"
    assert bundle.identity("x.pem").certificates == WHO.server.certificates
    assert len(bundle.crls) == len(bundle.requests) == 1


@pytest.mark.parametrize("kind", ["certificates", "crls", "requests"])
def test_der_is_known_by_what_it_holds(kind: str) -> None:
    things = {
        "certificates": WHO.server.leaf,
        "crls": revocation_list(WHO.root),
        "requests": signing_request(KEY, ["localhost"]),
    }
    bundle = read_bundle(things[kind].public_bytes(Encoding.DER), "x.der")
    assert bundle.encoding == "DER"
    assert list(getattr(bundle, kind)) == [things[kind]]


def test_an_ocsp_response_is_known_too() -> None:
    bundle = read_bundle(ocsp_response(WHO.issuer, WHO.server.leaf), "ocsp.der")
    assert [response.serial_number for response in bundle.ocsp_responses] == [WHO.server.leaf.serial_number]


@pytest.mark.parametrize("data", [ENCRYPTED, P12], ids=["pem", "pkcs12"])
def test_an_encrypted_key_needs_the_right_password(data: bytes) -> None:
    assert read_bundle(data, "x", "right").private_key is not None
    with pytest.raises(RequestError, match="^x: the password is wrong$"):
        read_bundle(data, "x", "wrong")
    with pytest.raises(RequestError, match="^x: it is encrypted: give the password with --password$"):
        read_bundle(data, "x")


def test_a_password_does_not_harm_a_key_that_needs_none() -> None:
    assert read_bundle(to_pem(KEY), "x", "whatever").private_key is not None


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no certificate, CRL, request or OCSP"),
        (b"hello", "no certificate, CRL, request or OCSP"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "a malformed CERTIFICATE"),
        (b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "a malformed CERTIFICATE"),
        pytest.param(CHAIN[:200], "no complete PEM block", id="cut"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "a malformed PRIVATE KEY"),
        (
            b"-----BEGIN NONSENSE-----\nAAAA\n-----END NONSENSE-----\n",
            "no complete PEM block of a kind known",
        ),
    ],
)
def test_malformed_bytes_are_one_clear_line(data: bytes, problem: str) -> None:
    with pytest.raises(RequestError, match=problem) as caught:
        read_bundle(data, "x")
    assert "\n" not in str(caught.value)


def test_a_key_and_a_certificate_must_belong_together() -> None:
    other = peers("ecdsa-secp256r1").client
    with pytest.raises(RequestError, match="not that of the first certificate"):
        read_bundle(to_pem(KEY) + other.chain_pem, "x").identity("x")


def test_an_identity_needs_both() -> None:
    with pytest.raises(RequestError, match="x has no private key"):
        read_bundle(CHAIN, "x").identity("x")
    with pytest.raises(RequestError, match="x has no certificate"):
        read_bundle(to_pem(KEY), "x").identity("x")


def test_a_key_that_signs_nothing_is_no_identity() -> None:
    key = x25519.X25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(RequestError, match="no key for TLS certificates"):
        read_bundle(pem + CHAIN, "x").identity("x")


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"cannot read .*missing.pem: No such file"):
        read_file(tmp_path / "missing.pem")
    with pytest.raises(RequestError, match="cannot read .*: Is a directory"):
        read_file(tmp_path)


SEEDS = st.sampled_from([CHAIN, to_pem(KEY), ENCRYPTED, CRL, REQUEST, P12, WHO.server.leaf_der])


@given(st.one_of(st.binary(max_size=300), SEEDS), st.data())
def test_whatever_the_bytes_are_the_answer_is_a_bundle_or_one_line(data: bytes, more: st.DataObject) -> None:
    broken = bytearray(data)
    for _ in range(more.draw(st.integers(0, 4))):
        if broken:
            at = more.draw(st.integers(0, len(broken) - 1))
            broken[at : at + more.draw(st.integers(0, 3))] = more.draw(st.binary(max_size=3))
    try:
        bundle = read_bundle(bytes(broken), "x", more.draw(st.sampled_from([None, "", "right", "ü"])))
    except RequestError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(bundle, Bundle)
