"""Comparing two runs by references that did not change between them.

A machine's pace differs between two runs by more than most changes do. What references changed by is not
theirs but the machine's; what a cell changed by beyond that is its own (reference genes: J. Vandesompele et
al., Genome Biology 3, 2002, research0034).

Two decisions make this sharp enough to find changes of a few percent. Studies of 65 runs under five
conditions led to both (docs/measuring.md).

- **The fastest fifth of the rounds is compared.** Whatever else a machine does makes a round slower and never
  faster, and how much slower depends on the operation. The fast rounds have in common that little came in
  between. Between runs, equal cells differed by half as much as their medians did.
- **References are weighed by kind.** What slows a machine down does not slow all operations alike: handshakes
  move together, and so do loops of arithmetic. So what a cell would have moved by is predicted from the
  references by ordinary kriging, with a covariance that has a part for each kind and one for each cell (N.
  Cressie, Statistics for Spatial Data, 1993, section 3.2). The cell's own part stays unexplained. How far
  the references stray from what these priors expect scales the variance, moderated as in G. K. Smyth,
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
#: By this part of their distance from the middle round the fastest rounds are in doubt: the more else went on
#: in a run, the less do its fastest rounds say what would have been without.
_DOUBT: Final = 0.25
#: It is never fewer rounds than these, and a cell of fewer than that says nothing.
_FEWEST_FAST: Final = 3
_FEWEST_ROUNDS: Final = 5
#: How much of what is a cell's own the cells of one library have in common: a correlation.
_OF_LIBRARY: Final = 0.5
#: How much evidence the priors are, in degrees of freedom.
_PRIOR_FREEDOM: Final = 4


@dataclass(frozen=True, slots=True)
class Level:
    """Where a cell stood: the logarithm of its time in the fastest rounds, and how far that may be off.

    :param error: as a standard deviation.
    """

    log: float
    error: float


@dataclass(frozen=True, slots=True)
class Kind:
    """How far unchanged cells of one kind move between two runs, as standard deviations of logarithms.

    :param own: each for itself.
    :param shared: all of the kind together, against other kinds.
    """

    name: str
    own: float
    shared: float


@dataclass(frozen=True, slots=True)
class Move:
    """Where a cell stood in two runs.

    :param library: what it runs on, and others may too; ``""`` of nothing that others have in common with it.
    """

    base: Level
    new: Level
    kind: Kind
    library: str = ""

    @property
    def log(self) -> float:
        """The logarithm of its time in the new run over that in the base."""
        return self.new.log - self.base.log

    @property
    def own_variance(self) -> float:
        """The variance of what it does not share with its kind: of sampling, and its own."""
        return self.base.error**2 + self.new.error**2 + self.kind.own**2


@dataclass(frozen=True, slots=True)
class Change:
    """What a cell changed by, beyond what its references changed by.

    :param ratio: its time in the new run over that in the base, with a 95 % interval that includes what
        the references leave unexplained.
    :param unexplained: the same as a fraction: an unchanged cell may seem to have changed by this much.
    :param p_value: the probability of a ratio as far from one if nothing had changed.
    """

    ratio: Interval
    unexplained: float
    p_value: float


def level(rounds: Sequence[float]) -> Level | None:
    """Where a cell stood in a run: the mean of the logarithms of its fastest rounds.

    The error is that of an expected shortfall (S. X. Chen, Journal of Financial Econometrics 6 (2008) 87), as
    if the rounds were independent, and a part of how far the fastest rounds are from the middle one.

    :param rounds: the medians of its rounds, above zero; NaN where there are none.
    :returns: None of fewer than five rounds, or if one is not above zero.
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
    """What a cell changed by between two runs, beyond what its references did; at least one reference."""
    from scipy.special import stdtr, stdtrit  # scipy takes its time to import: only when it is needed

    moves = np.array([one.log for one in references])
    precision = np.linalg.inv([[_covariance(one, other) for other in references] for one in references])
    shared = np.array([_covariance(cell, one) for one in references])
    centre = float(precision.sum(axis=0) @ moves / precision.sum())
    strays = moves - centre
    predicted = centre + float(shared @ precision @ strays)
    left = 1 - float(shared @ precision.sum(axis=0))  # what the centre weighs in the prediction
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
    """The covariance of what two cells move by, beyond what all do."""
    shared = one.kind.shared**2 if one.kind == other.kind else 0.0
    if one is other:
        return shared + one.own_variance
    alike = one.library and one.library == other.library
    return shared + (_OF_LIBRARY * one.kind.own * other.kind.own if alike else 0.0)
