"""The course of a load over time, second by second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hdrh.histogram import HdrHistogram

from tlsbench.loading.tally import PHASES, LoadTally

#: The quantiles that are kept for each second, by name.
QUANTILES: Final = {"p50": 0.5, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Second:
    """One second of a load.

    :param at_s: its end, counted from the first counted start (for held connections, from the first start).
    :param handshakes: handshakes that were completed in it.
    :param requests: responses that were completed in it.
    :param failed: connections that failed in it.
    :param open: connections that were open at its end.
    :param times_ns: by phase, the :data:`QUANTILES` of the times that were recorded in it, if there are any.
    """

    at_s: float
    handshakes: int
    requests: int
    failed: int
    open: int
    times_ns: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def second(at_s: float, tally: LoadTally, earlier: LoadTally) -> Second:
    """What happened between two tallies of the same load.

    :param earlier: the tally a second earlier; at first, an empty one.
    """
    times = {phase: _quantiles(tally.times[phase], earlier.times[phase]) for phase in PHASES}
    return Second(
        at_s,
        tally.handshakes - earlier.handshakes,
        tally.requests - earlier.requests,
        sum(tally.failures.values()) - sum(earlier.failures.values()),
        tally.open,
        {phase: quantiles for phase, quantiles in times.items() if quantiles},
    )


def _quantiles(times: HdrHistogram, earlier: HdrHistogram) -> tuple[float, ...]:
    """The quantiles of the times recorded since an earlier state of the same histogram."""
    import numpy as np

    if times.get_total_count() == earlier.get_total_count():
        return ()
    counts = np.subtract(times.counts, earlier.counts, dtype=np.int64)
    ranks = [np.ceil(share * counts.sum()) for share in QUANTILES.values()]
    return tuple(
        float(times.get_highest_equivalent_value(times.get_value_from_index(int(at))))
        for at in np.searchsorted(np.cumsum(counts), ranks)
    )
