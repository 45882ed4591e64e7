"""The single operations of a libcrypto are what their names say, by a second implementation."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tlsbench.errors import MeasurementError, ProofError
from tlsbench.implementations.libssl import aeads, primitives
from tlsbench.implementations.libssl.bindings import Library, ffi, find, load
from tlsbench.implementations.registry import capabilities_of
from tlsbench.scenarios.algorithms import ALGORITHMS
from tlsbench.workloads import Workload

OFFERED = [
    *("x25519/keygen", "x25519/exchange", "secp256r1/keygen", "secp256r1/exchange", "secp384r1/exchange"),
    *("sha-256/digest", "sha-384/digest", "hmac-sha-256/sign", "hmac-sha-384/sign"),
    *("hkdf-sha-256/derive", "hkdf-sha-256/expand", "hkdf-sha-384/derive", "hkdf-sha-384/expand"),
    *(
        f"{aead}/{way}"
        for aead in ("aes-128-gcm", "aes-256-gcm", "chacha20-poly1305")
        for way in aeads.OPERATIONS
    ),
    *(
        f"{key}/{way}"
        for key in ("ecdsa-secp256r1", "ecdsa-secp384r1", "rsa-2048", "ed25519")
        for way in ("sign", "verify")
    ),
]


@pytest.fixture
def lib() -> Library:
    path = find()
    if path is None:
        pytest.skip("the system has no libssl")
    return load(path)


@pytest.mark.parametrize("algorithm", OFFERED)
def test_an_operation_does_what_its_name_says(algorithm: str, lib: Library) -> None:
    operation = primitives.primitive(lib, algorithm, 100)
    operation.call()
    operation.verify()


@pytest.mark.parametrize("algorithm", ["sha-256/digest", "aes-128-gcm/encrypt", "aes-128-gcm/decrypt"])
@pytest.mark.parametrize("size", [0, 1, 16384])
def test_data_may_have_any_size(algorithm: str, size: int, lib: Library) -> None:
    primitives.primitive(lib, algorithm, size).verify()


class Wrong(Library):
    """A library one of whose functions does nothing, and gives an answer."""

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


def test_a_signature_that_fails_is_an_error(lib: Library) -> None:
    broken = Wrong(lib, "EVP_DigestSign", 0)
    with pytest.raises(MeasurementError, match="signing with rsa-2048 failed"):
        primitives.primitive(broken, "rsa-2048/sign", 0)


@pytest.mark.parametrize("algorithm", OFFERED)
def test_what_the_calls_take_is_less_than_the_operation(algorithm: str, lib: Library) -> None:
    """By the least of many: a busy machine makes neither faster."""
    operation = primitives.primitive(lib, algorithm, 4096 if "digest" in algorithm else 64)
    assert operation.around is not None
    least = {}
    for name, call in (("operation", operation.call), ("calls", operation.around)):
        taken = []
        for _ in range(300):
            began = time.perf_counter_ns()
            call()
            taken.append(time.perf_counter_ns() - began)
        least[name] = min(taken)
    assert 0 < least["calls"] < least["operation"]


def test_what_is_not_offered_is_a_gap_with_a_reason_and_the_rest_is_there(lib: Library) -> None:
    missing = set(primitives.not_offered(lib))
    assert missing == {one.name for one in ALGORITHMS} - {
        one.name for one in ALGORITHMS if primitives._maker(lib, *one.name.split("/"))
    }
    assert missing.isdisjoint(OFFERED)
    assert {"aes-128-ccm/encrypt", "aes-128-gcm/encrypt_into", "rsa-2048/keygen"} <= missing
    (found,) = (one for one in capabilities_of("libssl").gaps if one.when.keys() == {"algorithm"})
    assert found.when["algorithm"] == missing


def test_a_primitive_of_libssl_is_a_scenario(workload_of: Callable[[str], Workload]) -> None:
    cell = workload_of("workload=primitive implementation=libssl algorithm=x25519/exchange")
    assert cell.sample().client > 0
    assert cell.proof() == {"algorithm": "x25519/exchange", "verified": True}
