"""The primitives of cryptography are what their names say, and one that is not is detected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes

from tlsbench.errors import MeasurementError, ProofError
from tlsbench.implementations.cryptography import (
    ciphers,
    derivations,
    digests,
    exchanges,
    primitives,
    sealing,
    signing,
    verifications,
)
from tlsbench.implementations.cryptography.primitives import Cryptography, not_offered, refused
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.algorithms import ALGORITHMS

SLOW = ("rsa-3072/keygen", "rsa-4096/keygen")
OFFERED = [row.name for row in ALGORITHMS if row.name not in {*not_offered(), *refused(), *SLOW}]
VERIFYING = [row.name for row in ALGORITHMS if row.verifies and row.name in OFFERED]


def primitive(algorithm: str) -> Scenario:
    return Scenario(
        workload="primitive", client="cryptography", server="cryptography", algorithm=algorithm, size=1000
    )


@pytest.mark.parametrize("algorithm", OFFERED)
def test_every_primitive_runs_and_proves_itself(algorithm: str) -> None:
    operation = Cryptography().operation(primitive(algorithm))
    operation.call()
    operation.verify()


@pytest.mark.parametrize("algorithm", VERIFYING)
def test_what_verifies_accepts_what_is_right_and_nothing_else(algorithm: str) -> None:
    verification = Cryptography().verification(primitive(algorithm))
    verification.prove(algorithm)
    assert verification.accepted <= set(verification.inputs)
    assert {kind for pair in verification.contrasts for kind in pair} <= set(verification.inputs)


def test_what_is_not_offered_is_little_and_has_its_reason() -> None:
    missing = {name.rpartition("/")[0] for name in (*not_offered(), *refused())}
    assert {"slh-dsa-sha2-128s", "ml-kem-512"} <= missing
    assert not missing & {"aes-128-gcm", "sha3-256", "argon2id-19mib-t2-p1", "ffdhe2048", "ed448"}
    reasons = {gap.reason for gap in Cryptography().capabilities().gaps if gap.when.keys() == {"algorithm"}}
    assert any("does not offer it" in reason for reason in reasons)


def test_an_engine_that_refuses_an_algorithm_when_tried_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise primitives.UnsupportedAlgorithm("no")

    monkeypatch.setattr(digests.hashes, "Hash", unsupported)
    primitives._can_be_set_up.cache_clear()
    refused.cache_clear()
    try:
        assert {"sha3-256/digest", "sm3/digest"} <= set(refused())
        assert "aes-128-gcm/encrypt" not in refused()
    finally:
        primitives._can_be_set_up.cache_clear()
        refused.cache_clear()


def test_an_algorithm_that_the_engine_lacks_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise primitives.UnsupportedAlgorithm("no")

    monkeypatch.setattr(exchanges, "_kem", unsupported)
    with pytest.raises(MeasurementError, match="has no ml-kem-768"):
        Cryptography().operation(primitive("ml-kem-768/keygen"))


def test_what_nothing_here_has_is_told_as_such() -> None:
    with pytest.raises(MeasurementError, match="has no slh-dsa-sha2-128s/sign"):
        Cryptography().primitive("slh-dsa-sha2-128s/sign", 0)


def test_the_size_is_what_is_encrypted() -> None:
    sealed = Cryptography().operation(replace(primitive("aes-256-gcm/encrypt"), size=777)).call()
    assert isinstance(sealed, bytes)
    assert len(sealed) == 777 + 16


@pytest.mark.parametrize(("algorithm", "block"), [("aes-128-cbc", 16), ("3des-cbc", 8), ("aes-256-ctr", 1)])
@pytest.mark.parametrize("size", [1, 8, 17, 4096])
def test_what_takes_whole_blocks_is_given_the_next_whole_one(algorithm: str, block: int, size: int) -> None:
    sealed = Cryptography().primitive(f"{algorithm}/encrypt", size).call()
    assert isinstance(sealed, bytes)
    assert size <= len(sealed) < size + block
    assert len(sealed) % block == 0


class Sized:
    """A context that drops its input: its result is that of an empty message."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __call__(self, *given: Any, **named: Any) -> Any:
        return Forgetful(self._real(*given, **named))


class Forgetful:
    def __init__(self, real: Any) -> None:
        self._real = real

    def update(self, _data: bytes) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class Identity:
    """A cipher that changes nothing, which a round trip alone would not detect."""

    def __init__(self, *_: object) -> None:
        pass

    def encryptor(self) -> Identity:
        return self

    decryptor = encryptor

    def update(self, data: bytes) -> bytes:
        return data

    def finalize(self) -> bytes:
        return b""


class Constant:
    """A derivation, or a key, that always gives the same result."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def derive(self, _secret: bytes) -> bytes:
        return bytes(32)

    def finalize(self) -> bytes:
        return bytes(16)

    def update(self, _data: bytes) -> None:
        pass


LIES: list[tuple[str, Any, str, Any]] = [
    ("aes-128-cbc/encrypt", ciphers, "Cipher", Identity),
    ("aes-256-ctr/decrypt", ciphers, "Cipher", Identity),
    ("aes-128-xts/encrypt", ciphers, "Cipher", Identity),
    ("chacha20-stream/encrypt", ciphers, "Cipher", Identity),
    ("sm4-cbc/encrypt", ciphers, "Cipher", Identity),
    ("sha3-256/digest", digests.hashes, "Hash", Sized(hashes.Hash)),
    ("blake2b/digest", digests.hashes, "Hash", Sized(hashes.Hash)),
    ("shake128/digest", digests.hashes, "Hash", Sized(hashes.Hash)),
    ("cmac-aes-128/sign", digests, "CMAC", Constant),
    ("hkdf-sha-512/derive", derivations, "HKDF", Constant),
    ("concat-kdf-sha-256/derive", derivations, "ConcatKDFHash", Constant),
    ("kbkdf-hmac-sha-256/derive", derivations, "KBKDFHMAC", Constant),
    ("argon2id-7mib-t5-p1/derive", derivations, "Argon2id", Constant),
    ("scrypt-n15-r8-p3/derive", derivations, "Scrypt", Constant),
    ("pbkdf2-sha-512-210000/derive", derivations, "PBKDF2HMAC", Constant),
    ("x448/exchange", exchanges, "exchange_of", lambda *_: lambda: bytes(56)),
    ("secp521r1/keygen", exchanges, "exchange_of", lambda *_: lambda: bytes(66)),
    ("ffdhe2048/exchange", exchanges, "exchange_of", lambda *_: lambda: bytes(256)),
    ("brainpoolP256r1/exchange", exchanges, "exchange_of", lambda *_: lambda: bytes(32)),
    ("aes-wrap-128/wrap", sealing.keywrap, "aes_key_wrap", lambda _key, text: text),
    ("aes-wrap-pad-256/unwrap", sealing.keywrap, "aes_key_unwrap_with_padding", lambda _key, text: text),
]


@pytest.mark.parametrize(("algorithm", "where", "name", "lie"), LIES, ids=[lie[0] for lie in LIES])
def test_a_function_that_does_something_else_is_found_out(
    algorithm: str, where: Any, name: str, lie: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, lie)
    with pytest.raises(ProofError):
        Cryptography().operation(primitive(algorithm)).verify()


def test_fewer_passes_than_the_name_says_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = derivations.Argon2id
    monkeypatch.setattr(derivations, "Argon2id", lambda **given: real(**{**given, "iterations": 1}))
    with pytest.raises(ProofError, match="argon2id-7mib-t5-p1"):
        Cryptography().operation(primitive("argon2id-7mib-t5-p1/derive")).verify()


def test_what_was_measured_of_a_password_hash_is_what_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    operation = Cryptography().operation(primitive("argon2id-7mib-t5-p1/derive"))
    operation.call()
    monkeypatch.setattr(derivations, "Argon2id", Constant)
    operation.verify()
    operation.call()
    with pytest.raises(ProofError):
        operation.verify()


class AcceptsAll:
    """A key that signs nothing and accepts everything."""

    key_size = 256

    def public_key(self) -> AcceptsAll:
        return self

    def sign(self, _message: bytes, *_: object) -> bytes:
        return b"signed"

    def verify(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("algorithm", ["ed448/sign", "rsa-2048/verify_pkcs1", "ecdsa-secp521r1/verify"])
def test_a_key_that_accepts_everything_is_found_out(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "signature_key", lambda _name: AcceptsAll())
    with pytest.raises(ProofError, match="a rejection"):
        Cryptography().operation(primitive(algorithm)).verify()


def test_a_key_that_signs_nothing_when_it_is_new_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "SIGNATURE_KEYS", {"ed448": AcceptsAll})
    operation = Cryptography().operation(primitive("ed448/keygen"))
    operation.call()
    with pytest.raises(ProofError):
        operation.verify()


def test_pkcs1_and_pss_are_not_the_same() -> None:
    """A signature made with one is refused by the other."""
    pkcs1 = Cryptography().operation(primitive("rsa-2048/sign_pkcs1")).call()
    key = signing.signature_key("rsa-2048").public_key()
    key.verify(pkcs1, signing.MESSAGE, *signing.scheme_of(key, "sign_pkcs1"))
    with pytest.raises(signing.InvalidSignature):
        key.verify(pkcs1, signing.MESSAGE, *signing.scheme_of(key, "sign"))


def test_an_aead_that_takes_forgeries_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gullible:
        def __init__(self, _key: bytes) -> None:
            self.text = b""

        def encrypt(self, _nonce: bytes, text: bytes, _additional: bytes) -> bytes:
            self.text = text
            return text + bytes(16)

        def decrypt(self, *_: object) -> bytes:
            return self.text

    gullible = {**ciphers.AEADS, "aes-256-ocb": ciphers.Aead(Gullible, 32)}
    monkeypatch.setattr(ciphers, "AEADS", gullible)
    with pytest.raises(ProofError, match="a forged text"):
        Cryptography().operation(primitive("aes-256-ocb/encrypt")).verify()


def test_a_kem_that_gives_the_same_secret_each_time_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Same:
        generate = classmethod(lambda cls: cls())

        def public_key(self) -> Same:
            return self

        def encapsulate(self) -> tuple[bytes, bytes]:
            return bytes(32), bytes(1088)

        def decapsulate(self, _ciphertext: bytes) -> bytes:
            return bytes(32)

    monkeypatch.setattr(exchanges, "_KEMS", {"ml-kem-768": Same})
    with pytest.raises(ProofError, match="a new secret"):
        Cryptography().operation(primitive("ml-kem-768/encapsulate")).verify()


def test_a_verification_of_a_mac_that_accepts_everything_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Gullible(Constant):
        def verify(self, _tag: bytes) -> None:
            pass

    gullible = replace(digests.MACS["poly1305"], begin=Gullible)
    monkeypatch.setattr(verifications, "MACS", {"poly1305": gullible})
    with pytest.raises(ProofError, match="wanted refused, got accepted"):
        Cryptography().operation(primitive("poly1305/verify")).verify()
