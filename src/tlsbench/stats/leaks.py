"""Whether the time of an operation says what it was given: two kinds of input, and the times of single calls.

After O. Reparaz, J. Balasch and I. Verbauwhede, Dude, is my code constant time? (DATE 2017): calls with
inputs of two classes in random order, Welch's t-test (B. L. Welch, Biometrika 34, 1947, 28) of their times,
and the same without the tails, where other things than the operation show. Two changes:

- The tails are cut by Yuen's trimmed t-test (K. K. Yuen, Biometrika 61, 1974, 165), of each class by its own
  quantiles: a threshold that both share would cut off more of the slower class, and with that the difference.
- A t beyond the threshold is not enough. The classes are measured twice each, in epochs for which everything
  is made anew, as in a duel (:mod:`tlsbench.stats.paired`): where an input happens to lie costs time too,
  and differs between two sets of equal inputs. A difference must exceed what these differ by.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tlsbench.stats.intervals import Array, Interval, median_interval

#: From this |t| on the classes differ, as Reparaz et al. have it: p < 7e-6, so that a few t-tests may be
#: tried.
LEAST_T: Final = 4.5
#: And below this p of the epochs, of which there are few: of a thousand checks of what is constant one is
#: wrong.
MOST_P: Final = 1e-3
#: The shares that are cut off at either end, the tests that are tried.
TRIMS: Final = (0.0, 0.01, 0.1, 0.25)


@dataclass(frozen=True, slots=True)
class TimedCalls:
    """The calls of one epoch: for each class the times of two sets of inputs, in nanoseconds a call."""

    a: Sequence[float]
    a_again: Sequence[float]
    b: Sequence[float]
    b_again: Sequence[float]


@dataclass(frozen=True, slots=True)
class TimingDifference:
    """What the calls say of two kinds of input.

    :param difference_ns: the time of b less that of a: the median over epochs of the differences of (trimmed)
        means, with its 95 % interval.
    :param floor_ns: what two sets of inputs of one kind differ by, whichever way.
    :param t: Welch's (Yuen's), above zero if b takes longer.
    :param p_value: of the epochs' differences if there were none, by Student's t: epochs are what is
        independent.
    :param trim: the share that was cut off at either end.
    :param call_ns: the median time of a call of a, the clock's own cost in it.
    :param calls: how many there were of both kinds, in this many ``epochs``, and fewer than six have no
        interval.
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
        """Whether the kinds differ: by both t-tests, beyond the interval, and beyond the floor."""
        found = self.difference_ns
        return (
            abs(self.t) > LEAST_T
            and self.p_value < MOST_P
            and (found.low > 0 or found.high < 0)
            and abs(found.median) > self.floor_ns
        )

    @property
    def resolution_ns(self) -> float:
        """A larger difference would have been seen, as far as the interval and the floor can tell."""
        return max(abs(self.difference_ns.low), abs(self.difference_ns.high), self.floor_ns)


def timing_difference(epochs: Sequence[TimedCalls]) -> TimingDifference:
    """Compare the calls of two kinds: of the trims that find a difference the one with the largest |t|.

    Where none does it is the one with the best resolution.

    :param epochs: at least one, each with at least two calls of each set.
    """
    tried = [_at(trim, epochs) for trim in TRIMS]
    found = [one for one in tried if one.is_found]
    if found:
        return max(found, key=lambda one: abs(one.t))
    return min(tried, key=lambda one: one.resolution_ns)


def _at(trim: float, epochs: Sequence[TimedCalls]) -> TimingDifference:
    from scipy.stats import trim_mean, ttest_1samp, ttest_ind  # it takes its time to import

    def less(ours: Sequence[float], theirs: Sequence[float]) -> float:
        return float(trim_mean(ours, trim) - trim_mean(theirs, trim))

    differences = [less([*one.b, *one.b_again], [*one.a, *one.a_again]) for one in epochs]
    of_equals = median_interval(
        [difference for one in epochs for difference in (less(one.a_again, one.a), less(one.b_again, one.b))]
    )
    a, b = _pooled(epochs)
    with np.errstate(all="ignore"):  # of times that are all alike there is no t
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
    """The calls of both kinds, each less the median of its epoch: keys and pace differ between epochs."""
    a, b = [], []
    for one in epochs:
        ours, theirs = np.array([*one.a, *one.a_again]), np.array([*one.b, *one.b_again])
        middle = float(np.median(np.concatenate([ours, theirs])))
        a.append(ours - middle)
        b.append(theirs - middle)
    return np.concatenate(a), np.concatenate(b)
