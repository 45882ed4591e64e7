"""Steps in a series of runs: where its level changed for good, and where it only scatters.

Each run was compared with the first, and the ratio has an interval (:mod:`tlsbench.stats.between`). Between
two runs that interval alone decides. Over many runs it finds too little and too much: too little, because the
runs on either side of a change support each other; too much, because every additional run adds a place where
chance may look like a change. So the series is partitioned to minimise the weighted squares of the deviations
from the means of its parts, plus a penalty for each cut (optimal partitioning: B. Jackson et al., IEEE Signal
Processing Letters 12 (2005) 105). The penalty is the square of the quantile at the level of one place, with
5 % shared among all places examined (Bonferroni): then no cut remains whose two parts differ by less than an
interval of that level allows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tlsbench.stats.intervals import CONFIDENCE, Array, Interval
from tlsbench.stats.noise import is_difference

#: The credible half-widths of logarithms; a ratio without an interval gets the maximum, and almost no weight.
_LEAST: Final = 1e-4
_MOST: Final = 10.0
#: The part of a floor that remains however many runs there are (docs/report.md says what it was tested on).
_LASTING: Final = 0.5
#: The scatter of neighbours is estimated from at least this many runs: with fewer, steps could be half of it.
_LEAST_SCATTER: Final = 8
#: The median absolute deviation of a normal distribution, in standard deviations.
_MEDIAN_DEVIATION: Final = 0.6745
#: Its efficiency (P. J. Rousseeuw and C. Croux, J. Am. Stat. Assoc. 88 (1993) 1273), which reduces its
#: degrees of freedom.
_EFFICIENCY: Final = 0.37


@dataclass(frozen=True, slots=True)
class Step:
    """A change of level.

    :param at: the index of the first run after it.
    :param ratio: the mean level after it, up to the next step, over that before it, with an interval that
        widens with the number of places examined.
    """

    at: int
    ratio: Interval


def steps(ratios: Sequence[Interval], floors: Sequence[float], looks: int) -> list[Step]:
    """The steps of a series.

    Half of the variance of the ratio of two runs is attributed to each, so that for two runs the answer is
    that of their comparison: does its interval exclude one, and does its median exceed the floor? The error
    of the mean of several runs falls with the root of their number. If neighbours scatter more than their
    intervals suggest, the intervals are widened accordingly. A step must also exceed the median floor of its
    runs, which shrinks with their number but never to less than half: what the runs of a week have in common
    does not average out.

    :param ratios: of each run to the first, in chronological order, with 95 % intervals; the first is one.
    :param floors: for each run, the difference below which no step is reported, as a fraction.
    :param looks: the number of places examined in all, in this series and those examined with it.
    """
    if len(ratios) < 2:
        return []
    logs = np.array([math.log(ratio.median) for ratio in ratios])
    variances = _variances(ratios)
    scatter = _scatter(logs, variances)
    variances *= scatter
    quantile = _quantile(looks, _EFFICIENCY * (len(logs) - 1) if scatter > 1 else math.inf)
    cuts = _partition(logs, variances, quantile**2)
    while True:
        found = [
            (
                _step(logs, variances, quantile, bounds),
                _floor(floors, bounds),
            )
            for bounds in zip([0, *cuts], cuts, [*cuts[1:], len(logs)], strict=False)
        ]
        weak = [one for one in found if not is_difference(one[0].ratio, one[1])]
        if not weak:
            return [step for step, _ in found]
        cuts.remove(min(weak, key=lambda one: abs(math.log(one[0].ratio.median)))[0].at)


def _floor(floors: Sequence[float], bounds: tuple[int, int, int]) -> float:
    """The difference below which no step is reported; for two runs that of their comparison."""
    begin, at, end = bounds
    of_means = math.sqrt((1 / (at - begin) + 1 / (end - at)) / 2)
    return float(np.median(floors[max(1, begin) : end])) * max(_LASTING, of_means)


def _quantile(looks: int, freedom: float = math.inf) -> float:
    """The quantile for intervals that cover the truth at all of ``looks`` places simultaneously.

    :param freedom: degrees of freedom if the scatter was estimated; infinite if not.
    """
    from scipy.special import ndtri, stdtrit  # scipy is slow to import: only when needed

    level = 1 - (1 - CONFIDENCE) / 2 / max(1, looks)
    return float(ndtri(level) if math.isinf(freedom) else stdtrit(freedom, level))


def _variances(ratios: Sequence[Interval]) -> Array:
    """The variance of each run itself; for the first run, the median of the others'."""
    halves = [math.log(one.high / one.low) / 2 if _is_finite(one) else _MOST for one in ratios[1:]]
    own = (np.clip(halves, _LEAST, _MOST) / _quantile(1)) ** 2 / 2
    return np.array([float(np.median(own)), *own])


def _is_finite(ratio: Interval) -> bool:
    return ratio.low > 0 and math.isfinite(ratio.high)


def _scatter(logs: Array, variances: Array) -> float:
    """The factor, at least 1, by which the neighbours' squared differences exceed their variances.

    It uses the median, so that steps, which are few, do not count.
    """
    if len(logs) < _LEAST_SCATTER:
        return 1.0
    off = np.abs(np.diff(logs)) / np.sqrt(variances[1:] + variances[:-1])
    return max(1.0, (float(np.median(off)) / _MEDIAN_DEVIATION) ** 2)


def _partition(logs: Array, variances: Array, penalty: float) -> list[int]:
    """The starts of the parts, except the first, that minimise squares plus penalties."""
    weights = 1 / variances
    of_weights, of_logs, of_squares = (
        np.concatenate([[0.0], np.cumsum(values)]) for values in (weights, weights * logs, weights * logs**2)
    )
    least = [-penalty]
    begins = []
    for end in range(1, len(logs) + 1):
        squares = of_squares[end] - of_squares[:end]
        explained = (of_logs[end] - of_logs[:end]) ** 2 / (of_weights[end] - of_weights[:end])
        whole = np.array(least) + squares - explained + penalty
        begins.append(int(np.argmin(whole)))
        least.append(float(whole[begins[-1]]))
    cuts = []
    at = begins[-1]
    while at > 0:
        cuts.append(at)
        at = begins[at - 1]
    return cuts[::-1]


def _step(logs: Array, variances: Array, quantile: float, bounds: tuple[int, int, int]) -> Step:
    begin, at, end = bounds
    weights = 1 / variances
    (before, of_before), (after, of_after) = (
        (float(np.average(logs[of], weights=weights[of])), float(weights[of].sum()))
        for of in (slice(begin, at), slice(at, end))
    )
    half = quantile * math.sqrt(1 / of_before + 1 / of_after)
    log = after - before
    return Step(at, Interval(math.exp(log - half), math.exp(log), math.exp(log + half)))
