"""Thresholds of a load: ``p99<50ms``, ``handshake p99.9<20ms``, ``failed<1%``, ``handshakes>500/s``.

Like the gate of a comparison (:mod:`tlsbench.comparison.gate`), a threshold has three answers: it is met if
the whole 95 % interval of the figure is on its right side, missed if none of it is, and otherwise undecided.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from tlsbench.errors import RequestError
from tlsbench.loading.tally import PHASES

if TYPE_CHECKING:  # they import numpy, which a worker does not need
    from tlsbench.loading.load import Load
    from tlsbench.stats import Interval

#: The verdict of a threshold on a load.
Answer = Literal["pass", "fail", "undecided"]
#: The phase if none is named: from the intended start to the end.
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
    """A bound on a figure of a load.

    :param text: the threshold as it was written.
    :param figure: what is bounded: a phase, ``"handshakes"``, ``"requests"`` or ``"failed"``.
    :param bound: the bound, in nanoseconds, per second, or as a share.
    :param is_most: whether it is an upper bound; otherwise it is a lower one.
    :param quantile: the quantile of a phase's times, as a share; 0 for the other figures.
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
        """The figure of a load with its 95 % interval; for times, connections are treated as independent."""
        if self.is_time:
            return _of_times(load, self.figure, self.quantile)
        return _of_failures(load) if self.figure == "failed" else _of_rate(load, self.figure)

    def answer(self, load: Load) -> Answer:
        """Whether a load meets it."""
        interval = self.interval(load)
        low, high = interval.low, interval.high
        if (high <= self.bound) if self.is_most else (low >= self.bound):
            return "pass"
        return "fail" if ((low > self.bound) if self.is_most else (high < self.bound)) else "undecided"


def parse_threshold(text: str) -> Threshold:
    """The threshold that a text describes, as the goal (``p99<50ms``) or as its violation (``p99>50ms``).

    Both mean the same: times and failures have upper bounds, rates have lower ones.

    :raises RequestError: if the text has another form.
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
    """The rate of the median second; only whole seconds are recorded, so none is shorter."""
    from tlsbench.stats import rounds_interval

    count: Callable[..., int] = lambda one: getattr(one, figure)  # noqa: E731 - short and once
    return rounds_interval([float(count(one)) for one in load.seconds])
