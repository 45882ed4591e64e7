from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path

import cryptography
import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tlsbench import pki
from tlsbench.pki.keys import from_pem, key_type_of, to_pem
from tlsbench.scenarios.keys import KEY_TYPES

ALL = [key_type.name for key_type in KEY_TYPES]
#: Its verifier keeps to the CA/Browser Forum's key types, and learned ML-DSA with cryptography 50.
FORBIDDEN = ("ed25519",) if int(cryptography.__version__.split(".")[0]) >= 50 else ("ed25519", "ml-dsa")


@pytest.mark.parametrize("key_type", ALL)
def test_every_certificate_of_a_chain_has_the_key_type_asked_for(key_type: str) -> None:
    peers = pki.peers(key_type, 2)
    for certificate in (peers.root.certificate, *peers.server.certificates, *peers.client.certificates):
        assert key_type_of(certificate.public_key()) == key_type


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


def test_the_private_key_on_disk_is_for_its_owner_only_and_soon_gone() -> None:
    identity = pki.peers("ecdsa-secp256r1", 1).server
    with identity.pem_file() as path:
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)
    assert not Path(path).exists()


@pytest.mark.parametrize("key_type", ALL)
def test_keys_survive_pem(key_type: str) -> None:
    key = pki.peers(key_type, 1).server.private_key
    assert to_pem(from_pem(to_pem(key))) == to_pem(key)
