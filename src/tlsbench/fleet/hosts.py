"""Which machines a cluster's workers are: each once, however many workers it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.errors import RequestError

#: What a worker offers, one of it, so that one task at a time measures there.
RESOURCE: Final = "tlsbench"


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker of a cluster.

    :param address: where the scheduler reaches it.
    :param label: what it was named when it was started; its address if it was not.
    :param host: what its machine calls itself, and ``identity`` what tells that from others.
    :param offers: how many of :data:`RESOURCE`.
    """

    address: str
    label: str
    host: str
    identity: str
    offers: float = 0.0


@dataclass(frozen=True, slots=True)
class Host:
    """A machine: one of its workers.

    :param name: by which people know it; no two of a fleet have the same.
    :param spare: further workers of the same host, which stay idle.
    """

    name: str
    address: str
    identity: str
    spare: int = 0


def hosts_of(workers: Iterable[Worker], *, share_hosts: bool = False) -> list[Host]:
    """The machines of some workers, by name.

    Of several workers on one host the first by address measures, so that whoever asks picks the same.

    :param share_hosts: takes each worker for a machine of its own, even where several are on one host.
    :raises RequestError: if there is none, or one takes no tasks one by one.
    """
    ordered = sorted(workers, key=lambda one: (one.address.rpartition(":")[0], one.address))
    if not ordered:
        raise RequestError("the cluster has no workers: start some, see 'tlsbench fleet start --help'")
    if unfit := [one.label for one in ordered if one.offers != 1]:
        raise RequestError(
            f"{', '.join(unfit)}: start each worker with --resources {RESOURCE}=1, by which one task at a "
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
    """A name for each worker, by address: its label, or its host's name; numbered where two are alike."""
    plain = [one.host if one.label == one.address else one.label for one in workers]
    twice, seen = Counter(plain), Counter[str]()
    names = {}
    for one, name in zip(workers, plain, strict=True):
        seen[name] += 1
        names[one.address] = f"{name}-{seen[name]}" if twice[name] > 1 else name
    return names


def shared(hosts: Sequence[Host]) -> list[str]:
    """The names of machines that are on one host with another."""
    counts = Counter(one.identity for one in hosts)
    return [one.name for one in hosts if counts[one.identity] > 1]
