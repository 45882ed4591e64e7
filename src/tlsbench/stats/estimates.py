"""Figures computed from medians, with intervals: the bootstrap carries them through any arithmetic.

In addition to its value, an estimate has draws: what the figure would have been if other rounds had been
measured. The rounds are resampled with replacement (B. Efron and R. J. Tibshirani, An Introduction to the
Bootstrap, 1993, chapters 6 and 13), **the same rounds in all cells of a run**, since what slows a round slows
all its cells: what they share adds up in sums and cancels in ratios. Arithmetic on estimates is arithmetic on
each draw; the interval is given by the percentiles of the draws.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tlsbench.stats.intervals import CONFIDENCE, Array, Interval, present

#: Draws of an estimate: the bounds of its interval then vary by some 3 % of its width.
DRAWS: Final = 2000
#: With fewer rounds there is no interval, as in :func:`tlsbench.stats.median_interval`.
_LEAST_ROUNDS: Final = 6
_SEED: Final = 20261129


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A figure and its draws, which contain NaN if it has no interval."""

    value: float
    draws: Array

    @classmethod
    def exact(cls, value: float) -> Estimate:
        """An estimate of a figure that is known exactly, such as a setting."""
        return cls(value, np.full(DRAWS, value))

    def __add__(self, other: Estimate | float) -> Estimate:
        if not isinstance(other, Estimate):
            return Estimate(self.value + other, self.draws + other)
        return Estimate(self.value + other.value, self.draws + other.draws)

    def __mul__(self, other: Estimate | float) -> Estimate:
        if not isinstance(other, Estimate):
            return Estimate(self.value * other, self.draws * other)
        return Estimate(self.value * other.value, self.draws * other.draws)

    def __truediv__(self, other: Estimate | float) -> Estimate:
        if not isinstance(other, Estimate):
            return Estimate(self.value / other, self.draws / other)
        return Estimate(self.value / other.value, self.draws / other.draws)

    @property
    def interval(self) -> Interval:
        """The figure with its 95 % interval, from minus to plus infinity if it has none."""
        if not np.isfinite(self.draws).all():
            return Interval(-math.inf, self.value, math.inf)
        low, high = np.quantile(self.draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        return Interval(min(float(low), self.value), self.value, max(float(high), self.value))


def estimates(rounds: Sequence[Sequence[float]], values: Sequence[float]) -> list[Estimate]:
    """Estimates of medians that were measured together, from one set of resampled rounds.

    A draw scales the value by the ratio of the median of the drawn rounds to that of all rounds, so that
    corrections of the value for the pace of the run are kept.

    :param rounds: for each figure the medians of its rounds, in order; NaN for missing ones. Figures share
        the drawn rounds only if they have the same number of rounds.
    :param values: the reported medians.
    """
    drawn = np.random.default_rng(_SEED)
    chosen: dict[int, np.ndarray[tuple[int, ...], np.dtype[np.int64]]] = {}
    found = []
    for figures, value in zip(rounds, values, strict=True):
        known = np.asarray(figures, dtype=float)
        count = len(known)
        middle = float(np.median(present(known))) if len(present(known)) else math.nan
        if len(present(known)) < _LEAST_ROUNDS or not middle:
            found.append(Estimate(value, np.full(DRAWS, math.nan)))
            continue
        if count not in chosen:
            chosen[count] = drawn.integers(0, count, (DRAWS, count))
        medians = _medians(known[chosen[count]])
        found.append(Estimate(value, value * medians / middle))
    return found


def mean_estimate(values: Sequence[float]) -> Estimate:
    """The estimate of the mean of independent values."""
    known = np.asarray(values, dtype=float)
    if len(known) < _LEAST_ROUNDS:
        return Estimate(float(known.mean()), np.full(DRAWS, math.nan))
    drawn = np.random.default_rng(_SEED).integers(0, len(known), (DRAWS, len(known)))
    return Estimate(float(known.mean()), known[drawn].mean(axis=1))


def _medians(drawn: Array) -> Array:
    """The median of each row, ignoring NaN; for a row of only NaN that of all rows."""
    held = ~np.isnan(drawn).all(axis=1)
    medians = np.empty(len(drawn))
    medians[held] = np.nanmedian(drawn[held], axis=1)
    medians[~held] = np.nanmedian(drawn)
    return medians
