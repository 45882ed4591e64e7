from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tlsbench.errors import ProofError
from tlsbench.implementations import processor as axis
from tlsbench.implementations.registry import implementations, tls_library
from tlsbench.scenarios import Scenario
from tlsbench.workloads import processor, prove_processor

Find = Callable[[str], tuple[Scenario, ...]]


@pytest.fixture(autouse=True)
def no_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "_evidence", {})


@pytest.fixture
def limited(scenarios_of: Find) -> Callable[..., Scenario]:
    """A scenario of an implementation with a value of the axis, whether or not the matrix has it here."""

    def make(name: str, cpu: str) -> Scenario:
        (scenario,) = scenarios_of(f"implementation={name}")
        return replace(scenario, cpu=cpu)

    return make


def test_all_of_the_processor_needs_no_proof(limited: Callable[..., Scenario]) -> None:
    assert prove_processor(limited("pyopenssl", "native"), implementations()) == {}


@pytest.mark.skipif("aes" not in axis._features(), reason="this processor has no AES instructions")
@pytest.mark.parametrize("name", ["ssl", "pyopenssl", "libssl"])
def test_an_engine_that_tells_that_it_has_its_aes_is_an_error(
    name: str, limited: Callable[..., Scenario]
) -> None:
    with pytest.raises(ProofError, match="cpu: wanted no-aes, got an engine that uses 0x2000002"):
        prove_processor(limited(name, "no-aes"), implementations())


@pytest.mark.skipif("aes" not in axis._features(), reason="this processor has no AES instructions")
def test_an_engine_that_does_not_tell_is_known_by_its_speed(
    limited: Callable[..., Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    telling = tls_library("pyopenssl")
    told = ("summary", "engine", "capabilities", "client_context", "server_context")
    silent: Any = SimpleNamespace(id="silent", **{name: getattr(telling, name) for name in told})
    scenario = replace(limited("pyopenssl", "no-aes"), client="silent", server="silent")
    with pytest.raises(ProofError, match=r"got AES-128-GCM takes [01]\.\d+ times as long as ChaCha20"):
        prove_processor(scenario, {"silent": silent})
    times = iter([9.0, 3.0])
    monkeypatch.setattr(processor, "_time_of", lambda member, cipher: next(times))
    said = "AES-128-GCM takes 3.00 times as long as ChaCha20-Poly1305"
    assert prove_processor(scenario, {"silent": silent}) == {
        "client_processor": said,
        "server_processor": said,
    }
