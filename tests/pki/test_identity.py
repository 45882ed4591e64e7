from __future__ import annotations

import base64
import hashlib
import ssl
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tlsbench.errors import RequestError
from tlsbench.pki import peers, read_bundle, signing_request, spki_pin


def test_the_private_key_on_disk_is_for_its_owner_only_and_soon_gone() -> None:
    identity = peers("ecdsa-secp256r1").server
    with identity.pem_file() as path:
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)
    assert not Path(path).exists()


@pytest.mark.parametrize("password", ["", "a secret"])
@pytest.mark.parametrize("key_type", ["rsa-2048", "ecdsa-secp256r1", "ed25519"])
def test_an_identity_survives_pkcs12(key_type: str, password: str) -> None:
    identity = peers(key_type, 3).server
    bundle = read_bundle(identity.pkcs12(password), "x.p12", password)
    assert bundle.encoding == "PKCS #12"
    assert bundle.identity("x.p12").certificates == identity.certificates


def test_a_key_that_pkcs12_cannot_hold_is_said_to_be_one() -> None:
    with pytest.raises(RequestError, match="no PKCS #12 with an ml-dsa-44 key"):
        peers("ml-dsa-44").server.pkcs12("")


def test_a_pin_is_the_digest_of_the_key_and_outlives_the_certificate() -> None:
    parties = peers("ecdsa-secp256r1")
    spki = parties.server.leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert base64.b64decode(spki_pin(parties.server.leaf)) == hashlib.sha256(spki).digest()
    longer = peers("ecdsa-secp256r1", 2)
    assert longer.server.leaf != parties.server.leaf
    assert spki_pin(longer.server.leaf) == spki_pin(parties.server.leaf)


def test_the_type_of_an_identity_is_that_of_its_key_and_not_of_its_issuer() -> None:
    mixed = peers("ecdsa-secp256r1", 2, "rsa-2048", "ml-dsa-44")
    assert mixed.server.key_type == "ecdsa-secp256r1"
    assert mixed.issuer.key_type == "rsa-2048"
    assert mixed.root.key_type == "ml-dsa-44"


def test_a_request_proves_that_its_sender_has_the_key() -> None:
    request = signing_request(peers("ed25519").server.private_key, ["localhost"])
    assert request.is_signature_valid
