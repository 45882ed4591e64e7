"""Comparing two sides that were sampled together, in epochs.

An epoch is a short run for which everything is created anew: connections, contexts, memory, and worker
processes if there are any. The cost that happens to result from memory addresses thus varies from epoch to
epoch like any other noise, and the epochs are the independent samples (T. Kalibera and R. Jones, Rigorous
Benchmarking in Reasonable Time, ISMM 2013: repeat at the highest level that varies).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlsbench.stats.intervals import Interval, median_interval, present
from tlsbench.stats.noise import deviation, is_difference
from tlsbench.stats.unpaired import compare_counts


@dataclass(frozen=True, slots=True)
class Epoch:
    """The rounds of one epoch: for each round the medians of two cells of each side, in nanoseconds.

    NaN stands for a round without samples, which is left out of the ratios.
    """

    a: Sequence[float]
    a_again: Sequence[float]
    b: Sequence[float]
    b_again: Sequence[float]

    @property
    def log_ratio(self) -> float:
        """The logarithm of b over a: the median over rounds of the geometric means of each side."""
        a, a_again, b, b_again = (
            np.log(np.asarray(one)) for one in (self.a, self.a_again, self.b, self.b_again)
        )
        return _median((b + b_again) / 2 - (a + a_again) / 2)

    @property
    def log_ratios_of_equals(self) -> tuple[float, float]:
        """The same for each side over itself: A/A and B/B, which differ only by noise."""
        return (
            _median(np.log(np.asarray(self.a_again) / np.asarray(self.a))),
            _median(np.log(np.asarray(self.b_again) / np.asarray(self.b))),
        )


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """The result of a duel.

    :param ratio: the time of b over that of a, with its 95 % interval.
    :param floor: the noise floor from the A/A and B/B cells, as a fraction.
    :param epochs: the number of epochs; fewer than six give no interval.
    """

    ratio: Interval
    floor: float
    epochs: int

    @property
    def verdict(self) -> str:
        """Whether b is ``"faster"`` or ``"slower"`` than a, or ``"~"``."""
        if not is_difference(self.ratio, self.floor):
            return "~"
        return "slower" if self.ratio.median > 1 else "faster"


def compare_paired(epochs: Sequence[Epoch]) -> PairedComparison:
    """Summarise the epochs of a duel; at least one."""
    ratio = _exponential(median_interval([epoch.log_ratio for epoch in epochs]))
    equals = [log_ratio for epoch in epochs for log_ratio in epoch.log_ratios_of_equals]
    floor = deviation(_exponential(median_interval(equals)))
    return PairedComparison(ratio, floor, len(epochs))


def compare_paired_counts(a: Sequence[float], b: Sequence[float]) -> PairedComparison:
    """Summarise a duel of repeated counts; the floor is the larger of the two sides' ranges."""
    floor = max(max(side) / min(side) - 1 for side in (a, b))
    return PairedComparison(compare_counts(a, b).ratio, floor, min(len(a), len(b)))


def _median(values: np.ndarray) -> float:
    """The median of the values that are not NaN; NaN if there are none."""
    found = present(values)
    return float(np.median(found)) if len(found) else math.nan


def _exponential(logs: Interval) -> Interval:
    return Interval(math.exp(logs.low), math.exp(logs.median), math.exp(logs.high))
