"""Keys that the cryptography package lacks: generated, stored, in certificates, verified by OpenSSL."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tlsbench import pki
from tlsbench.errors import RequestError
from tlsbench.pki import slh_dsa
from tlsbench.pki.authority import issued_by
from tlsbench.pki.engine_keys import EngineKey, engine_key_from, new_engine_key
from tlsbench.pki.keys import from_pem, key_type_of, public_key_of, to_pem
from tlsbench.pki.revocation import ocsp_response, revocation_list

#: One of each kind that is quick to generate.
QUICK = ("rsa-pss-2048", "slh-dsa-sha2-128f", "slh-dsa-shake-128f", "slh-dsa-sha2-192f")


@pytest.fixture(scope="module", params=QUICK)
def key(request: pytest.FixtureRequest) -> EngineKey:
    return new_engine_key(request.param)


def test_a_root_signs_itself_and_those_below_it(key: EngineKey) -> None:
    root = pki.Authority.new(pki.authority_template("root"), key)
    leaf = root.issue(pki.Template(names=("localhost",)), pki.new_key("ed25519"))
    assert root.key_type == key_type_of(public_key_of(root.certificate)) == key.key_type
    assert issued_by(root.certificate, root.certificate)
    assert issued_by(leaf.leaf, root.certificate)
    stranger = pki.Authority.new(pki.authority_template("root"), new_engine_key("slh-dsa-sha2-128f"))
    assert not issued_by(leaf.leaf, stranger.certificate)


def test_an_identity_of_such_a_key_is_issued_by_any_authority(key: EngineKey) -> None:
    for issuer in ("ecdsa-secp384r1", "ml-dsa-44", "ed448"):
        root = pki.Authority.new(pki.authority_template("root"), pki.new_key(issuer))
        leaf = root.issue(pki.Template(names=("localhost",)), key).leaf
        assert public_key_of(leaf) == key.public_key()
        assert issued_by(leaf, root.certificate)
        assert not issued_by(leaf, leaf)


def test_such_a_key_survives_files(key: EngineKey) -> None:
    assert from_pem(to_pem(key)) == key
    assert engine_key_from(key.pkcs8) == key
    with pytest.raises(ValueError, match="no other form"):
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    with pytest.raises(ValueError, match="no other form"):
        key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)


def test_a_plain_key_is_none_of_an_engine() -> None:
    plain = pki.new_key("ed448")
    assert from_pem(to_pem(plain)).private_bytes_raw() == plain.private_bytes_raw()  # type: ignore[union-attr]


def test_nothing_but_certificates_is_signed_with_such_a_key(key: EngineKey) -> None:
    root = pki.Authority.new(pki.authority_template("root"), key)
    leaf = root.issue(pki.Template(names=("localhost",)), pki.new_key("ed25519")).leaf
    for make in (lambda: revocation_list(root), lambda: ocsp_response(root, leaf)):
        with pytest.raises(RequestError, match=f"{key.key_type} keys sign only certificates"):
            make()


def test_a_key_whose_tree_has_another_root_is_found_out_by_the_engine() -> None:
    good = new_engine_key("slh-dsa-sha2-128f")
    root = pki.Authority.new(pki.authority_template("root"), good)
    assert issued_by(root.certificate, root.certificate)
    flipped = {
        field: bytes((*value[:-1], value[-1] ^ 1))
        for field, value in (("pkcs8", good.pkcs8), ("spki", good.spki))
    }
    forged = pki.Authority.new(pki.authority_template("root"), replace(good, **flipped))
    assert not issued_by(forged.certificate, forged.certificate)


#: The small ones take a second or two each, and differ from the fast ones only in their sizes.
@pytest.mark.parametrize("name", [name for name in slh_dsa.PARAMETERS if name.endswith("f")])
def test_a_private_key_ends_with_the_public_one(name: str) -> None:
    of = slh_dsa.PARAMETERS[name]
    private = slh_dsa.new_private_key(name, lambda length: b"\x01" * length)
    assert len(private) == of.private_key_bytes
    assert private == slh_dsa.new_private_key(name, lambda length: b"\x01" * length)
    assert private[: 3 * of.hash_bytes] == b"\x01" * 3 * of.hash_bytes
