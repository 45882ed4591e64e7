"""The summary of one time of one cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlsbench.stats.addresses import with_addresses
from tlsbench.stats.intervals import Interval, rounds_interval
from tlsbench.stats.pace import at_middle_pace


@dataclass(frozen=True, slots=True)
class Summary:
    """One time of one cell, in nanoseconds per operation.

    Samples of one round are close in time and share the machine's state, so they are not independent; the
    median and its interval are those of the rounds' medians, at the middle pace of the run if the pace is
    known (:mod:`tlsbench.stats.pace`). ``p90`` and ``p99`` are over all samples; ``round_medians`` are as
    measured, with NaN for a round without a sample.
    """

    interval: Interval
    p90: float
    p99: float
    round_medians: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median in nanoseconds."""
        return self.interval.median


def summarise(rounds: Sequence[Sequence[float]], pace: Sequence[float] = (), processes: int = 0) -> Summary:
    """Summarise the samples of a cell by round; at least one sample.

    :param pace: see :func:`middle_of`, also for ``processes``.
    """
    medians = tuple(float(np.median(samples)) if len(samples) else math.nan for samples in rounds)
    p90, p99 = np.percentile(np.concatenate([np.asarray(samples) for samples in rounds]), (90, 99))
    return Summary(middle_of(medians, pace, processes), float(p90), float(p99), medians)


def middle_of(round_medians: Sequence[float], pace: Sequence[float] = (), processes: int = 0) -> Interval:
    """The median of a cell's rounds, with its interval.

    :param round_medians: NaN for a round without a sample.
    :param pace: of these rounds, see :func:`tlsbench.stats.pace.paces`; without it the interval is of the
        rounds as measured.
    :param processes: the number of processes that took turns in sampling the rounds; the interval then
        includes the effect of memory addresses (:mod:`tlsbench.stats.addresses`). 0 leaves it out.
    """
    steady = at_middle_pace(round_medians, pace, aligned=True)
    return with_addresses(rounds_interval(steady), steady, processes)
