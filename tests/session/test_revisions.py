"""Which saved run represents a git revision."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import RequestError
from tlsbench.results import Run, storage
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.session.revisions import against

SaveRun = Callable[[str], str]


def git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=Test", "-c", "user.email=test@example.com", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def commit(message: str) -> str:
    Path("code.txt").write_text(message, encoding="utf-8")
    git("add", "code.txt")
    git("commit", "-q", "-m", message)
    return git("rev-parse", "HEAD")


@pytest.fixture
def repository(in_empty_folder: Path) -> Path:
    """A repository with one commit, in which saved runs are ignored."""
    git("init", "-q", "-b", "main")
    Path(".gitignore").write_text(".benchmarks\n", encoding="utf-8")
    git("add", ".gitignore")
    commit("first")
    return in_empty_folder


@pytest.fixture
def save(run_of: Callable[[str], Run], repository: Path) -> SaveRun:
    """Save a run of the current checkout; return the name of its file."""
    run = run_of("implementation=fake")

    def save_as(name: str) -> str:
        return storage.save(name, to_json(run, machine_info())).name

    return save_as


def base_of(revision: str, reference: str | None = None) -> str:
    return Path(against(revision, reference).base.source).name


def test_a_tag_a_branch_and_a_commit_name_their_saved_run(save: SaveRun) -> None:
    git("tag", "v1")
    old = save("old")
    second = commit("second")
    middle = save("middle")
    git("branch", "stable")
    commit("third")
    save("new")
    assert base_of("v1") == old
    assert base_of("stable") == base_of(second) == base_of(second[:8]) == base_of("HEAD~1") == middle


def test_the_last_release_is_the_nearest_tag_before_the_new_result(save: SaveRun) -> None:
    git("tag", "v1")
    old = save("old")
    commit("second")
    git("tag", "v2")
    new = save("new")
    assert base_of("last-release") == old, "the new result is v2 itself"
    commit("third")
    save("newer")
    assert base_of("last-release") == new
    assert base_of("last-release", "new") == old


def test_where_a_revision_has_no_run_the_nearest_before_it_stands_for_it(save: SaveRun) -> None:
    old = save("old")
    commit("second")
    git("tag", "v2")
    commit("third")
    save("new")
    chosen = against("v2")
    assert Path(chosen.base.source).name == old
    assert "no saved run of v2" in chosen.notes[0]


def test_a_run_of_changed_files_stands_for_no_revision(save: SaveRun) -> None:
    clean = save("clean")
    Path("code.txt").write_text("not committed", encoding="utf-8")
    save("dirty")
    git("commit", "-q", "-am", "second")
    save("new")
    assert base_of("HEAD~1") == clean


def test_of_several_runs_of_a_commit_the_latest_that_is_not_the_new_one_is_taken(save: SaveRun) -> None:
    save("first")
    second = save("second")
    save("third")
    chosen = against("HEAD")
    assert Path(chosen.base.source).name == second
    assert "both results are of commit" in chosen.notes[-1]


@pytest.mark.parametrize(
    ("revision", "words"),
    [
        ("v9", "--against v9: git knows no such commit, tag or branch here"),
        ("--help", "--against --help: git knows no such commit, tag or branch here"),
        ("last-release", "--against last-release: no tag before"),
        ("HEAD", "no saved run of HEAD .*, nor of a commit before it: no saved run names its commit"),
    ],
)
def test_a_revision_without_a_run_is_refused_in_one_line(save: SaveRun, revision: str, words: str) -> None:
    save("new")
    with pytest.raises(RequestError, match=words):
        against(revision)


def test_outside_of_a_repository_it_says_so(in_empty_folder: Path, run_of: Callable[[str], Run]) -> None:
    storage.save("one", to_json(run_of("implementation=fake"), machine_info()))
    with pytest.raises(RequestError, match="--against HEAD: .*not a git repository"):
        against("HEAD")


def test_the_command_compares_the_latest_run_with_that_of_a_revision(
    save: SaveRun, capsys: pytest.CaptureFixture[str]
) -> None:
    git("tag", "v1")
    save("old")
    commit("second")
    save("new")
    assert tlsbench(["compare", "--against", "last-release"]) == 0
    out, err = capsys.readouterr()
    assert "v1" in err
    assert "0001_old.json" in err
    assert "fake" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["one"], "give two results to compare, BASE and NEW, or --against REVISION: not 1"),
        (["one", "two", "--against", "HEAD"], "--against finds the base: give one result at most"),
    ],
)
def test_too_few_or_too_many_results_are_refused(
    arguments: list[str], words: str, in_empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(["compare", *arguments]) == 2
    assert words in capsys.readouterr().err
