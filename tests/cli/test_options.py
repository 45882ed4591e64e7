from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import pytest

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
    done = subprocess.run(command, capture_output=True, text=True)
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
