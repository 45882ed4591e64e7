"""``tlsbench constant-time``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tlsbench.cli.app import run

BRIEFLY = ["constant-time", "algorithm=bytes/compare", "size=32B", "--time-budget", "200ms", "-q"]


def test_it_says_what_it_found_and_keeps_every_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*BRIEFLY, "--json", str(tmp_path / "found.json")]) == 0
    told = capsys.readouterr().out
    assert "bytes/compare" in told
    found = json.loads((tmp_path / "found.json").read_text())["constant_time"]
    assert [(one["a"], one["b"]) for one in found] == [
        ("right", "wrong in the last byte"),
        ("wrong in the first byte", "wrong in the last byte"),
    ]
    assert [one["differs_in_outcome"] for one in found] == [True, False]
    assert found[0]["epochs"] == 20


def test_a_leak_fails_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def leaky(one: bytes, other: bytes) -> bool:
        return all(ours == theirs for ours, theirs in zip(one, other, strict=True))

    monkeypatch.setattr("cryptography.hazmat.primitives.constant_time.bytes_eq", leaky)
    words = [*BRIEFLY[:-2], "1s", "-q", "--fail-on-leak"]
    assert run(words) == 1
    assert "wrong in the last byte takes" in capsys.readouterr().out


def test_what_verifies_nothing_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["constant-time", "algorithm=x25519/exchange"]) == 2
    error = capsys.readouterr().err
    assert "verifies nothing" in error
    assert "see 'tlsbench constant-time --help'" in error


def test_its_help_shows_the_axes_that_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["constant-time", "--help"]) == 0
    _, _, axes = capsys.readouterr().out.partition("Axes (")
    assert "algorithm=" in axes
    assert "resumption=" not in axes
