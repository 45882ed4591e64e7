"""The parts of a load that several machines generated, as one load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tlsbench.fleet.clocks import Offset
from tlsbench.loading import Load, LoadPlan, LoadTally
from tlsbench.loading.backends import BackendLoad, by_backend
from tlsbench.loading.machines import MACHINE_LOST, MachineLoad
from tlsbench.loading.seconds import Second, second
from tlsbench.loading.tally import total
from tlsbench.processes import Vitals

#: The offset of a clock that was not read, because nothing was begun.
_UNREAD: Final = Offset(0, 0)


@dataclass(slots=True)
class Part:
    """What a machine has reported about its part so far.

    :param plan: its share of the load.
    :param processes: how many worker processes it has.
    :param offset: the offset of its CLOCK_MONOTONIC; ``wall`` is that of its wall clock.
    :param tallies: the tally at the end of each second that it has reported.
    :param end: its last message; None while it runs, and if it was lost.
    """

    name: str
    plan: LoadPlan
    processes: int
    offset: Offset = _UNREAD
    wall: Offset = _UNREAD
    #: When it was due to begin, by its CLOCK_MONOTONIC.
    start_ns: int = 0
    tallies: list[LoadTally] = field(default_factory=list)
    end: Mapping[str, Any] | None = None
    lost: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it has ended or was lost."""
        return self.end is not None or bool(self.lost)

    def heard(self, message: Mapping[str, Any]) -> None:
        """Take in one of its messages."""
        if "tally" in message:
            self.tallies.append(LoadTally.from_plain(message["tally"]))

    def at(self, number: int) -> LoadTally:
        """Its tally at the end of a second, counted from 1; the last it reported, if that is earlier."""
        return self.tallies[min(number, len(self.tallies)) - 1] if self.tallies and number else LoadTally()

    def load(self) -> MachineLoad:
        """The results of its part."""
        if self.end is None:
            tally = self.at(len(self.tallies))
            if tally.open:
                tally.outcomes[MACHINE_LOST] += tally.open
            elapsed_s, late_ns = float(len(self.tallies)), -1
        else:
            tally = LoadTally.from_plain(self.end["tally"])
            elapsed_s, late_ns = self.end["elapsed_s"], self.end["late_ns"]
        return MachineLoad(
            name=self.name,
            connections=self.plan.connections,
            rate_per_s=self.plan.rate_per_s,
            processes=self.processes,
            tally=tally,
            elapsed_s=elapsed_s,
            late_ms=late_ns / 1e6 if late_ns >= 0 else None,
            uncertain_ms=self.offset.uncertain_ns / 1e6,
            clock_off_ms=self.wall.ahead_ns / 1e6,
            lost=self.lost,
        )


class Course:
    """The course of the whole load, by the second, as soon as all machines have reported each."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._earlier = LoadTally()
        self.seconds: list[Second] = []

    def go_on(self) -> LoadTally | None:
        """Add the next second once all running machines have reported it; return the tally at its end."""
        number = len(self.seconds) + 1
        if not any(len(part.tallies) >= number for part in self._parts):
            return None
        if any(len(part.tallies) < number for part in self._parts if not part.is_over):
            return None
        tally = total(part.at(number) for part in self._parts)
        self.seconds.append(second(float(number), tally, self._earlier))
        self._earlier = tally
        return tally


def shares(plan: LoadPlan, machines: int) -> list[LoadPlan]:
    """The share of each machine in the connections, the pool and the rate.

    :param plan: the whole load, whose ``workers`` are the processes on each machine.
    """
    whole = _whole(plan, machines)
    return [
        _together([whole.share(number) for number in numbers_of(at, plan.workers)]) for at in range(machines)
    ]


def numbers_of(machine: int, processes: int) -> range:
    """A machine's worker numbers within the whole load, by which the starts of an open loop interleave."""
    return range(machine * processes, (machine + 1) * processes)


def _whole(plan: LoadPlan, machines: int) -> LoadPlan:
    return replace(plan, workers=plan.workers * machines)


def _together(plans: Sequence[LoadPlan]) -> LoadPlan:
    return replace(
        plans[0],
        connections=sum(one.connections for one in plans),
        pool=sum(one.pool for one in plans),
        rate_per_s=sum(one.rate_per_s for one in plans),
    )


def _backends(plan: LoadPlan, ends: Sequence[Mapping[str, Any]]) -> tuple[BackendLoad, ...]:
    """The results for each of several backends, from the machines that reported their end."""
    if not plan.others:
        return ()
    none = [BackendLoad(target) for target in plan.targets]  # keeps their order, even if nobody reported one
    return by_backend([none, *(list(map(BackendLoad.from_plain, end["backends"])) for end in ends)])


def merged(plan: LoadPlan, parts: Sequence[Part], course: Course, *, interrupted: bool) -> Load:
    """The load that the parts add up to: counts and histograms are added, percentiles never averaged.

    :param plan: as requested; its ``workers`` are the processes on each machine.
    """
    machines = tuple(part.load() for part in parts)
    ends = [part.end for part in parts if part.end is not None]
    load = Load(_whole(plan, len(parts)))
    load.tally = total(one.tally for one in machines)
    load.elapsed_s = max((one.elapsed_s for one in machines), default=0.0)
    load.interrupted = interrupted
    load.lost = tuple(f"{part.name}: {why}" for part in parts if part.end for why in part.end["lost"])
    load.vitals = tuple(
        tuple(Vitals(*moment) for moment in process) for end in ends for process in end["vitals_of_workers"]
    )
    load.remarks = tuple(dict.fromkeys(remark for end in ends for remark in end["remarks"]))
    load.seconds = tuple(course.seconds)
    load.machines = machines
    load.backends = _backends(plan, ends)
    load.late_ns = max((end["late_ns"] for end in ends), default=0)
    return load
