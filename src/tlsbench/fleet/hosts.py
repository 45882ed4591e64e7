"""The machines behind a cluster's workers: each once, however many workers it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.errors import RequestError

#: The Dask resource of which each worker offers one, so that only one task at a time measures there.
RESOURCE: Final = "tlsbench"


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker of a cluster.

    :param address: where the scheduler reaches it.
    :param label: the name that it was started with; its address if it was started without.
    :param host: the host name of its machine; ``identity`` distinguishes that machine from others.
    :param offers: how many of :data:`RESOURCE` it offers.
    """

    address: str
    label: str
    host: str
    identity: str
    offers: float = 0.0


@dataclass(frozen=True, slots=True)
class Host:
    """A machine, represented by one of its workers.

    :param name: its human-readable name, unique in the fleet.
    :param spare: further workers on the same host, which stay idle.
    """

    name: str
    address: str
    identity: str
    spare: int = 0


def hosts_of(workers: Iterable[Worker], *, share_hosts: bool = False) -> list[Host]:
    """The machines of some workers, sorted by name.

    Of several workers on one host the first by address measures, so that everyone picks the same one.

    :param share_hosts: whether each worker counts as a separate machine, even if several share a host.
    :raises RequestError: if there is none, or one does not take exactly one task at a time.
    """
    ordered = sorted(workers, key=lambda one: (one.address.rpartition(":")[0], one.address))
    if not ordered:
        raise RequestError("the cluster has no workers: start some, see 'tlsbench fleet start --help'")
    if unfit := [one.label for one in ordered if one.offers != 1]:
        raise RequestError(
            f"{', '.join(unfit)}: start each worker with --resources {RESOURCE}=1, so that one task at a "
            "time measures there ('tlsbench fleet start' does)"
        )
    groups: dict[str, list[Worker]] = {}
    for one in ordered:
        groups.setdefault(one.address if share_hosts else one.identity, []).append(one)
    firsts = [group[0] for group in groups.values()]
    names = _names(firsts)
    found = [
        Host(names[one.address], one.address, one.identity, len(group) - 1)
        for one, group in zip(firsts, groups.values(), strict=True)
    ]
    return sorted(found, key=lambda host: host.name)


def _names(workers: Sequence[Worker]) -> Mapping[str, str]:
    """A name for each worker, by address: its label, or else its host's name; numbered if not unique."""
    plain = [one.host if one.label == one.address else one.label for one in workers]
    twice, seen = Counter(plain), Counter[str]()
    names = {}
    for one, name in zip(workers, plain, strict=True):
        seen[name] += 1
        names[one.address] = f"{name}-{seen[name]}" if twice[name] > 1 else name
    return names


def shared(hosts: Sequence[Host]) -> list[str]:
    """The names of machines that share a host with another one."""
    counts = Counter(one.identity for one in hosts)
    return [one.name for one in hosts if counts[one.identity] > 1]
