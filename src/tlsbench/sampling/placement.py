"""Where cells are measured: here, or in workers whose environment their libraries or their axis ``cpu`` need.

As soon as one cell of a run needs a worker, all of them are measured in workers, one for each environment, so
that what it costs to be asked from another process hits every cell alike.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from tlsbench.errors import ProofError
from tlsbench.implementations.gaps import SYSTEM_LIBCRYPTO
from tlsbench.implementations.processor import variables
from tlsbench.implementations.registry import capabilities_of, ends_of, implementation
from tlsbench.processes import Interpreter
from tlsbench.sampling.instruments import Instrument
from tlsbench.sampling.remote import RemoteWorkload, Worker
from tlsbench.sampling.yardsticks import Yardstick
from tlsbench.scenarios import Scenario
from tlsbench.workloads import MEMORY_ENVIRONMENT, Workload, prepare


def interpreter_of(scenario: Scenario) -> Interpreter:
    """Where to measure a scenario: this Python with the environment variables that it needs for it."""
    folders = {capabilities_of(end).libcrypto for end in (scenario.client, scenario.server)}
    folder = "".join(folders - {"", SYSTEM_LIBCRYPTO})  # the matrix lets two of them not meet
    search = {"LD_LIBRARY_PATH": folder} if folder else {}
    counting = MEMORY_ENVIRONMENT if scenario.workload == "memory" else {}
    return Interpreter(sys.executable, {**variables(scenario.cpu), **search, **counting})


def need_workers(scenarios: Iterable[Scenario]) -> bool:
    """Whether one of these scenarios cannot be measured in this process."""
    return any(interpreter_of(scenario).environment for scenario in scenarios)


@contextmanager
def placement(
    scenarios: Sequence[Scenario], meter: Instrument
) -> Iterator[Callable[[Scenario | Yardstick], Workload]]:
    """What makes the workloads of these scenarios and of yardsticks, each where it can be measured.

    The workers end with the block.
    """
    if not need_workers(scenarios):
        yield (
            lambda what: (
                what.prepare(meter)
                if isinstance(what, Yardstick)
                else prepare(what, ends_of(what), meter.clock)
            )
        )
        return
    plain = Interpreter(sys.executable, {})
    with ExitStack() as stack:
        workers: dict[tuple[tuple[str, str], ...], Worker] = {}

        def worker_of(interpreter: Interpreter) -> Worker:
            key = tuple(sorted(interpreter.environment.items()))
            if key not in workers:
                workers[key] = stack.enter_context(Worker(interpreter))
                workers[key].greeting()
            return workers[key]

        def make(what: Scenario | Yardstick) -> Workload:
            if isinstance(what, Yardstick):
                return RemoteWorkload(worker_of(plain), what.scenario, meter.name, what.name)
            workload = RemoteWorkload(worker_of(interpreter_of(what)), what, meter.name)
            _prove_engines(what, workload.engines)
            return workload

        yield make


def _prove_engines(scenario: Scenario, found: Mapping[str, str]) -> None:
    """A worker may find other libraries than this process; what is stored is what this process says."""
    for side, end in (("client", scenario.client), ("server", scenario.server)):
        wanted = implementation(end).engine()
        if found[end] != wanted:
            raise ProofError("engine", wanted=wanted, got=found[end], witness=side)
