"""Comparing two sets of samples that were not taken together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlsbench.stats.intervals import CONFIDENCE, Interval, present

#: Samples are grouped into at most this many blocks: consecutive samples are correlated, blocks hardly so.
_BLOCKS = 30


@dataclass(frozen=True, slots=True)
class Comparison:
    """The ratio new over base, and the probability of ranks at least as uneven if nothing had changed."""

    ratio: Interval
    p_value: float
    blocks: int


def compare(base: Sequence[float], new: Sequence[float]) -> Comparison:
    """Compare two sets of times, each in the order of measurement.

    The ratio is the Hodges-Lehmann estimator on logarithms: the median of the ratios of every new block to
    every base block, with the interval from inverting the Mann-Whitney test (J. L. Hodges and E. L. Lehmann,
    Ann. Math. Statist. 34, 1963; M. Hollander et al., Nonparametric Statistical Methods, 3rd ed.,
    sections 4.2 and 4.3). The p-value is that of the two-sided Mann-Whitney test (scipy).

    :param base: times above zero, at least one that is not NaN; fewer than four leave the interval infinite.
    :param new: the same.
    """
    from scipy.stats import mannwhitneyu, norm

    ours, theirs = _blocked(new), _blocked(base)
    shifts = np.sort(np.subtract.outer(ours, theirs), axis=None)
    spread = math.sqrt(len(ours) * len(theirs) * (len(ours) + len(theirs) + 1) / 12)
    quantile = float(norm.ppf((1 + CONFIDENCE) / 2))
    rank = math.floor(len(shifts) / 2 - quantile * spread)
    low, high = (shifts[rank - 1], shifts[-rank]) if rank >= 1 else (-math.inf, math.inf)
    ratio = Interval(math.exp(low), math.exp(float(np.median(shifts))), math.exp(high))
    p_value = float(mannwhitneyu(ours, theirs, alternative="two-sided").pvalue)
    # If all values are equal, scipy 1.17 returns NaN, older versions 1.
    return Comparison(ratio, 1.0 if math.isnan(p_value) else p_value, min(len(ours), len(theirs)))


def compare_counts(base: Sequence[float], new: Sequence[float]) -> Comparison:
    """Compare repeated counts by their ranges, as they vary by next to nothing.

    The interval spans the smallest to the largest ratio that the repetitions allow; the p-value is 0 if the
    ranges are disjoint, and 1 if they touch.

    :param base: counts above zero, at least one.
    :param new: the same.
    """
    ratio = Interval(
        min(new) / max(base), float(np.median(new)) / float(np.median(base)), max(new) / min(base)
    )
    apart = min(new) > max(base) or max(new) < min(base)
    return Comparison(ratio, 0.0 if apart else 1.0, min(len(base), len(new)))


def adjusted(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for multiple testing by Benjamini and Hochberg (scipy)."""
    from scipy.stats import false_discovery_control

    return [float(p) for p in false_discovery_control(p_values)] if p_values else []


def geometric_mean(ratios: Sequence[float]) -> float:
    """The geometric mean, the only mean of ratios that does not depend on the choice of base.

    P. J. Fleming and J. J. Wallace, Comm. ACM 29 (1986) 218.
    """
    return math.exp(math.fsum(map(math.log, ratios)) / len(ratios))


def _blocked(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    logs = np.log(present(values))
    blocks = np.array_split(logs, min(_BLOCKS, len(logs)))
    return np.array([float(np.median(block)) for block in blocks])
