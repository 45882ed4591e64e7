"""Medians with intervals that assume no distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

#: The coverage of every interval that tlsbench prints.
CONFIDENCE = 0.95
#: Autocorrelation is not estimated from fewer values than this.
_LEAST_DEPENDENT = 12
#: Autocorrelations are summed up to this factor times the cube root of the number of values, in lags.
_LAGS = 1.5


@dataclass(frozen=True, slots=True)
class Interval:
    """A median and the interval that covers the true one with probability :data:`CONFIDENCE`.

    With fewer than six values no such interval exists: its bounds are then infinite.
    """

    low: float
    median: float
    high: float

    @property
    def relative_half_width(self) -> float:
        """Half the interval's width over the median: 0.02 means "± 2 %"; infinite if there is no interval."""
        if not math.isfinite(self.high - self.low) or self.median <= 0:
            return math.inf
        return (self.high - self.low) / 2 / self.median


def present(values: Sequence[float] | Array) -> Array:
    """The values other than NaN, which stands for a round without a figure."""
    found: Array = np.asarray(values, dtype=float)
    return np.extract(~np.isnan(found), found)


def median_interval(values: Sequence[float]) -> Interval:
    """The median and its distribution-free interval from order statistics.

    The interval is ``[x(k), x(n+1-k)]`` with the largest k whose coverage, by the binomial
    distribution of the values below the true median, is at least :data:`CONFIDENCE`
    (H. A. David and H. N. Nagaraja, Order Statistics, 3rd ed., section 7.1).

    :param values: must be independent for the coverage to hold; NaN is left out, and without values the
        median is NaN.
    """
    return _of_ranks(known := present(values), _rank(len(known)))


def rounds_interval(values: Sequence[float]) -> Interval:
    """The median of a time series with its interval, allowing for autocorrelation.

    Like :func:`median_interval`, but the ranks are further apart by the square root of the factor by which
    the autocorrelation of the signs ("above or below the median") inflates the variance of their sum (P.
    Heidelberger and P. A. W. Lewis, Operations Research 32 (1984) 185), estimated with Bartlett weights.

    :param values: in the order of measurement; NaN is left out.
    """
    known = present(values)
    rank = _rank(len(known))
    half = len(known) / 2
    return _of_ranks(known, min(rank, math.floor(half - (half - rank) * math.sqrt(_inflation(known)))))


def paired_ratio(values: Sequence[float], baseline: Sequence[float]) -> Interval:
    """The median of the ratios of values measured in the same rounds, with its interval.

    What slows a whole round cancels in its ratio, so a drifting machine does not widen the interval.

    :param baseline: as many values as ``values``, all above zero; rounds in which either is NaN are left out.
    """
    return rounds_interval(np.asarray(values, dtype=float) / np.asarray(baseline, dtype=float))


def _of_ranks(values: Array, rank: int) -> Interval:
    if not len(values):
        return Interval(-math.inf, math.nan, math.inf)
    ordered = np.sort(values)
    low, high = (ordered[rank - 1], ordered[-rank]) if rank > 0 else (-math.inf, math.inf)
    return Interval(float(low), float(np.median(ordered)), float(high))


def _inflation(values: Array) -> float:
    """The factor, at least 1, by which dependence inflates the variance of the count below the median."""
    count = len(values)
    if count < _LEAST_DEPENDENT:
        return 1.0
    signs = np.sign(values - np.median(values))
    variance = float(signs @ signs)
    if not variance:
        return 1.0
    lags = math.ceil(_LAGS * count ** (1 / 3))
    correlations = [float(signs[lag:] @ signs[:-lag]) / variance for lag in range(1, lags + 1)]
    weights = [1 - lag / (lags + 1) for lag in range(1, lags + 1)]
    return max(1.0, 1 + 2 * math.fsum(map(math.prod, zip(weights, correlations, strict=True))))


@lru_cache(maxsize=1024)
def _rank(count: int) -> int:
    """The largest k with P(fewer than k of ``count`` values below the median) <= 2.5 %, or 0."""
    from scipy.special import bdtr  # scipy is slow to import: only when needed

    tail = (1 - CONFIDENCE) / 2
    low, high = 0, count // 2
    while low < high:
        middle = (low + high + 1) // 2
        if bdtr(middle - 1, count, 0.5) <= tail:
            low = middle
        else:
            high = middle - 1
    return low
