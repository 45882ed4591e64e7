from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import pytest

from tlsbench.errors import RequestError
from tlsbench.fleet.agreeing import agree, survey
from tlsbench.fleet.clocks import Offset
from tlsbench.fleet.cluster import Cluster
from tlsbench.fleet.facts import Facts
from tlsbench.fleet.hosts import Host

SECOND = 1_000_000_000


class TwoMachines:
    """A cluster that answers from what it was given."""

    def __init__(self, wall: Offset, *versions: str) -> None:
        self._wall, self._versions = wall, versions or ("1.0", "1.0")

    def hosts(self, *, share_hosts: bool = False) -> list[Host]:
        assert not share_hosts
        return [Host(name, f"tcp://{name}", name) for name in ("a", "b")]

    def facts(self, hosts: Sequence[Host], _implementations: Sequence[str]) -> Mapping[str, Facts]:
        return {
            host.name: Facts(tlsbench=version, python="CPython 3.11.7", dask="2026.8.0", engines={})
            for host, version in zip(hosts, self._versions, strict=True)
        }

    def clocks(self, _host: Host) -> tuple[Offset, Offset]:
        return Offset(-40 * SECOND, 7_000_000), self._wall


def cluster(wall: Offset = Offset(0, 0), *versions: str) -> Cluster:  # noqa: B008 - frozen
    return cast("Cluster", TwoMachines(wall, *versions))


def test_a_wall_clock_is_shown_with_its_own_uncertainty() -> None:
    found = survey(cluster(Offset(250_000_000, 2_000_000)), [], share_hosts=False)
    assert [(one.clock_off_ms, one.uncertain_ms) for one in found.machines] == [(250.0, 2.0)] * 2
    assert not found.problems([])


def test_a_wall_clock_is_refused_only_if_it_is_certain_to_be_off() -> None:
    certain = survey(cluster(Offset(-3 * SECOND, SECOND)), [], share_hosts=False)
    assert certain.problems([])[0].startswith("a: its clock is 3.0 s behind this machine's")
    assert not certain.problems(["clocks"])
    assert not survey(cluster(Offset(-3 * SECOND, 2 * SECOND)), [], share_hosts=False).problems([])


def test_machines_that_differ_are_refused_unless_that_is_allowed() -> None:
    differing = cluster(Offset(0, 0), "1.0", "0.9")
    with pytest.raises(RequestError, match="make them equal, or give --allow versions"):
        agree(differing, [], [], print)
    hosts, remarks = agree(differing, [], ["versions"], print)
    assert [host.name for host in hosts] == ["a", "b"]
    assert len(remarks) == 1
