"""One cell while it is measured: its workload, its visits, and its samples."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from tlsbench.errors import TlsbenchError
from tlsbench.links import Ledger
from tlsbench.sampling.instruments import WALL, instrument_for
from tlsbench.scenarios import Scenario
from tlsbench.stats import paces
from tlsbench.units import NANOSECONDS
from tlsbench.workloads import Sample, Workload

#: A visit counts samples for about this long.
_VISIT_SECONDS = 0.006
_MOST_SAMPLES_PER_VISIT = 32
#: A cell runs uncounted for about this long at the start of a visit: the cells before it have evicted its
#: code and data from the caches. After an interruption the first handshake of 0.4 ms was 5 to 23 % slower
#: than uninterrupted ones, the third up to 7 %, and the fifth up to 2 %.
_REWARM_SECONDS = 0.002


@dataclass(slots=True)
class Series:
    """One cell while it is measured: samples by round, or the error that ended it.

    Round i is the same round in every series of a run; it is empty if the cell has no samples in it.
    ``set_aside`` has the disturbed samples of each round.
    """

    scenario: Scenario
    rounds: list[list[Sample]] = field(default_factory=list)
    set_aside: list[list[Sample]] = field(default_factory=list)
    error: TlsbenchError | None = None
    proof: dict[str, object] = field(default_factory=dict)
    _workload: Workload | None = None
    #: The relative half-width of the interval of the time in the libraries, when last computed.
    precision: float = math.inf
    _samples_per_visit: int = 1
    _rewarm_samples: int = 1
    _medians: list[float] = field(default_factory=list)

    @property
    def round_medians(self) -> list[float]:
        """The median per operation of the cell's main part in each round; NaN without a sample."""
        main = instrument_for(self.scenario.workload, WALL).main
        del self._medians[len(self.rounds) :]
        for visit in self.rounds[len(self._medians) :]:
            self._medians.append(median(one.of(main) for one in visit) if visit else math.nan)
        return list(self._medians)

    def medians_of(self, part: str) -> list[float]:
        """The same for any part of :data:`~tlsbench.sampling.instruments.PARTS`."""
        return [median(sample.of(part) for sample in visit) if visit else math.nan for visit in self.rounds]

    @property
    def sample_count(self) -> int:
        """Samples so far, without those that were set aside."""
        return sum(len(visit) for visit in self.rounds)

    @property
    def ledger(self) -> Ledger | None:
        """What the last sample sent; None if there is no sample."""
        last = next((visit[-1] for visit in reversed(self.rounds) if visit), None)
        return last.ledger if last is not None else None

    @property
    def disturbed_count(self) -> int:
        """Samples set aside so far."""
        return sum(len(visit) for visit in self.set_aside)

    def keep(self, visit: Sequence[Sample]) -> None:
        """Add a round, setting disturbed samples aside."""
        self.rounds.append([sample for sample in visit if not sample.disturbed])
        self.set_aside.append([sample for sample in visit if sample.disturbed])

    def drop_from(self, rounds: int) -> None:
        """Discard all but the first ``rounds`` rounds."""
        del self.rounds[rounds:]
        del self.set_aside[rounds:]

    def settle_for_disturbed(self) -> None:
        """Keep the disturbed samples if there are no others, as with long operations on a busy machine."""
        if not self.sample_count:
            self.rounds, self.set_aside = self.set_aside, self.rounds

    def make_ready(self, make: Callable[[], Workload]) -> None:
        """Make the workload."""
        self._workload = make()

    def warm_up(self, seconds: float, visit_seconds: float = _VISIT_SECONDS) -> None:
        """Run uncounted, at least two samples, and determine the number of samples per visit."""
        assert self._workload is not None
        self._workload.sample()
        began = time.perf_counter()
        samples = 0
        while samples == 0 or time.perf_counter() - began < seconds:
            self._workload.sample()
            samples += 1
        sample_seconds = (time.perf_counter() - began) / samples
        self._samples_per_visit = max(1, min(_MOST_SAMPLES_PER_VISIT, round(visit_seconds / sample_seconds)))
        self._rewarm_samples = max(1, round(_REWARM_SECONDS / sample_seconds))

    def run_once(self) -> None:
        """Take one uncounted sample."""
        assert self._workload is not None
        self._workload.sample()

    def take(self, samples: int = 0) -> list[Sample]:
        """Samples of one visit, or ``samples`` of them, after some that do not count."""
        assert self._workload is not None
        return self._workload.visit(self._rewarm_samples, samples or self._samples_per_visit)

    def visit(self) -> None:
        """Take the samples of a round, and the proof of what was measured."""
        assert self._workload is not None
        visit = self.take()
        if missing := sum(sample.disturbed for sample in visit):  # only once: the disturbance may last
            visit += self.take(missing)
        self.keep(visit)
        self.proof = dict(self._workload.proof())

    def attempt(self, step: Callable[[Series], None]) -> None:
        """Take a step, unless an earlier one failed; if it fails, only its error is kept."""
        if self.error is not None:
            return
        try:
            step(self)
        except TlsbenchError as error:
            self.error = error
            self.drop_from(0)

    def close(self) -> None:
        """Close the workload."""
        if self._workload is not None:
            self._workload.close()
            self._workload = None


def paces_of(series: Sequence[Series]) -> Sequence[Sequence[float]]:
    """The pace of the rounds for each cell, from the cells that count time, see :func:`tlsbench.stats.paces`.

    Empty for all if the numbers of rounds differ: the series were not measured together.
    """
    rounds = [one.round_medians for one in series]
    counts = {len(one) for one in rounds if one}
    if len(counts) != 1:
        return [()] * len(series)
    unknown = [math.nan] * counts.pop()
    counts_time = [instrument_for(one.scenario.workload, WALL).unit is NANOSECONDS for one in series]
    return list(
        paces([one if one and of_time else unknown for one, of_time in zip(rounds, counts_time, strict=True)])
    )
