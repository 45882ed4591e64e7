"""The meter ``instructions``: how many a sample executes, counted by valgrind's callgrind.

The same request runs in two processes, one taking twice as many samples as the other; the difference,
divided by the samples, is free of what surrounds them. On x86-64 start-up and key generation are not
collected in the first place. This is repeated to get a spread. Counts do not depend on the machine's other
load, so they can gate changes of a percent on shared machines. They cover the whole sample, both sides and
the harness, because callgrind cannot tell which side a shared function works for; and the code that the
engine selects for the processor that valgrind emulates, which has no AVX-512 in valgrind 3.19.

If a scenario asks for its parts, two more processes collect the calls of one side's library each
(:mod:`tlsbench.workloads.collecting`); :mod:`tlsbench.sampling.profile` attributes them to the parts.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from tlsbench import pki
from tlsbench.errors import MeasurementError, RequestError
from tlsbench.interrupts import may_be_cut
from tlsbench.links import Ledger
from tlsbench.processes import Interpreter, Process
from tlsbench.sampling.profile import parts_of_profile, read_profile
from tlsbench.scenarios import Scenario
from tlsbench.stats import Interval
from tlsbench.workloads.parts import Part

#: The name of the meter; it has no clock.
INSTRUCTIONS = "instructions"
_SAMPLES = 10
_REPEATS = 3
#: The usual time of a process on an idle machine, most of it to start Python under valgrind.
_USUAL_SECONDS = 10.0
#: Valgrind usually slows a process down fifty times; this allows for far more.
_PATIENCE_SECONDS = 600.0
_CALLGRIND = ("valgrind", "--tool=callgrind")
_NO_PROFILE = "/dev/null"
_TUNABLES = "GLIBC_TUNABLES"
#: Keeps glibc from copying and filling memory by ``rep movsb`` and ``rep stosb``: valgrind counts these once
#: for each byte, and glibc uses them at some addresses only (glibc manual, Hardware Capability Tunables).
_WITHOUT_REP = ":".join(f"glibc.cpu.x86_rep_{name}_threshold=0x7fffffff" for name in ("movsb", "stosb"))
_COLLECTED = re.compile(r"Collected : ([0-9]+)")
#: The instructions of a process, and its answer about its samples.
_Answer: TypeAlias = tuple[int, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Task:
    """One process: how many samples it takes, and which side's calls are collected; ``""`` for everything."""

    samples: int
    side: str = ""


_WHOLE = (_Task(_SAMPLES), _Task(2 * _SAMPLES)) * _REPEATS
_APART = (_Task(_SAMPLES, "client"), _Task(_SAMPLES, "server"))


def _tasks(scenario: Scenario) -> tuple[_Task, ...]:
    """The processes needed to count a scenario."""
    return _WHOLE + _APART if scenario.parts == "yes" else _WHOLE


@dataclass(frozen=True, slots=True)
class Count:
    """The counts of one scenario.

    :param per_operation: instructions per operation, one value for each repetition.
    :param operations: operations in one sample.
    :param proof: what was negotiated.
    :param ledger: what one sample sent; None if an older tlsbench counted, which does not report it.
    :param parts: of both sides, if the scenario asks for them.
    """

    scenario: Scenario
    per_operation: tuple[float, ...]
    operations: int
    proof: Mapping[str, object]
    ledger: Ledger | None = None
    parts: tuple[Part, ...] = ()

    @property
    def interval(self) -> Interval:
        """The median with the minimum and maximum: counts vary so little that the range is enough."""
        ordered = sorted(self.per_operation)
        return Interval(ordered[0], ordered[len(ordered) // 2], ordered[-1])

    @property
    def spread(self) -> float:
        """The range of the repetitions divided by their median, as a fraction."""
        return (self.interval.high - self.interval.low) / self.interval.median


def require_valgrind() -> None:
    """Check that valgrind is installed.

    :raises RequestError: if not, with the command that installs it.
    """
    if shutil.which("valgrind") is None:
        raise RequestError("the meter 'instructions' needs valgrind: apt-get install valgrind")


@dataclass(frozen=True, slots=True)
class Counts:
    """The results of the scenarios to count.

    :param results: for each, in order, its count, the error that ended it, or None if it was not counted.
    :param stopped_by: ``"the last repetition"``, ``"time budget"`` or ``"interrupt"``.
    :param whole_s: how long counting all of them takes, extrapolated from the processes that have ended.
    """

    results: Sequence[Count | MeasurementError | None]
    stopped_by: str
    whole_s: float


def count_instructions(
    requests: Sequence[tuple[Scenario, Interpreter]],
    observe: Callable[[int, int, float], None] = lambda _done, _of, _left_s: None,
    stop_asked: Callable[[], bool] = lambda: False,
    budget_s: float = math.inf,
) -> Counts:
    """Count each scenario in its interpreter, running as many processes at once as there are processors.

    The first is counted however long it takes, so that there is a result. Another is started if it is
    expected to end within the budget, judging by the processes that have ended; a scenario once started is
    counted completely.

    :param observe: called with the number of processes that have ended, the total, and the estimated seconds
        left: at first for a usual process, then from those that have ended.
    :param stop_asked: called before a scenario is started; True stops.
    """
    require_valgrind()
    counting = _Counting(requests, os.cpu_count() or 1, budget_s)
    observe(0, counting.of, counting.left_s)
    with ThreadPoolExecutor(counting.at_a_time) as pool:
        while counting.begin(pool, stop_asked):
            try:
                with may_be_cut():
                    ended, _ = wait(counting.started_at, return_when=FIRST_COMPLETED)
            except KeyboardInterrupt:
                counting.cut_short()
                break
            counting.end(ended)
            observe(counting.done, counting.of, counting.left_s)
    return counting.counts


class _Counting:
    """The running and waiting processes, and the time estimates from those that have ended.

    :param at_a_time: how many run at once.
    """

    def __init__(
        self, requests: Sequence[tuple[Scenario, Interpreter]], at_a_time: int, budget_s: float
    ) -> None:
        self.at_a_time = at_a_time
        self.of = sum(len(_tasks(scenario)) for scenario, _ in requests)
        self.started_at: dict[Future[_Answer], float] = {}
        self._requests = requests
        self._until = time.monotonic() + budget_s
        self._waiting = deque((at, task) for at, (one, _) in enumerate(requests) for task in _tasks(one))
        self._begun: list[list[Future[_Answer]]] = [[] for _ in requests]
        self._seconds: list[float] = []
        self._processes: set[Process] = set()
        self._stopped_by = ""

    @property
    def done(self) -> int:
        """How many processes have ended."""
        return len(self._seconds)

    @property
    def left_s(self) -> float:
        """The estimated seconds until all processes have ended."""
        return (self.of - self.done) * fmean(self._seconds or [_USUAL_SECONDS]) / self.at_a_time

    @property
    def counts(self) -> Counts:
        """The results. A scenario counts only if none of its processes was cut short."""
        results = [
            _count(scenario, futures)
            if len(futures) == len(_tasks(scenario)) and self.started_at.keys().isdisjoint(futures)
            else None
            for (scenario, _), futures in zip(self._requests, self._begun, strict=True)
        ]
        whole_s = self.of * fmean(self._seconds) / self.at_a_time if self._seconds else math.nan
        return Counts(results, self._stopped_by or "the last repetition", whole_s)

    def begin(self, pool: ThreadPoolExecutor, stop_asked: Callable[[], bool]) -> bool:
        """Start what may be started now; return whether anything is running."""
        while self._waiting and len(self.started_at) < self.at_a_time and self._may_start(stop_asked):
            at, task = self._waiting.popleft()
            now = time.monotonic()
            future = pool.submit(_run, *self._requests[at], task, self._processes)
            self._begun[at].append(future)
            self.started_at[future] = now
        return bool(self.started_at)

    def end(self, futures: Iterable[Future[_Answer]]) -> None:
        """Record that these processes have ended."""
        now = time.monotonic()
        self._seconds += [now - self.started_at.pop(one) for one in futures]

    def cut_short(self) -> None:
        """Kill the running processes."""
        for process in tuple(self._processes):
            process.kill("it was cut short")
        self._stopped_by = "interrupt"

    def _may_start(self, stop_asked: Callable[[], bool]) -> bool:
        """Whether the first waiting process may start; one of a scenario already started always may."""
        at = self._waiting[0][0]
        if self._begun[at]:
            return True
        if at and not self._seconds:
            return False  # there is no estimate yet of how long it will take
        if stop_asked():
            self._stopped_by = "interrupt"
        elif at and not self._ends_in_time():
            self._stopped_by = "time budget"
        if self._stopped_by:
            self._waiting.clear()
        return not self._stopped_by

    def _ends_in_time(self) -> bool:
        needed = len(_tasks(self._requests[self._waiting[0][0]][0]))
        turns = math.ceil((len(self.started_at) + needed) / self.at_a_time)
        return time.monotonic() + turns * fmean(self._seconds) <= self._until


def _count(scenario: Scenario, futures: Sequence[Future[_Answer]]) -> Count | MeasurementError:
    try:
        answers = [future.result() for future in futures]
    except MeasurementError as error:
        return error
    whole, apart = answers[: len(_WHOLE)], answers[len(_WHOLE) :]
    last = whole[-1][1]
    operations = int(last["operations"])
    differences = [
        (twice - once) / _SAMPLES / operations
        for (once, _), (twice, _) in zip(whole[::2], whole[1::2], strict=True)
    ]
    wire = last.get("ledger")
    ledger = Ledger.of(wire) if wire is not None else None
    parts = tuple(part for _, answer in apart for part in answer["parts"])
    return Count(scenario, tuple(differences), operations, last["proof"], ledger, parts)


def _run(scenario: Scenario, interpreter: Interpreter, task: _Task, running: set[Process]) -> _Answer:
    if not task.side:
        return _collect(scenario, interpreter, task, running, _NO_PROFILE)
    with TemporaryDirectory(prefix="tlsbench-") as folder:
        path = Path(folder, "profile")
        collected, answer = _collect(scenario, interpreter, task, running, str(path))
        with path.open(encoding="utf-8", errors="replace") as lines:
            parts = parts_of_profile(read_profile(lines), task.side, task.samples)
    return collected, {**answer, "parts": parts}


def _variables(interpreter: Interpreter) -> dict[str, str]:
    """The environment of a process that is counted, in which equal work takes equal instructions."""
    own = interpreter.environment.get(_TUNABLES) or os.environ.get(_TUNABLES)
    tunables = ":".join(filter(None, (_WITHOUT_REP, own)))
    return {"PYTHONHASHSEED": "0", **interpreter.environment, _TUNABLES: tunables}


def _collect(
    scenario: Scenario, interpreter: Interpreter, task: _Task, running: set[Process], profile: str
) -> _Answer:
    peers = pki.peers_for(scenario).to_pem() if scenario.key else None
    request = {"scenario": scenario.id, "samples": task.samples, "peers": peers, "side": task.side}
    fixed = replace(interpreter, environment=_variables(interpreter))
    starts = "no" if task.side else "yes"
    under = (*_CALLGRIND, f"--callgrind-out-file={profile}", f"--collect-atstart={starts}")
    with closing(
        Process("tlsbench.workloads.counted", json.dumps(request), interpreter=fixed, under=under)
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
