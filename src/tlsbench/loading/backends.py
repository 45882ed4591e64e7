"""What came of each of several backends, and of all loads of theirs together.

Pure: what several processes or machines counted of the same backends is added up here, histograms bucket by
bucket, and nothing is averaged.
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

    :param tally: its connections; the processor time of the workers is that of the whole load, and 0 here.
    :param moved: counted connections that would have gone to it, and went to others because it was down.
    :param downs: how often it was found to be down: that many connections in a row had failed
        (:data:`tlsbench.loading.spreading.FAILURES_OF_A_DOWN_ONE`).
    :param seconds: its course over time.
    :param server: what its own processes spent, where they are known; processes that listen for several
        backends are those of each.
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
        """What a worker says about it, as plain values."""
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
    """What several loads of the same backends counted, added up backend by backend.

    :param parts: of each load, its backends; those that one of them lacks are taken from the others.
    :returns: the counts alone: of a course, a server and a line there is no sum. In the order in which the
        backends first came.
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
    """How evenly connections were spread, relative to an even share: 1 is that share.

    :param least: what the backend with the fewest got; ``most`` is that of the one with the most.
    """

    least: float
    most: float


def evenness(counts: Sequence[int]) -> Evenness | None:
    """How even some counts are; None where there is nothing to spread.

    :param counts: by backend, how many connections it got.
    """
    if not sum(counts):
        return None
    even = sum(counts) / len(counts)
    return Evenness(min(counts) / even, max(counts) / even)
