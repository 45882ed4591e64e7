from __future__ import annotations

import pytest

from tlsbench.errors import RequestError
from tlsbench.fleet.hosts import Worker, hosts_of, shared


def worker(address: str, label: str = "", host: str = "here", identity: str = "boot-1") -> Worker:
    return Worker(address, label or address, host, identity, 1.0)


def test_two_workers_on_one_host_are_one_machine_whatever_order_they_come_in() -> None:
    workers = [worker("tcp://192.0.2.1:40000"), worker("tcp://192.0.2.1:30000")]
    for order in (workers, workers[::-1]):
        (host,) = hosts_of(order)
        assert (host.address, host.spare, host.name) == ("tcp://192.0.2.1:30000", 1, "here")


def test_workers_that_share_a_host_are_machines_if_that_is_allowed_and_it_is_known() -> None:
    workers = [worker("tcp://192.0.2.1:1", "a"), worker("tcp://192.0.2.2:1", "b", identity="boot-1")]
    hosts = hosts_of(workers, share_hosts=True)
    assert [host.name for host in hosts] == ["a", "b"]
    assert shared(hosts) == ["a", "b"]


def test_machines_of_one_name_are_numbered() -> None:
    workers = [worker("tcp://192.0.2.1:1"), worker("tcp://192.0.2.2:1", identity="boot-2")]
    assert [host.name for host in hosts_of(workers)] == ["here-1", "here-2"]
    assert shared(hosts_of(workers)) == []


def test_a_cluster_without_workers_is_refused() -> None:
    with pytest.raises(RequestError, match="no workers: start some"):
        hosts_of([])


@pytest.mark.parametrize("offers", [0.0, 2.0])
def test_a_worker_that_could_run_several_tasks_at_once_is_refused(offers: float) -> None:
    with pytest.raises(RequestError, match="m1: start each worker with --resources tlsbench=1"):
        hosts_of([Worker("tcp://192.0.2.1:1", "m1", "here", "boot-1", offers)])
