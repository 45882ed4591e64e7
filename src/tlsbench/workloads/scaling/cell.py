"""A cell of ``workload=scaling``: batches of threads, as many processes, and the controls, in turn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tlsbench.implementations.native import NativeLibrary
from tlsbench.scenarios import Scenario
from tlsbench.topology import cores, processors
from tlsbench.workloads.sample import Sample
from tlsbench.workloads.scaling.controls import CONTROLS, has_one_lock
from tlsbench.workloads.scaling.crew import CREW, Crew
from tlsbench.workloads.scaling.interpreter import share_of
from tlsbench.workloads.scaling.lanes import Lanes
from tlsbench.workloads.scaling.threads import Threads
from tlsbench.workloads.scaling.turns import Batch, Lane

#: The approximate number of operations in a batch of all threads: a 99th percentile needs that many.
_OPERATIONS: Final = 100
_LEAST_NS, _MOST_NS = 30_000_000, 250_000_000
_CONTROL_NS: Final = 30_000_000
_PROFILED: Final = 4


@dataclass(slots=True)
class Scaling:
    """A cell of several threads.

    A sample is one batch of each kind. Its figures are wall-clock times per operation of the whole batch.

    :param libraries: the libraries that are called through cffi.
    """

    scenario: Scenario
    lanes: Lanes
    libraries: Sequence[NativeLibrary] = ()
    crew: Crew = CREW
    _threads: Threads = field(init=False)
    _own: list[Lane] = field(default_factory=list, init=False)
    _beside: list[int] = field(default_factory=list, init=False)
    _window_ns: int = field(default=0, init=False)
    _taken: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        count = self.scenario.threads
        self._threads = Threads(count)
        self.crew.join()
        try:
            self._own = self._threads.each(list(self.lanes.makers(count)))
            alone = replace(self.scenario, threads=1, context="shared")
            self._beside = self.crew.prepare(alone, count)
            self._window_ns = self._fitting_ns()
        except BaseException:
            self.close()
            raise

    def _fitting_ns(self) -> int:
        """The time that a batch must take for enough operations, within bounds."""
        each_ns = self._threads.turn([lane.operate for lane in self._own], _LEAST_NS).each_ns
        self._threads.each([lane.prove for lane in self._own])
        return int(min(max(_OPERATIONS * each_ns, _LEAST_NS), _MOST_NS))

    def sample(self) -> Sample:
        kinds = dict(self._kinds())
        names = list(kinds)
        first = self._taken % len(names)
        self._taken += 1
        batches = {name: kinds[name]() for name in (*names[first:], *names[:first])}
        threads = batches.pop("threads")
        self._threads.each([lane.prove for lane in self._own])
        (share,) = self._threads.each([self._share])
        latencies = sorted(one for turn in threads.turns for one in turn.latencies_ns)
        return Sample(
            client=0,
            server=0,
            total=threads.wall_ns,
            operations=threads.operations,
            figures={
                "p50": float(_at_rank(latencies, 0.50)),
                "p99": float(_at_rank(latencies, 0.99)),
                **share,
                **{name: batch.each_ns for name, batch in batches.items()},
                "hash_cpu": batches["hash_processes"].cpu_each_ns,
            },
        )

    def _kinds(self) -> Iterator[tuple[str, Callable[[], Batch]]]:
        """Yield the name of each kind of batch, and a function that runs one."""
        threads, count = self._threads, self.scenario.threads
        python, text = CONTROLS["python"], CONTROLS["hash"]
        yield "threads", lambda: threads.turn([lane.operate for lane in self._own], self._window_ns)
        yield "hash", lambda: threads.turn([text] * count, _CONTROL_NS)
        yield "hash_processes", lambda: self.crew.turn(["hash"] * count, _CONTROL_NS)
        yield "python", lambda: threads.turn([python] * count, _CONTROL_NS)
        yield "processes", lambda: self.crew.turn(self._beside, self._window_ns)
        yield "python_alone", lambda: threads.turn([python], _CONTROL_NS)
        yield "hash_alone", lambda: threads.turn([text], _CONTROL_NS)

    def _share(self) -> Mapping[str, float]:
        lane = self._own[0]
        share = share_of(lane.operate, _PROFILED, self.libraries, lane.left)
        lane.prove()
        return {"interpreter": share.interpreter_ns, "compiled": share.compiled_ns}

    def visit(self, rewarm: int, samples: int) -> list[Sample]:  # noqa: ARG002 - a batch warms its own caches
        return [self.sample() for _ in range(samples)]

    def proof(self) -> Mapping[str, object]:
        found = processors()
        return {
            **self._own[0].record(),
            "processors": len(found),
            "cores": cores(found),
            "interpreter": "one lock" if has_one_lock() else "free-threaded",
        }

    def close(self) -> None:
        self._threads.each([lane.close for lane in self._own])
        self._own.clear()
        self._threads.close()
        self.crew.leave()


def _at_rank(ordered: Sequence[int], share: float) -> int:
    """The smallest of some values that at least this share of them does not exceed (nearest rank).

    Not by numpy, as this is imported by processes whose instructions are counted.
    """
    return ordered[math.ceil(share * len(ordered)) - 1]
