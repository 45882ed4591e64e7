"""The single operations of a libcrypto are what their names say, according to a second implementation."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tlsbench.errors import MeasurementError, ProofError
from tlsbench.implementations.libssl import aeads, derivations, primitives
from tlsbench.implementations.libssl.bindings import Library, ffi, find, load
from tlsbench.implementations.registry import capabilities_of
from tlsbench.scenarios.algorithms import ALGORITHMS
from tlsbench.scenarios.subjects import Pbkdf2
from tlsbench.workloads import Workload

#: By family: what every OpenSSL has had since 1.1.1.
OFFERED = [
    *(f"{group}/{way}" for group in ("x25519", "secp256r1", "x448") for way in ("keygen", "exchange")),
    *("secp384r1/exchange", "secp521r1/exchange", "secp256k1/exchange"),
    *("sha-256/digest", "sha3-256/digest", "shake128/digest", "sha-1/digest"),
    *("hmac-sha-256/sign", "hmac-sha-384/sign", "hmac-sha3-256/sign", "cmac-aes-256/sign", "poly1305/sign"),
    *("hkdf-sha-256/derive", "hkdf-sha-256/expand", "hkdf-sha-512/derive"),
    *(
        f"{aead}/{way}"
        for aead in ("aes-128-gcm", "chacha20-poly1305", "aes-128-ccm", "aes-128-ccm-8", "aes-256-ocb")
        for way in aeads.OPERATIONS
    ),
    *(
        f"{cipher}/{way}"
        for cipher in ("aes-128-cbc", "aes-256-ctr", "aes-128-xts", "chacha20-stream", "camellia-256-cbc")
        for way in ("encrypt", "decrypt")
    ),
    *(
        f"{key}/{way}"
        for key in ("ecdsa-secp256r1", "ecdsa-secp521r1", "ed25519", "ed448")
        for way in ("keygen", "sign", "verify")
    ),
    *(f"rsa-2048/{way}" for way in ("sign", "verify", "sign_pkcs1", "verify_pkcs1")),
    *(f"rsa-2048/{way}_{padding}" for way in ("encrypt", "decrypt") for padding in ("pkcs1", "oaep")),
    *(f"aes-wrap{pad}-128/{way}" for pad in ("", "-pad") for way in ("wrap", "unwrap")),
]
#: What only some builds have, or what takes too long to repeat.
ELSEWHERE = [
    *(
        "aes-128-gcm-siv/encrypt",
        "aes-256-siv/decrypt",
        "sm4-gcm/encrypt",
        "sm4-cbc/decrypt",
        "3des-cbc/encrypt",
    ),
    *("sm3/digest", "blake2b/digest", "sha-512-256/digest", "concat-kdf-sha-256/derive"),
    *("x963-kdf-sha-256/derive", "kbkdf-hmac-sha-256/derive", "argon2id-7mib-t5-p1/derive"),
    *("argon2id-64mib-t3-p4/derive", "scrypt-n15-r8-p3/derive", "pbkdf2-sha-512-210000/derive"),
    *("ffdhe2048/keygen", "ffdhe3072/exchange", "brainpoolP384r1/keygen", "brainpoolP256r1/exchange"),
    *("ml-kem-512/decapsulate", "ml-kem-768/encapsulate", "ml-dsa-65/keygen", "ml-dsa-65/sign"),
    *("slh-dsa-sha2-128f/sign", "slh-dsa-sha2-128f/keygen", "ecdsa-brainpoolP512r1/sign"),
]


@pytest.fixture
def lib() -> Library:
    path = find()
    if path is None:
        pytest.skip("the system has no libssl")
    return load(path)


@pytest.mark.parametrize("algorithm", OFFERED)
def test_an_operation_does_what_its_name_says_more_than_once(algorithm: str, lib: Library) -> None:
    operation = primitives.primitive(lib, algorithm, 100)
    operation.call()
    operation.verify()
    operation.call()
    operation.verify()


@cache
def libraries() -> list[Library]:
    """The system's libssl and those that packages bundle, as far as one process can load them all."""
    brought = [str(path) for folder in sys.path for path in Path(folder).glob("*.libs/libssl*.so*")]
    found = []
    for path in filter(None, (find(), *sorted(brought))):
        with suppress(MeasurementError):
            found.append(load(path))
    return [lib for lib in found if not lib.missing and lib.is_whole]


@pytest.mark.integration
@pytest.mark.parametrize("algorithm", ELSEWHERE)
def test_an_operation_of_some_libraries_does_what_its_name_says(algorithm: str) -> None:
    having = [lib for lib in libraries() if primitives._maker(lib, *algorithm.split("/"))]
    if not having:
        pytest.skip(f"no libssl here has {algorithm}")
    for lib in having[:2]:
        operation = primitives.primitive(lib, algorithm, 1000)
        for _ in range(2):
            operation.call()
            operation.verify()


@pytest.mark.parametrize(
    "algorithm",
    [
        *("sha-256/digest", "aes-128-gcm/encrypt", "aes-128-gcm/decrypt", "aes-256-ocb/encrypt"),
        *("aes-128-ccm/decrypt", "aes-128-cbc/encrypt", "cmac-aes-128/sign", "poly1305/sign"),
    ],
)
@pytest.mark.parametrize("size", [1, 17, 16384])
def test_data_may_have_any_size(algorithm: str, size: int, lib: Library) -> None:
    primitives.primitive(lib, algorithm, size).verify()


class Wrong(Library):
    """A library in which one function does nothing and returns an answer."""

    def __init__(self, lib: Library, name: str, answer: Any = 1) -> None:
        super().__init__(lib.handle, lib.path)
        self._lib, self._name, self._answer = lib, name, answer

    def _find(self, name: str) -> Any:
        function = getattr(self._lib, name)
        if name != self._name:
            return function
        kept: Any = ffi.callback(ffi.typeof(function), lambda *_: self._answer)
        return kept


@pytest.mark.parametrize(
    ("algorithm", "function"),
    [
        ("sha-256/digest", "EVP_DigestUpdate"),
        ("hmac-sha-256/sign", "HMAC"),
        ("sha3-256/digest", "EVP_DigestUpdate"),
        ("shake256/digest", "EVP_DigestFinalXOF"),
        ("cmac-aes-128/sign", "CMAC_Update"),
        ("poly1305/sign", "EVP_DigestSign"),
        ("aes-128-cbc/encrypt", "EVP_CipherUpdate"),
        ("aes-128-ccm/decrypt", "EVP_CipherUpdate"),
        ("chacha20-stream/decrypt", "EVP_CipherUpdate"),
        ("rsa-2048/decrypt_oaep", "EVP_PKEY_decrypt"),
        ("rsa-2048/encrypt_pkcs1", "EVP_PKEY_encrypt"),
        ("rsa-2048/verify_pkcs1", "EVP_DigestVerify"),
        ("scrypt-n15-r8-p3/derive", "EVP_PBE_scrypt"),
        ("pbkdf2-sha-512-210000/derive", "PKCS5_PBKDF2_HMAC"),
        ("ffdhe2048/exchange", "EVP_PKEY_derive"),
        ("hkdf-sha-256/expand", "EVP_KDF_derive"),
        ("aes-128-gcm/encrypt", "EVP_CipherUpdate"),
        ("x25519/exchange", "EVP_PKEY_derive"),
        ("ecdsa-secp256r1/verify", "EVP_DigestVerify"),
    ],
)
def test_a_library_that_does_nothing_is_found_out(algorithm: str, function: str, lib: Library) -> None:
    answer = ffi.NULL if function == "HMAC" else 1
    broken = Wrong(lib, function, answer)
    with pytest.raises(ProofError):
        primitives.primitive(broken, algorithm, 64).verify()


def test_a_padding_that_is_another_is_found_out(lib: Library) -> None:
    """Without the call that selects RSA-PSS, a library signs with PKCS #1."""
    name = "EVP_PKEY_CTX_set_rsa_padding"
    if not lib.has(name):
        pytest.skip("this libssl has a macro for it")
    with pytest.raises(ProofError, match="rsa-2048: wanted a valid signature"):
        primitives.primitive(Wrong(lib, name), "rsa-2048/sign", 0).verify()
    with pytest.raises((ProofError, MeasurementError), match="rsa-2048"):
        primitives.primitive(Wrong(lib, name), "rsa-2048/decrypt_oaep", 0).verify()


def test_another_number_of_iterations_is_found_out(lib: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = {"pbkdf2-sha-512-210000": Pbkdf2("sha-512", 1)}
    monkeypatch.setattr(derivations, "PBKDF2", fewer)
    with pytest.raises(ProofError, match="pbkdf2-sha-512-210000"):
        primitives.primitive(lib, "pbkdf2-sha-512-210000/derive", 0).verify()


def test_a_signature_that_fails_is_an_error(lib: Library) -> None:
    broken = Wrong(lib, "EVP_DigestSign", 0)
    with pytest.raises(MeasurementError, match="signing with rsa-2048 failed"):
        primitives.primitive(broken, "rsa-2048/sign", 0)


@pytest.mark.parametrize("algorithm", OFFERED)
def test_what_the_calls_take_is_less_than_the_operation(algorithm: str, lib: Library) -> None:
    """By the minimum of many: a busy machine does not make either faster."""
    operation = primitives.primitive(lib, algorithm, 16384)
    assert operation.around is not None
    taken: dict[str, list[int]] = {"operation": [], "calls": []}
    for _ in range(300):  # alternating, so that a temporary slowdown of the machine affects both
        for name, call in (("operation", operation.call), ("calls", operation.around)):
            began = time.perf_counter_ns()
            call()
            taken[name].append(time.perf_counter_ns() - began)
    assert 0 < min(taken["calls"]) < min(taken["operation"])


def test_what_is_not_offered_is_a_gap_with_a_reason_and_the_rest_is_there(lib: Library) -> None:
    missing = set(primitives.not_offered(lib))
    assert missing == {one.name for one in ALGORITHMS} - {
        one.name for one in ALGORITHMS if primitives._maker(lib, *one.name.split("/"))
    }
    assert missing.isdisjoint(OFFERED)
    assert {"aes-128-gcm/encrypt_into", "hmac-sha-256/verify", "fernet/encrypt"} <= missing
    found = [one for one in capabilities_of("libssl").gaps if one.when.keys() == {"algorithm"}]
    assert set().union(*(one.when["algorithm"] for one in found)) == missing
    assert sum(len(one.when["algorithm"]) for one in found) == len(missing)


def test_a_primitive_of_libssl_is_a_scenario(workload_of: Callable[[str], Workload]) -> None:
    cell = workload_of("workload=primitive implementation=libssl algorithm=x25519/exchange")
    assert cell.sample().client > 0
    assert cell.proof() == {"algorithm": "x25519/exchange", "verified": True}
