"""What each step of a bill costs: measured alone on the engine of the handshake, after each of its visits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tlsbench.implementations import CallsPrimitives
from tlsbench.scenarios import Scenario
from tlsbench.workloads.parts.bill import Step
from tlsbench.workloads.primitive import Primitive
from tlsbench.workloads.sample import Clock

#: The count of what is not known how often it is done.
UNKNOWN: Final = 0.0
#: How often one that was disturbed is measured again.
_TRIES = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A step with its cost.

    :param count: how often the operation is done; :data:`UNKNOWN` if that is not known.
    :param size_bytes: what all of them work on; 0 where they have no size.
    :param cost: of all of them together, in the unit of the sample.
    """

    side: str
    part: str
    operation: str
    count: float
    size_bytes: int
    source: str
    cost: float


#: An operation of a side, and the bytes that it works on.
_Priced = tuple[str, str, int]


@dataclass(slots=True)
class Prices:
    """The operations of a bill, ready to be measured; like ones of both sides are measured once.

    :param ends: the library of each side.
    :raises MeasurementError: if an engine does not have one of them.
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
        """Measure every operation once, each proved."""
        cells = {id(cell): cell for cell in self._cells.values()}
        measured = {number: _measured(cell) for number, cell in cells.items()}
        return Spent(self.steps, {priced: measured[id(cell)] for priced, cell in self._cells.items()})


@dataclass(frozen=True, slots=True)
class Spent:
    """What the operations of a bill cost in one visit, each once."""

    steps: Sequence[Step]
    by_operation: Mapping[_Priced, float]

    def parts(self, made: Mapping[str, float]) -> tuple[Part, ...]:
        """The bill of a handshake.

        :param made: by side what it took to make its end, which the handshake itself has timed.
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
