"""Quantiles and shares with intervals that assume no distribution."""

from __future__ import annotations

import math

from tlsbench.stats.intervals import CONFIDENCE, Interval

_TAIL = (1 - CONFIDENCE) / 2


def quantile_ranks(count: int, share: float) -> tuple[int, int]:
    """The ranks, from 1, of the values that enclose a quantile with probability :data:`CONFIDENCE`.

    By the binomial distribution of the values below it (H. A. David and H. N. Nagaraja, Order Statistics,
    3rd ed., section 7.1). If there are too few values, the lower rank is 0 or the upper one ``count + 1``,
    which no value has.

    :param count: of independent values.
    :param share: the quantile, such as 0.99.
    """
    from scipy.stats import binom  # scipy is slow to import: only when needed

    low = int(binom.ppf(_TAIL, count, share))
    while low and binom.cdf(low - 1, count, share) > _TAIL:
        low -= 1
    high = int(binom.ppf(1 - _TAIL, count, share)) + 1
    return low, min(high, count + 1)


def share_interval(found: int, of: int) -> Interval:
    """A share with its conservative interval (C. J. Clopper and E. S. Pearson, Biometrika 26, 1934).

    :param found: the successes among ``of`` independent trials.
    """
    if not of:
        return Interval(0.0, math.nan, 1.0)
    from scipy.stats import binomtest

    interval = binomtest(found, of).proportion_ci(CONFIDENCE, method="exact")
    return Interval(float(interval.low), found / of, float(interval.high))
