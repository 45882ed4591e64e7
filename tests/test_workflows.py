"""The files that other services read, tested as far as possible without the service."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "docs/examples/github-action.yml"
GITLAB = ROOT / "docs/examples/gitlab-ci.yml"
#: The interpreter of a GitHub Actions step with ``shell: bash``.
BASH = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def tox_commands(name: str) -> list[str]:
    section = (
        (ROOT / "tox.ini").read_text(encoding="utf-8").partition(f"[testenv:{name}]\n")[2].partition("\n[")[0]
    )
    return [line.strip() for line in section.partition("\ncommands =")[2].splitlines() if line.strip()]


def expressions(text: str, known: Mapping[str, str]) -> str:
    """A text as GitHub passes it to a step."""
    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: known[found[1]], text)


def run_step(
    step: Mapping[str, Any], known: Mapping[str, str], folder: Path, variables: Mapping[str, str]
) -> int:
    """The exit code of a step that is a script."""
    own = {name: expressions(value, known) for name, value in step.get("env", {}).items()}
    done = subprocess.run([*BASH, "-c", step["run"]], cwd=folder, env={**variables, **own})
    return done.returncode


def runner(folder: Path) -> dict[str, str]:
    """The variables of a runner whose files are in a folder, without this environment."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV", "COV", "PYTEST", "TOX", "GITHUB", "TLSBENCH"))
    }
    files = {name: str(folder / name.lower()) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    for file in files.values():
        Path(file).touch()
    base = str(Path(sys.base_prefix) / "bin")
    return {**kept, **files, "RUNNER_TEMP": str(folder), "PATH": f"{base}{os.pathsep}{kept['PATH']}"}


def repository(folder: Path) -> Path:
    """A clone of a package with a change on a branch, and tlsbench next to it, as in the example."""
    origin, clone = folder / "origin", folder / "work" / "thing"
    origin.mkdir()
    (origin / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "thing"\nversion = "1"\n',
        encoding="utf-8",
    )
    (origin / "thing.py").write_text("", encoding="utf-8")
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *words], cwd=origin, check=True)
    subprocess.run(["git", "clone", "-q", str(origin), str(clone)], check=True)
    (clone / "thing.py").write_text("CHANGED = True\n", encoding="utf-8")
    subprocess.run([*git, "commit", "-q", "-a", "-m", "two"], cwd=clone, check=True)
    (clone / "tlsbench").symlink_to(ROOT)
    return clone


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(shutil.which("git") is None, reason="git is missing")
def test_the_steps_of_the_example_workflow_and_of_the_action_run(tmp_path: Path) -> None:
    (job,) = read(EXAMPLE)["jobs"].values()
    action, clone = read(ROOT / "action.yml"), repository(tmp_path)
    variables = {**runner(tmp_path), "GITHUB_BASE_REF": "main"}
    for step in job["steps"]:
        if "run" in step:
            assert run_step(step, {}, clone, variables) == 0, step["name"]
        elif step["uses"] == "./tlsbench":
            asked = {**step["with"], "time-budget": "1s"}
            values = {name: asked.get(name, one.get("default")) for name, one in action["inputs"].items()}
            assert None not in values.values()
            known = {f"inputs.{name}": value for name, value in values.items()}
            known["github.action_path"] = str(clone / "tlsbench")
            for inner in action["runs"]["steps"]:
                assert run_step(inner, known, clone, variables) == 0, inner["name"]
            failing = {
                **known,
                "inputs.fail-on": "faster>0.001%",
                "inputs.undecided": "fail",
                "inputs.meter": "cpu",
            }
            assert run_step(action["runs"]["steps"][-1], failing, clone, variables) == 1
    summary = Path(variables["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")
    assert summary.count("| scenario | side |") == 2
    outputs = dict(
        line.split("=", 1)
        for line in Path(variables["GITHUB_OUTPUT"]).read_text(encoding="utf-8").splitlines()
    )
    assert "duel" in json.loads(Path(outputs["json"]).read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "code", "verdict"), [(300, 1, 0, "faster"), (1, 300, 1, "slower")]
)
def test_the_steps_of_the_workflow_with_pytest_answer_for_a_projects_own_benchmarks(
    tmp_path: Path, before: int, after: int, code: int, verdict: str
) -> None:
    work, variables = tmp_path / "work", runner(tmp_path)
    (work / "benchmarks").mkdir(parents=True)
    suite = "\n".join(
        f"def test_{name}(benchmark):\n    benchmark(sorted, range({size} * int(os.environ.get('TIMES', 1))))"
        if name == "own"
        else f"def test_{name}(benchmark):\n    benchmark(sorted, range({size}))"
        for name, size in (("own", 1000), ("reference_one", 1000), ("reference_two", 3000))
    )
    (work / "benchmarks/test_own.py").write_text(f"import os\n{suite}\n", encoding="utf-8")
    for name in ("base-env", "head-env"):
        (tmp_path / name / "bin").mkdir(parents=True)
        for tool in ("pytest", "tlsbench"):
            program = tmp_path / name / "bin" / tool
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {tool} "$@"\n', encoding="utf-8")
            program.chmod(0o700)
    (job,) = read(ROOT / "docs/examples/pytest.yml")["jobs"].values()
    *_, base, head, show = job["steps"]
    codes = []
    for step, times in ((base, before), (head, after), (show, 1)):
        quick = {**step, "run": step["run"].replace("--benchmark-max-time=5", "--benchmark-max-time=0.1")}
        codes.append(run_step(quick, {}, work, {**variables, "TIMES": str(times)}))
    assert codes == [0, code, 0]
    summary = Path(variables["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")
    assert "**benchmarks/test_own.py**" in summary
    assert "| test_own | " in summary
    assert f"| {verdict} |" in summary


def test_the_example_gives_the_action_what_it_takes() -> None:
    inputs = read(ROOT / "action.yml")["inputs"]
    (job,) = read(EXAMPLE)["jobs"].values()
    (given,) = (step["with"] for step in job["steps"] if step.get("uses") == "./tlsbench")
    assert set(given) <= set(inputs)
    assert {name for name, one in inputs.items() if one.get("required")} <= set(given)


def test_the_page_of_recipes_has_every_input_of_the_action_with_its_default() -> None:
    page = (ROOT / "docs/recipes.md").read_text(encoding="utf-8")
    for name, one in read(ROOT / "action.yml")["inputs"].items():
        (row,) = (
            line for line in page.splitlines() if line.startswith("| `") and f"`{name}`" in line.split("|")[1]
        )
        assert not one.get("default") or f"`{one['default']}`" in row


@pytest.mark.parametrize("path", [GITLAB], ids=lambda path: path.name)
def test_the_duels_of_an_example_are_commands_that_tlsbench_takes(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tlsbench.cli.app import run

    lines = [line for job in read(path).values() for line in job["script"]]
    (duel,) = (line for line in lines if "bin/tlsbench " in line)
    words = shlex.split(duel.partition(" > ")[0].partition("bin/tlsbench ")[2])
    # Up to where the interpreters would be started, which do not exist.
    assert run(words) == 3
    assert "venv-base/bin/python" in capsys.readouterr().err


def test_a_release_is_built_checked_and_tried_by_the_environment_that_the_checks_run() -> None:
    jobs = read(ROOT / ".github/workflows/release.yml")["jobs"]
    steps = [step.get("run", step.get("uses", "")) for job in jobs.values() for step in job["steps"]]
    assert steps.index("tox -e release") < next(at for at, one in enumerate(steps) if "attest-build" in one)
    assert (
        "release"
        in re.findall(r"^env_list = (.*)$", (ROOT / "tox.ini").read_text(encoding="utf-8"), re.MULTILINE)[0]
    )
    tag = next(one for one in steps if "GITHUB_REF_NAME" in one)
    version = re.findall(r'"(.*)"', (ROOT / "src/tlsbench/version.py").read_text(encoding="utf-8"))[-1]
    for name, code in ((f"v{version}", 0), ("v0.0.0", 1)):
        assert (
            subprocess.run(
                [*BASH, "-c", tag], cwd=ROOT, env={**os.environ, "GITHUB_REF_NAME": name}
            ).returncode
            == code
        )


def test_the_checks_of_the_repository_are_the_fast_tier_and_the_whole() -> None:
    jobs = read(ROOT / ".github/workflows/checks.yml")["jobs"]
    steps = [step.get("run", "") for job in jobs.values() for step in job["steps"]]
    assert "tox -e fast" in steps
    assert any(".ci/run" in one for one in steps)


_THREE_TESTS = """
from pathlib import Path

import pytest

@pytest.mark.parametrize("number", range(60))
def test_passes_or_is_skipped(number):
    if number % 2:
        pytest.skip("odd")

def test_of_time():
    mark = Path("mark")
    first = not mark.exists()
    mark.touch()
    assert not first, "the machine stalled"

def test_that_fails():
    assert 1 == 2, "one is\\nnot two"
"""


@pytest.mark.slow
def test_a_long_log_ends_with_what_failed(tmp_path: Path) -> None:
    (tmp_path / "test_three.py").write_text(_THREE_TESTS)
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_terminal_summary")
    flags = re.search(r"^flags = (.*)$", (ROOT / "tox.ini").read_text(encoding="utf-8"), re.MULTILINE)
    assert flags
    command = [sys.executable, "-m", "pytest", *flags[1].split(), "-ra", "--rootdir=."]
    environment = {**os.environ, "CI": "true", "PYTHONPATH": str(ROOT)}
    tests = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert tests.returncode == 1, tests.stdout
    log = [
        tests.stdout,
        "py: exit 1 (7.51 seconds) /checkout> python benchmarks/claims.py pid=14986",
        "broken    full over resumed: 0.8 [0.7, 0.9], claimed at least 1",
        "Coverage failure: total of 80 is less than fail-under=90",
        "docs: exit 0 (7.51 seconds)",
        *["what follows is long"] * 500,
    ]
    (tmp_path / "log").write_text("\n".join(log))
    said = subprocess.run(
        [ROOT / ".ci/failures", tmp_path / "log"], capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines() == [
        "RERUN test_three.py::test_of_time - AssertionError: the machine stalled",
        "assert not True",
        "RERUN test_three.py::test_that_fails - AssertionError: one is",
        "  not two",
        "assert 1 == 2",
        "FAILED test_three.py::test_that_fails - AssertionError: one is",
        "  not two",
        "assert 1 == 2",
        *log[1:4],
    ]


def test_what_runs_before_a_commit_is_what_lint_runs() -> None:
    (local,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    lint = tox_commands("lint")
    for hook in local["hooks"]:
        words = [word for word in hook["entry"].split() if not word.startswith("--")]
        assert any(command.split()[: len(words)] == words for command in lint), hook["id"]


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.name
)
def test_an_issue_template_is_a_form(path: Path) -> None:
    form = read(path)
    if path.name != "config.yml":
        assert {"name", "description", "body"} <= set(form)
        fields = [one for one in form["body"] if one["type"] != "markdown"]
        assert fields
        assert len({one["id"] for one in fields}) == len(fields)
        assert all(one["attributes"]["label"] for one in fields)


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_commands_of_the_containerfile_make_a_tlsbench_that_runs(tmp_path: Path) -> None:
    """Without a container: the COPY and RUN lines of its first stage, with a folder as the root."""
    lines = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    variables = {name: value for name, value in runner(tmp_path).items() if name != "PYTHONDONTWRITEBYTECODE"}
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    first = lines[: lines.index("", next(at for at, line in enumerate(lines) if line.startswith("FROM")))]
    for line in first:
        word, _, rest = line.partition(" ")
        if word == "COPY":
            *sources, target = rest.split()
            assert all(f"!{one}" in ignored for one in sources), "what is copied is in the context"
            place = tmp_path / target.strip("/")
            place.mkdir(parents=True, exist_ok=True)
            for one in sources:
                if (ROOT / one).is_dir():
                    shutil.copytree(
                        ROOT / one, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
                    )
                else:
                    shutil.copy2(ROOT / one, place)
        elif word == "ARG":
            name, _, value = rest.partition("=")
            variables[name] = value
        elif word == "RUN":
            command = rest.replace("/opt/", f"{tmp_path}/opt/").replace('"/source', f'"{tmp_path}/source')
            done = subprocess.run(
                ["sh", "-ec", command], cwd=tmp_path, env=variables, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
    entry = json.loads(next(line for line in lines if line.startswith("ENTRYPOINT")).partition(" ")[2])
    done = subprocess.run([f"{tmp_path}{entry[0]}", "run", "--time-budget", "100ms", "-q"], cwd=tmp_path)
    assert done.returncode == 0


def test_the_last_stage_copies_what_the_first_one_made() -> None:
    lines = (ROOT / "Containerfile").read_text(encoding="utf-8").splitlines()
    entry = json.loads(next(line for line in lines if line.startswith("ENTRYPOINT")).partition(" ")[2])[0]
    (copied,) = (line.split()[-1] for line in lines if line.startswith("COPY --from=build"))
    assert entry.startswith(f"{copied}/")
    assert any(f"python -m venv {copied} " in line for line in lines)


def test_the_python_of_the_container_is_one_that_is_claimed() -> None:
    claimed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["classifiers"]
    for version in re.findall(
        r"^FROM python:(\d+\.\d+)", (ROOT / "Containerfile").read_text(encoding="utf-8"), re.MULTILINE
    ):
        assert f"Programming Language :: Python :: {version}" in claimed
