"""The results for each of several backends, added up over processes or machines.

No I/O: the counts for the same backends are added, histograms bucket by bucket, and nothing is averaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tlsbench.forwarding import Forwarded
from tlsbench.loading.seconds import Second
from tlsbench.loading.server_side import Spent
from tlsbench.loading.tally import LoadTally
from tlsbench.loading.target import Target


@dataclass(slots=True)
class BackendLoad:
    """One backend's part of a load.

    :param tally: its connections; the workers' processor time belongs to the whole load, and is 0 here.
    :param moved: counted connections that were meant for it, but went to others because it was down.
    :param downs: how often it was found to be down, after that many consecutive failures
        (:data:`tlsbench.loading.spreading.FAILURES_OF_A_DOWN_ONE`).
    :param seconds: its course over time.
    :param server: the resources its own processes used, if they are known; processes that listen for several
        backends count for each.
    :param forwarded: what its line carried, if it has one.
    """

    target: Target
    tally: LoadTally = field(default_factory=LoadTally)
    moved: int = 0
    downs: int = 0
    seconds: tuple[Second, ...] = ()
    server: Spent | None = None
    forwarded: Forwarded | None = None

    def counts_to_plain(self) -> dict[str, Any]:
        """What a worker reports about it, as plain values."""
        return {
            "target": asdict(self.target),
            "tally": self.tally.to_plain(),
            "moved": self.moved,
            "downs": self.downs,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> BackendLoad:
        """The inverse of :meth:`counts_to_plain`."""
        tally = LoadTally.from_plain(plain["tally"])
        return cls(Target(**plain["target"]), tally, plain["moved"], plain["downs"])


def by_backend(parts: Iterable[Sequence[BackendLoad]]) -> tuple[BackendLoad, ...]:
    """The counts of several loads of the same backends, added up backend by backend.

    :param parts: the backends of each load; a load may lack some.
    :returns: only the counts, in the order in which the backends first appear: courses, servers and lines
        have no sum.
    """
    together: dict[Target, BackendLoad] = {}
    for part in parts:
        for one in part:
            kept = together.setdefault(one.target, BackendLoad(one.target))
            kept.tally.add(one.tally)
            kept.moved += one.moved
            kept.downs += one.downs
    return tuple(together.values())


@dataclass(frozen=True, slots=True)
class Evenness:
    """How evenly connections were spread, relative to an even share, which is 1.

    :param least: the share of the backend that got the fewest; ``most`` is that of the one that got the most.
    """

    least: float
    most: float


def evenness(counts: Sequence[int]) -> Evenness | None:
    """The evenness of some counts; None if there is nothing to spread.

    :param counts: the connections of each backend.
    """
    if not sum(counts):
        return None
    even = sum(counts) / len(counts)
    return Evenness(min(counts) / even, max(counts) / even)
