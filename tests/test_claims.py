"""How benchmarks/claims.py judges: it fails only if a claim is certainly broken."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tlsbench.stats import Interval


@pytest.fixture(scope="module")
def claims() -> ModuleType:
    path = Path(__file__).parent.parent / "benchmarks/claims.py"
    spec = importlib.util.spec_from_file_location("claims", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["claims"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("low", "high", "goal", "bound", "verdict"),
    [
        (1.01, 1.04, 1.05, 1.5, "met"),
        (1.01, 1.06, 1.05, 1.5, "undecided"),
        (1.01, 2.00, 1.05, 1.5, "undecided"),
        (1.06, 1.60, 1.05, 1.5, "missed"),
        (1.51, 1.60, 1.05, 1.5, "broken"),
        (0.93, 0.95, 0.92, 0.6, "met"),
        (0.50, 0.95, 0.92, 0.6, "undecided"),
        (0.55, 0.91, 0.92, 0.6, "missed"),
        (0.55, 0.59, 0.92, 0.6, "broken"),
        (float("-inf"), float("inf"), 1.05, 1.5, "undecided"),
    ],
)
def test_a_claim_is_judged_by_its_whole_interval(
    claims: ModuleType, low: float, high: float, goal: float, bound: float, verdict: str
) -> None:
    claim = claims.Claim("a ratio", Interval(low, 1.0, high), goal, bound)
    assert claim.verdict == verdict


@pytest.mark.parametrize(("ratio", "code"), [(1.0, 0), (1.2, 0), (1.6, 1)])
def test_only_a_broken_claim_fails(
    claims: ModuleType,
    ratio: float,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    claim = claims.Claim("a ratio", Interval(ratio, ratio, ratio), 1.05, 1.5)
    monkeypatch.setattr(claims, "_CLAIMS", (lambda _seconds: iter([claim]),) * 2)
    assert claims.main(0.0) == code
    out = capsys.readouterr().out
    assert f"a ratio: {ratio:.3f}" in out
    assert "2 claims on this machine: " in out


@pytest.mark.slow
def test_every_claim_is_measured(claims: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """With no time, there are too few rounds for an interval: nothing is decided, and nothing fails."""
    assert claims.main(0.0) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("undecided ")]) >= 31
