"""The noise floor: the smallest difference that can be detected, measured on equals.

Two cells of one and the same scenario (an A/A pair) differ by nothing; what a run finds between them all
the same, where their memory happened to lie among other things, is what it would find between any two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from tlsbench.stats.intervals import Interval, paired_ratio, present

#: Long enough that an episode of a second or two, which no median of the run feels, does not count.
_STRETCHES = 4
#: A larger floor hides differences that people look for: then it is said how many.
LARGE_FLOOR = 0.05


def noise_floor(equals: Sequence[Sequence[float]]) -> float:
    """The floor as a fraction: 0.01 says that less than one percent may be nothing.

    It is the largest deviation from one that the 95 % intervals of the ratios of the pairs hold.

    :param equals: the rounds' medians of two or more cells of one scenario, of equal length.
    :returns: infinity if there are too few rounds to tell.
    """
    return max(
        (deviation(paired_ratio(ours, theirs)) for ours, theirs in combinations(equals, 2)), default=math.inf
    )


def deviation(ratio: Interval) -> float:
    """How far from one a ratio may be, whichever way: 0.05 for an interval of 0.98 to 1.05."""
    if ratio.low <= 0 or not math.isfinite(ratio.high):
        return math.inf
    return max(ratio.high, 1 / ratio.low, 1.0) - 1


def is_difference(ratio: Interval, floor: float) -> bool:
    """Whether a ratio is called a difference: its interval leaves one out, and its median the floor."""
    outside = ratio.low > 1 or ratio.high < 1
    return outside and max(ratio.median, 1 / ratio.median) - 1 > floor


def drift(rounds: Sequence[Sequence[float]]) -> float:
    """How far the whole machine wandered during a run, as a fraction.

    In each round every cell is compared with its own median; the middle of these ratios is the machine's
    pace then. The paces are folded into four stretches of time, so that short episodes do not count, and
    half of the range between the slowest and the fastest stretch is returned. That is a rule of thumb for how
    far two runs may be apart: the number of stretches was chosen by looking at a handful of runs.

    :param rounds: for each cell its rounds' medians, all of equal length; NaN where a round has none.
    :returns: 0 if there is nothing to go by.
    """
    logs = np.log([row for row in np.asarray(rounds, dtype=float) if len(present(row))])
    if not len(logs):
        return 0.0
    relative = logs - np.nanmedian(logs, axis=1, keepdims=True)
    pace = np.nanmedian(relative[:, ~np.isnan(relative).all(axis=0)], axis=0)
    stretches = [float(np.median(part)) for part in np.array_split(pace, min(_STRETCHES, len(pace)))]
    return math.exp((max(stretches) - min(stretches)) / 2) - 1
