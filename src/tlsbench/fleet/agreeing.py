"""Check that the machines of a fleet agree before anything is measured."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.errors import RequestError
from tlsbench.fleet.clocks import Offset
from tlsbench.fleet.cluster import Cluster
from tlsbench.fleet.facts import differences
from tlsbench.fleet.hosts import Host, shared

#: The differences between machines that may be allowed, and what each means.
ALLOWED: Final[Mapping[str, str]] = {
    "versions": "different versions of tlsbench, Python, Dask or an engine",
    "clocks": "wall clocks that are more than a second apart",
    "shared-hosts": "several workers on one host, each counted as a machine",
}
#: Wall clocks that are further apart misdate results, and may make certificates fail.
_CLOCK_LIMIT_S: Final = 1.0


def agree(
    cluster: Cluster,
    implementations: Sequence[str],
    allowed: Collection[str],
    note: Callable[[str], None],
) -> tuple[list[Host], list[str]]:
    """The machines of a cluster, and the remarks about them that the results must carry.

    :param implementations: the implementations whose engines must be the same.
    :param allowed: names of :data:`ALLOWED`.
    :param note: called with a line for each machine some of whose workers stay idle.
    :raises RequestError: if they differ in a way that is not allowed.
    """
    hosts = cluster.hosts(share_hosts="shared-hosts" in allowed)
    for host in hosts:
        if host.spare:
            note(
                f"{host.name} has {host.spare + 1} workers on one host: one measures, the others stay idle "
                "(--allow shared-hosts counts each as a machine)"
            )
    differ = list(differences(cluster.facts(hosts, implementations)))
    if differ and "versions" not in allowed:
        raise RequestError(f"{differ[0]}: make them equal, or give --allow versions")
    return hosts, [*_sharing(hosts), *differ]


def _sharing(hosts: Sequence[Host]) -> list[str]:
    together = shared(hosts)
    return [f"machines share a host, and its processors: {', '.join(together)}"] if together else []


def agree_on_clocks(cluster: Cluster, hosts: Sequence[Host], allowed: Collection[str]) -> list[str]:
    """The remarks about wall clocks that the results must carry.

    :raises RequestError: if one is off, and that is not allowed.
    :raises MeasurementError: if one cannot be read.
    """
    walls = {host.name: cluster.clocks(host)[1] for host in hosts}
    for name, wall in walls.items():
        if "clocks" not in allowed and (problem := clock_problem(name, wall)):
            raise RequestError(problem)
    return [off for name, wall in walls.items() if (off := _clock_off(name, wall))]


def clock_problem(name: str, wall: Offset) -> str:
    """Why a machine's wall clock is refused; ``""`` unless it is certain to be off by too much."""
    off = _clock_off(name, wall)
    return f"{off}: set it, or give --allow clocks" if off else ""


def _clock_off(name: str, wall: Offset) -> str:
    off_s = (abs(wall.ahead_ns) - wall.uncertain_ns) / 1e9
    if off_s <= _CLOCK_LIMIT_S:
        return ""
    way = "ahead of" if wall.ahead_ns > 0 else "behind"
    return f"{name}: its clock is {abs(wall.ahead_ns) / 1e9:.1f} s {way} this machine's"


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A machine as the survey found it.

    :param spare: further workers on the same host, which stay idle.
    :param rows: its software, see :meth:`tlsbench.fleet.facts.Facts.rows`.
    :param clock_off_ms: how far its wall clock is ahead, in milliseconds.
    :param uncertain_ms: by how much ``clock_off_ms`` may be wrong.
    :param clock_refused: why its wall clock is refused; ``""`` if it is not.
    """

    name: str
    address: str
    spare: int
    rows: Mapping[str, str]
    clock_off_ms: float
    uncertain_ms: float
    clock_refused: str


@dataclass(frozen=True, slots=True)
class Survey:
    """All machines, how they differ, and the remarks that results would carry about them."""

    machines: Sequence[Surveyed]
    differences: Sequence[str]
    remarks: Sequence[str]

    def problems(self, allowed: Collection[str]) -> list[str]:
        """The reasons for which a measurement would be refused."""
        clocks = [one.clock_refused for one in self.machines if one.clock_refused]
        differing = [] if "versions" in allowed else self.differences
        return [*differing, *([] if "clocks" in allowed else clocks)]


def survey(cluster: Cluster, implementations: Sequence[str], *, share_hosts: bool) -> Survey:
    """Survey the machines of a cluster.

    :raises RequestError: if there are none, or one does not answer.
    """
    hosts = cluster.hosts(share_hosts=share_hosts)
    facts = cluster.facts(hosts, implementations)
    machines = []
    for host in hosts:
        _, wall = cluster.clocks(host)
        machines.append(
            Surveyed(
                host.name,
                host.address,
                host.spare,
                facts[host.name].rows(),
                wall.ahead_ns / 1e6,
                wall.uncertain_ns / 1e6,
                clock_problem(host.name, wall),
            )
        )
    return Survey(machines, list(differences(facts)), _sharing(hosts))
