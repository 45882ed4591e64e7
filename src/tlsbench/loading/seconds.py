"""What each second of a load brought: its course over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hdrh.histogram import HdrHistogram

from tlsbench.loading.tally import PHASES, LoadTally

#: The quantiles that are kept of each second, and their names.
QUANTILES: Final = {"p50": 0.5, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Second:
    """One second of a load.

    :param at_s: its end, from the first counted beginning on (of held connections, from the first).
    :param handshakes: that were complete in it; ``requests`` and ``failed`` likewise.
    :param open: connections that were open at its end.
    :param times_ns: by phase, the :data:`QUANTILES` of the times that ended in it, if any did.
    """

    at_s: float
    handshakes: int
    requests: int
    failed: int
    open: int
    times_ns: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def second(at_s: float, tally: LoadTally, earlier: LoadTally) -> Second:
    """What came between two tallies of the same load.

    :param earlier: the tally a second earlier; an empty one at first.
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
    """Those of the times that one histogram has and an earlier one of the same had not."""
    import numpy as np

    if times.get_total_count() == earlier.get_total_count():
        return ()
    counts = np.subtract(times.counts, earlier.counts, dtype=np.int64)
    ranks = [np.ceil(share * counts.sum()) for share in QUANTILES.values()]
    return tuple(
        float(times.get_highest_equivalent_value(times.get_value_from_index(int(at))))
        for at in np.searchsorted(np.cumsum(counts), ranks)
    )
