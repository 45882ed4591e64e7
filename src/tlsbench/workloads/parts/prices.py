"""The cost of each step of a bill, measured alone on the handshake's engine after each of its visits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tlsbench.implementations import CallsPrimitives
from tlsbench.scenarios import Scenario
from tlsbench.workloads.parts.bill import Step
from tlsbench.workloads.primitive import Primitive
from tlsbench.workloads.sample import Clock

#: The count of an operation if it is not known how often it is done.
UNKNOWN: Final = 0.0
#: How often an operation is measured at most, if it is disturbed.
_TRIES = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A step with its cost.

    :param count: how often the operation is done; :data:`UNKNOWN` if that is not known.
    :param size_bytes: the total bytes that they work on; 0 if they have no size.
    :param cost: their total cost, in the unit of the sample.
    """

    side: str
    part: str
    operation: str
    count: float
    size_bytes: int
    source: str
    cost: float


#: A side or its library, an operation, and the bytes that it works on.
_Priced = tuple[str, str, int]


@dataclass(slots=True)
class Prices:
    """The operations of a bill, ready to be measured; if both sides share one, it is measured once.

    :param ends: the library of each side.
    :raises MeasurementError: if a library does not have one of the operations.
    """

    steps: Sequence[Step]
    ends: Mapping[str, CallsPrimitives]
    clock: Clock
    _cells: dict[_Priced, Primitive] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        made: dict[_Priced, Primitive] = {}
        for step in self.steps:
            library = self.ends[step.side]
            for size in set(step.sizes) if step.operation else ():
                known = library.id, step.operation, size
                if known not in made:
                    made[known] = self._cell(library, step.operation, size)
                self._cells[step.side, step.operation, size] = made[known]

    def _cell(self, library: CallsPrimitives, operation: str, size: int) -> Primitive:
        scenario = Scenario(
            workload="primitive", client=library.id, server=library.id, algorithm=operation, size=size
        )
        return Primitive(scenario, library.primitive(operation, size), self.clock)

    def visit(self) -> Spent:
        """Measure and prove every operation once."""
        cells = {id(cell): cell for cell in self._cells.values()}
        measured = {number: _measured(cell) for number, cell in cells.items()}
        return Spent(self.steps, {priced: measured[id(cell)] for priced, cell in self._cells.items()})


@dataclass(frozen=True, slots=True)
class Spent:
    """What each operation of a bill cost in one visit."""

    steps: Sequence[Step]
    by_operation: Mapping[_Priced, float]

    def parts(self, made: Mapping[str, float]) -> tuple[Part, ...]:
        """Return the bill of a handshake with its costs.

        :param made: for each side, the time to make its end, as timed in the handshake itself.
        """
        return tuple(self._part(step, made) for step in self.steps)

    def _part(self, step: Step, made: Mapping[str, float]) -> Part:
        each = (self.by_operation[step.side, step.operation, size] for size in step.sizes if step.operation)
        cost = sum(each) if step.operation else made[step.side]
        return Part(step.side, step.part, step.operation, len(step.sizes), sum(step.sizes), step.source, cost)


def _measured(cell: Primitive) -> float:
    for _ in range(_TRIES):
        (sample,) = cell.visit(1, 1)
        if not sample.disturbed:
            break
    return sample.of("client")
