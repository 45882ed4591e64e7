"""A finding, and how it words figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlsbench.stats import Interval

#: From this factor on, a change is given as a factor, not in percent.
_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a run, in words.

    :param headline: the finding in one sentence, without a full stop.
    :param details: its figures with their uncertainty, one sentence each.
    """

    headline: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ". ".join((self.headline, *self.details))


def change(ratio: float) -> str:
    """A ratio as a change: ``-53 %``, ``+13 %``, ``×2.2``."""
    if ratio >= _FACTOR:
        return f"×{ratio:.1f}"
    return f"{100 * (ratio - 1):+.0f} %".replace("-", "−")


def change_with_interval(ratio: Interval) -> str:
    """The same with its 95 % interval in brackets: ``-53 % [-54, -52]``, ``×2.2 [2.1, 2.3]``."""
    if ratio.median >= _FACTOR:
        return f"{change(ratio.median)} [{ratio.low:.1f}, {ratio.high:.1f}]"
    ends = (f"{100 * (end - 1):+.0f}".replace("-", "−") for end in (ratio.low, ratio.high))
    return f"{change(ratio.median)} [{', '.join(ends)}]"


def amount(low: float, high: float, noun: str) -> str:
    """What an operation takes, as a range of two ratios: ``20 to 57 % less time``, ``2.5 times the time``.

    :param noun: what it takes, such as time or instructions.
    """
    less = "fewer" if noun.endswith("s") else "less"
    first, last = ((one >= 1, _size(one)) for one in (low, high))
    if low >= _FACTOR:
        return f"{_between(first[1], last[1])} times the {noun}"
    if high >= _FACTOR:
        return f"{first[1]} % {'more' if first[0] else less} to {last[1]} times the {noun}"
    if first[0] == last[0]:
        ends = (first[1], last[1]) if first[0] else (last[1], first[1])
        return f"{_between(*ends)} % {'more' if first[0] else less} {noun}"
    return f"{first[1]} % {less} to {last[1]} % more {noun}"


def _size(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio >= _FACTOR else f"{100 * abs(ratio - 1):.0f}"


def _between(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


def round_trips(count: float) -> str:
    """``1 round trip``, ``2 round trips``."""
    return f"{count:.0f} round trip" if count == 1 else f"{count:.0f} round trips"


def span(values: Sequence[float]) -> str:
    """The least and the greatest value, to a tenth: ``1.5 to 2.0``, or one of them if they look the same."""
    ends = (f"{one:,.1f}".replace("-", "−") for one in (min(values), max(values)))
    return _between(*ends)
