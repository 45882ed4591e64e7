"""The references that results are checked against agree with the standards' own examples."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.fernet import Fernet

from tlsbench.errors import MeasurementError, ProofError
from tlsbench.implementations.references import ciphers, exchanges, hashes, keys, seals
from tlsbench.scenarios.subjects import AGREEMENTS, PASSWORD_HASHES

_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
_TEXT = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")


@pytest.mark.parametrize(
    ("name", "nonce", "sealed"),
    [  # NIST SP 800-38A, F.2.1 and F.5.1
        (
            "aes-128-cbc",
            "000102030405060708090a0b0c0d0e0f",
            "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
        ),
        (
            "aes-128-ctr",
            "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
            "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff",
        ),
    ],
)
def test_modes_open_the_examples_of_their_standard(name: str, nonce: str, sealed: str) -> None:
    kind = ciphers.CIPHERS[name]
    assert kind.opened(kind.block, _KEY, bytes.fromhex(nonce), bytes.fromhex(sealed)) == _TEXT


def test_xts_opens_the_example_of_its_standard() -> None:
    """IEEE 1619, vector 2."""
    kind = ciphers.CIPHERS["aes-128-xts"]
    sealed = "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0"
    nonce = bytes.fromhex("3333333333") + bytes(11)
    opened = kind.opened(kind.block, b"\x11" * 16 + b"\x22" * 16, nonce, bytes.fromhex(sealed))
    assert opened == b"\x44" * 32


@pytest.mark.parametrize("block", list(ciphers.BLOCK_CIPHERS))
def test_a_block_cipher_that_is_another_is_found_out(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = ciphers.BLOCK_CIPHERS[block]
    key, text, sealed = kind.known
    changed = ciphers.BlockCipher(kind.make, kind.key_bytes, kind.block_bytes, (key, text, "00" + sealed[2:]))
    monkeypatch.setattr(ciphers, "BLOCK_CIPHERS", {block: changed})
    ciphers._prove.cache_clear()
    with pytest.raises(ProofError, match=f"{block}, one block"):
        ciphers.encrypted_block(block, bytes(kind.key_bytes), bytes(kind.block_bytes))


@pytest.mark.parametrize(
    ("length", "mac"),
    [  # RFC 4493 section 4
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
    ],
)
def test_cmac_is_that_of_its_standard(length: int, mac: str) -> None:
    assert ciphers.cmac("aes-128", _KEY, _TEXT[:length]).hex() == mac


def test_poly1305_is_that_of_its_standard() -> None:
    """RFC 8439 section 2.5.2."""
    key = bytes.fromhex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b")
    mac = ciphers.poly1305(key, b"Cryptographic Forum Research Group")
    assert mac.hex() == "a8061dc1305136c6c22b8baf0c0127a9"


def test_key_wrap_is_that_of_its_standards() -> None:
    """RFC 3394 section 4.1; RFC 5649 section 6 uses a key of 24 bytes, and is left to the engines."""
    key, secret = bytes(range(16)), bytes.fromhex("00112233445566778899aabbccddeeff")
    sealed = "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"
    assert seals.wrapped("aes-wrap", key, secret).hex() == sealed


@pytest.mark.parametrize("group", [subject.name for subject in AGREEMENTS])
def test_shared_secrets_by_definition_are_those_that_are_exchanged(group: str) -> None:
    one, other = keys.agreement_keygen(group)(), keys.agreement_keygen(group)()
    secret = keys.exchange_of(one, other.public_key())()
    assert exchanges.shared_secret(one, other) == exchanges.shared_secret(other, one) == secret
    assert exchanges.shared_secret(one, one) != secret


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_primes_of_finite_fields_are_safe(bits: int) -> None:
    """RFC 7919: p and (p - 1) / 2 are prime; Fermat's test with bases 2 and 3."""
    prime = keys.ffdhe_prime(bits)
    assert prime.bit_length() == bits
    assert prime % (1 << 64) == (1 << 64) - 1
    for number in (prime, (prime - 1) // 2):
        assert pow(3, number - 1, number) == 1
    assert pow(2, (prime - 1) // 2, prime) == 1  # 2 generates the subgroup


def test_a_hash_that_nothing_can_check_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str, *_: object, **__: object) -> None:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(hashlib, "new", unknown)
    assert not hashes.has("sm3")
    with pytest.raises(MeasurementError, match="no sm3 to check"):
        hashes.digest("sm3", b"")


def test_every_password_hash_has_a_known_answer_of_its_own() -> None:
    names = [subject.name for subject in PASSWORD_HASHES if subject.name.startswith("argon2id")]
    answers = {hashes.password_hash(name) for name in names}
    assert len(answers) == len(names)
    assert {len(answer) for answer in answers} == {hashes.PASSWORD_HASH_BYTES}


@pytest.mark.parametrize("scheme", ["oaep", "pkcs1"])
def test_rsa_opened_by_its_definition_is_what_was_sealed_and_nothing_else(scheme: str) -> None:
    private = keys.signature_key("rsa-2048")
    sealed = private.public_key().encrypt(b"secret", keys.encryption_of(f"encrypt_{scheme}"))
    assert seals.rsa_opened(private, scheme, sealed) == b"secret"
    other = "oaep" if scheme == "pkcs1" else "pkcs1"
    assert seals.rsa_opened(private, other, sealed) == b""


def test_a_fernet_token_of_another_key_is_not_opened() -> None:
    key, other = Fernet.generate_key(), Fernet.generate_key()
    token = Fernet(key).encrypt(b"text")
    assert seals.fernet_opened(key, token) == b"text"
    assert seals.fernet_opened(other, token) == b""
