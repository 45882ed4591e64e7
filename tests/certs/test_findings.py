from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ObjectIdentifier
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pki.rsa_pss import as_rsa_pss

from tlsbench.certs.findings import facts_of, findings_of, findings_of_roots
from tlsbench.errors import RequestError
from tlsbench.pki import (
    Authority,
    Template,
    Validity,
    authority_template,
    new_key,
    peers,
    read_bundle,
    root_authority,
    spki_pin,
)
from tlsbench.pki.extensions import lenient
from tlsbench.pki.keys import PrivateKey
from tlsbench.pki.trust import stranger_roots

#: Made with openssl: the libraries here no longer sign with SHA-1.
SIGNED_WITH_SHA1 = b"""
-----BEGIN CERTIFICATE-----
MIIBnTCCAUSgAwIBAgIUCPvkYFXdKWI+yzddSvIBYxUrxrowCQYHKoZIzj0EATAO
MQwwCgYDVQQDDANvbGQwHhcNMjYxMTIyMTQwNzA2WhcNMjcwMjIwMTQwNzA2WjAb
MRkwFwYDVQQDDBBvbGQuZXhhbXBsZS50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAE248bRMw7IDnb6YGa17wbAu2UQos4/hlaWm9vFj2enBJbH0Y+/EDXJkg0
APc35lprFHz9mzO3uXegEi1irJsQl6N0MHIwGwYDVR0RBBQwEoIQb2xkLmV4YW1w
bGUudGVzdDATBgNVHSUEDDAKBggrBgEFBQcDATAdBgNVHQ4EFgQUkNAzuZl4cTvk
IrOHks4YkM9zwWEwHwYDVR0jBBgwFoAU+O0eg2Dn+XxIkkIgoGfQjtDnraowCQYH
KoZIzj0EAQNIADBFAiA7pqwB2+XNw62rKc5Mq4xU4b67VIYBJW2GmzvLeYSGYAIh
AKa4kJsREsGQcKwtDMcJ9nuG42NZgfmm5hu4/xOckTf9
-----END CERTIFICATE-----
"""
#: Made with openssl: the libraries here do not write a curve's equation.
EXPLICIT_CURVE = b"""
-----BEGIN CERTIFICATE-----
MIICqjCCAlCgAwIBAgIUQNu3/SPU2bB7fjM7kncA8GeTPbYwCgYIKoZIzj0EAwIw
IDEeMBwGA1UEAwwVZXhwbGljaXQuZXhhbXBsZS50ZXN0MCAXDTI2MTEyNTIxNTc0
OFoYDzIxMjYxMTAxMjE1NzQ4WjAgMR4wHAYDVQQDDBVleHBsaWNpdC5leGFtcGxl
LnRlc3QwggFLMIIBAwYHKoZIzj0CATCB9wIBATAsBgcqhkjOPQEBAiEA/////wAA
AAEAAAAAAAAAAAAAAAD///////////////8wWwQg/////wAAAAEAAAAAAAAAAAAA
AAD///////////////wEIFrGNdiqOpPns+u9VXaYhrxlHQawzFOw9jvOPD4n0mBL
AxUAxJ02CIbnBJNqZnjhE50mt4GffpAEQQRrF9Hy4SxCR/i85uVjpEDydwN9gS3r
M6D0oTlF2JjClk/jQuL+Gn+bjufrSnwPnhYrzjNXazFezsu2QGg3v1H1AiEA////
/wAAAAD//////////7zm+q2nF56E87nKwvxjJVECAQEDQgAEWoLy3TKsAS9jkPWk
cwlJ0qgGwVrtyNeE734+m2LF3FP0DuS2p6nzMQgjHi9CA4tmoc//Jfng048CxTJA
12nL6KNyMHAwHQYDVR0OBBYEFH70euGthtiAfSmTJ4/rubcvg0M+MB8GA1UdIwQY
MBaAFH70euGthtiAfSmTJ4/rubcvg0M+MCAGA1UdEQQZMBeCFWV4cGxpY2l0LmV4
YW1wbGUudGVzdDAMBgNVHRMBAf8EAjAAMAoGCCqGSM49BAMCA0gAMEUCIQDTG6WZ
g8dLT2LdWdiM/wcGcNAwHQkb8TRQDJv5Ue8KCgIgGICi2Q0pMEP89GldXnQo3Q7N
YI6xGH8OUBVUX5K1JqM=
-----END CERTIFICATE-----
"""
ROOT = root_authority("ecdsa-secp256r1")
MIDDLE = ROOT.subordinate(authority_template("middle"), new_key("ecdsa-secp256r1"))
PLAIN = Template(names=("localhost",))


def texts(*chain: x509.Certificate, at: datetime | None = None) -> list[str]:
    return [f"{one.level} {one.position}: {one.text}" for one in findings_of(chain, at)]


def leaf(template: Template = PLAIN, **more: object) -> x509.Certificate:
    return MIDDLE.issue(replace(template, **more)).leaf  # type: ignore[arg-type]


def test_the_facts_are_what_the_certificate_says() -> None:
    certificate = leaf(
        names=("localhost", "127.0.0.1"), must_staple=True, ocsp_url="http://o.test", crl_url="http://c.test"
    )
    facts = facts_of(certificate)
    assert facts.name == "localhost"
    assert facts.names == ("localhost", "127.0.0.1")
    assert facts.key == "ecdsa-secp256r1"
    assert facts.usages == ("digitalSignature", "serverAuth")
    assert facts.must_staple
    assert not facts.is_authority
    assert facts.urls == ("OCSP http://o.test", "CRL http://c.test")
    assert facts.days_left in (29, 30)
    assert facts.pin == spki_pin(certificate)
    assert facts.size_bytes > 400
    narrow = ROOT.subordinate(
        authority_template("narrow", permitted=("a.test",), excluded=("b.a.test",)), new_key("ed25519")
    )
    assert facts_of(narrow.certificate).constraints == ("only a.test", "not b.a.test")
    assert facts_of(narrow.certificate).usages == ("keyCertSign", "crlSign")


@pytest.mark.parametrize(
    ("key_type", "signature"),
    [("rsa-2048", "sha256WithRSAEncryption"), ("ed25519", "ed25519"), ("ml-dsa-44", "ML-DSA-44")],
)
def test_signatures_have_the_names_that_people_know(key_type: str, signature: str) -> None:
    assert facts_of(peers(key_type).server.leaf).signature.lower() == signature.lower()


def test_a_good_chain_has_no_findings() -> None:
    identity = MIDDLE.issue(PLAIN)
    assert findings_of(identity.certificates) == ()


@pytest.mark.parametrize(
    ("validity", "finding"),
    [
        (Validity.days(5, start=-9), "error 0: it expired on "),
        (Validity.days(5, start=9), "error 0: it is not valid before "),
        (Validity.days(5), "warning 0: it expires in 4 days"),
        (Validity.days(300), "warning 0: it is valid for 300 days: browsers accept"),
    ],
)
def test_time_is_watched(validity: Validity, finding: str) -> None:
    (found,) = texts(leaf(validity=validity), MIDDLE.certificate)
    assert found.startswith(finding)


@pytest.mark.parametrize(
    ("year", "longest"), [(2019, 825), (2021, 398), (2026, 200), (2027, 100), (2029, 47), (2040, 47)]
)
def test_the_longest_life_is_that_of_the_day_of_issue(year: int, longest: int) -> None:
    begin = datetime(year, 6, 1, tzinfo=UTC)
    for days, fine in ((longest, True), (longest + 1, False)):
        certificate = leaf(validity=Validity(begin, begin + timedelta(days=days)))
        found = texts(certificate, MIDDLE.certificate, at=begin + timedelta(days=1))
        about_life = [text for text in found if "browsers accept" in text]
        assert bool(about_life) is not fine
        assert all(f"accept {longest} " in text for text in about_life)


def test_weak_keys_and_broken_hashes_are_errors() -> None:
    weak = MIDDLE.issue(PLAIN, rsa.generate_private_key(65537, 1024)).leaf
    assert texts(weak, MIDDLE.certificate) == [
        "error 0: its RSA key has 1024 bits: peers refuse less than 2048"
    ]
    old = x509.load_pem_x509_certificate(SIGNED_WITH_SHA1)
    found = texts(old, at=datetime(2026, 12, 1, tzinfo=UTC))
    assert found[0] == "error 0: its signature uses ecdsa-with-SHA1, whose hash is broken"


@pytest.mark.parametrize("curve", [ec.SECP256K1(), ec.BrainpoolP256R1(), ec.SECP224R1()])
def test_a_curve_that_no_peer_offers_is_an_error(curve: ec.EllipticCurve) -> None:
    odd = MIDDLE.issue(PLAIN, ec.generate_private_key(curve)).leaf
    (found,) = texts(odd, MIDDLE.certificate)
    assert found.startswith(f"error 0: its curve {curve.name} is not one that peers offer")


def test_a_curve_that_is_spelled_out_is_an_error() -> None:
    explicit = x509.load_pem_x509_certificate(EXPLICIT_CURVE)
    assert any("error 0: its curve is given by parameters, not by name" in text for text in texts(explicit))
    assert facts_of(explicit).key == "ecdsa-secp256r1"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (ec.generate_private_key(ec.SECP521R1()), "its key is ecdsa-secp521r1: BoringSSL"),
        (new_key("ed25519"), "its key is ed25519: BoringSSL"),
        (ed448.Ed448PrivateKey.generate(), "its key is ed448: BoringSSL, Chrome and rustls refuse it"),
        (new_key("ml-dsa-44"), "its key is ml-dsa-44: OpenSSL knows it since 3.5"),
    ],
    ids=["P-521", "Ed25519", "Ed448", "ML-DSA"],
)
def test_a_key_that_some_peers_refuse_is_a_warning(key: PrivateKey, words: str) -> None:
    (found,) = texts(MIDDLE.issue(PLAIN, key).leaf, MIDDLE.certificate)
    assert found.startswith(f"warning 0: {words}")


def test_an_rsa_pss_key_is_called_so() -> None:
    certificate = x509.load_der_x509_certificate(as_rsa_pss(peers("rsa-2048").server.leaf_der))
    assert facts_of(certificate).key == "rsa-pss-2048"
    assert any(
        "warning 0: its key is rsa-pss-2048: BoringSSL, Chrome and rustls" in text
        for text in texts(certificate)
    )


def test_what_is_odd_in_a_set_of_roots_is_a_warning() -> None:
    old = Authority.new(authority_template("old", validity=Validity.days(5, start=-9)), new_key("ed25519"))
    (found,) = findings_of_roots((*stranger_roots(3), old.certificate))
    assert (found.level, found.position) == ("warning", 3)
    assert found.text.startswith("it expired on")


def test_a_leaf_without_names_or_purpose_is_found() -> None:
    found = texts(leaf(names=(), common_name="www.example.test", usages=()), MIDDLE.certificate)
    assert len(found) == 2
    assert found[0].startswith("error 0: it has no subjectAltName")
    assert found[1].startswith("warning 0: it does not say what it is for")
    (found_responder,) = texts(leaf(usages=("ocsp",)), MIDDLE.certificate)
    assert "neither for servers nor for clients" in found_responder


def test_a_client_needs_no_host_name() -> None:
    assert texts(leaf(names=(), common_name="alice", usages=("client",)), MIDDLE.certificate) == []


def test_must_staple_is_remarked() -> None:
    (found,) = texts(leaf(must_staple=True), MIDDLE.certificate)
    assert found.startswith("warning 0: it needs a stapled OCSP response")


def test_an_issuer_that_is_no_authority_is_an_error() -> None:
    fraud = MIDDLE.issue(PLAIN)
    below = Authority(fraud.leaf, fraud.private_key, fraud.certificates).issue(PLAIN)
    assert any("error 1: it is not an authority" in text for text in texts(*below.certificates))


def test_a_root_in_the_chain_a_missing_issuer_and_a_self_signed_leaf_are_remarked() -> None:
    identity = MIDDLE.issue(PLAIN)
    (found,) = texts(*identity.certificates, ROOT.certificate)
    assert found.startswith("warning 2: the root need not be sent")
    (found,) = texts(identity.leaf)
    assert "is not here: a root, or an intermediate is missing" in found
    (found,) = texts(Authority.new(PLAIN, new_key("ecdsa-secp256r1")).certificate)
    assert "it is self-signed" in found


def test_an_unknown_critical_extension_is_an_error() -> None:
    key = new_key("ed25519")
    name = x509.Name([])
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC))
        .not_valid_after(datetime.now(UTC) + timedelta(days=30))
        .add_extension(x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"x"), critical=True)
        .sign(key, None)  # type: ignore[arg-type]
    )
    assert any("critical extension 1.2.3.4 is unknown" in text for text in texts(certificate))
    assert facts_of(certificate).name == "nobody"


SEEDS = [
    *(
        identity.leaf_der
        for identity in (MIDDLE.issue(PLAIN), peers("rsa-2048").server, peers("ml-dsa-44").server)
    ),
    leaf(
        must_staple=True, ocsp_url="http://o.test", crl_url="http://c.test", usages=("server", "ocsp")
    ).public_bytes(Encoding.DER),
    ROOT.subordinate(
        authority_template("narrow", permitted=("a.test", "10.0.0.0/8")), new_key("ed25519")
    ).certificate.public_bytes(Encoding.DER),
]


@settings(max_examples=300)
@given(st.sampled_from(SEEDS), st.data())
def test_a_certificate_may_say_anything_and_nothing_crashes(der: bytes, data: st.DataObject) -> None:
    broken = bytearray(der)
    for _ in range(data.draw(st.integers(1, 3))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        (certificate,) = read_bundle(bytes(broken), "x").certificates
    except RequestError:
        return
    with lenient():
        assert facts_of(certificate).size_bytes == len(der)
        findings_of([certificate, ROOT.certificate])
