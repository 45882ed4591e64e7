from __future__ import annotations

import base64
import itertools
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
)
from hypothesis import given
from hypothesis import strategies as st
from tests.pki.rsa_pss import as_rsa_pss

from tlsbench.errors import RequestError
from tlsbench.pki import (
    certificates_pem,
    ocsp_response,
    peers,
    read_bundle,
    read_file,
    revocation_list,
    signing_request,
)
from tlsbench.pki.authority import Authority
from tlsbench.pki.bundle import Bundle
from tlsbench.pki.keys import new_key, to_pem
from tlsbench.pki.pem import Block
from tlsbench.pki.template import authority_template

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
        pytest.param(CHAIN[:200], "^x, line 1: the CERTIFICATE block is cut off", id="cut"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "a malformed PRIVATE KEY"),
        (
            b"-----BEGIN NONSENSE-----\nAAAA\n-----END NONSENSE-----\n",
            "line 1: skipped, a block of a kind not known here, 'NONSENSE'",
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
    with pytest.raises(RequestError, match="not a key for TLS certificates"):
        read_bundle(pem + CHAIN, "x").identity("x")


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"cannot read .*missing.pem: No such file"):
        read_file(tmp_path / "missing.pem")
    with pytest.raises(RequestError, match="cannot read .*: Is a directory"):
        read_file(tmp_path)


PEM = WHO.server.chain_pem
LEAF = certificates_pem(WHO.server.certificates[:1])
DER = WHO.server.leaf_der
#: As OpenSSL writes it: trusted for serverAuth, rejected for clientAuth.
AUXILIARY = bytes.fromhex("3018300a06082b06010505070301a00a06082b06010505070302")


def labelled(label: str, der: bytes) -> bytes:
    return Block(label, 1, b"", der).to_pem()


def leaf_of(data: bytes) -> Bundle:
    """A bundle that must contain only the leaf."""
    bundle = read_bundle(data, "x.pem")
    assert bundle.certificates == (WHO.server.leaf,)
    return bundle


@pytest.mark.parametrize("label", ["CERTIFICATE", "X509 CERTIFICATE"])
def test_a_certificate_has_either_label(label: str) -> None:
    assert leaf_of(labelled(label, DER)).notes == ()


def test_a_trusted_certificate_is_read_and_its_settings_are_said_to_be_left_out() -> None:
    (note,) = leaf_of(labelled("TRUSTED CERTIFICATE", DER + AUXILIARY)).notes
    assert note.startswith("line 1: a TRUSTED CERTIFICATE, whose trust settings are left out")


def test_what_follows_a_certificate_in_its_block_is_said_to_be_skipped() -> None:
    assert leaf_of(labelled("CERTIFICATE", DER + b"more")).notes == (
        "line 1: skipped, 4 bytes after the certificate",
    )


@pytest.mark.parametrize("label", ["PKCS7", "PKCS #7 SIGNED DATA", "CMS", ""])
def test_pkcs7_is_read_leaf_first_whatever_its_order(label: str) -> None:
    backwards = list(reversed(WHO.server.certificates))
    der = pkcs7.serialize_certificates(backwards, Encoding.DER)
    bundle = read_bundle(labelled(label, der) if label else der, "x.p7b")
    assert bundle.encoding == "PKCS #7"
    assert bundle.certificates == WHO.server.certificates
    assert "openssl pkcs7 -print_certs" in bundle.notes[0]


@pytest.mark.parametrize("label", ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"])
def test_a_request_has_either_label(label: str) -> None:
    request = signing_request(KEY, ["localhost"])
    assert read_bundle(labelled(label, request.public_bytes(Encoding.DER)), "x").requests == (request,)


FORMATS = {"pkcs8": PrivateFormat.PKCS8, "traditional": PrivateFormat.TraditionalOpenSSL}


@pytest.mark.parametrize("form", FORMATS)
def test_a_key_may_be_der(form: str) -> None:
    der = KEY.private_bytes(Encoding.DER, FORMATS[form], NoEncryption())
    key = read_bundle(der, "x.key").private_key
    assert key.public_key() == KEY.public_key()
    assert read_bundle(der, "x.key", "unneeded").private_key is not None


def test_an_encrypted_key_in_der_needs_the_right_password() -> None:
    der = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"right"))
    assert read_bundle(der, "x", "right").private_key is not None
    for password, problem in (("wrong", "the password is wrong"), (None, "give the password")):
        with pytest.raises(RequestError, match=f"^x: .*{problem}"):
            read_bundle(der, "x", password)


def test_of_two_keys_the_first_counts_and_the_second_is_said() -> None:
    second = to_pem(WHO.client.private_key)
    for later in (second, ENCRYPTED):
        bundle = read_bundle(to_pem(KEY) + later + PEM, "x")
        assert bundle.is_pair()
        assert bundle.notes == ("line 6: skipped, a second private key: programs take the first",)


def test_der_may_be_followed_by_more_certificates_or_by_something_else() -> None:
    ders = b"".join(one.public_bytes(Encoding.DER) for one in WHO.server.certificates)
    assert read_bundle(ders, "x").certificates == WHO.server.certificates
    assert leaf_of(DER + b"\0\0\0").notes == ("skipped: 3 bytes at the end",)


@pytest.mark.parametrize(
    ("label", "meaning"),
    [
        ("PUBLIC KEY", "a public key"),
        ("EC PARAMETERS", "the parameters of a curve"),
        ("OPENSSH PRIVATE KEY", "a private key of OpenSSH"),
        ("PGP MESSAGE", "a block of a kind not known here, 'PGP MESSAGE'"),
    ],
)
def test_each_block_that_is_skipped_is_named_with_its_line(label: str, meaning: str) -> None:
    odd = labelled(label, b"something")
    lines = LEAF.count(b"\n")
    assert leaf_of(LEAF + odd).notes[0].startswith(f"line {lines + 1}: skipped, {meaning}")
    with pytest.raises(RequestError, match=f"^x has no certificate, .*: line 1: skipped, {meaning}"):
        read_bundle(odd, "x")


def test_of_a_thousand_skipped_blocks_the_first_twenty_are_named() -> None:
    notes = leaf_of(LEAF + labelled("PUBLIC KEY", b"x" * 9) * 1000).notes
    assert len(notes) == 21
    assert notes[-1] == "and 980 more of these"


def test_a_block_whose_end_is_missing_is_named_never_ignored() -> None:
    first, second, _third = (certificates_pem([one]) for one in WHO.server.certificates)
    endless = first.replace(b"-----END CERTIFICATE-----\n", b"")
    bundle = read_bundle(endless + second, "x")  # as in OpenSSL: the base64 ends at a dash
    assert bundle.certificates == (WHO.server.leaf,)
    assert f"line {endless.count(10) + 1}: what is here belongs to no block" in bundle.notes[0]
    cut = first[: len(first) // 2 // 65 * 65 + 28 + 1]
    cut = b"\n".join(cut.split(b"\n")[:-1]) + b"\n"
    with pytest.raises(RequestError, match=f"^x, line 1: .* is cut off in line {cut.count(10) + 1}$"):
        read_bundle(cut + second, "x")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (PEM.decode().encode("utf-16"), "is text in UTF-16"),
        (PEM.decode().encode("utf-16-le"), "is text in UTF-16"),
        (PEM.decode().encode("utf-16-be"), "is text in UTF-16"),
        (b"\xfe\xed\xfe\xed\0\0\0\2", "is a Java keystore"),
        (b"ssh-ed25519 AAAA me@here\n", "is a public key of OpenSSH"),
        (b"PK\x03\x04rest", "is an archive"),
        (b"<!DOCTYPE html>", "is HTML or XML"),
        (
            KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            "is a public key: it has no certificate",
        ),
        (base64.encodebytes(DER), "is base64 without the lines BEGIN and END"),
        (b"0 oranges, 5 apples", "has no certificate"),
    ],
    ids=itertools.count(),  # keys differ from process to process, and so would the ids
)
def test_what_is_something_else_is_called_by_its_name(data: bytes, what: str) -> None:
    with pytest.raises(RequestError, match=f"^x {what}") as caught:
        read_bundle(data, "x")
    assert "\n" not in str(caught.value)


def test_an_rsa_pss_key_is_not_taken_for_a_plain_one() -> None:
    identity = peers("rsa-2048").server
    pss = labelled("CERTIFICATE", as_rsa_pss(identity.leaf_der))
    bundle = read_bundle(pss + to_pem(identity.private_key), "x")
    assert bundle.is_pair()
    assert bundle.identity("x").key_type == "rsa-pss-2048"
    stranger = read_bundle(pss + to_pem(new_key("rsa-2048")), "x")
    with pytest.raises(RequestError, match="the private key is not that of the first certificate"):
        stranger.identity("x")


def test_keys_that_cryptography_does_not_have_are_read() -> None:
    root = Authority.new(authority_template("root"), new_key("slh-dsa-sha2-128f"))
    bundle = read_bundle(to_pem(root.private_key) + root.certificate_pem, "x")
    assert bundle.is_pair()
    assert bundle.identity("x").key_type == "slh-dsa-sha2-128f"


@pytest.mark.parametrize("password", ["a\0b", "\udcff"])
def test_a_password_that_cannot_be_one_is_one_line(password: str) -> None:
    for data in (P12, ENCRYPTED, PEM):
        with pytest.raises(RequestError, match="^--password: valid are characters in UTF-8"):
            read_bundle(data, "x", password)


def test_more_lines_than_any_list_has_are_not_looked_through() -> None:
    with pytest.raises(RequestError, match="^x has more than 2,000,000 lines"):
        read_bundle(b"\n" * 2_000_001, "x")


def test_a_file_without_end_is_not_read_to_its_end() -> None:
    with pytest.raises(RequestError, match="^/dev/zero is larger than 64 MiB"):
        read_file(Path("/dev/zero"))


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
