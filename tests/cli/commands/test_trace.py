from __future__ import annotations

import json

import pytest

from tlsbench.cli.app import run as tlsbench

FAKE = ["trace", "implementation=fake", "version=1.3", "key=ecdsa-secp256r1"]


def test_a_trace_is_printed_as_a_ladder(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(FAKE) == 0
    assert "├─── flight 1: 52 bytes, 1 record ─" in capsys.readouterr().out


def test_a_trace_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench([*FAKE, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["flights"][0]["wire_bytes"] == 52


def test_more_than_one_scenario_is_a_bad_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["trace", "implementation=fake", "key=ecdsa-secp256r1,rsa-2048"]) == 2
    assert "a trace is of one scenario, the selectors name 2" in capsys.readouterr().err
