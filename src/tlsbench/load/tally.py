"""What came of the connections: counts, and times in HdrHistograms.

Histograms of several processes are added, bucket by bucket; percentiles are never averaged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hdrh.histogram import HdrHistogram

#: The phases of a connection that are timed, in their order.
PHASES = ("connect", "handshake", "first byte", "request", "connection")
#: HdrHistogram: from a microsecond to an hour, three significant digits, in nanoseconds.
_LOW_NS, _HIGH_NS, _DIGITS = 1_000, 3_600_000_000_000, 3
#: What came of a connection that did what it should.
SUCCESS = "success"


def histogram() -> HdrHistogram:
    """An empty one, for nanoseconds."""
    return HdrHistogram(_LOW_NS, _HIGH_NS, _DIGITS)


@dataclass(slots=True)
class Tally:
    """The counted connections of a worker, or of several.

    :param begun: connections that were begun; when all has ended each of them is in ``outcomes`` once.
    :param outcomes: how many ended how: :data:`SUCCESS`, or an error by its kind.
    :param negotiated: handshakes by version, cipher suite, group and ``"full"`` or ``"resumed"``.
    :param wanted_resumed: how many were to resume a session; where there was none yet, the handshake is full.
    :param requests: answers that came whole.
    :param times: by phase, a histogram in nanoseconds. ``connection`` is from the intended beginning to the
        end of what the connection does.
    :param cpu_s: processor time of the workers while they counted.
    """

    begun: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    negotiated: Counter[str] = field(default_factory=Counter)
    wanted_resumed: int = 0
    requests: int = 0
    bytes_received: int = 0
    held: int = 0
    times: dict[str, HdrHistogram] = field(default_factory=lambda: {phase: histogram() for phase in PHASES})
    cpu_s: float = 0.0

    @property
    def handshakes(self) -> int:
        """Complete handshakes."""
        return self.negotiated.total()

    @property
    def resumed(self) -> int:
        """Those of them that resumed a session."""
        return sum(count for what, count in self.negotiated.items() if what.endswith(" resumed"))

    @property
    def open(self) -> int:
        """Connections that have begun and not ended."""
        return self.begun - self.outcomes.total()

    @property
    def failures(self) -> Mapping[str, int]:
        """The outcomes that are errors, most frequent first."""
        return {kind: count for kind, count in self.outcomes.most_common() if kind != SUCCESS}

    def add(self, other: Tally) -> None:
        """Take in the connections of another."""
        self.begun += other.begun
        self.outcomes += other.outcomes
        self.negotiated += other.negotiated
        self.wanted_resumed += other.wanted_resumed
        self.requests += other.requests
        self.bytes_received += other.bytes_received
        self.held += other.held
        self.cpu_s += other.cpu_s
        for phase, times in self.times.items():
            times.add(other.times[phase])

    def to_plain(self) -> dict[str, Any]:
        """Plain values, with histograms in HdrHistogram's own encoding (V2, compressed)."""
        return {
            "begun": self.begun,
            "outcomes": dict(self.outcomes),
            "negotiated": dict(self.negotiated),
            "wanted_resumed": self.wanted_resumed,
            "requests": self.requests,
            "bytes_received": self.bytes_received,
            "held": self.held,
            "cpu_s": self.cpu_s,
            "times": {phase: times.encode().decode("ascii") for phase, times in self.times.items()},
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Tally:
        """The inverse of :meth:`to_plain`."""
        counts = {**plain, "outcomes": Counter(plain["outcomes"]), "negotiated": Counter(plain["negotiated"])}
        times = {phase: HdrHistogram.decode(text) for phase, text in plain["times"].items()}
        return cls(**{**counts, "times": times})


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    together = Tally()
    for tally in tallies:
        together.add(tally)
    return together
