from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from tlsbench.cli.app import run
from tlsbench.cli.commands.certs import COMMANDS as CERTS
from tlsbench.cli.commands.fleet import COMMANDS as FLEET
from tlsbench.cli.overview import COMMANDS
from tlsbench.cli.parsing import Written, parsed, seconds_or_zero
from tlsbench.scenarios.axes import AXES
from tlsbench.session.quantities import seconds

HELP_OF_EVERY_COMMAND = """
import contextlib, io, json
from tlsbench.cli.app import run

def helps(*path):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        run([*path, "--help"])
    yield " ".join(path), out.getvalue()
    for line in out.getvalue().partition("Commands:\\n")[2].splitlines():
        if line.startswith("  ") and line[2] != " ":
            yield from helps(*path, line.split()[0])

print(json.dumps(dict(helps())))
"""


@cache
def helps(*options: str) -> dict[str, str]:
    command = [sys.executable, *options, "-c", HELP_OF_EVERY_COMMAND]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "80"})
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_help_says_the_same_where_docstrings_are_stripped() -> None:
    plain = helps()
    assert {"", "run", "list", "certs", "certs demo"} <= set(plain)
    assert helps("-OO") == plain


@pytest.mark.parametrize("command", ["run", "load", "certs verify"])
def test_help_begins_with_what_the_command_does_and_shows_examples(command: str) -> None:
    usage, summary, *rest = [line for line in helps("-OO")[command].splitlines() if line.strip()]
    assert usage.startswith(f"Usage: tlsbench {command}")
    assert summary.strip()[0].isupper()
    assert any(line.strip().startswith(f"tlsbench {command}") for line in rest)


def test_help_fits_in_80_columns_and_long_examples_continue_with_a_backslash() -> None:
    wide = [
        (command, line) for command, shown in helps().items() for line in shown.splitlines() if len(line) > 80
    ]
    assert wide == []
    assert (
        "\n    tlsbench load localhost:8443 --connections 100 --requests 50 \\\n      --path"
        in helps()["load"]
    )


def test_help_names_every_value_in_words_and_shows_no_type_of_python() -> None:
    for command, shown in helps().items():
        assert re.findall(r"<\w[\w\[\]]*>", shown) == [], command
        usage = shown.partition("\n\n")[0]
        assert re.findall(r"\[\[|\]\]|[{}]|\.{3}\]?\.{3}", usage) == [], command
        assert re.findall(r"\[default: \d+\.0\]", shown) == [], command
    usages = {command: shown.partition("\n")[0] for command, shown in helps().items()}
    assert usages["compare"] == "Usage: tlsbench compare [OPTIONS] [BASE] [NEW]"
    assert usages["load"] == "Usage: tlsbench load [OPTIONS] HOST:PORT... [SELECTOR]..."
    assert "\n  RESULT...  A JSON file" in helps()["report"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--time-budget", "soon"], "--time-budget: 'soon' is not a time"),
        (["run", "--precision", "2"], "--precision: '2' is not a precision: write a percentage such as 2%"),
        (["run", "--meter", "cup"], "unknown meter 'cup': did you mean 'cpu'?"),
        (["run", "--format", "jsn"], "unknown format 'jsn': did you mean 'json'?"),
        (["run", "--format", "text"], "--format text is not for a run"),
        (["duel", "--env-a", "=x"], "--env-a: '=x' sets no variable: write NAME=VALUE"),
        (["duel", "--fail-on", "slow>5%"], "--fail-on 'slow>5%' is not a gate"),
        (["load", "somewhere"], "'somewhere' is not a target: write HOST:PORT"),
        (["load", "127.0.0.1:1", "--size", "huge"], "--size: 'huge' is not a valid size"),
        (["load", "127.0.0.1:1", "--size", "0"], "--size: size 0 is out of range"),
        (["load", "127.0.0.1:1", "--limit", "0"], "--limit: '0' is not a time"),
        (["load", "127.0.0.1:1", "--warm-up", "-1"], "--warm-up: '-1' is not a time"),
        (["load", "127.0.0.1:1", "--server-name", ""], "--server-name: '' is not a host name"),
        (["load", "127.0.0.1:1", "--socket", "SO_SNDBUFF=1"], "did you mean 'SO_SNDBUF'?"),
        (["serve", "--idle-timeout", "soon"], "--idle-timeout: 'soon' is not a time"),
        (["certs", "init", "pki", "--root-key", ""], "unknown key type ''"),
        (["certs", "init", "pki", "--profile", "moderne"], "did you mean 'modern'?"),
        (["certs", "verify", "x.pem", "--root", "r.pem", "--at", "x"], "--at: 'x' is not a time"),
        (["certs", "verify", "x.pem", "--root", "r.pem", "--usage", "servr"], "did you mean 'server'?"),
        (["certs", "serve", "pki", "--client-auth", "needed"], "unknown mode of --client-auth 'needed'"),
    ],
)
def test_a_value_is_checked_when_it_is_parsed_and_refused_in_one_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str], in_empty_folder: Path
) -> None:
    assert run(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [["load"], ["certs", "verify"], ["list"]])
def test_what_is_no_option_points_to_the_help_of_the_command(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words, "--no-such"]) == 2
    assert f"(see 'tlsbench {' '.join(words)} --help')" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["run", "--time-budget", "soon"], "run"),
        (["run", "colour=blue"], "run"),
        (["run", "implementation=fake", "--baseline", "colour=blue"], "run"),
        (["list", "colour=blue"], "list"),
        (["duel", "version=1.3"], "duel"),
        (["load", "nowhere"], "load"),
        (["load", "127.0.0.1:1", "colour=blue"], "load"),
        (["certs", "serve", "pki", "--client-auth", "needed"], "certs serve"),
    ],
)
def test_what_a_command_does_not_take_points_to_its_own_help(
    words: list[str], command: str, capsys: pytest.CaptureFixture[str], in_empty_folder: Path
) -> None:
    assert run(words) == 2
    assert capsys.readouterr().err.endswith(f"(see 'tlsbench {command} --help')\n")


@pytest.mark.parametrize("command", ["run", "duel"])
def test_the_help_of_what_takes_selectors_has_the_axes(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run([command, "-h"]) == 0
    shown = capsys.readouterr().out
    below = shown.partition("Axes (all values: tlsbench list axes):\n")[2].splitlines()
    assert {line.split()[0] for line in below if line[:3].strip()} == {
        f"{axis}=" for axis in AXES if axis != "machine"
    }
    assert "TLS protocol version" in " ".join(shown.split())
    assert {"ecdsa-secp256r1,", "ecdsa-secp384r1,"} <= set(shown.split())  # no name is broken across lines
    assert max(map(len, below)) <= 80


def test_a_list_breaks_no_name_where_it_is_narrow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["list", "axes"]) == 0
    whole = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["list", "axes"]) == 0
    narrow = capsys.readouterr().out
    assert max(map(len, narrow.splitlines())) <= 80 < max(map(len, whole.splitlines()))
    assert narrow.split() == whole.split()


def test_a_default_is_shown_as_it_is_written_and_given_as_a_plain_number() -> None:
    default = Written("500ms", seconds)
    assert str(default) == "500ms"
    found = parsed(seconds)(default)
    assert (found, type(found)) == (0.5, float)
    assert "[default: 10s]" in " ".join(helps()["load"].split())


@pytest.mark.parametrize("text", ["0", "0s", " 0 "])
def test_no_time_is_zero_where_it_may_be(text: str) -> None:
    assert seconds_or_zero(text) == 0.0


def test_every_command_is_a_module_and_every_module_a_command() -> None:
    commands = "tlsbench.cli.commands"
    for package, names in (
        (commands, COMMANDS),
        (f"{commands}.certs", CERTS),
        (f"{commands}.fleet", FLEET),
    ):
        found = {module.name for module in iter_modules(import_module(package).__path__)}
        assert found == {name.replace("-", "_") for name in names}
