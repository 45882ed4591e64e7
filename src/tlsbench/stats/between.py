"""Comparing two runs by references that did not change between them.

A machine's pace differs between two runs by more than most changes do. What a reference changed by, measured
in the rounds of both runs, is no change of the reference but of the machine; what a cell changed by beyond
that is its own (reference genes: J. Vandesompele et al., Genome Biology 3, 2002, research0034).

References do not move exactly alike, because what slows a machine down does not slow all operations alike.
How far two unchanged cells move against each other between runs is therefore part of the answer. Studies give
it for cells of more or less the same nature (docs/measuring.md); the references of the two runs themselves
say whether that holds here, and widen or narrow it. The variance is moderated as in G. K. Smyth, Statistical
Applications in Genetics and Molecular Biology 3 (2004), article 3, and references that moved far from the
others lose weight (P. J. Huber, Annals of Mathematical Statistics 35 (1964) 73).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tlsbench.stats.intervals import CONFIDENCE, Interval, present, rounds_interval
from tlsbench.stats.pace import at_middle_pace

#: How far an unchanged cell moves against one that is as like it as can be, as a standard deviation of the
#: logarithm of their ratio between two runs.
_OWN: Final = 0.008
#: How much evidence the priors are, in degrees of freedom.
_PRIOR_FREEDOM: Final = 4
#: A reference that moved by more than so many standard deviations against the others loses weight.
_FAR: Final = 1.5
_ROUNDS_OF_WEIGHTS: Final = 20
#: A process says something with this many rounds of its own.
_LEAST_ROUNDS: Final = 6
#: A yardstick beside other load says something with this many in all: the error is then that of the
#: mean of few, which is wider by Student's factor.
_FEWEST_ROUNDS: Final = 3
#: The width of a 95 % interval of a normal distribution in standard deviations.
_WIDTH: Final = 2 * 1.96


@dataclass(frozen=True, slots=True)
class Level:
    """Where a cell stood: the logarithm of its time at the run's middle pace, and its standard error."""

    log: float
    error: float


@dataclass(frozen=True, slots=True)
class Reference:
    """What is known of a reference in two runs.

    :param spread: how far an unchanged cell moves against it between two runs of a machine, as a standard
        deviation of the logarithm of their ratio.
    """

    base: Level
    new: Level
    spread: float


@dataclass(frozen=True, slots=True)
class Change:
    """What a cell changed by, beyond what its references changed by.

    :param ratio: its time in the new run over that in the base, with a 95 % interval that includes what
        the references leave unexplained.
    :param unexplained: the same as a fraction: by so much an unchanged cell may seem to have changed.
    :param p_value: the probability of a ratio as far from one if nothing had changed.
    """

    ratio: Interval
    unexplained: float
    p_value: float


def level(rounds: Sequence[float], pace: Sequence[float], processes: int = 1) -> Level | None:
    """Where a cell stood in a run.

    A cell costs more in one process than in the next, so that of a run in several processes the error is that
    of the mean of its processes, unless the rounds alone say less.

    :param rounds: the medians of its rounds; NaN where there are none.
    :param pace: of the same rounds, from :func:`tlsbench.stats.pace.paces`.
    :param processes: round r was sampled in process r modulo this.
    :returns: None if there are too few rounds to tell.
    """
    steady = at_middle_pace(rounds, pace, aligned=True)
    known = present(steady)
    if len(known) < _FEWEST_ROUNDS or min(known) <= 0:
        return None
    interval = rounds_interval(steady)
    if math.isfinite(interval.high):
        error = math.log(interval.high / interval.low) / _WIDTH
    else:
        return _of_few(np.log(known))
    of_processes = [present(steady[number::processes]) for number in range(processes)]
    if processes == 1 or min(map(len, of_processes)) < _LEAST_ROUNDS:
        return Level(math.log(interval.median), error)
    logs = [math.log(float(np.median(values))) for values in of_processes]
    return Level(float(np.mean(logs)), max(error, float(np.std(logs, ddof=1)) / math.sqrt(processes)))


def _of_few(logs: np.ndarray) -> Level:
    from scipy.special import stdtrit

    wider = 2 * float(stdtrit(len(logs) - 1, (1 + CONFIDENCE) / 2)) / _WIDTH
    return Level(float(np.median(logs)), wider * float(np.std(logs, ddof=1)) / math.sqrt(len(logs)))


def change(base: Level, new: Level, references: Sequence[Reference]) -> Change:
    """What a cell changed by between two runs, beyond what its references did; at least one reference."""
    from scipy.special import stdtr, stdtrit  # scipy takes its time to import: only when it is needed

    moves = np.array([reference.new.log - reference.base.log for reference in references])
    variances = np.array(
        [reference.base.error**2 + reference.new.error**2 + reference.spread**2 for reference in references]
    )
    centre, weights = _centre(moves, variances)
    deviations = weights * (moves - centre) ** 2  # of the weight that each is left with
    freedom = _PRIOR_FREEDOM + len(moves) - 1
    scale = (_PRIOR_FREEDOM + float(deviations.sum())) / freedom
    own = _OWN**2
    unexplained = scale * (1 / float(weights.sum()) + own)
    quantile = float(stdtrit(freedom, (1 + CONFIDENCE) / 2))
    log = new.log - base.log - centre
    error = math.sqrt(unexplained + base.error**2 + new.error**2)
    half = quantile * error
    return Change(
        Interval(math.exp(log - half), math.exp(log), math.exp(log + half)),
        math.expm1(quantile * math.sqrt(unexplained)),
        2 * float(stdtr(freedom, -abs(log) / error)),
    )


def _centre(moves: np.ndarray, variances: np.ndarray) -> tuple[float, np.ndarray]:
    """The weighted mean of what the references moved by, and the weights: those far off have less."""
    weights = 1 / variances
    centre = float(np.average(moves, weights=weights))
    for _ in range(_ROUNDS_OF_WEIGHTS):
        off = np.abs(moves - centre) / np.sqrt(variances)
        weights = np.minimum(1.0, _FAR / np.maximum(off, 1e-12)) / variances
        centre = float(np.average(moves, weights=weights))
    return centre, weights
