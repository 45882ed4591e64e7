"""The saved run of a git revision: a tag, a branch, a commit, or the last release."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tlsbench.errors import RequestError
from tlsbench.results import storage
from tlsbench.results.reader import commit_in, read, read_file
from tlsbench.results.stored import Commit, Stored

#: The name for the nearest tag before the new result.
LAST_RELEASE = "last-release"
#: A run further back than this does not represent the requested revision.
_MOST_COMMITS_BACK = 1000


@dataclass(frozen=True, slots=True)
class Against:
    """The stored results to compare.

    :param notes: remarks on the choice, a line each.
    """

    base: Stored
    new: Stored
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _SavedRun:
    path: Path
    commit: Commit


def against(revision: str, reference: str | None = None) -> Against:
    """A result, and the saved run of a git revision to compare it with.

    If the revision itself has no saved run, the nearest commit before it that has one is used. Of several
    runs of one commit the latest is used; runs of a working directory with local changes are ignored.

    :param revision: anything that names a commit to git, or :data:`LAST_RELEASE`: the nearest tag before the
        commit of the new result.
    :param reference: the new result, as :func:`tlsbench.results.reader.read` accepts it; the latest saved run
        if None.
    :raises RequestError: if there is no such revision, or no saved run of it.
    """
    runs = _saved_runs()
    new = read(reference) if reference is not None else _latest()
    wanted = _release_before(new.commit) if revision == LAST_RELEASE else revision
    commit = _commit_of(wanted)
    by_commit = {run.commit.id: run for run in runs if not run.commit.dirty and not _is(run.path, new)}
    before = _git("rev-list", f"--max-count={_MOST_COMMITS_BACK}", commit).split()
    back, found = next(
        ((back, by_commit[one]) for back, one in enumerate(before) if one in by_commit), (0, None)
    )
    if found is None:
        raise RequestError(_none_of(wanted, commit, list(by_commit.values())))
    name = f"{wanted} ({commit[:7]})"
    notes = [f"{name}: {found.path.name}"]
    if back:
        notes = [
            f"no saved run of {name}: the nearest before it is {found.path.name} of {found.commit.short}"
        ]
    if new.commit is not None and new.commit.id == found.commit.id and not new.commit.dirty:
        notes.append(f"both results are of commit {found.commit.short}")
    return Against(read_file(found.path), new, tuple(notes))


def _saved_runs() -> list[_SavedRun]:
    """The saved runs whose commit is known, oldest first."""
    known = []
    for _, _, path in storage.saved():
        try:
            commit = commit_in(path)
        except RequestError:
            continue  # an unreadable file is not a run of any revision
        if commit is not None:
            known.append(_SavedRun(path, commit))
    return known


def _latest() -> Stored:
    saved = storage.saved()
    if not saved:
        raise RequestError(f"{storage.STORAGE} holds no saved run: save one with 'tlsbench run --save NAME'")
    return read_file(saved[-1][2])


def _is(path: Path, stored: Stored) -> bool:
    source = Path(stored.source)
    return source.exists() and path.samefile(source)


def _none_of(wanted: str, commit: str, runs: Sequence[_SavedRun]) -> str:
    known = ", ".join(f"{run.path.name} of {run.commit.short}" for run in runs[-5:])
    have = f"the saved runs are {known}" if known else "no saved run names its commit"
    return f"no saved run of {wanted} ({commit[:7]}), nor of a commit before it: {have}"


def _release_before(commit: Commit | None) -> str:
    """The nearest tag before a commit; before ``HEAD`` if the result names no commit."""
    start = commit.id if commit is not None else "HEAD"
    tagged = _git("tag", "--points-at", start).split() and not (commit and commit.dirty)
    try:
        return _git("describe", "--tags", "--abbrev=0", f"{start}^" if tagged else start)
    except RequestError:
        raise RequestError(f"--against {LAST_RELEASE}: no tag before {start[:7]}") from None


def _commit_of(revision: str) -> str:
    try:
        return _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except RequestError as error:
        raise RequestError(
            f"--against {revision}: {str(error) or 'git knows no such commit, tag or branch here'}"
        ) from None


def _git(*arguments: str) -> str:
    """The output of a git command, stripped.

    :raises RequestError: if it fails, with the first line of its error output, which may be empty; or if git
        is not installed.
    """
    if (git := shutil.which("git")) is None:
        raise RequestError("git is not installed")
    done = subprocess.run([git, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if done.returncode:
        raise RequestError(next(iter(done.stderr.splitlines()), ""))
    return done.stdout.strip()
