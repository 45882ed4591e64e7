"""A worker process of a load: ``python -m tlsbench.loading.worker``.

It reads its plan as one line of JSON, writes ``{"ready": true}``, and begins at the time of CLOCK_MONOTONIC
in the second line. Each second it writes the results of its connections so far; the last line has ``"done"``.
A third line on its input, or the end of the input, ends the load early. It writes the traffic of tapped
connections as it occurs.
"""

from __future__ import annotations

import contextlib
import gc
import json
import signal
import sys
import threading
from typing import Any

from tlsbench.errors import TlsbenchError
from tlsbench.implementations.pyopenssl.tapped import untapped
from tlsbench.links import Direction
from tlsbench.loading.engine import Engine
from tlsbench.loading.plan import LoadPlan
from tlsbench.processes import vitals
from tlsbench.tracing.tapping import Forwarder, Tapped, Taps

#: Tapped traffic is written by a separate thread.
_WRITING = threading.Lock()


def _write(message: dict[str, Any]) -> None:
    with _WRITING:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def _write_tapped(tapped: Tapped) -> None:
    with contextlib.suppress(BrokenPipeError):  # that nobody reads any more is noticed with the tally
        _write({"tapped": tapped.to_plain()})


def _counts(engine: Engine) -> dict[str, Any]:
    """The results of its connections: of all, and of each backend if there are several."""
    counts: dict[str, Any] = {"tally": engine.tally.to_plain()}
    if len(backends := engine.backends) > 1:
        counts["backends"] = [one.counts_to_plain() for one in backends]
    return counts


def main() -> None:
    """Run a worker over standard input and output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent process
    gc.disable()
    plan, forwarder = LoadPlan.from_json(sys.stdin.readline()), Forwarder(_write_tapped)
    try:
        taps = Taps(plan.captured, Direction.TO_SERVER, forwarder.put)
        engine = Engine(plan, sys.stdin.fileno(), taps.begin if plan.captured else untapped)
    except TlsbenchError as error:
        _write({"error": str(error), "exit_code": error.exit_code})
        return
    _write({"ready": True, "remarks": engine.remarks})
    start = sys.stdin.readline()
    if not start:
        return

    def report(_second: int) -> None:
        message: dict[str, Any] = _counts(engine)
        with contextlib.suppress(OSError):  # this needs a descriptor, and there may be none left
            message["vitals"] = vitals(engine.open_connections)
        _write(message)
        gc.collect(0)

    died = ""
    try:
        with forwarder if plan.captured else contextlib.nullcontext():
            engine.run(int(start), report)
    except Exception as error:  # noqa: BLE001 - what was counted survives it
        died = f"{type(error).__name__}: {error}"
    end = {"elapsed_s": engine.elapsed_s, "late_ns": engine.late_ns}
    _write({"done": True, "died": died, **_counts(engine), **end})


if __name__ == "__main__":
    main()
