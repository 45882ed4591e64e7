"""The table of predictions and loads, from hand-made outcomes; and one load on one server."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tlsbench.scenarios import Scenario

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(scope="module")
def truth() -> ModuleType:
    spec = importlib.util.spec_from_file_location("capacity_truth", BENCHMARKS / "capacity_truth.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["capacity_truth"] = module
    spec.loader.exec_module(module)
    return module


def outcomes(truth: ModuleType, *measured_us: float, others: float = 0.0) -> list[object]:
    return [
        truth.Outcome(case, 200.0, 100.0, us, 1000, 0.6, 0, 0.4, others)
        for us in measured_us
        for case in truth.CASES
    ]


def test_the_median_of_the_repeats_decides_what_is_within_reach(truth: ModuleType) -> None:
    text = truth.table(truth.CASES, outcomes(truth, 310.0, 300.0, 900.0))
    assert f"**{len(truth.CASES)} of {len(truth.CASES)} predictions are within 15% of the load**." in text
    assert "| 200 | 100 | 300 | 310 | -3.2% | -66.7% to +0.0% | 40% |" in text


def test_a_machine_that_others_use_decides_nothing_and_says_so(truth: ModuleType) -> None:
    text = truth.table(truth.CASES, outcomes(truth, 600.0, others=1.5))
    assert f"**0 of {len(truth.CASES)} predictions" in text
    assert "while other programs took 1.5 processors" in text
    assert "decides nothing" in text


@pytest.mark.slow
def test_what_a_server_spends_on_a_load_is_its_own_counter_over_what_it_served(
    truth: ModuleType, scenarios_of: Callable[[str], tuple[Scenario, ...]]
) -> None:
    (served,) = scenarios_of("version=1.3 group=x25519 key=ecdsa-secp256r1")
    found = truth.observed(truth.Case("some", (), 0.5, 1024), served, 1.0)
    assert found.failed == 0
    assert found.seen.ended > 0
    assert 0 < found.spent_s < found.elapsed_s
    assert sum(n for kind, n in found.seen.negotiated.items() if kind.endswith("resumed")) > 0
