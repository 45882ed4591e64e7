"""The parts of a load that several machines made, as one load."""

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

#: Of a clock that was not read, as nothing was begun.
_UNREAD: Final = Offset(0, 0)


@dataclass(slots=True)
class Part:
    """What a machine has said of its part so far.

    :param plan: its share; ``offset`` and ``wall`` are of its clocks.
    :param processes: its worker processes.
    :param tallies: of each second that it has reported.
    :param end: its last message; None while it goes on, and of one that was lost.
    """

    name: str
    plan: LoadPlan
    processes: int
    offset: Offset = _UNREAD
    wall: Offset = _UNREAD
    #: When it was to begin, by its CLOCK_MONOTONIC.
    start_ns: int = 0
    tallies: list[LoadTally] = field(default_factory=list)
    end: Mapping[str, Any] | None = None
    lost: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it has nothing more to say."""
        return self.end is not None or bool(self.lost)

    def heard(self, message: Mapping[str, Any]) -> None:
        """Take what it says."""
        if "tally" in message:
            self.tallies.append(LoadTally.from_plain(message["tally"]))

    def at(self, number: int) -> LoadTally:
        """What had come of its connections by the end of a second; the last it said, if it said no more."""
        return self.tallies[min(number, len(self.tallies)) - 1] if self.tallies and number else LoadTally()

    def load(self) -> MachineLoad:
        """What came of it."""
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
    """What each second of the whole brought, as soon as all machines have reported it."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._earlier = LoadTally()
        self.seconds: list[Second] = []

    def go_on(self) -> LoadTally | None:
        """One more second, if all machines that go on have reported it: all that had come by its end."""
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
    """The share of each of some machines in the connections, the pool and the rate.

    :param plan: ``workers`` are those of each machine.
    """
    whole = _whole(plan, machines)
    return [
        _together([whole.share(number) for number in numbers_of(at, plan.workers)]) for at in range(machines)
    ]


def numbers_of(machine: int, processes: int) -> range:
    """Which workers of the whole load a machine has, so that the beginnings of an open loop interleave."""
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
    """What came of each of several backends, of the machines that reported their end."""
    if not plan.others:
        return ()
    none = [BackendLoad(target) for target in plan.targets]  # in their order, though nobody told of one
    return by_backend([none, *(list(map(BackendLoad.from_plain, end["backends"])) for end in ends)])


def merged(plan: LoadPlan, parts: Sequence[Part], course: Course, *, interrupted: bool) -> Load:
    """The load that some parts make: counts and histograms are added, percentiles never averaged.

    :param plan: as it was asked for; ``workers`` are those of each machine.
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
