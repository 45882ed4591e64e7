"""The results of a load."""

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

    :param elapsed_s: the time from the first counted start to the end of the last connection.
    :param interrupted: whether it was ended early.
    :param lost: how the processes that died ended, as far as that is known.
    :param vitals: the vitals of each worker, second by second.
    :param remarks: where the kernel deviated from the requested socket options.
    :param server: the resources the server's processes used while connections counted, if they are known;
        for several backends, those of all together.
    :param forwarded: what the plan's ``via`` line carried, from its first packet to its last; with several
        backends, each has its own.
    :param backends: the results for each backend, if there are several: their tallies add up to ``tally``,
        except for the processor time.
    :param seconds: its course over time; older results have none.
    :param thresholds: the bounds that it was required to keep.
    :param machines: the part of each machine, for a load by a fleet.
    :param differences: the differences between these machines, which were allowed.
    :param late_ns: how long after its due time the first connection began (of several workers, the latest
        one's); -1 if none began.
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
        """Machines of a fleet that were lost, each with the reason."""
        return tuple(f"{one.name}: {one.lost}" for one in self.machines if one.lost)

    @property
    def evenness(self) -> Evenness | None:
        """How evenly connections were spread over several backends; None if there is only one."""
        return evenness([one.tally.begun for one in self.backends]) if self.backends else None

    @property
    def handshakes_per_s(self) -> float:
        """Complete handshakes per second of :attr:`elapsed_s`."""
        return self.tally.handshakes / self.elapsed_s if self.elapsed_s else 0.0

    @property
    def requests_per_s(self) -> float:
        """Complete responses per second of :attr:`elapsed_s`."""
        return self.tally.requests / self.elapsed_s if self.elapsed_s else 0.0

    @property
    def client_busy(self) -> float:
        """The share of :attr:`elapsed_s` that the workers' processors were busy, from 0 to 1."""
        return self.tally.cpu_s / (self.elapsed_s * self.plan.workers) if self.elapsed_s else 0.0
