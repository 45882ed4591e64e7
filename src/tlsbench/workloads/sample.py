"""The sample: what one verified call of a workload measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

from tlsbench.links import NO_LEDGER, Ledger
from tlsbench.scenarios import Scenario
from tlsbench.units import NANOSECONDS, Unit
from tlsbench.workloads.disturbance import watched

if TYPE_CHECKING:
    from tlsbench.workloads.parts import Part

#: A clock: a counter that never decreases, in the unit of its instrument.
Clock: TypeAlias = Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One verified run of ``operations`` similar operations. Its figures are totals over these, in ``unit``.

    ``client`` and ``server`` were spent inside calls of that side's library; ``total`` covers everything from
    the first call to the last, so the difference is the harness and the link. A primitive has one side, the
    client. ``phases`` breaks the figures down by name; its ``tcp_open``, the time to open a TCP connection,
    is in no other figure. ``disturbed`` means that the thread lost its processor during the sample
    (:mod:`tlsbench.workloads.disturbance`). ``figures`` are further figures per operation that only some
    workloads have. ``parts`` (``parts=yes``) breaks down the sides' figures as far as possible, measured in
    the same visit.
    """

    client: int
    server: int
    total: int
    operations: int = 1
    ledger: Ledger = NO_LEDGER
    phases: Mapping[str, int] | None = None
    unit: Unit = NANOSECONDS
    disturbed: bool = False
    figures: Mapping[str, float] | None = None
    parts: tuple[Part, ...] = ()

    def of(self, part: str) -> float:
        """The figure per operation for a part.

        A part is ``client``, ``server``, both (``libraries``), the rest (``harness``), ``total``, or one of
        :attr:`figures`.
        """
        if self.figures is not None and part in self.figures:
            return self.figures[part]
        whole: int = getattr(self, part)
        return whole / self.operations

    @property
    def libraries(self) -> int:
        """What both sides' libraries were charged."""
        return self.client + self.server

    @property
    def harness(self) -> int:
        """What neither library was charged."""
        return self.total - self.client - self.server


class Workload(Protocol):
    """One cell, ready to be sampled."""

    @property
    def scenario(self) -> Scenario:
        """The scenario that is measured."""

    def sample(self) -> Sample:
        """Measure once.

        :raises ProofError: if what happened does not match the scenario.
        :raises MeasurementError: if it could not be measured at all.
        """

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        """Measure ``samples`` times in a row, after ``rewarm`` runs that do not count.

        All samples are proved before they are returned, and the disturbed ones are marked. If proving one
        would evict the library's code and data from the caches, all are proved after the last.

        :raises ProofError: if any sample does not match the scenario.
        """

    def proof(self) -> Mapping[str, object]:
        """Return what the last sample negotiated, for the record, as plain strings and numbers."""

    def close(self) -> None:
        """Close connections and links."""


def in_a_row(sample: Callable[[], Sample], rewarm: int, samples: int) -> list[Sample]:
    """Make a visit whose samples are proved one by one."""
    taken = watched(sample, lambda _: None, rewarm, samples)
    return [replace(one, disturbed=True) if disturbed else one for one, disturbed in taken]
