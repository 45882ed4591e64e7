"""A part of a cluster on a machine: ``python -m tlsbench.fleet.keeping``, started here or over ssh.

It reads one line of JSON (what to run, with which options and files), runs it, and ends it when its own input
ends, which means that its parent, or the connection to its parent, is gone. It leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tlsbench.files import SECRET_MODE
from tlsbench.interrupts import SIGNALS

#: Dask's own commands, as modules.
COMMANDS: Final = {"scheduler": "distributed.cli.dask_scheduler", "worker": "distributed.cli.dask_worker"}
_FOLDER: Final = "{folder}"
_END_SECONDS = 5.0
_LOOK_SECONDS = 0.1
_LAST_LINES = 3
#: prctl(2): the signal that a process receives when its parent dies.
_PR_SET_PDEATHSIG: Final = 1


def say(**message: Any) -> None:  # noqa: ANN401 - what JSON has
    """Write a line, even if nobody is left to read it."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Run a part of a cluster until the input ends."""
    order = json.loads(sys.stdin.readline())
    folder = Path(tempfile.mkdtemp(prefix="tlsbench-fleet-"))
    try:
        for name, text in order["files"].items():
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_MODE)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text)
        options = [word.replace(_FOLDER, str(folder)) for word in order["options"]]
        _keep(COMMANDS[order["command"]], options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _keep(module: str, options: Sequence[str], folder: Path) -> None:
    with (folder / "log").open("w+b") as log:
        process = subprocess.Popen(  # noqa: S603 - this Python, a module of Dask's
            [sys.executable, "-m", module, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, "DASK_LOGGING__DISTRIBUTED": "warning"},
            start_new_session=True,
            preexec_fn=_as_child,  # noqa: PLW1509 - there is no other thread here
        )
        told = False
        while process.poll() is None:
            if not told and (address := _address(folder)):
                told = True
                say(address=address)
            if select.select([0], [], [], _LOOK_SECONDS)[0] and not os.read(0, 1 << 10):
                break
        code = _end(process)
        log.seek(0)
        lines = log.read().decode("utf-8", "replace").splitlines()
        say(done=True, code=code, words=" | ".join([line for line in lines if line.strip()][-_LAST_LINES:]))


def _as_child() -> None:
    """In the new process: die with the parent, and unblock the signals that the parent may have blocked."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _address(folder: Path) -> str:
    """The address at which the scheduler listens; ``""`` until it has written it."""
    try:
        return str(json.loads((folder / "scheduler.json").read_text(encoding="utf-8"))["address"])
    except (OSError, ValueError, KeyError):
        return ""


def _end(process: subprocess.Popen[bytes]) -> int:
    """End a process with its whole session, and return its exit code."""
    if process.poll() is None:
        process.terminate()
        deadline = time.monotonic() + _END_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


if __name__ == "__main__":
    main()
