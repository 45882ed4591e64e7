"""What a shell completes: requested as its own script does, in separate processes."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tlsbench.cli import completion
from tlsbench.cli.app import run as tlsbench
from tlsbench.cli.overview import COMMANDS, COMPLETES
from tlsbench.implementations.registry import spellings
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.profiles import PROFILES

pytestmark = pytest.mark.usefixtures("in_empty_folder")


@pytest.fixture(autouse=True)
def outside_of_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COMP_WORDS", "COMP_CWORD"):
        monkeypatch.delenv(name, raising=False)


def words(offers: list[tuple[str, str]]) -> list[str]:
    return [word for word, _ in offers]


def test_an_empty_word_could_become_any_axis() -> None:
    assert completion.selectors("") == [(f"{axis.name}=", axis.meaning) for axis in AXES.values()]


def test_an_axis_that_alone_begins_so_comes_with_its_values() -> None:
    assert words(completion.selectors("ke")) == [f"key={value}" for value in AXES["key"].values]


def test_values_complete_behind_each_comma_and_none_twice() -> None:
    assert words(completion.selectors("key=rsa-pss-2048,rsa-pss-")) == [
        "key=rsa-pss-2048,rsa-pss-3072",
        "key=rsa-pss-2048,rsa-pss-4096",
    ]


def test_an_implementation_completes_to_a_name_and_not_to_the_template_of_a_path() -> None:
    offered = words(completion.selectors("client="))
    assert "client=ssl" in offered
    assert not any(word.endswith("PATH") for word in offered)
    assert len(offered) == sum(not name.endswith("PATH") for name in spellings())


def test_an_axis_that_there_is_not_has_no_values() -> None:
    assert completion.selectors("nothing=") == []


def test_profiles_lists_and_demos_complete() -> None:
    assert words(completion.profiles("")) == list(PROFILES)
    assert words(completion.lists("ax")) == ["axes"]
    assert words(completion.lists("key=ed")) == ["key=ed25519", "key=ed448"]
    assert completion.demos("exp") == ["expired"]


def test_saved_runs_complete_by_their_names() -> None:
    assert completion.results("") == []
    arguments = ["run", "implementation=fake", "--time-budget", "1ms", "-q", "--save"]
    assert [tlsbench([*arguments, name]) for name in ("before", "before", "after")] == [0, 0, 0]
    assert completion.results("") == ["after", "before"]
    assert completion.results("be") == ["before"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (["tlsbench", "run", "key", "="], "ed25519"),
        (["tlsbench", "run", "key", "=", "ed"], "ed25519"),
        (["tlsbench", "run", "version=1.3", "key", "=", "rsa-2048,ed"], "rsa-2048,ed25519"),
        (["tlsbench", "run", "--baseline", "key", "=", "ed"], "ed25519"),
        (["tlsbench", "run", "--profile", "post"], "post-quantum"),
        (["tlsbench", "du"], "duel"),
        (["tlsbench", "certs", "demo", "mut"], "mutual-tls"),
    ],
)
def test_bash_is_offered_what_stands_behind_the_equals_sign_that_it_splits_at(
    typed: list[str], found: str
) -> None:
    offered = asked("bash", COMP_WORDS="\n".join(typed), COMP_CWORD=str(len(typed) - 1)).splitlines()
    assert found in offered
    assert not any("=" in word for word in offered)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_offered_the_whole_word(shell: str) -> None:
    action = {"_TYPER_COMPLETE_FISH_ACTION": "get-args", "_TYPER_COMPLETE_ARGS": "tlsbench run key=ed"}
    assert "key=ed25519" in asked(shell, **action)


def test_all_commands_complete() -> None:
    offered = asked("bash", COMP_WORDS="tlsbench\n", COMP_CWORD="1").splitlines()
    assert offered == list(COMMANDS)


def asked(shell: str, **variables: str) -> str:
    """The answer of tlsbench to a shell that completes a word."""
    command = [
        sys.executable,
        "-c",
        "import sys; sys.argv[0] = 'tlsbench'; from tlsbench.cli import main; main()",
    ]
    environment = {**os.environ, **variables, COMPLETES: f"complete_{shell}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_script_is_installed_for_the_shell_that_asks(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is missing")
    line = f"{shlex.quote(sys.executable)} -m tlsbench --install-completion; true"
    done = subprocess.run(
        [bash, "--norc", "-c", line],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert "bash completion installed" in done.stdout, done.stderr
    (script,) = tmp_path.rglob("tlsbench.sh")
    assert COMPLETES in script.read_text(encoding="utf-8")
    assert str(script) in (tmp_path / ".bashrc").read_text(encoding="utf-8")
