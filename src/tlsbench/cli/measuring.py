"""What the commands that measure have in common."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from rich.console import Console

from tlsbench.cli import output, settings
from tlsbench.errors import RequestError
from tlsbench.report.live import Screen
from tlsbench.report.sheets import Report

if TYPE_CHECKING:  # numpy would come with it
    from tlsbench.results import Run


def invocation() -> str:
    """The command line, with what the project's file set; it is stored with the result."""
    return shlex.join(["tlsbench", *sys.argv[1:], *settings.applied()])


def screen(*, quiet: bool, line_seconds: float | None = None) -> Screen:
    """The screen on which progress is shown, on standard error."""
    return Screen(
        Console(stderr=True), quiet=quiet, **({} if line_seconds is None else {"line_seconds": line_seconds})
    )


def stored_run(reference: str, option: str) -> Run:
    """Read the stored run that the value of an option names, and print the remarks on its file.

    :raises RequestError: if it is not a run.
    """
    from tlsbench.results import Run
    from tlsbench.results.reader import read, remarks_of

    stored = read(reference)
    if not isinstance(stored.result, Run):
        raise RequestError(f"{stored.source} is not a run: {option} takes what 'tlsbench run' stored")
    for remark in remarks_of(stored):
        output.note(remark)
    return stored.result


#: The exit codes for a gate that failed, and for one that is undecided.
GATE_FAILED = 1
GATE_UNDECIDED = 4


def code_of_gates(report: Report, undecided: str | None) -> int:
    """The exit code that the gates of a report imply; 0 if they pass.

    :param undecided: what an undecided gate counts as, ``"pass"`` or ``"fail"``; None for neither.
    """
    if report.failed or (report.undecided and undecided == "fail"):
        return GATE_FAILED
    return GATE_UNDECIDED if report.undecided and undecided is None else 0
