"""Congestion control: how many segments a sender may have in flight.

Slow start and Reno follow RFC 5681, counted in segments as Linux does; CUBIC follows RFC 9438. HyStart, by
which Linux may leave slow start before anything is lost, is omitted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from tlsbench.links.network.values import Network

_LEAST_THRESHOLD: Final = 2.0
#: RFC 9438 sections 4.1 and 4.6.
_CUBIC_C: Final = 0.4
_CUBIC_BETA: Final = 0.7


@dataclass(slots=True)
class Reno:
    """Reno (RFC 5681). ``window`` and ``threshold`` are in segments."""

    window: float
    threshold: float = math.inf

    def acknowledged(self, segments: int, now_ms: float, rtt_ms: float, *, is_limited: bool) -> None:
        """Grow the window for newly acknowledged segments.

        :param is_limited: whether the sender used up the window; otherwise the window must not grow
            (RFC 7661 section 4.2).
        """
        if not is_limited:
            return
        slow = min(float(segments), max(0.0, self.threshold - self.window))
        self.window += slow
        if segments > slow:
            self._avoid(segments - slow, now_ms, rtt_ms)

    def lost(self) -> None:
        """Reduce the window after a loss that acknowledgements revealed."""
        self.threshold = self._after_loss()
        self.window = self.threshold

    def timed_out(self) -> None:
        """Start again with a window of one segment (RFC 5681 section 3.1)."""
        self.threshold = self._after_loss()
        self.window = 1.0

    def _avoid(self, segments: float, now_ms: float, rtt_ms: float) -> None:
        del now_ms, rtt_ms  # only CUBIC uses these
        self.window += segments / self.window

    def _after_loss(self) -> float:
        return max(self.window / 2, _LEAST_THRESHOLD)


@dataclass(slots=True)
class Cubic(Reno):
    """CUBIC (RFC 9438), with the Reno-friendly region and fast convergence."""

    _most: float = 0.0
    _prior: float = 0.0
    _epoch_ms: float | None = None
    _origin: float = 0.0
    _k_s: float = 0.0
    _estimate: float = 0.0

    def _avoid(self, segments: float, now_ms: float, rtt_ms: float) -> None:
        if self._epoch_ms is None:
            self._epoch_ms, self._estimate = now_ms, self.window
            self._origin = max(self._most, self.window)
            self._k_s = math.cbrt((self._origin - self.window) / _CUBIC_C)
        elapsed_s = (now_ms - self._epoch_ms) / 1e3
        alpha = 1.0 if self._estimate >= self._prior else 3 * (1 - _CUBIC_BETA) / (1 + _CUBIC_BETA)
        self._estimate += alpha * segments / self.window
        if self._at(elapsed_s) < self._estimate:
            self.window = max(self.window, self._estimate)
            return
        target = min(max(self._at(elapsed_s + rtt_ms / 1e3), self.window), 1.5 * self.window)
        self.window += segments * (target - self.window) / self.window

    def _at(self, elapsed_s: float) -> float:
        return _CUBIC_C * (elapsed_s - self._k_s) ** 3 + self._origin

    def _after_loss(self) -> float:
        shrinks = self.window < self._most
        self._most = self.window * (1 + _CUBIC_BETA) / 2 if shrinks else self.window
        self._prior, self._epoch_ms = self.window, None
        return max(self.window * _CUBIC_BETA, _LEAST_THRESHOLD)


@dataclass(slots=True)
class Unlimited(Reno):
    """No congestion control: everything written is sent at once."""

    def acknowledged(self, segments: int, now_ms: float, rtt_ms: float, *, is_limited: bool) -> None:
        """Do nothing: the window is infinite."""

    def lost(self) -> None:
        """Do nothing: the window stays infinite."""

    def timed_out(self) -> None:
        """Do nothing: the window stays infinite."""


def control_of(network: Network) -> Reno:
    """Return the congestion control for a new connection."""
    if network.congestion == "none":
        return Unlimited(math.inf)
    return {"cubic": Cubic, "reno": Reno}[network.congestion](float(network.initcwnd))
