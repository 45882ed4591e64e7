"""The effect of memory addresses on a cell's cost, as a component of its interval.

Whatever is created anew, such as a process and its contents, has new addresses, and a cell's cost varies with
them (T. Mytkowicz et al., Producing Wrong Data Without Doing Anything Obviously Wrong!, ASPLOS 2009). More
rounds do not reveal this: all rounds of one process share it. The variance found in a few processes is
moderated by the prior from studies of others (G. K. Smyth, Statistical Applications in Genetics and Molecular
Biology 3 (2004), article 3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from tlsbench.stats.intervals import Interval

#: The spread of equal cells in one process, as a standard deviation of logarithms: with six creations in each
#: of ten processes it was 0.4 to 0.6 %, and with 0.4 % the intervals of real equal cells had their nominal
#: coverage (docs/measuring.md).
_EXPECTED: Final = 0.004
#: The weight of this prior, in degrees of freedom.
_PRIOR_FREEDOM: Final = 4
#: Processes with fewer rounds are not used.
_FEWEST_ROUNDS: Final = 6
#: The 97.5th percentile of a normal distribution.
_QUANTILE: Final = 1.959964


def with_addresses(interval: Interval, rounds: Sequence[float], processes: int, cells: int = 1) -> Interval:
    """An interval, widened by the effect of memory addresses.

    :param interval: of the median of ``rounds``; returned unchanged if it is infinite or reaches zero.
    :param rounds: round r was measured in process r modulo ``processes``; NaN for missing rounds.
    :param processes: how many took turns; 0 if addresses do not matter.
    :param cells: the number of cells that the rounds involve: two if they are ratios.
    """
    if not processes or interval.low <= 0 or not math.isfinite(interval.high):
        return interval
    expected = cells * _EXPECTED**2
    low, high = math.log(interval.median / interval.low), math.log(interval.high / interval.median)
    sampling = ((low + high) / 2 / _QUANTILE) ** 2
    medians = _medians(np.asarray(rounds, dtype=float), processes)
    freedom = max(0, len(medians) - 1)
    found = max(0.0, float(np.var(medians, ddof=1)) - processes * sampling) if freedom else 0.0
    variance = (_PRIOR_FREEDOM * expected + freedom * found) / (_PRIOR_FREEDOM + freedom)
    added = _QUANTILE * math.sqrt(variance / processes)
    return Interval(
        interval.median * math.exp(-math.hypot(low, added)),
        interval.median,
        interval.median * math.exp(math.hypot(high, added)),
    )


def _medians(rounds: np.ndarray[tuple[int, ...], np.dtype[np.float64]], processes: int) -> list[float]:
    """The logarithm of the median of each process with enough rounds."""
    shares = [rounds[at::processes] for at in range(processes)]
    known = [share[np.isfinite(share)] for share in shares]
    return [math.log(float(np.median(share))) for share in known if len(share) >= _FEWEST_ROUNDS]
