"""``tlsbench capacity`` on stored cells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tlsbench
from tlsbench.cli.app import run
from tlsbench.errors import MeasurementError
from tlsbench.implementations.fake import Fake
from tlsbench.pki import Peers
from tlsbench.scenarios import Scenario

ASKED = ["capacity", "--connections", "20000/s", "--resumed", "60%", "implementation=fake", "version=1.3"]


@pytest.fixture
def saved(in_empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Cells of ``fake``, saved as ``before``."""
    assert run([*ASKED, "--save", "before", "--time-budget", "200ms", "-q"]) == 0
    capsys.readouterr()
    return in_empty_folder


def test_what_was_measured_is_kept_for_another_question(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*ASKED, "--from", "before", "--headroom", "50%", "--json", "answer.json"]) == 0
    told = capsys.readouterr().out
    assert "20,000 new connections/s, 60 % resumed, nothing sent on each, 0 open" in told
    assert "linear, not proved here" in told
    found = json.loads((saved / "answer.json").read_text())["capacity"]
    assert found["from"] == "before"
    cores = found["choices"][0]
    assert cores["cores"]["value"] == pytest.approx(2 * cores["busy_cores"]["value"])


@pytest.mark.usefixtures("saved")
def test_what_is_given_beyond_tls_is_added(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASKED, "--from", "before", "--beyond", "1ms", "--headroom", "0%", "--format", "json"]) == 0
    parts = json.loads(capsys.readouterr().out)["capacity"]["parts"]
    assert parts[-1]["name"] == "beyond TLS"
    assert parts[-1]["cores"]["value"] == pytest.approx(20.0)


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--transfer", "50KiB"], "before has no records (workload=bulk) of"),
        (["--beyond", "fast"], "is not a processor time"),
        (["--resumed", "160%"], "not a share"),
        (["--save", "after"], "leave out --save"),
        (["key=rsa-3072"], "measure it with 'tlsbench run workload=handshake,bulk,memory"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_2(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*ASKED, "--from", "before", *words]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1


@pytest.mark.usefixtures("in_empty_folder")
def test_cells_that_fail_are_said_and_the_others_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise MeasurementError("no luck")

    monkeypatch.setattr("tlsbench.implementations.fake.FakeServerContext.issue_ticket", fail)
    assert run([*ASKED, "--save", "before", "--time-budget", "50ms", "-q"]) == 3
    error = capsys.readouterr().err
    assert "no luck" in error
    assert (
        error.splitlines()[-1]
        == "tlsbench: the requested server could not be measured, so there is no answer"
    )


@pytest.mark.usefixtures("in_empty_folder")
def test_an_alternative_does_not_answer_for_a_server_that_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make = Fake.server_context

    def fail(own: Fake, scenario: Scenario, peers: Peers) -> object:
        if scenario.key == "ecdsa-secp256r1":
            raise MeasurementError("no luck")
        return make(own, scenario, peers)

    monkeypatch.setattr(Fake, "server_context", fail)
    words = ["capacity", "--connections", "100/s", "implementation=fake", "--time-budget", "50ms", "-q"]
    assert run(words) == 3
    shown = capsys.readouterr()
    assert shown.err.endswith("the requested server could not be measured, so there is no answer\n")
    assert "rsa-2048" not in shown.out
    with pytest.raises(tlsbench.MeasurementError):
        tlsbench.capacity("implementation=fake", connections=100, time_budget=0.05)


def test_an_answer_is_no_result_and_says_so(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ASKED, "--from", "before", "--json", "answer.json"]) == 0
    capsys.readouterr()
    assert run(["show", str(saved / "answer.json")]) == 2
    assert "a capacity of 'tlsbench capacity'" in capsys.readouterr().err


def test_memory_alone_is_another_command_and_a_missing_rate_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["capacity", "--open", "100000"]) == 2
    assert capsys.readouterr().err == (
        "tlsbench: --connections is missing, the rate of new connections: 500/s; for the memory of open "
        "connections alone, use 'tlsbench run workload=memory' (see 'tlsbench capacity --help')\n"
    )
