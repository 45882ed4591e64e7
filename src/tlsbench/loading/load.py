"""What came of a load."""

from __future__ import annotations

from dataclasses import dataclass, field

from tlsbench.forwarding import Forwarded
from tlsbench.loading.backends import BackendLoad, Evenness, evenness
from tlsbench.loading.machines import MachineLoad
from tlsbench.loading.plan import LoadPlan
from tlsbench.loading.seconds import Second
from tlsbench.loading.server_side import Spent
from tlsbench.loading.tally import LoadTally
from tlsbench.loading.thresholds import Threshold
from tlsbench.processes import Vitals


@dataclass(slots=True)
class Load:
    """A load, while it runs and when it is over.

    :param elapsed_s: from the first counted beginning until the last connection had ended.
    :param interrupted: whether it was ended early.
    :param lost: workers that died, by what is known of that.
    :param vitals: of each worker, second by second.
    :param remarks: what the kernel made of the socket options otherwise than it was asked.
    :param server: what the server's processes spent while connections counted, where they are known; of
        several backends, all of them together.
    :param forwarded: what the line carried that the plan is ``via``, from its first packet to its last; of
        several, each backend has its own.
    :param backends: what came of each backend, where there are several: their tallies add up to ``tally``,
        but for the processor time.
    :param seconds: its course over time; of older results there is none.
    :param thresholds: what it was asked to keep.
    :param machines: of a load by a fleet, what came of each machine's part.
    :param differences: in what these machines differ, which was allowed.
    :param late_ns: how long after its start the first connection began.
    """

    plan: LoadPlan
    tally: LoadTally = field(default_factory=LoadTally)
    elapsed_s: float = 0.0
    interrupted: bool = False
    lost: tuple[str, ...] = ()
    vitals: tuple[tuple[Vitals, ...], ...] = ()
    remarks: tuple[str, ...] = ()
    server: Spent | None = None
    forwarded: Forwarded | None = None
    seconds: tuple[Second, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    backends: tuple[BackendLoad, ...] = ()
    machines: tuple[MachineLoad, ...] = ()
    differences: tuple[str, ...] = ()
    late_ns: int = 0

    @property
    def lost_machines(self) -> tuple[str, ...]:
        """Machines of a fleet that were lost, each with what is known of that."""
        return tuple(f"{one.name}: {one.lost}" for one in self.machines if one.lost)

    @property
    def evenness(self) -> Evenness | None:
        """How evenly connections were spread over several backends; None of one."""
        return evenness([one.tally.begun for one in self.backends]) if self.backends else None

    @property
    def handshakes_per_s(self) -> float:
        """Complete handshakes for each second of :attr:`elapsed_s`."""
        return self.tally.handshakes / self.elapsed_s if self.elapsed_s else 0.0

    @property
    def requests_per_s(self) -> float:
        """Whole answers likewise."""
        return self.tally.requests / self.elapsed_s if self.elapsed_s else 0.0

    @property
    def client_busy(self) -> float:
        """The share of :attr:`elapsed_s` that the workers' processors were busy, from 0 to 1."""
        return self.tally.cpu_s / (self.elapsed_s * self.plan.workers) if self.elapsed_s else 0.0
