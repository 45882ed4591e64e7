"""Thresholds of a load: ``p99<50ms``, ``handshake p99.9<20ms``, ``failed<1%``, ``handshakes>500/s``.

A threshold has three answers, as a gate of a comparison has (:mod:`tlsbench.comparison.gate`): it is kept
where the whole 95 % interval of the figure is on its right side, missed where none of it is, and else
undecided.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from tlsbench.errors import RequestError
from tlsbench.loading.tally import PHASES

if TYPE_CHECKING:  # numpy comes with it, which a worker does not need
    from tlsbench.loading.load import Load
    from tlsbench.stats import Interval

#: What a threshold says of a load.
Answer = Literal["pass", "fail", "undecided"]
#: The phase that is meant where none is named: from the intended start to the end.
_WHOLE: Final = "connection"
_NUMBER: Final = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)"
_TIME: Final = re.compile(
    rf"(?:({'|'.join(PHASES)})\s+)?p([0-9]{{1,2}}(?:\.[0-9]{{1,4}})?)\s*([<>])\s*{_NUMBER}\s*(us|µs|ms|s)"
)
_RATE: Final = re.compile(rf"(handshakes|requests)\s*([<>])\s*{_NUMBER}\s*/\s*s")
_SHARE: Final = re.compile(rf"failed\s*([<>])\s*{_NUMBER}\s*%")
_NANOSECONDS: Final = {"us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bound that a figure of a load is to keep.

    :param text: as it was written.
    :param figure: what is bounded: a phase, ``"handshakes"``, ``"requests"`` or ``"failed"``.
    :param bound: in nanoseconds, a second's number, or as a share.
    :param is_most: whether the figure is to be below it; else above.
    :param quantile: of a phase, as a share; 0 of what else there is.
    """

    text: str
    figure: str
    bound: float
    is_most: bool
    quantile: float = 0.0

    @property
    def is_time(self) -> bool:
        """Whether it bounds a time, in nanoseconds."""
        return self.quantile > 0

    def interval(self, load: Load) -> Interval:
        """The figure of a load with its 95 % interval: of times as if connections were independent."""
        if self.is_time:
            return _of_times(load, self.figure, self.quantile)
        return _of_failures(load) if self.figure == "failed" else _of_rate(load, self.figure)

    def answer(self, load: Load) -> Answer:
        """Whether a load keeps it."""
        interval = self.interval(load)
        low, high = interval.low, interval.high
        if (high <= self.bound) if self.is_most else (low >= self.bound):
            return "pass"
        return "fail" if ((low > self.bound) if self.is_most else (high < self.bound)) else "undecided"


def parse_threshold(text: str) -> Threshold:
    """A threshold from its text, which is the goal (``p99<50ms``) or what misses it (``p99>50ms``).

    Both say the same: of times and failures the least is best, of rates the most.

    :raises RequestError: if it is of another form.
    """
    text = " ".join(text.split())
    if match := _TIME.fullmatch(text):
        share = float(Decimal(match[2]) / 100)
        if share:
            return Threshold(text, match[1] or _WHOLE, float(match[4]) * _NANOSECONDS[match[5]], True, share)  # noqa: FBT003 - named above
    if match := _RATE.fullmatch(text):
        return Threshold(text, match[1], float(match[3]), is_most=False)
    if match := _SHARE.fullmatch(text):
        return Threshold(text, "failed", float(match[2]) / 100, is_most=True)
    raise RequestError(
        f"'{text}' is not a threshold: write p99<50ms, handshake p99.9<20ms, failed<1% or handshakes>500/s; "
        f"phases are {', '.join(PHASES)}"
    )


def _of_times(load: Load, phase: str, share: float) -> Interval:
    from tlsbench.stats import Interval, quantile_ranks

    times = load.tally.times[phase]
    count = times.get_total_count()

    def at(rank: int) -> float:
        return float(times.get_value_at_percentile(100 * rank / count))

    low, high = quantile_ranks(count, share)
    return Interval(
        at(low) if low else 0.0,
        float(times.get_value_at_percentile(100 * share)) if count else float("nan"),
        at(high) if high <= count else float("inf"),
    )


def _of_failures(load: Load) -> Interval:
    from tlsbench.stats import share_interval

    return share_interval(sum(load.tally.failures.values()), load.tally.begun)


def _of_rate(load: Load, figure: str) -> Interval:
    """Of the median second; whole seconds alone are kept, so that none is shorter."""
    from tlsbench.stats import rounds_interval

    count: Callable[..., int] = lambda one: getattr(one, figure)  # noqa: E731 - short and once
    return rounds_interval([float(count(one)) for one in load.seconds])
