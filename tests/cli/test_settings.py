"""Defaults from a project's pyproject.toml."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tlsbench.cli import settings
from tlsbench.cli.app import run
from tlsbench.cli.commands.certs import COMMANDS as CERTS
from tlsbench.cli.commands.fleet import COMMANDS as FLEET
from tlsbench.cli.overview import COMMANDS

#: A run that takes almost no time, of a library that is always available.
QUICK_RUN = ["run", "implementation=fake", "--json", "result.json", "-q"]


def write(text: str, folder: Path = Path()) -> None:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


def conditions() -> dict[str, object]:
    found: dict[str, object] = json.loads(Path("result.json").read_text(encoding="utf-8"))["tlsbench"][
        "conditions"
    ]
    return found


@pytest.fixture(autouse=True)
def in_a_project(in_empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TLSBENCH_TIME_BUDGET", raising=False)
    write('[tool.tlsbench.run]\ntime-budget = "3ms"\nprecision = "50%"\nseed = 7\n')


def test_what_the_file_sets_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(QUICK_RUN) == 0
    assert (conditions()["time_budget_s"], conditions()["precision"], conditions()["seed"]) == (0.003, 0.5, 7)


def test_a_variable_wins_over_the_file_and_the_command_line_over_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TLSBENCH_TIME_BUDGET", "2ms")
    assert run(QUICK_RUN) == 0
    assert conditions()["time_budget_s"] == 0.002
    assert run([*QUICK_RUN, "--time-budget", "1ms", "--seed", "8"]) == 0
    assert (conditions()["time_budget_s"], conditions()["precision"], conditions()["seed"]) == (0.001, 0.5, 8)


def test_a_stored_command_has_what_the_file_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["tlsbench", *QUICK_RUN, "--seed", "8"])
    assert run([*QUICK_RUN, "--seed", "8"]) == 0
    words = shlex.split(str(conditions()["command"]))
    assert words == ["tlsbench", *QUICK_RUN, "--seed", "8", "--time-budget", "3ms", "--precision", "50%"]
    write("")
    assert run(words[1:]) == 0
    assert (conditions()["time_budget_s"], conditions()["seed"]) == (0.003, 8)


def test_a_list_of_the_file_gives_way_to_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        '[tool.tlsbench.run]\ntime-budget = "9ms"\n'
        '[tool.tlsbench.compare]\nfail-on = ["slower>5000%", "faster>5000%"]\n'
    )
    for name in ("a", "b"):
        assert run(["run", "implementation=fake", "--json", f"{name}.json", "-q"]) == 0
    capsys.readouterr()
    assert run(["compare", "a.json", "b.json", "--format", "json", "--undecided", "pass"]) == 0
    assert len(settings.applied()) == 4
    assert run(["compare", "a.json", "b.json", "--fail-on", "slower>4000%", "--undecided", "pass"]) == 0
    assert settings.applied() == ()


def test_the_file_of_a_folder_above_is_found_and_one_without_the_table_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inner = Path("package/src")
    inner.mkdir(parents=True)
    write('[project]\nname = "tlsbench-plugin"\n', Path("package"))
    monkeypatch.chdir(inner)
    assert run(QUICK_RUN) == 0
    assert conditions()["seed"] == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.tlsbench.rum]\nseed = 1", "[tool.tlsbench]: unknown command 'rum': did you mean 'run'?"),
        ("[tool.tlsbench]\nseed = 1", "[tool.tlsbench]: unknown command 'seed': "),
        ("[tool.tlsbench]\nrun = 1", "[tool.tlsbench.run] is not a table"),
        ("[tool]\ntlsbench = 1", "[tool.tlsbench] is not a table"),
        (
            "[tool.tlsbench.run]\nsed = 1",
            "[tool.tlsbench.run]: unknown option of run 'sed': did you mean 'seed'?",
        ),
        ("[tool.tlsbench.run]\nseed = 'x'", "[tool.tlsbench.run]: seed: 'x' is not a whole number"),
        ("[tool.tlsbench.run]\nprocesses = 0", "[tool.tlsbench.run]: processes: 0 is not from 1 to 32"),
        ("[tool.tlsbench.run]\nseed = [1]", "[tool.tlsbench.run]: seed takes one value, not a list"),
        ("[tool.tlsbench.run]\nseed = true", "[tool.tlsbench.run]: seed: write a string or a number"),
        ("[tool.tlsbench.run]\nprecision = '2'", "[tool.tlsbench.run]: precision: '2' is not a precision"),
        ("[tool.tlsbench.run]\nmeter = 'cup'", "[tool.tlsbench.run]: meter: unknown meter 'cup'"),
        ("[tool.tlsbench.run]\nformat = 'jsn'", "[tool.tlsbench.run]: format: unknown format 'jsn'"),
        ("[tool.tlsbench.run]\njson = 'x.json'", "'json' cannot be set here, as it names a file"),
        ("[tool.tlsbench.run]\nquiet = true", "'quiet' cannot be set here, as it takes no value"),
        ("[tool.tlsbench.run\n", "cannot read "),
        ("[tool.tlsbench.run]\nseed = " + 10_000 * "[", "cannot read "),
        ("tool = 'tlsbench'\n", "cannot read "),
    ],
)
def test_what_is_wrong_in_the_file_is_one_line_that_names_it(
    text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(text)
    assert run(QUICK_RUN) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "pyproject.toml" in line
    assert message in line
    assert not Path("result.json").exists()


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["duel"], "python"),
        (["duel"], "env-b"),
        (["serve"], "bind"),
        (["certs", "serve"], "bind"),
        (["certs", "init"], "password"),
        (["certs", "init"], "force"),
        (["load"], "i-may-load-this-target"),
        (["load"], "cert"),
    ],
)
def test_a_strangers_file_runs_no_program_opens_no_port_and_lifts_no_limit(
    command: list[str], option: str
) -> None:
    assert isinstance(settings.settable(command)[option], str)


def test_a_command_below_another_has_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    write('[tool.tlsbench.certs.init]\nkey = "ed25519"\n')
    assert run(["certs", "init", "pki"]) == 0
    capsys.readouterr()
    assert run(["certs", "show", "pki/server.pem"]) == 0
    assert "ed25519" in capsys.readouterr().out.lower()
    write('[tool.tlsbench.certs.innit]\nkey = "ed25519"\n')
    assert run(["certs", "init", "pki2"]) == 2
    assert "[tool.tlsbench.certs]: unknown command 'innit': did you mean 'init'?" in capsys.readouterr().err


def test_help_and_completion_answer_whatever_the_file_holds(capsys: pytest.CaptureFixture[str]) -> None:
    write("[tool.tlsbench.run]\nsed = 1")
    assert run(["run", "--help"]) == 0
    assert "--seed" in capsys.readouterr().out


def test_a_file_that_is_no_file_is_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").unlink()
    Path("pyproject.toml").mkdir()
    assert settings.found() is None


def test_a_command_works_in_a_folder_that_was_removed(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    done = subprocess.run(
        ["sh", "-c", f'rmdir ../gone && exec "{sys.executable}" -m tlsbench list profiles'],
        cwd=tmp_path / "gone",
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_doctor_shows_what_is_set_and_what_is_wrong() -> None:
    write('[tool.tlsbench.run]\nseed = 7\n[tool.tlsbench.certs.init]\nkey = "x"\n')
    first, second = settings.findings()
    assert (first.name, first.grade) == ("settings of run", "good")
    assert first.found.startswith("seed = '7' (")
    assert (second.name, second.grade) == ("settings of certs init", "poor")
    assert "unknown key type 'x'" in second.found


@pytest.mark.parametrize(
    "words",
    [
        *([one] for one in COMMANDS if one not in ("certs", "fleet")),
        *(["certs", one] for one in CERTS),
        *(["fleet", one] for one in FLEET),
    ],
)
def test_every_option_can_be_set_or_there_is_a_reason(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = settings.settable(words)
    assert run([*words, "--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"--{name}" in text for name in options)
    assert text.count("\n  --") + text.count("\n  -") >= len(options)
