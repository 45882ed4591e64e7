"""A finding, and how figures stand in it."""

from __future__ import annotations

from dataclasses import dataclass

from tlsbench.stats import Interval

#: From this factor on a change is told as one, and not in percent.
_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a run says.

    :param headline: the finding in one sentence, without a full stop.
    :param details: its figures with their uncertainty, a sentence each.
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


def span(low: float, high: float) -> str:
    """The changes from the least to the most, or the one that they round to."""
    first, last = change(low), change(high)
    return first if first == last else f"{first} to {last}"
