"""Where cells are measured: in this process, or in workers.

Workers are used if a library or the axis ``cpu`` needs an environment of its own, or if a run has time for
several processes. A cell's cost differs from one process to the next by up to a percent or two, depending on
the addresses of its memory and libraries, and no number of samples within one process shows that. So a run is
sampled in several processes in turn, one round in each (T. Kalibera and R. Jones, Rigorous Benchmarking in
Reasonable Time, ISMM 2013: repeat at the highest level that varies; T. Mytkowicz et al., Producing Wrong Data
Without Doing Anything Obviously Wrong!, ASPLOS 2009).

If one cell of a run needs a worker, all of them are measured in workers, so that the overhead of requests
from another process affects every cell equally.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from tlsbench.errors import ProofError
from tlsbench.implementations.configuration import variables_of
from tlsbench.implementations.gaps import SYSTEM_LIBCRYPTO
from tlsbench.implementations.influences import influences, not_borne
from tlsbench.implementations.processor import variables
from tlsbench.implementations.registry import capabilities_of, ends_of, implementation
from tlsbench.processes import HERE, Interpreter
from tlsbench.sampling.instruments import Instrument
from tlsbench.sampling.remote import RemoteWorkload, Worker
from tlsbench.sampling.runner import Turns
from tlsbench.sampling.yardsticks import Yardstick
from tlsbench.scenarios import Scenario
from tlsbench.workloads import MEMORY_ENVIRONMENT, Sample, Workload, prepare

#: A process is worth starting if it gets this long to measure; more processes than these add little.
_SECONDS_PER_PROCESS = 2.5
_MOST_PROCESSES = 4
#: Maximum processes for all environments of a run: each has every library in memory.
_MOST_WORKERS = 12


def processes_for(time_budget_s: float) -> int:
    """The number of processes in which to sample a run with this time budget."""
    return max(1, min(_MOST_PROCESSES, int(time_budget_s / _SECONDS_PER_PROCESS)))


class Place(Turns, Protocol):
    """Makes workloads where they can be measured, in one or several processes."""

    def make(self, what: Scenario | Yardstick) -> Workload:
        """The workload of a scenario or yardstick, in every process that takes turns."""


def interpreter_of(scenario: Scenario) -> Interpreter:
    """The current Python with the variables that a scenario needs, without those that would distort it."""
    folders = {capabilities_of(end).libcrypto for end in (scenario.client, scenario.server)}
    folder = "".join(folders - {"", SYSTEM_LIBCRYPTO})  # the matrix excludes pairs that need two
    search = {"LD_LIBRARY_PATH": folder} if folder else {}
    counting = MEMORY_ENVIRONMENT if scenario.workload == "memory" else {}
    needed = {**variables(scenario.cpu), **variables_of(scenario.openssl_conf), **search, **counting}
    return Interpreter(sys.executable, needed, not_borne(scenario).difference(needed))


def need_workers(scenarios: Iterable[Scenario]) -> bool:
    """Whether one of these scenarios cannot be measured in this process."""
    return any(_key(interpreter_of(scenario)) != _key(HERE) for scenario in scenarios)


def prevailing(scenarios: Iterable[Scenario]) -> dict[str, str]:
    """The variables of this process that change figures and stay set for at least one of these scenarios."""
    known, interpreters = influences(), [interpreter_of(scenario) for scenario in scenarios]
    return {
        name: value
        for name, value in known.items()
        if any(name not in (*one.environment, *one.without) for one in interpreters)
    }


@contextmanager
def placement(scenarios: Sequence[Scenario], meter: Instrument, processes: int = 1) -> Iterator[Place]:
    """The place in which to make the workloads of these scenarios; workers end with the ``with`` block.

    :param processes: how many take turns; fewer if the scenarios need many environments.
    """
    if processes == 1 and not need_workers(scenarios):
        yield _Here(meter)
        return
    environments = {_key(interpreter_of(scenario)) for scenario in scenarios}
    beside = max(
        (scenario.threads for scenario in scenarios), default=0
    )  # this many processes run alongside each worker
    with ExitStack() as stack:
        most = _MOST_WORKERS // (len(environments) * (1 + beside))
        yield _InWorkers(meter, max(1, min(processes, most)), stack)


@dataclass(frozen=True, slots=True)
class _Here:
    """The place that is this process."""

    meter: Instrument
    processes: int = 1

    def begin_round(self, number: int) -> None:
        pass

    def make(self, what: Scenario | Yardstick) -> Workload:
        if isinstance(what, Yardstick):
            return what.prepare(self.meter)
        return prepare(what, ends_of(what), self.meter.clock)


class _InWorkers:
    """The same number of worker processes for each environment, started when a cell first needs them."""

    def __init__(self, meter: Instrument, processes: int, stack: ExitStack) -> None:
        self.processes = processes
        self._meter = meter
        self._stack = stack
        self._workers: dict[_Key, Sequence[Worker]] = {}
        self._turn = _Turn()

    def begin_round(self, number: int) -> None:
        self._turn.process = number % self.processes

    def make(self, what: Scenario | Yardstick) -> Workload:
        if isinstance(what, Yardstick):
            workers = self._of(Interpreter(without=not_borne(what.scenario)))
            workloads = RemoteWorkload.prepare(workers, what.scenario, self._meter.name, what.name)
            return _InTurn(workloads, self._turn)
        workloads = RemoteWorkload.prepare(self._of(interpreter_of(what)), what, self._meter.name)
        for workload in workloads:
            _prove_engines(what, workload.engines)
        return _InTurn(workloads, self._turn)

    def _of(self, interpreter: Interpreter) -> Sequence[Worker]:
        """The workers of an environment."""
        if _key(interpreter) not in self._workers:
            self._workers[_key(interpreter)] = self._started(interpreter)
        return self._workers[_key(interpreter)]

    def _started(self, interpreter: Interpreter) -> Sequence[Worker]:
        """Workers with this process's import path, all started at once."""
        search = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **interpreter.environment}
        workers = [
            self._stack.enter_context(Worker(replace(interpreter, environment=search)))
            for _ in range(self.processes)
        ]
        for worker in workers:
            _prove_variables(interpreter, worker.greeting()["variables"])
        return workers


@dataclass(slots=True)
class _Turn:
    """The process whose turn it is, shared by all workloads of a place."""

    process: int = 0


@dataclass(frozen=True, slots=True)
class _InTurn:
    """One workload in several processes, measured in one of them at a time."""

    workloads: Sequence[RemoteWorkload]
    turn: _Turn

    @property
    def _current(self) -> RemoteWorkload:
        return self.workloads[self.turn.process]

    @property
    def scenario(self) -> Scenario:
        return self.workloads[0].scenario

    def sample(self) -> Sample:
        return self._current.sample()

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        return self._current.visit(rewarm, samples)

    def proof(self) -> Mapping[str, object]:
        return self._current.proof()

    def close(self) -> None:
        for workload in self.workloads:
            workload.close()


#: What distinguishes one environment from another.
_Key = tuple[tuple[tuple[str, str], ...], frozenset[str]]


def _key(interpreter: Interpreter) -> _Key:
    return tuple(sorted(interpreter.environment.items())), interpreter.without


def _prove_variables(interpreter: Interpreter, found: Mapping[str, str]) -> None:
    """Check that a worker has the intended values of the variables that change figures.

    :param found: those that it reports.
    """
    wanted = influences(interpreter.variables())
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            got, meant = (f"{name}={one[name]}" if name in one else f"no {name}" for one in (found, wanted))
            raise ProofError("environment", wanted=meant, got=got, witness="worker")


def _prove_engines(scenario: Scenario, found: Mapping[str, str]) -> None:
    """Check that a worker found the same libraries as this process, whose versions are stored."""
    for side, end in (("client", scenario.client), ("server", scenario.server)):
        wanted = implementation(end).engine()
        if found[end] != wanted:
            raise ProofError("engine", wanted=wanted, got=found[end], witness=side)
