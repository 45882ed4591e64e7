"""The part of a load that one machine of a fleet generated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tlsbench.loading.tally import SUCCESS, LoadTally

#: The outcome of the connections that a machine had open when it was lost.
MACHINE_LOST: Final = "machine lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLoad:
    """A machine's part of a load.

    :param name: the machine's name.
    :param connections: its share of the connections of a closed loop, or of the most that are open at once.
    :param rate_per_s: its share of the rate of an open loop; 0 for a closed one.
    :param processes: how many worker processes it has.
    :param tally: the tally of its connections; for a lost machine, what it had reported until then.
    :param elapsed_s: the time from its first counted start to the end of its last connection.
    :param late_ms: how long after its due time its first connection began (of several processes, the latest
        one's), relative to the common start to within ``uncertain_ms``; None if it began none.
    :param uncertain_ms: the uncertainty of the common start on its clock: at most half the shortest round
        trip in which the clock was read.
    :param clock_off_ms: how far its wall clock was ahead, with a similar uncertainty.
    :param lost: why it was lost; ``""`` if it was not.
    """

    name: str
    connections: int
    rate_per_s: float = 0.0
    processes: int = 1
    tally: LoadTally = field(default_factory=LoadTally)
    elapsed_s: float = 0.0
    late_ms: float | None = None
    uncertain_ms: float = 0.0
    clock_off_ms: float = 0.0
    lost: str = ""

    @property
    def handshakes_per_s(self) -> float:
        """Complete handshakes per second of :attr:`elapsed_s`."""
        return self.tally.handshakes / self.elapsed_s if self.elapsed_s else 0.0

    @property
    def handshake_p99_ns(self) -> float:
        """The 99th percentile of its handshake times, in nanoseconds; 0 if it has none."""
        return float(self.tally.times["handshake"].get_value_at_percentile(99.0))

    @property
    def succeeded(self) -> int:
        """Connections that succeeded."""
        return self.tally.outcomes[SUCCESS]


def skew_ms(machines: tuple[MachineLoad, ...]) -> tuple[float, float] | None:
    """How far apart the first connections of all machines began, and its uncertainty, in milliseconds.

    :returns: None if fewer than two machines began any.
    """
    began = [(one.late_ms, one.uncertain_ms) for one in machines if one.late_ms is not None]
    if len(began) < 2:
        return None
    first, last = min(began), max(began)
    return last[0] - first[0], first[1] + last[1]
