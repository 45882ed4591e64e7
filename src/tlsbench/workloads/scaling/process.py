"""A process that runs lanes: ``python -m tlsbench.workloads.scaling.process``.

Requests and answers are lines of JSON on standard input and output:

    → {"prepare": "<scenario id>", "on": 1}         ← {"lane": 0}
    → {"turn": 0, "at_ns": …, "window_ns": …}       ← {"ended_ns": …, "operations": …, "cpu_ns": …}

A turn of a control is requested by its name in place of a lane's number. Errors are answered with
``{"error": "…"}``. The process ends with its input.
"""

from __future__ import annotations

import contextlib
import gc
import json
import signal
import sys
from collections.abc import Mapping
from typing import Any

from tlsbench.errors import TlsbenchError
from tlsbench.implementations.registry import ends_of, spellings
from tlsbench.scenarios import scenario_from_id
from tlsbench.topology import stay_on
from tlsbench.workloads.prepare import lanes_of
from tlsbench.workloads.scaling.controls import CONTROLS
from tlsbench.workloads.scaling.turns import Lane, take_turn


def answer_to(request: Mapping[str, Any], lanes: list[Lane]) -> Mapping[str, Any]:
    """Carry out a request, and return the answer.

    :param lanes: the lanes prepared so far; a new one is appended.
    """
    if "prepare" in request:
        scenario = scenario_from_id(request["prepare"], spellings())
        stay_on(request["on"])
        (make,) = lanes_of(scenario, ends_of(scenario)).makers(1)
        lanes.append(make())
        return {"lane": len(lanes) - 1}
    which = request["turn"]
    operate = CONTROLS[which] if which in CONTROLS else lanes[which].operate
    turn = take_turn(operate, request["at_ns"], request["window_ns"])
    if which not in CONTROLS:
        lanes[which].prove()
    return {"ended_ns": turn.ended_ns, "operations": turn.operations, "cpu_ns": turn.cpu_ns}


def main() -> None:
    """Answer each request until the input ends."""
    lanes: list[Lane] = []
    for line in sys.stdin:
        try:
            answer = answer_to(json.loads(line), lanes)
        except TlsbenchError as error:
            answer = {"error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent process
    gc.disable()
    with contextlib.suppress(BrokenPipeError):
        main()
