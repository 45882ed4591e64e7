"""The measuring process on a machine of a fleet: ``python -m tlsbench.fleet.member``.

It reads an order as one line of JSON, and writes lines of JSON: its progress, and finally ``"done"`` or
``"error"``. Further input lines are ``start NANOSECONDS`` (of CLOCK_MONOTONIC) and ``stop``. The end of its
input means that its parent is gone: it then ends at once, with everything it has started.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tlsbench.errors import MeasurementError, TlsbenchError
from tlsbench.files import SECRET_MODE

#: Packages that a measuring process must not have imported.
FOREIGN: Final = ("distributed", "dask")
_WRITING = threading.Lock()
_PROGRESS_SECONDS = 1.0


def say(**message: Any) -> None:  # noqa: ANN401 - what JSON has
    """Write a line."""
    with _WRITING:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


class Ear:
    """The lines that this process receives: its order, and what follows it."""

    def __init__(self) -> None:
        self.stop_asked = False
        self._starts: queue.Queue[int | None] = queue.Queue()
        self._heard = b""

    def line(self) -> str:
        """The next line; the end of the input ends the process."""
        while b"\n" not in self._heard:
            # Not sys.stdin, whose lock the thread would still hold when Python exits.
            chunk = os.read(0, 1 << 16)
            if not chunk:
                _end_with_all()
            self._heard += chunk
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode()

    def listen(self) -> None:
        """Handle further lines until the process ends."""
        while True:
            word, _, rest = self.line().partition(" ")
            if word == "start":
                self._starts.put(int(rest))
            else:
                self.stop_asked = True
                self._starts.put(None)

    def start_ns(self) -> int:
        """Wait for the start time and return it; the current time if a stop comes first."""
        begin_ns = self._starts.get()
        return time.monotonic_ns() if begin_ns is None else begin_ns


def _end_with_all() -> None:
    """End this process and everything it has started, and delete their temporary files."""
    shutil.rmtree(os.environ.get("TMPDIR", ""), ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Carry out the order."""
    with contextlib.suppress(PermissionError):  # a session leader leads its process group already
        os.setpgid(0, 0)
    ear = Ear()
    order = json.loads(ear.line())
    threading.Thread(target=ear.listen, daemon=True).start()
    try:
        answer = _KINDS[order["kind"]](order, ear)
        if foreign := sorted(set(FOREIGN) & set(sys.modules)):
            raise MeasurementError(f"the measuring process had imported {' and '.join(foreign)}")
    except TlsbenchError as error:
        say(error=str(error), exit_code=error.exit_code)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        say(error=f"{error.strerror or error}{where}", exit_code=MeasurementError.exit_code)
    else:
        say(done=True, **answer)


def _facts(order: Mapping[str, Any], _ear: Ear) -> dict[str, Any]:
    from tlsbench.fleet.facts import facts_here

    return {"facts": facts_here(order["implementations"]).to_plain()}


def _load(order: Mapping[str, Any], ear: Ear) -> dict[str, Any]:
    from tlsbench.loading import LoadPlan, LoadTally, run_load

    plan = LoadPlan.from_json(order["plan"])
    files: dict[str, Any] = {name: _kept(name, text) for name, text in order["files"].items()}
    plan = replace(plan, **files)

    def start_ns() -> int:
        say(ready=True)
        return ear.start_ns()

    def observe(second: float, tally: LoadTally) -> None:
        say(second=second, tally=tally.to_plain())

    numbers = range(order["first"], order["first"] + order["processes"])
    load = run_load(plan, observe, lambda: ear.stop_asked, numbers=numbers, start_ns_when_ready=start_ns)
    return {
        "tally": load.tally.to_plain(),
        "backends": [one.counts_to_plain() for one in load.backends],
        "elapsed_s": load.elapsed_s,
        "late_ns": load.late_ns,
        "interrupted": load.interrupted,
        "lost": load.lost,
        "remarks": load.remarks,
        "vitals_of_workers": load.vitals,
    }


def _kept(name: str, text: str) -> str:
    """Store a file of the order for its duration, readable only by its owner, and return the path."""
    path = Path(os.environ["TMPDIR"]) / f"{name}.pem"  # the asker makes this folder for this process alone
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, SECRET_MODE)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
    except OSError as error:
        raise MeasurementError(f"cannot write {path}: {error.strerror}") from None
    return str(path)


def _run(order: Mapping[str, Any], ear: Ear) -> dict[str, Any]:
    from tlsbench.results import Run
    from tlsbench.results.benchmark_json import to_json
    from tlsbench.results.environment import machine_info
    from tlsbench.sampling import INSTRUMENTS, Plan, Progress
    from tlsbench.session.run import RunRequest, run
    from tlsbench.session.selecting import matrix_of

    request = RunRequest(
        matrix=matrix_of(order["selectors"], order["profile"]),
        plan=Plan(**order["plan"]),
        instrument=INSTRUMENTS[order["instrument"]],
        command=order["command"],
        processes=order["processes"],
    )
    request.check()
    say(ready=True)
    said_at = 0.0

    def observe(progress: Progress, _so_far: Callable[[], Run]) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= _PROGRESS_SECONDS:
            said_at = time.monotonic()
            say(stage=progress.stage, done_cells=progress.done, of=progress.of, elapsed_s=progress.elapsed_s)

    found = run(request, observe, lambda: ear.stop_asked)
    return {"document": to_json(found, machine_info())}


_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any], Ear], dict[str, Any]]]] = {
    "facts": _facts,
    "load": _load,
    "run": _run,
}

if __name__ == "__main__":
    main()
