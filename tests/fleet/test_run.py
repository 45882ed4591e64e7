"""A run by a fleet whose machines answer at once, with what they were given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import pytest

from tlsbench.errors import RequestError
from tlsbench.fleet.clocks import Offset
from tlsbench.fleet.cluster import Cluster, Errand, Errands
from tlsbench.fleet.facts import Facts
from tlsbench.fleet.hosts import Host
from tlsbench.fleet.run import FleetRun, FleetRunRequest, Watcher, fleet_run
from tlsbench.results import Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.sampling import Plan
from tlsbench.session.run import RunRequest
from tlsbench.session.selecting import matrix_of

SELECTORS = ("implementation=fake", "resumption=none")
EXACT = Offset(0, 1_000_000)
THREE_SECONDS = Offset(3_000_000_000, 1_000_000)


class Answering:
    """A cluster each of whose machines has ended its errand when it is first looked at.

    :param walls: by the machine's name, how far its wall clock is ahead.
    """

    def __init__(self, document: str, walls: Mapping[str, Offset]) -> None:
        self._document, self._walls = document, walls
        self.orders: Mapping[str, str] = {}

    def hosts(self, *, share_hosts: bool = False) -> list[Host]:
        return [Host(name, f"tcp://{name}", name if not share_hosts else "one") for name in self._walls]

    def facts(self, hosts: Sequence[Host], _implementations: Sequence[str]) -> Mapping[str, Facts]:
        return {host.name: Facts(tlsbench="1.0", python="3.11", dask="2026.8.0") for host in hosts}

    def clocks(self, host: Host) -> tuple[Offset, Offset]:
        return EXACT, self._walls[host.name]

    @contextmanager
    def errands(self, orders: Mapping[str, str], hosts: Sequence[Host]) -> Iterator[Errands]:
        self.orders = orders
        answer: dict[str, Any] = {"done": True, "document": self._document}
        yield Errands(
            cast("Cluster", self), [Errand(host, host.name, None, 0.0, answer=answer) for host in hosts]
        )


@pytest.fixture
def by_fleet(run_of: Callable[[str], Run]) -> Callable[..., FleetRun]:
    document = to_json(run_of(" ".join(SELECTORS)), machine_info())

    def measured(walls: Mapping[str, Offset], *allowed: str) -> FleetRun:
        run = RunRequest(
            matrix=matrix_of(SELECTORS, None), plan=Plan(time_budget_s=1.0, precision=0.5, seed=1)
        )
        request = FleetRunRequest(run=run, selectors=SELECTORS, profile=None, allowed=frozenset(allowed))
        cluster = Answering(document, walls)
        try:
            return fleet_run(cast("Cluster", cluster), request, Watcher())
        except RequestError:
            assert not cluster.orders
            raise

    return measured


def test_a_clock_that_is_off_is_refused_before_anything_is_measured(
    by_fleet: Callable[..., FleetRun],
) -> None:
    with pytest.raises(RequestError, match=r"b: its clock is 3\.0 s ahead of .* or give --allow clocks"):
        by_fleet({"a": EXACT, "b": THREE_SECONDS}, "versions", "shared-hosts")


def test_a_clock_that_may_be_off_is_said_in_the_results(by_fleet: Callable[..., FleetRun]) -> None:
    found = by_fleet({"a": EXACT, "b": THREE_SECONDS}, "clocks")
    assert found.run.conditions.warnings[0] == "b: its clock is 3.0 s ahead of this machine's"
    exact = by_fleet({"a": EXACT, "b": EXACT})
    assert not [line for line in exact.run.conditions.warnings if "clock" in line]
