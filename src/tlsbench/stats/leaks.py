"""Whether an operation's timing depends on its input: two kinds of input, and the times of single calls.

After O. Reparaz, J. Balasch and I. Verbauwhede, Dude, is my code constant time? (DATE 2017): calls with
inputs of two classes in random order, Welch's t-test (B. L. Welch, Biometrika 34, 1947, 28) on their times,
and the same without the tails, where effects unrelated to the operation appear. Two changes:

- The tails are cut by Yuen's trimmed t-test (K. K. Yuen, Biometrika 61, 1974, 165), at each class's own
  quantiles: a common threshold would cut off more of the slower class, and the difference with it.
- A t beyond the threshold is not enough. Each class is measured twice, in epochs for which everything is
  created anew, as in a duel (:mod:`tlsbench.stats.paired`): the address of an input affects the time too,
  and differs between two sets of equal inputs. A difference must exceed that between such sets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tlsbench.stats.intervals import Array, Interval, median_interval

#: The |t| above which the classes differ, as in Reparaz et al.: p < 7e-6, which allows for trying several
#: t-tests.
LEAST_T: Final = 4.5
#: The p-value over epochs, which are few, below which they differ: one in a thousand checks of constant-time
#: code gives a false alarm.
MOST_P: Final = 1e-3
#: The trims to try: the shares that are cut off at each end.
TRIMS: Final = (0.0, 0.01, 0.1, 0.25)


@dataclass(frozen=True, slots=True)
class TimedCalls:
    """The calls of one epoch: for each class the times with two sets of inputs, in nanoseconds per call."""

    a: Sequence[float]
    a_again: Sequence[float]
    b: Sequence[float]
    b_again: Sequence[float]


@dataclass(frozen=True, slots=True)
class TimingDifference:
    """The difference in time between two kinds of input.

    :param difference_ns: the time of b minus that of a: the median over epochs of the differences of
        (trimmed) means, with its 95 % interval.
    :param floor_ns: the difference between two sets of inputs of one kind, in either direction.
    :param t: Welch's (Yuen's), positive if b takes longer.
    :param p_value: of the epochs' differences, by Student's t-test against zero; the epochs are the
        independent samples.
    :param trim: the share that was cut off at each end.
    :param call_ns: the median time of a call with a, including the overhead of the clock.
    :param calls: the number of calls of both kinds together.
    :param epochs: the number of epochs; fewer than six give no interval.
    """

    difference_ns: Interval
    floor_ns: float
    t: float
    p_value: float
    trim: float
    call_ns: float
    calls: int
    epochs: int

    @property
    def is_found(self) -> bool:
        """Whether the kinds differ: by both t-tests, by the interval, and by more than the floor."""
        found = self.difference_ns
        return (
            abs(self.t) > LEAST_T
            and self.p_value < MOST_P
            and (found.low > 0 or found.high < 0)
            and abs(found.median) > self.floor_ns
        )

    @property
    def resolution_ns(self) -> float:
        """The difference above which one would have been found, judging by the interval and the floor."""
        return max(abs(self.difference_ns.low), abs(self.difference_ns.high), self.floor_ns)


def timing_difference(epochs: Sequence[TimedCalls]) -> TimingDifference:
    """Compare the calls of two kinds, by the trim with the largest |t| of those that find a difference.

    If none does, the trim with the best resolution is used.

    :param epochs: at least one, each with at least two calls of each set.
    """
    tried = [_at(trim, epochs) for trim in TRIMS]
    found = [one for one in tried if one.is_found]
    if found:
        return max(found, key=lambda one: abs(one.t))
    return min(tried, key=lambda one: one.resolution_ns)


def _at(trim: float, epochs: Sequence[TimedCalls]) -> TimingDifference:
    from scipy.stats import trim_mean, ttest_1samp, ttest_ind  # slow to import

    def less(ours: Sequence[float], theirs: Sequence[float]) -> float:
        return float(trim_mean(ours, trim) - trim_mean(theirs, trim))

    differences = [less([*one.b, *one.b_again], [*one.a, *one.a_again]) for one in epochs]
    of_equals = median_interval(
        [difference for one in epochs for difference in (less(one.a_again, one.a), less(one.b_again, one.b))]
    )
    a, b = _pooled(epochs)
    with np.errstate(all="ignore"):  # t is undefined if all times are equal
        t = float(ttest_ind(b, a, equal_var=False, trim=trim).statistic)
        p_value = float(ttest_1samp(differences, 0.0).pvalue) if len(differences) > 1 else 1.0
    return TimingDifference(
        difference_ns=median_interval(differences),
        floor_ns=max(abs(of_equals.low), abs(of_equals.high)),
        t=t if math.isfinite(t) else 0.0,
        p_value=p_value if math.isfinite(p_value) else 1.0,
        trim=trim,
        call_ns=float(np.median(np.concatenate([np.asarray(one.a) for one in epochs]))),
        calls=len(a) + len(b),
        epochs=len(epochs),
    )


def _pooled(epochs: Sequence[TimedCalls]) -> tuple[Array, Array]:
    """The calls of both kinds, each minus the median of its epoch: keys and pace differ between epochs."""
    a, b = [], []
    for one in epochs:
        ours, theirs = np.array([*one.a, *one.a_again]), np.array([*one.b, *one.b_again])
        middle = float(np.median(np.concatenate([ours, theirs])))
        a.append(ours - middle)
        b.append(theirs - middle)
    return np.concatenate(a), np.concatenate(b)
