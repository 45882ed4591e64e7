"""A process that measures on request: ``python -m tlsbench.sampling.worker``.

Another Python or environment can be measured only in a process of its own, so a duel between two of them
starts a worker in each. Requests and answers are lines of JSON on standard input and output:

    → {"prepare": "<scenario id>", "meter": "wall"}    ← {"cell": 0, "engines": {…}}
    → {"yardstick": "<its name>", "meter": "wall"}     ← {"cell": 1, "engines": {…}}
    → {"visit": 0, "rewarm": 1, "samples": 2}          ← {"samples": [{"client": …, …}, …]}
    → {"proof": 0}                                     ← {"proof": {…}}

The first line, before any request, is ``{"version": …, "engines": {…}, "variables": {…}}``, the last being
the environment variables that change figures. Errors are answered by ``{"error": "…"}``. The worker exits at
the end of its input.
"""

from __future__ import annotations

import contextlib
import gc
import json
import signal
import sys
from dataclasses import astuple
from typing import Any, TextIO

from tlsbench.errors import RequestError, TlsbenchError
from tlsbench.implementations.influences import influences
from tlsbench.implementations.registry import capabilities, ends_of, implementations, spellings
from tlsbench.sampling.heap import keep_heap
from tlsbench.sampling.instruments import meter_named
from tlsbench.sampling.yardsticks import yardstick_named
from tlsbench.scenarios import expand, parse
from tlsbench.version import __version__
from tlsbench.workloads import Sample, Workload, prepare, prove_processor


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer each line of ``requests`` with a line in ``answers``, until there are no more."""
    engines = {name: member.engine() for name, member in implementations().items()}
    _answer(answers, {"version": __version__, "engines": engines, "variables": influences()})
    cells: list[Workload] = []
    for line in requests:
        try:
            _answer(answers, _handle(json.loads(line), cells))
        except TlsbenchError as error:
            _answer(answers, {"error": str(error)})
    for cell in cells:
        cell.close()


def _handle(request: dict[str, Any], cells: list[Workload]) -> dict[str, Any]:
    if "prepare" in request:
        selection = parse([request["prepare"]], spellings())
        matrix = expand([selection], capabilities(selection))
        if len(matrix.scenarios) != 1:
            reasons = "; ".join(excluded.reason for excluded in matrix.excluded)
            raise RequestError(f"cannot measure '{request['prepare']}' here: {reasons}")
        clock = meter_named(request["meter"]).clock
        ends = ends_of(matrix.scenarios[0])
        cells.append(prepare(matrix.scenarios[0], ends, clock))
        engines = {end: member.engine() for end, member in ends.items()}
        return {"cell": len(cells) - 1, "engines": engines}
    if "yardstick" in request:
        yardstick = yardstick_named(request["yardstick"])
        cells.append(yardstick.prepare(meter_named(request["meter"])))
        return {"cell": len(cells) - 1, "engines": dict(yardstick.engines)}
    if "visit" in request:
        samples = cells[request["visit"]].visit(request["rewarm"], request["samples"])
        return {"samples": [_plain(sample) for sample in samples]}
    cell = cells[request["proof"]]
    return {"proof": {**cell.proof(), **prove_processor(cell.scenario, ends_of(cell.scenario))}}


def _plain(sample: Sample) -> dict[str, Any]:
    return {
        "client": sample.client,
        "server": sample.server,
        "total": sample.total,
        "operations": sample.operations,
        "ledger": astuple(sample.ledger),
        "phases": sample.phases,
        "unit": sample.unit.symbol,
        "disturbed": sample.disturbed,
        **({"figures": sample.figures} if sample.figures else {}),
        **({"parts": [astuple(part) for part in sample.parts]} if sample.parts else {}),
    }


def _answer(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent process
    gc.disable()
    keep_heap()
    with contextlib.suppress(BrokenPipeError):
        serve(sys.stdin, sys.stdout)
