"""The noise floor: the smallest difference that can be detected, measured on equals.

Two cells of the same scenario (an A/A pair) do not differ. Any difference that a run nevertheless finds
between them, due to their memory addresses for example, it could find between any two cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from tlsbench.stats.intervals import Interval, paired_ratio, present

#: Each stretch outlasts episodes of a second or two, which do not move the run's medians and must not count.
_STRETCHES = 4
#: A larger floor hides differences that users look for; reports then say how many.
LARGE_FLOOR = 0.05


def noise_floor(equals: Sequence[Sequence[float]]) -> float:
    """The floor as a fraction: 0.01 means that a difference below one percent may be noise.

    It is the largest deviation from one that the 95 % intervals of the pairs' ratios contain.

    :param equals: the rounds' medians of two or more cells of one scenario, of equal length.
    :returns: infinity if there are too few rounds.
    """
    return max(
        (deviation(paired_ratio(ours, theirs)) for ours, theirs in combinations(equals, 2)), default=math.inf
    )


def deviation(ratio: Interval) -> float:
    """How far from one a ratio may be, in either direction: 0.05 for an interval of 0.98 to 1.05."""
    if ratio.low <= 0 or not math.isfinite(ratio.high):
        return math.inf
    return max(ratio.high, 1 / ratio.low, 1.0) - 1


def is_difference(ratio: Interval, floor: float) -> bool:
    """Whether a ratio counts as a difference: its interval excludes one, and its median exceeds the floor."""
    outside = ratio.low > 1 or ratio.high < 1
    return outside and max(ratio.median, 1 / ratio.median) - 1 > floor


def drift(rounds: Sequence[Sequence[float]]) -> float:
    """How far the pace of the whole machine drifted during a run, as a fraction.

    In each round every cell is compared with its own median; the median of these ratios is the machine's
    pace in that round. The paces are grouped into four stretches of time, so that short episodes do not
    count, and half the range between the slowest and the fastest stretch is returned. This is a rule of thumb
    for how far apart two runs may be; the number of stretches was chosen from a handful of runs.

    :param rounds: for each cell its rounds' medians, all of equal length; NaN for missing ones.
    :returns: 0 if there are no figures.
    """
    logs = np.log([row for row in np.asarray(rounds, dtype=float) if len(present(row))])
    if not len(logs):
        return 0.0
    relative = logs - np.nanmedian(logs, axis=1, keepdims=True)
    pace = np.nanmedian(relative[:, ~np.isnan(relative).all(axis=0)], axis=0)
    stretches = [float(np.median(part)) for part in np.array_split(pace, min(_STRETCHES, len(pace)))]
    return math.exp((max(stretches) - min(stretches)) / 2) - 1
