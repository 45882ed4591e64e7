"""The pace of a run: how slow the machine was in each round, as a control variate for its cells.

A machine that slows down in a round slows down every cell of that round. The times of the *other* cells thus
explain much of the scatter of a cell's rounds, and what is explained need not widen its interval: the method
of control variates (S. S. Lavenberg and P. D. Welch, Management Science 27 (1981) 322; R. Y. Rubinstein and
R. Marcus, Operations Research 33 (1985) 661).

The true mean of the pace is unknown, since it differs from run to run. So the result is the cell's time *at
the middle pace of this run*, with the interval of that. It does not predict the next run: that is what
comparisons between runs are for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from tlsbench.stats.intervals import Array

#: A round has a pace only if at least this many other cells have it: with fewer, it would be mere noise.
_LEAST_OTHERS: Final = 3
#: With fewer rounds the slope itself is noise.
_LEAST_ROUNDS: Final = 12
#: Deviations are clipped at this many standard deviations, robustly estimated, before the slope is fitted.
_CUT: Final = 3.0
#: The ratio of a normal distribution's standard deviation to its median absolute deviation.
_OF_NORMAL: Final = 1.4826
#: The maximum slope (the minimum is 0): more than twice the others' sensitivity to the pace is a bad fit.
_STEEPEST: Final = 2.0


def paces(rounds: Sequence[Sequence[float]]) -> Array:
    """The pace of each round for each cell, as the logarithm of a factor, judged by the other cells.

    It is the median, over the other cells that have the round, of the logarithm of the ratio of their time in
    the round to their own median. The cell's own deviation is excluded, or it would explain itself.

    :param rounds: for each cell the medians of its rounds, aligned; NaN for missing ones. Every cell
        measured in these rounds helps, whatever it measures.
    :returns: an array of the same shape; NaN in rounds that fewer than three other cells have.
    """
    values = np.asarray(rounds, dtype=float)
    known = values > 0  # False for NaN
    logs = np.log(values, out=np.full(values.shape, np.nan), where=known)
    own = np.array(
        [[np.median(row[has])] if has.any() else [0.0] for row, has in zip(logs, known, strict=True)]
    )
    return _median_of_others(logs - own)


def at_middle_pace(
    values: Sequence[float], pace: Sequence[float], *, aligned: bool = False
) -> Sequence[float]:
    """A cell's rounds as they would have been at the middle pace of the run.

    The slope of the cell's logarithms over the pace is fitted by least squares, after deviations of more than
    three standard deviations have been clipped, and the explained part is subtracted. The middle is the mean
    of the middle half of the paces, which is not moved by a few slow rounds and is less sensitive than the
    median to the noise of single rounds.

    :param values: the medians of its rounds; NaN for missing ones.
    :param pace: of the same rounds, from :func:`paces`.
    :param aligned: whether to keep omitted rounds as NaN.
    :returns: the rounds for which both are known; the values themselves, without NaN, if these are fewer than
        twelve, or if a value is not above zero.
    """
    own, shared = np.asarray(values, dtype=float), np.asarray(pace, dtype=float)
    both = np.isfinite(own) & np.isfinite(shared) if own.shape == shared.shape else np.zeros(0, dtype=bool)
    if both.sum() < _LEAST_ROUNDS or np.any(own[both] <= 0):
        steady = np.where(np.isfinite(own), own, np.nan)
    else:
        logs, shared = np.log(own[both]), shared[both]
        slope = _slope(_cut(shared), _cut(logs))
        steady = np.full(own.shape, np.nan)
        steady[both] = np.exp(logs - slope * (shared - middle(shared)))
    return [float(value) for value in (steady if aligned else steady[np.isfinite(steady)])]


def _median_of_others(values: Array) -> Array:
    """For each entry the median of the others in its column; NaN if there are too few."""
    order = np.argsort(values, axis=0)  # NaN is last
    ordered = np.take_along_axis(values, order, axis=0)
    places = np.argsort(order, axis=0)
    known = np.isfinite(values)
    others = known.sum(axis=0) - known

    def at(place: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Array:
        beyond_own = place + (known & (place >= places))
        found: Array = np.take_along_axis(ordered, np.clip(beyond_own, 0, len(values) - 1), axis=0)
        return found

    medians = (at((others - 1) // 2) + at(others // 2)) / 2
    medians[others < _LEAST_OTHERS] = np.nan
    return medians


def _cut(values: Array) -> Array:
    deviations = values - np.median(values)
    most = _CUT * _OF_NORMAL * float(np.median(np.abs(deviations)))
    return np.clip(deviations, -most, most) if most else deviations


def _slope(x: Array, y: Array) -> float:
    spread = float(x @ x)
    return min(max(float(x @ y) / spread, 0.0), _STEEPEST) if spread > 0 else 0.0


def middle(pace: Array) -> float:
    """The mean of the middle half of the paces."""
    low, high = np.quantile(pace, (0.25, 0.75))
    return float(pace[(pace >= low) & (pace <= high)].mean())
