"""What the commands that measure have in common."""

from __future__ import annotations

import shlex
import sys

from rich.console import Console

from tlsbench.report.live import Screen


def invocation() -> str:
    """The command line that asked for it, to be stored with the result."""
    return shlex.join(["tlsbench", *sys.argv[1:]])


def screen(*, quiet: bool, line_seconds: float | None = None) -> Screen:
    """Where progress is shown: standard error."""
    return Screen(
        Console(stderr=True), quiet=quiet, **({} if line_seconds is None else {"line_seconds": line_seconds})
    )
