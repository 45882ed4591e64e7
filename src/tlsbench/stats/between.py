"""Comparing two runs by references that did not change between them.

A machine's pace differs between two runs by more than the effect of most changes. The change of a reference
is the machine's; a cell's change beyond that is its own (reference genes: J. Vandesompele et al., Genome
Biology 3, 2002, research0034).

Two decisions make this sensitive enough to detect changes of a few percent. Both result from studies of 65
runs under five conditions (docs/measuring.md).

- **The fastest fifth of the rounds is compared.** A machine's other activity makes a round slower, never
  faster, and by how much depends on the operation. The fast rounds have in common that they had little
  interference. Compared this way, equal cells differed between runs by half as much as by their medians.
- **References are weighted by kind.** What slows a machine down does not slow all operations equally:
  handshakes move together, and so do arithmetic loops. So the expected move of a cell is predicted from the
  references by ordinary kriging, with a covariance that has a component for each kind and one for each cell
  (N. Cressie, Statistics for Spatial Data, 1993, section 3.2). The cell's own component stays unexplained.
  The variance is scaled by how far the references deviate from these priors, moderated as in G. K. Smyth,
  Statistical Applications in Genetics and Molecular Biology 3 (2004), article 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tlsbench.stats.intervals import CONFIDENCE, Interval, present

#: The share of the rounds that is compared: the fastest.
_FASTEST: Final = 0.2
#: The error of the fastest rounds, as a fraction of their distance from the median round: the more
#: interference a run had, the less its fastest rounds show what it would have been without.
_DOUBT: Final = 0.25
#: The minimum number of fastest rounds, and of rounds in all.
_FEWEST_FAST: Final = 3
_FEWEST_ROUNDS: Final = 5
#: The correlation between the own components of cells of one library.
_OF_LIBRARY: Final = 0.5
#: The weight of the priors, in degrees of freedom.
_PRIOR_FREEDOM: Final = 4


@dataclass(frozen=True, slots=True)
class Level:
    """The level of a cell in a run: the logarithm of its time in the fastest rounds, with its error.

    :param error: a standard deviation.
    """

    log: float
    error: float


@dataclass(frozen=True, slots=True)
class Kind:
    """How far unchanged cells of one kind move between two runs, as standard deviations of logarithms.

    :param own: each cell individually.
    :param shared: all cells of the kind together, relative to other kinds.
    """

    name: str
    own: float
    shared: float


@dataclass(frozen=True, slots=True)
class Move:
    """The levels of a cell in two runs.

    :param library: the library that it runs on; ``""`` if it shares none with other cells.
    """

    base: Level
    new: Level
    kind: Kind
    library: str = ""

    @property
    def log(self) -> float:
        """The logarithm of the ratio of its time in the new run to that in the base."""
        return self.new.log - self.base.log

    @property
    def own_variance(self) -> float:
        """The variance that it does not share with its kind: that of sampling, and its own."""
        return self.base.error**2 + self.new.error**2 + self.kind.own**2


@dataclass(frozen=True, slots=True)
class Change:
    """The change of a cell beyond that of its references.

    :param ratio: its time in the new run over that in the base, with a 95 % interval that includes what
        the references leave unexplained.
    :param unexplained: the latter as a fraction: an unchanged cell may seem to have changed by this much.
    :param p_value: the probability of a ratio at least as far from one if nothing had changed.
    """

    ratio: Interval
    unexplained: float
    p_value: float


def level(rounds: Sequence[float]) -> Level | None:
    """The level of a cell in a run: the mean of the logarithms of its fastest rounds.

    The error combines that of an expected shortfall (S. X. Chen, Journal of Financial Econometrics 6 (2008)
    87), assuming independent rounds, and a fraction of the distance of the fastest rounds from the median.

    :param rounds: the medians of its rounds, above zero; NaN for missing ones.
    :returns: None if there are fewer than five rounds, or if one is not above zero.
    """
    known = np.sort(present(rounds))
    count = len(known)
    if count < _FEWEST_ROUNDS or known[0] <= 0:
        return None
    logs = np.log(known)
    fast = max(_FEWEST_FAST, round(_FASTEST * count))
    below = np.clip(logs[fast] - logs, 0.0, None)
    fastest = float(logs[:fast].mean())
    sampling = float(below.std(ddof=1)) * math.sqrt(count) / fast
    return Level(fastest, math.hypot(sampling, _DOUBT * (float(np.median(logs)) - fastest)))


def change(cell: Move, references: Sequence[Move]) -> Change:
    """The change of a cell between two runs, beyond that of its references; at least one reference."""
    from scipy.special import stdtr, stdtrit  # scipy is slow to import: only when needed

    moves = np.array([one.log for one in references])
    precision = np.linalg.inv([[_covariance(one, other) for other in references] for one in references])
    shared = np.array([_covariance(cell, one) for one in references])
    centre = float(precision.sum(axis=0) @ moves / precision.sum())
    strays = moves - centre
    predicted = centre + float(shared @ precision @ strays)
    left = 1 - float(shared @ precision.sum(axis=0))  # the weight of the centre in the prediction
    unexplained = (
        cell.kind.own**2
        + cell.kind.shared**2
        - float(shared @ precision @ shared)
        + left**2 / float(precision.sum())
    )
    freedom = _PRIOR_FREEDOM + len(moves) - 1
    scale = (_PRIOR_FREEDOM + float(strays @ precision @ strays)) / freedom
    quantile = float(stdtrit(freedom, (1 + CONFIDENCE) / 2))
    log = cell.log - predicted
    error = math.sqrt(scale * (unexplained + cell.own_variance - cell.kind.own**2))
    half = quantile * error
    return Change(
        Interval(math.exp(log - half), math.exp(log), math.exp(log + half)),
        math.expm1(quantile * math.sqrt(scale * unexplained)),
        2 * float(stdtr(freedom, -abs(log) / error)),
    )


def _covariance(one: Move, other: Move) -> float:
    """The covariance of two cells' moves, beyond what all cells have in common."""
    shared = one.kind.shared**2 if one.kind == other.kind else 0.0
    if one is other:
        return shared + one.own_variance
    alike = one.library and one.library == other.library
    return shared + (_OF_LIBRARY * one.kind.own * other.kind.own if alike else 0.0)
