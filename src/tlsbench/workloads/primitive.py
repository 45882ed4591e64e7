"""``workload=primitive`` and ``certificate``: a single operation of a library, without TLS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import repeat

from tlsbench.implementations import Operation
from tlsbench.scenarios import Scenario
from tlsbench.workloads.sample import Clock, Sample, in_a_row

#: A sample repeats the operation for about this long, so that the clock's resolution and cost (some 50 ns)
#: are negligible.
_SAMPLE_NS = 100_000
_TRIES = 3


@dataclass(slots=True)
class Primitive:
    """A cell of a single operation."""

    scenario: Scenario
    operation: Operation
    clock: Clock
    _operations: int = 0

    def sample(self) -> Sample:
        if not self._operations:
            self._operations = self._calibrated()
        elapsed_ns = self._timed(self._operations)
        if self.operation.around is not None:
            elapsed_ns = max(1, elapsed_ns - self._timed(self._operations, self.operation.around))
        self.operation.verify()
        return Sample(client=elapsed_ns, server=0, total=elapsed_ns, operations=self._operations)

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        return in_a_row(self.sample, rewarm, samples)

    def _calibrated(self) -> int:
        operations = 1
        while (elapsed_ns := self._fastest(operations)) < _SAMPLE_NS // 4:
            operations *= 4
        return max(1, round(operations * _SAMPLE_NS / elapsed_ns))

    def _fastest(self, operations: int) -> int:
        """The fastest of a few tries: an interrupted one would make every later sample too short."""
        return min(self._timed(operations) for _ in range(_TRIES))

    def _timed(self, operations: int, call: Callable[[], object] | None = None) -> int:
        call, clock = call or self.operation.call, self.clock
        began = clock()
        for _ in repeat(None, operations):
            call()
        return clock() - began

    def proof(self) -> Mapping[str, object]:
        what = "operation" if self.scenario.operation else "algorithm"
        return {what: self.scenario.value(what), "verified": True}

    def close(self) -> None:
        pass
