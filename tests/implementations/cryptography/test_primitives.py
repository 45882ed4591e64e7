from __future__ import annotations

from dataclasses import replace

import pytest

from tlsbench.errors import MeasurementError, ProofError
from tlsbench.implementations.cryptography import primitives
from tlsbench.implementations.cryptography.primitives import Cryptography
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.algorithms import ALGORITHMS

SLOW = ("rsa-3072/keygen", "rsa-4096/keygen")


def primitive(algorithm: str) -> Scenario:
    return Scenario(
        workload="primitive", client="cryptography", server="cryptography", algorithm=algorithm, size=1000
    )


@pytest.mark.parametrize("algorithm", [row.name for row in ALGORITHMS if row.name not in SLOW])
def test_every_primitive_runs_and_proves_itself(algorithm: str) -> None:
    operation = Cryptography().operation(primitive(algorithm))
    operation.call()
    operation.verify()


@pytest.mark.parametrize(
    "algorithm", ["aes-128-gcm/encrypt", "sha-256/digest", "x25519/exchange", "ml-kem-768/decapsulate"]
)
def test_a_wrong_result_is_an_error(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = Cryptography().operation(primitive(algorithm))
    check = primitives._check
    monkeypatch.setattr(
        primitives, "_check", lambda name, wanted, got: check(name, wanted, b"another" if got else got)
    )
    with pytest.raises(ProofError, match="wanted the right result, got another"):
        operation.verify()


def test_an_algorithm_that_the_engine_lacks_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise primitives.UnsupportedAlgorithm("no")

    monkeypatch.setattr(primitives, "_kem", unsupported)
    with pytest.raises(MeasurementError, match="has no ml-kem-768"):
        Cryptography().operation(primitive("ml-kem-768/keygen"))


def test_the_size_is_what_is_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = Cryptography().operation(replace(primitive("aes-256-gcm/encrypt"), size=777)).call()
    assert isinstance(sealed, bytes)
    assert len(sealed) == 777 + 16
