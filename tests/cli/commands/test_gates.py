"""How gates determine the exit code of commands, and what the commands print about them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tlsbench.cli.app import run as tlsbench
from tlsbench.results import Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info


@pytest.fixture
def stored(run_of: Callable[[str], Run], in_empty_folder: Path) -> None:
    """Two results, one four times as slow as the other, without anything to estimate their floors from."""
    document = json.loads(to_json(run_of("implementation=fake"), machine_info()))
    for name, factor, floor in (("old", 1, 0.01), ("slow", 4, 0.01), ("vague", 1, 0.5)):
        document["tlsbench"]["noise_floor"] = {"handshake": floor}
        document["tlsbench"]["conditions"]["drift"] = 0.0
        for figures in document["benchmarks"][0]["extra_info"]["tlsbench"]["figures"].values():
            figures["round_medians"] = [factor * (1000 + at * 7 % 10) for at in range(40)]
        Path(f"{name}.json").write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["old.json", "--fail-on", "slower>5%"], 0),
        (["slow.json", "--fail-on", "slower>5%"], 1),
        (["vague.json", "--fail-on", "slower>5%"], 4),
        (["vague.json", "--fail-on", "slower>5%", "--undecided", "pass"], 0),
        (["vague.json", "--fail-on", "slower>5%", "--undecided", "fail"], 1),
        (["slow.json", "--fail-on", "slower>5%", "--undecided", "pass"], 1),
        (["vague.json", "--fail-on", "slower>60%"], 0),
    ],
)
def test_the_exit_code_says_what_the_gates_say(
    words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(["compare", "old.json", *words]) == code
    passed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("passed '")]
    assert bool(passed) == (code == 0 and "--undecided" not in words)


@pytest.mark.usefixtures("stored")
def test_an_undecided_gate_says_what_would_decide_it_in_every_format(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["compare", "old.json", "vague.json", "--fail-on", "slower>5%"]
    assert tlsbench(words) == 4
    shown = capsys.readouterr().out
    assert "undecided 'slower>5%': workload=handshake" in shown
    assert "to decide it: measure both for longer (--time-budget, in pytest --benchmark-max-time)" in shown
    assert "tlsbench duel 'workload=handshake implementation=fake" in " ".join(shown.split())
    assert tlsbench([*words, "--format", "github"]) == 4
    lines = capsys.readouterr().out.splitlines()
    (at,) = (at for at, line in enumerate(lines) if line.startswith("::warning title=tlsbench::undecided"))
    assert lines[at + 1].startswith("::warning title=tlsbench::to decide it: measure both for longer")
    assert tlsbench([*words, "--format", "junit"]) == 4
    shown = capsys.readouterr().out
    assert '<error message="undecided' in shown
    assert "\nto decide it: measure both for longer" in shown
    assert tlsbench([*words, "--format", "json"]) == 4
    (gate,) = json.loads(capsys.readouterr().out)["undecided"]
    assert gate["gate"] == "slower>5%"


def test_another_answer_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["compare", "a", "b", "--undecided", "maybe"]) == 2
    assert "valid are fail, pass" in capsys.readouterr().err


@pytest.mark.slow
def test_a_duel_of_too_few_epochs_is_undecided(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tlsbench.sampling.duel._EPOCHS", 3)
    words = ["duel", "implementation=fake", "link=memory,unix", "--time-budget", "10ms"]
    words += ["--fail-on", "slower>5%"]
    assert tlsbench(words) == 4
    assert "to decide it: give the duel more time" in capsys.readouterr().err
    assert tlsbench([*words, "--undecided", "pass"]) == 0
    assert tlsbench([*words, "--undecided", "fail"]) == 1
