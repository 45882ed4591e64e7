"""The meter ``instructions``: how many a sample executes, counted by valgrind's callgrind.

The same request runs in two processes, one taking twice the samples of the other; the difference, divided
by the samples, is free of start-up and key generation. That is repeated for a spread. Counts do not depend
on what else the machine does, so they can gate changes of a percent on shared machines. They are of the
whole sample, both sides and the harness, because callgrind cannot tell which side a shared function
works for; and of the code that the engine picks on the processor that valgrind shows it, which has no
AVX-512 in valgrind 3.19.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from tlsbench import pki
from tlsbench.errors import MeasurementError, RequestError
from tlsbench.interrupts import may_be_cut
from tlsbench.links import Ledger
from tlsbench.processes import Interpreter, Process
from tlsbench.scenarios import Scenario
from tlsbench.stats import Interval

#: The name of the meter; it has no clock.
INSTRUCTIONS = "instructions"
_SAMPLES = 10
_REPEATS = 3
#: Processes that the count of one scenario takes.
PROCESSES_PER_COUNT = 2 * _REPEATS
#: Fifty times slower than without valgrind is usual; this is far beyond.
_PATIENCE_SECONDS = 600.0
_CALLGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
_COLLECTED = re.compile(r"Collected : ([0-9]+)")


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted of one scenario.

    :param per_operation: the instructions of one operation, once for each repetition.
    :param operations: operations in one sample.
    :param proof: what was negotiated.
    :param ledger: what one sample sent; None where an older tlsbench counted, which does not say.
    """

    scenario: Scenario
    per_operation: tuple[float, ...]
    operations: int
    proof: Mapping[str, object]
    ledger: Ledger | None = None

    @property
    def interval(self) -> Interval:
        """The median with the least and the most: counts scatter by so little that the range tells all."""
        ordered = sorted(self.per_operation)
        return Interval(ordered[0], ordered[len(ordered) // 2], ordered[-1])

    @property
    def spread(self) -> float:
        """The range of the repetitions over their median, as a fraction."""
        return (self.interval.high - self.interval.low) / self.interval.median


def require_valgrind() -> None:
    """See to it that valgrind is there.

    :raises RequestError: with the command that installs it.
    """
    if shutil.which("valgrind") is None:
        raise RequestError("the meter 'instructions' needs valgrind: apt-get install valgrind")


def count_instructions(
    requests: Sequence[tuple[Scenario, Interpreter]],
    observe: Callable[[int, int], None] = lambda _done, _of: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> list[Count | MeasurementError | None]:
    """Count each scenario in its interpreter, as many processes at a time as there are processors.

    :param observe: told how many processes have ended, and of how many.
    :returns: for each request the count, the error that ended it, or None if a stop was asked before it.
    """
    require_valgrind()
    done, of = 0, len(requests) * PROCESSES_PER_COUNT
    results: list[Count | MeasurementError | None] = []
    running: set[Process] = set()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        pending = [
            [
                pool.submit(_run, scenario, interpreter, samples, running)
                for _ in range(_REPEATS)
                for samples in (_SAMPLES, 2 * _SAMPLES)
            ]
            for scenario, interpreter in requests
        ]
        for (scenario, _), futures in zip(requests, pending, strict=True):
            if not stop_asked():
                try:
                    with may_be_cut():
                        count = _count(scenario, futures)
                except KeyboardInterrupt:
                    for process in tuple(running):
                        process.kill("it was cut short")
                else:
                    results.append(count)
                    done += len(futures)
                    observe(done, of)
                    continue
            for future in (one for rest in pending for one in rest):
                future.cancel()
            results.append(None)
    return results


def _count(
    scenario: Scenario, futures: Sequence[Future[tuple[int, Mapping[str, Any]]]]
) -> Count | MeasurementError:
    try:
        answers = [future.result() for future in futures]
    except MeasurementError as error:
        return error
    operations = int(answers[-1][1]["operations"])
    differences = [
        (twice - once) / _SAMPLES / operations
        for (once, _), (twice, _) in zip(answers[::2], answers[1::2], strict=True)
    ]
    wire = answers[-1][1].get("ledger")
    ledger = Ledger(*wire) if wire is not None else None
    return Count(scenario, tuple(differences), operations, answers[-1][1]["proof"], ledger)


def _run(
    scenario: Scenario, interpreter: Interpreter, samples: int, running: set[Process]
) -> tuple[int, Mapping[str, Any]]:
    peers = pki.peers_for(scenario).to_pem() if scenario.key else None
    request = {"scenario": scenario.id, "samples": samples, "peers": peers}
    fixed = replace(interpreter, environment={"PYTHONHASHSEED": "0", **interpreter.environment})
    with closing(
        Process("tlsbench.workloads.counted", json.dumps(request), interpreter=fixed, under=_CALLGRIND)
    ) as process:
        running.add(process)
        try:
            answer = process.answer(_PATIENCE_SECONDS)
        except MeasurementError as error:
            words = [line for line in process.errors() if not line.startswith("==")]
            last = " | ".join(words[-3:]) or str(error)
            raise MeasurementError(f"counting instructions in {interpreter.python} failed: {last}") from None
        finally:
            running.discard(process)
        code = process.wait(_PATIENCE_SECONDS)
        collected = _COLLECTED.search("\n".join(process.errors()))
    if code != 0 or collected is None:
        raise MeasurementError(f"counting instructions in {interpreter.python} failed: exit code {code}")
    return int(collected[1]), answer
