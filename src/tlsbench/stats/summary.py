"""What is said of one time of one cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlsbench.stats.intervals import Interval, median_interval


@dataclass(frozen=True, slots=True)
class Summary:
    """One time of one cell, in nanoseconds for each operation.

    Samples of one round lie close together and share what the machine did just then, so they are
    not independent; the median and its interval are those of the rounds' medians. ``p90`` and
    ``p99`` are over all samples. A round without samples has the median NaN, so that rounds stay aligned.
    """

    interval: Interval
    p90: float
    p99: float
    round_medians: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median in nanoseconds."""
        return self.interval.median


def summarise(rounds: Sequence[Sequence[float]]) -> Summary:
    """Sum up the samples of the rounds of a cell, of which at least one has some."""
    medians = tuple(float(np.median(samples)) if len(samples) else math.nan for samples in rounds)
    p90, p99 = np.percentile(np.concatenate([np.asarray(samples) for samples in rounds]), (90, 99))
    return Summary(median_interval(medians), float(p90), float(p99), medians)
