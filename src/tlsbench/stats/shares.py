"""Quantiles and shares with intervals that assume no distribution."""

from __future__ import annotations

import math

from tlsbench.stats.intervals import CONFIDENCE, Interval

_TAIL = (1 - CONFIDENCE) / 2


def quantile_ranks(count: int, share: float) -> tuple[int, int]:
    """The ranks, from 1 on, of the values between which a quantile lies with probability :data:`CONFIDENCE`.

    By the binomial distribution of the values below it (H. A. David and H. N. Nagaraja, Order Statistics,
    3rd ed., section 7.1). Where there are too few values, the lower rank is 0 or the upper ``count + 1``: no
    value has it.

    :param count: of independent values.
    :param share: which quantile, such as 0.99.
    """
    from scipy.stats import binom  # scipy takes its time to import: only when it is needed

    low = int(binom.ppf(_TAIL, count, share))
    while low and binom.cdf(low - 1, count, share) > _TAIL:
        low -= 1
    high = int(binom.ppf(1 - _TAIL, count, share)) + 1
    return low, min(high, count + 1)


def share_interval(found: int, of: int) -> Interval:
    """A share with its interval, by C. J. Clopper and E. S. Pearson (Biometrika 26, 1934): never too narrow.

    :param found: how many of ``of`` independent ones.
    """
    if not of:
        return Interval(0.0, math.nan, 1.0)
    from scipy.stats import binomtest

    interval = binomtest(found, of).proportion_ci(CONFIDENCE, method="exact")
    return Interval(float(interval.low), found / of, float(interval.high))
