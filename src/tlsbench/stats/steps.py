"""Steps in a series of runs: where its level changed for good, and where it only scatters.

Each run was compared with the first, and the ratio has an interval (:mod:`tlsbench.stats.between`). Between
two runs that interval decides alone. Over many runs it decides too little and too much: too little, because
the runs on either side of a change speak together, too much, because with every run that is added there is
another place at which chance may look like a change. So the series is cut where that explains it best: the
weighted squares of what it scatters by around the means of its parts, and a penalty for each cut, are least
(optimal partitioning: B. Jackson et al., IEEE Signal Processing Letters 12 (2005) 105). The penalty is the
square of the quantile at the level of one place, 5 % shared among all places that are looked at (Bonferroni):
no cut then remains whose two parts differ by less than an interval of that level allows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from tlsbench.stats.intervals import CONFIDENCE, Interval
from tlsbench.stats.noise import is_difference

Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

#: The half widths of logarithms that are believed; a ratio without an interval has the most, and no weight.
_LEAST: Final = 1e-4
_MOST: Final = 10.0
#: The part of a floor that stays however many runs there are (docs/report.md says what it was tried on).
_LASTING: Final = 0.5
#: How far neighbours scatter is estimated from at least this many runs: of fewer, steps may be half of it.
_LEAST_SCATTER: Final = 8
#: The median absolute deviation of a normal distribution, in standard deviations.
_MEDIAN_DEVIATION: Final = 0.6745
#: Its efficiency (P. J. Rousseeuw and C. Croux, J. Am. Stat. Assoc. 88 (1993) 1273), by which it has fewer
#: degrees of freedom.
_EFFICIENCY: Final = 0.37


@dataclass(frozen=True, slots=True)
class Step:
    """A change of level.

    :param at: the place of the first run after it.
    :param ratio: the mean level after it, up to the next step, over that before it, with an interval that is
        wider the more places are looked at.
    """

    at: int
    ratio: Interval


def steps(ratios: Sequence[Interval], floors: Sequence[float], looks: int) -> list[Step]:
    """The steps of a series.

    Half of what is uncertain about the ratio of two runs is each one's own, so that of two runs the answer is
    the comparison's own: is its interval beyond one, and its median beyond the floor? The mean of several is
    surer by the root of their number. Where neighbours scatter more than their intervals say, the intervals
    are widened by that. A step must also exceed the middle floor of its runs, of which the mean of several
    leaves less, but never less than half: what the runs of a week have in common no number averages out.

    :param ratios: of each run to the first, in the order in which they were taken, with 95 % intervals; that
        of the first is one.
    :param floors: the difference below which nothing is called, as a fraction, for each.
    :param looks: how many places are looked at in all, in this series and those beside it.
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
    """The difference below which no step is called; of two runs it is that of their comparison."""
    begin, at, end = bounds
    of_means = math.sqrt((1 / (at - begin) + 1 / (end - at)) / 2)
    return float(np.median(floors[max(1, begin) : end])) * max(_LASTING, of_means)


def _quantile(looks: int, freedom: float = math.inf) -> float:
    """The quantile of an interval that holds the truth at all of this many places.

    :param freedom: degrees of freedom, where the scatter was estimated; infinite where it was not.
    """
    from scipy.special import ndtri, stdtrit  # scipy takes its time to import: only when it is needed

    level = 1 - (1 - CONFIDENCE) / 2 / max(1, looks)
    return float(ndtri(level) if math.isinf(freedom) else stdtrit(freedom, level))


def _variances(ratios: Sequence[Interval]) -> Array:
    """What is uncertain about each run itself; of the first one it is the middle of the others'."""
    halves = [math.log(one.high / one.low) / 2 if _is_finite(one) else _MOST for one in ratios[1:]]
    own = (np.clip(halves, _LEAST, _MOST) / _quantile(1)) ** 2 / 2
    return np.array([float(np.median(own)), *own])


def _is_finite(ratio: Interval) -> bool:
    return ratio.low > 0 and math.isfinite(ratio.high)


def _scatter(logs: Array, variances: Array) -> float:
    """By what factor the squares of the neighbours' differences exceed their variances; at least 1.

    By the median, so that steps, which are few, do not count.
    """
    if len(logs) < _LEAST_SCATTER:
        return 1.0
    off = np.abs(np.diff(logs)) / np.sqrt(variances[1:] + variances[:-1])
    return max(1.0, (float(np.median(off)) / _MEDIAN_DEVIATION) ** 2)


def _partition(logs: Array, variances: Array, penalty: float) -> list[int]:
    """Where the parts begin, but the first, whose squares and penalties are least."""
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
