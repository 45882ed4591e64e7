"""What a cell costs by its memory addresses, as a part of its interval.

Everything that is made anew, such as a process and what is in it, has other addresses, and what a cell costs
differs with them (T. Mytkowicz et al., Producing Wrong Data Without Doing Anything Obviously Wrong!,
ASPLOS 2009). No number of rounds shows it: the rounds of one process have it in common. What is found in a
few processes is moderated by what studies say of others (G. K. Smyth, Statistical Applications in Genetics
and Molecular Biology 3 (2004), article 3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from tlsbench.stats.intervals import Interval

#: How far equal cells of one process lie apart, as a standard deviation of logarithms: between six makings
#: in each of ten processes it was 0.4 to 0.6 %, and with 0.4 % intervals held the truth of real equal cells
#: as often as they say (docs/measuring.md).
_EXPECTED: Final = 0.004
#: How much evidence that is, in degrees of freedom.
_PRIOR_FREEDOM: Final = 4
#: A process of fewer rounds says nothing.
_FEWEST_ROUNDS: Final = 6
#: The 97.5th percentile of a normal distribution.
_QUANTILE: Final = 1.959964


def with_addresses(interval: Interval, rounds: Sequence[float], processes: int, cells: int = 1) -> Interval:
    """An interval, widened by the effect of memory addresses.

    :param interval: of the median of ``rounds``; one that is not above zero, or infinite, stays as it is.
    :param rounds: round r in process r modulo ``processes``; NaN where there is none.
    :param processes: how many took turns; 0 where addresses have no effect on it.
    :param cells: how many cells the rounds are of: two, if they are ratios.
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
    """The logarithm of the median of each process that has enough rounds."""
    shares = [rounds[at::processes] for at in range(processes)]
    known = [share[np.isfinite(share)] for share in shares]
    return [math.log(float(np.median(share))) for share in known if len(share) >= _FEWEST_ROUNDS]
