from __future__ import annotations

from datetime import UTC, datetime

import cryptography
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tlsbench import pki
from tlsbench.errors import RequestError
from tlsbench.pki.keys import from_pem, key_type_of, public_key_of, to_pem
from tlsbench.scenarios.keys import KEY_TYPES

#: Without those that take long to generate or to sign with, and are otherwise like these.
ALL = [
    key_type.name
    for key_type in KEY_TYPES
    if not key_type.engine_only or key_type.name in ("rsa-pss-2048", "slh-dsa-sha2-128f")
]
#: Its verifier allows only the CA/Browser Forum's key types, and supports ML-DSA since cryptography 50.
FORBIDDEN = (
    *("ed25519", "ed448", "ecdsa-brainpool", "rsa-pss", "slh-dsa"),
    *(() if int(cryptography.__version__.split(".")[0]) >= 50 else ("ml-dsa",)),
)


@pytest.mark.parametrize("key_type", ALL)
def test_every_certificate_of_a_chain_has_the_key_type_asked_for(key_type: str) -> None:
    peers = pki.peers(key_type, 2)
    for certificate in (peers.root.certificate, *peers.server.certificates, *peers.client.certificates):
        assert key_type_of(public_key_of(certificate)) == key_type


@pytest.mark.parametrize("chain_length", range(1, 6))
def test_the_server_sends_as_many_certificates_as_asked_for(chain_length: int) -> None:
    peers = pki.peers("ecdsa-secp256r1", chain_length)
    assert len(peers.server.certificates) == chain_length
    issuers = [*peers.server.certificates[1:], peers.root.certificate]
    for certificate, issuer in zip(peers.server.certificates, issuers, strict=True):
        certificate.verify_directly_issued_by(issuer)


@pytest.mark.parametrize("chain_length", [0, 6])
def test_other_chain_lengths_are_refused(chain_length: int) -> None:
    with pytest.raises(ValueError, match="1 to 5"):
        pki.peers("ecdsa-secp256r1", chain_length)


@pytest.mark.parametrize("key_type", [name for name in ALL if not name.startswith(FORBIDDEN)])
@pytest.mark.parametrize("chain_length", [1, 3])
def test_leaves_pass_the_verification_of_cryptography(key_type: str, chain_length: int) -> None:
    peers = pki.peers(key_type, chain_length)
    policy = PolicyBuilder().store(Store([peers.root.certificate])).time(datetime.now(UTC))
    leaf, *rest = peers.server.certificates
    assert policy.build_server_verifier(x509.DNSName(pki.SERVER_NAME)).verify(leaf, rest)
    leaf, *rest = peers.client.certificates
    assert policy.build_client_verifier().verify(leaf, rest)


def test_cryptography_verifies_no_ed25519_certificates() -> None:
    peers = pki.peers("ed25519", 1)
    verifier = PolicyBuilder().store(Store([peers.root.certificate])).time(datetime.now(UTC))
    with pytest.raises(VerificationError, match="Forbidden public key algorithm"):
        verifier.build_server_verifier(x509.DNSName(pki.SERVER_NAME)).verify(peers.server.certificates[0], [])


def test_peers_are_made_once() -> None:
    assert pki.peers("ecdsa-secp256r1", 2) is pki.peers("ecdsa-secp256r1", 2)


def test_the_roles_have_keys_of_their_own() -> None:
    peers = pki.peers("rsa-2048", 2)
    holders = (peers.root.certificate, *peers.server.certificates, peers.client.certificates[0])
    assert len({certificate.public_key().public_numbers() for certificate in holders}) == 4  # type: ignore[union-attr]


def trustme_ca() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


def test_a_ca_of_trustme_can_be_taken_over_and_extended() -> None:
    ca = trustme_ca()
    root = pki.Authority.from_trustme(ca)
    below = root.subordinate(pki.authority_template("below"), pki.new_key("ml-dsa-44"))
    leaf = below.issue(pki.Template(names=("localhost",), must_staple=True), pki.new_key("ed25519"))
    assert leaf.certificates[1].issuer == x509.load_pem_x509_certificate(ca.cert_pem.bytes()).subject
    leaf.certificates[1].verify_directly_issued_by(root.certificate)
    leaf.leaf.verify_directly_issued_by(below.certificate)


def test_an_authority_must_have_its_own_key_and_be_one() -> None:
    one, other, leaf = trustme_ca(), trustme_ca(), trustme_ca().issue_cert("localhost")
    with pytest.raises(RequestError, match="not that of the authority's certificate"):
        pki.Authority.from_pem(one.cert_pem.bytes(), other.private_key_pem.bytes())
    with pytest.raises(RequestError, match="not an authority's"):
        pki.Authority.from_pem(leaf.cert_chain_pems[0].bytes(), leaf.private_key_pem.bytes())


def test_a_request_gets_its_names_and_nothing_else_of_its_own_choice() -> None:
    root = pki.root_authority("ecdsa-secp256r1")
    key = pki.new_key("ed25519")
    leaf, *above = root.sign_request(
        pki.signing_request(key, ["a.test", "127.0.0.1"]), pki.Template(usages=("client",), names=("b.test",))
    )
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["a.test", "127.0.0.1"]
    assert leaf.public_key() == key.public_key()
    usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not above


def test_a_request_without_a_valid_signature_or_name_is_refused() -> None:
    root = pki.root_authority("ecdsa-secp256r1")
    der = bytearray(pki.signing_request(pki.new_key("ed25519"), ["a.test"]).public_bytes(Encoding.DER))
    der[-1] ^= 1
    with pytest.raises(RequestError, match="not signed by the key"):
        root.sign_request(x509.load_der_x509_csr(bytes(der)), pki.Template())
    nameless = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    with pytest.raises(RequestError, match="names no subject"):
        root.sign_request(nameless.sign(pki.new_key("ed25519"), None), pki.Template())  # type: ignore[arg-type]


@pytest.mark.parametrize("key_type", ALL)
def test_keys_survive_pem(key_type: str) -> None:
    key = pki.peers(key_type, 1).server.private_key
    assert to_pem(from_pem(to_pem(key))) == to_pem(key)
