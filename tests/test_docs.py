"""Every block of code in README and docs runs: what a reader copies must work."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tlsbench.cli.app import run as tlsbench
from tlsbench.sampling import duel, instructions

ROOT = Path(__file__).parent.parent
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "certs/README.md",
    *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")),
]
SCRIPTS = Path(sys.executable).parent
pytestmark = pytest.mark.slow


def blocks(page: str, language: str) -> list[str]:
    tokens = MarkdownIt().parse((ROOT / page).read_text(encoding="utf-8"))
    return [token.content for token in tokens if token.type == "fence" and token.info == language]


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """An empty folder that has the benchmarks, and the scripts of the tour."""
    (tmp_path / "benchmarks").symlink_to(ROOT / "benchmarks")
    (tmp_path / "certs").mkdir()
    for script in (ROOT / "certs").glob("*.py"):
        (tmp_path / "certs" / script.name).symlink_to(script)
    return tmp_path


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "console")])
def test_the_commands_of_a_page_run(page: str, workplace: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
        "TLSBENCH_TIME_BUDGET": "1ms",
        "PYTEST_ADDOPTS": "--benchmark-max-time=0.001 -p no:cacheprovider",
    }
    for block in blocks(page, "console"):
        for line in block.splitlines():
            assert line.startswith("$ "), f"{page}: a console block has commands alone, not {line!r}"
            command = shlex.split(line[2:])
            done = subprocess.run(command, cwd=workplace, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")])
def test_the_python_of_a_page_runs_as_tests(page: str, pytester: pytest.Pytester) -> None:
    found = blocks(page, "python")
    pytester.makepyfile(**{f"test_block_{at}": block for at, block in enumerate(found)})
    result = pytester.runpytest_subprocess("--benchmark-max-time=0.001", "-p", "no:cacheprovider")
    assert result.ret == 0
    assert result.parseoutcomes()["passed"] >= len(found)


def test_the_readme_gives_one_command_for_each_of_the_two_jobs() -> None:
    commands = blocks("README.md", "sh")
    assert len(commands) == 2
    assert commands[0].rstrip().endswith("tlsbench run")
    assert commands[1].rstrip().endswith("tox")


def test_the_check_runs_the_very_command_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "<!-- test command -->\n```sh\n" + blocks("README.md", "sh")[1] in readme
    assert "<!-- test command -->" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for token in MarkdownIt().parse(text):
            for child in token.children or ():
                target = child.attrs.get("href", "") if child.type == "link_open" else ""
                if isinstance(target, str) and target and "://" not in target:
                    assert ((ROOT / page).parent / target).exists(), f"{page}: {target}"


def environment_like_this(folder: Path) -> str:
    """The Python of a new virtual environment that sees what this one sees."""
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "like.pth").write_text("\n".join(path for path in sys.path if path), encoding="utf-8")
    return str(folder / "bin/python")


@pytest.mark.integration
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is missing: apt-get install valgrind")
def test_the_duels_of_the_example_workflow_run_between_two_environments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TLSBENCH_TIME_BUDGET", "1ms")
    monkeypatch.setattr(duel, "_EPOCHS_OF_WORKERS", 6)
    monkeypatch.setattr(instructions, "_REPEATS", 1)
    text = (ROOT / "docs/examples/tlsbench.yml").read_text(encoding="utf-8")
    for side in ("base", "head"):
        python = environment_like_this(tmp_path / side)
        text = text.replace(f"--python ../venv-{side}/bin/python", f"--python {python}")
    commands = [
        line.partition(">>")[0].split("bin/tlsbench ")[1]
        for line in text.splitlines()
        if "bin/tlsbench" in line
    ]
    assert len(commands) == 2
    for command in commands:
        assert tlsbench(shlex.split(command)) == 0
    assert "| scenario | side |" in capsys.readouterr().out
