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

#: A clock: a counter that only grows, in the unit of its instrument.
Clock: TypeAlias = Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One verified run of ``operations`` like operations. Figures are of all of them together, in ``unit``.

    What ``client`` and ``server`` say was spent inside the calls of that side's library; ``total`` is
    everything from the first call to the last, so the rest is the harness and the link. A primitive has one
    side, the client. ``phases`` splits the sides' figures by name. ``disturbed`` means that the processor was
    taken from the thread meanwhile (:mod:`tlsbench.workloads.disturbance`). The phase ``tcp_open``, what it
    took to open a TCP connection, is in no other figure. ``figures`` are those of one operation that only the
    workload's own instrument has. ``parts`` are what the sides' figures are made of, as far as that is known
    (``parts=yes``), measured in the same visit.
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
        """The figure of one operation in a part.

        That is of ``client``, ``server``, both (``libraries``), the rest (``harness``), ``total``, or one of
        :attr:`figures`.
        """
        if self.figures is not None and part in self.figures:
            return self.figures[part]
        whole: int = getattr(self, part)
        return whole / self.operations

    @property
    def libraries(self) -> int:
        """What both sides' libraries were charged for."""
        return self.client + self.server

    @property
    def harness(self) -> int:
        """What neither library was charged for."""
        return self.total - self.client - self.server


class Workload(Protocol):
    """One cell, ready to be sampled."""

    @property
    def scenario(self) -> Scenario:
        """What is measured."""

    def sample(self) -> Sample:
        """Measure once.

        :raises ProofError: if what happened is not what the scenario asks for.
        :raises MeasurementError: if it could not be measured at all.
        """

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        """Measure ``samples`` times in a row, after ``rewarm`` runs that do not count.

        All samples are proved before they are given. Where to prove one would evict the library's code and
        data from the caches, that waits for the last. Those that were disturbed are marked.

        :raises ProofError: as above, and so of all of them.
        """

    def proof(self) -> Mapping[str, object]:
        """What was negotiated in the last sample, for the record: plain strings and numbers."""

    def close(self) -> None:
        """Give up connections and links."""


def in_a_row(sample: Callable[[], Sample], rewarm: int, samples: int) -> list[Sample]:
    """A visit of samples that are proved one by one."""
    taken = watched(sample, lambda _: None, rewarm, samples)
    return [replace(one, disturbed=True) if disturbed else one for one, disturbed in taken]
