"""Medians with intervals that assume no distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

#: The coverage of every interval that tlsbench prints.
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A median and the interval that covers the true one with probability :data:`CONFIDENCE`.

    With fewer than six values no such interval exists: it is then the whole line.
    """

    low: float
    median: float
    high: float

    @property
    def relative_half_width(self) -> float:
        """Half the interval's width over the median: 0.02 is "± 2 %"; infinite if there is none."""
        if not math.isfinite(self.high - self.low) or self.median <= 0:
            return math.inf
        return (self.high - self.low) / 2 / self.median


def present(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """The values without the gaps: NaN stands for a round without a figure."""
    array = np.asarray(values, dtype=float)
    found: np.ndarray = array[~np.isnan(array)]
    return found


def median_interval(values: Sequence[float]) -> Interval:
    """The median and its distribution-free interval from order statistics.

    The interval is ``[x(k), x(n+1-k)]`` with the largest k whose coverage, by the binomial
    distribution of the values below the true median, is at least :data:`CONFIDENCE`
    (H. A. David and H. N. Nagaraja, Order Statistics, 3rd ed., section 7.1).

    :param values: independent of each other for the coverage to hold; NaN stands for none. Without any the
        median is NaN.
    """
    ordered = np.sort(present(values))
    if not len(ordered):
        return Interval(-math.inf, math.nan, math.inf)
    rank = _rank(len(ordered))
    low, high = (ordered[rank - 1], ordered[-rank]) if rank else (-math.inf, math.inf)
    return Interval(float(low), float(np.median(ordered)), float(high))


def paired_ratio(values: Sequence[float], baseline: Sequence[float]) -> Interval:
    """The median of the ratios of values measured in the same rounds, with its interval.

    What slows a whole round cancels in its ratio, so a drifting machine widens neither. Rounds in
    which either is NaN are left out.

    :param baseline: as many values as ``values``, all above zero.
    """
    return median_interval(np.asarray(values, dtype=float) / np.asarray(baseline, dtype=float))


@lru_cache(maxsize=1024)
def _rank(count: int) -> int:
    """The largest k with P(fewer than k of ``count`` values below the median) <= 2.5 %; or 0."""
    from scipy.special import bdtr  # scipy takes its time to import: only when it is needed

    tail = (1 - CONFIDENCE) / 2
    low, high = 0, count // 2
    while low < high:
        middle = (low + high + 1) // 2
        if bdtr(middle - 1, count, 0.5) <= tail:
            low = middle
        else:
            high = middle - 1
    return low
