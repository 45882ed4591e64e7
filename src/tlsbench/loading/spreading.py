"""Which backend the next connection of a worker goes to, and which of them are down.

A backend is down once several connections to it in a row have failed. That is all a client can see of it, and
what proxies go by (*passive health checks*). It is up again as soon as one succeeds: with ``move``, one
connection is sent to it now and then to see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.loading.attempt import Attempt
from tlsbench.loading.backends import BackendLoad
from tlsbench.loading.context import Shared
from tlsbench.loading.plan import LoadPlan
from tlsbench.loading.tally import SUCCESS, LoadTally, total
from tlsbench.loading.watchdog import Turn

#: A backend is down after this many failed connections in a row.
FAILURES_OF_A_DOWN_ONE: Final = 3
#: How often a backend that is down is tried, where its connections move to the others.
_RETRY_NS: Final = 1_000_000_000


@dataclass(slots=True)
class Backend:
    """A backend as a worker sees it.

    :param in_use: connections to it that are under way, or used by somebody.
    :param failed: how many in a row have failed.
    :param retry_ns: where it is down, when it is to be tried again.
    """

    shared: Shared
    in_use: int = 0
    failed: int = 0
    retry_ns: int = 0
    moved: int = 0
    downs: int = 0

    @property
    def is_down(self) -> bool:
        """Whether that many connections in a row have failed."""
        return self.failed >= FAILURES_OF_A_DOWN_ONE

    def may_be_tried(self, now_ns: int) -> bool:
        """Whether a connection may go to it: it is up, or it is time to see."""
        return not self.is_down or now_ns >= self.retry_ns

    def ended(self, outcome: str, now_ns: int) -> None:
        """Note how a connection to it ended."""
        self.in_use -= 1
        if outcome == SUCCESS:
            self.failed = 0
            return
        self.failed += 1
        if self.failed == FAILURES_OF_A_DOWN_ONE:
            self.downs += 1
            self.retry_ns = now_ns + _RETRY_NS

    def counts(self) -> BackendLoad:
        """What came of it so far."""
        return BackendLoad(self.shared.plan.target, self.shared.tally, self.moved, self.downs)


class Spread:
    """Chooses backends.

    :param backends: all of a load, in their order.
    """

    def __init__(self, plan: LoadPlan, backends: Sequence[Backend]) -> None:
        self._backends = backends
        self._prefer = _PREFERRED[plan.spread]
        self._moves = plan.when_down == "move"
        #: Workers begin with different backends, so that the first connections of all are spread too.
        self._turn = plan.worker
        #: Of connections that move, whose turn it is: else the neighbour of one that is down got them all.
        self._turn_of_moved = plan.worker

    @property
    def worker_turn(self) -> Turn:
        """Whose turn in the event loop it is, of the connections to all of them."""
        return self._backends[0].shared.turn

    @property
    def tally(self) -> LoadTally:
        """What came of the connections to all of them."""
        tallies = [one.shared.tally for one in self._backends]
        return tallies[0] if len(tallies) == 1 else total(tallies)

    def counts(self) -> list[BackendLoad]:
        """What came of each."""
        return [one.counts() for one in self._backends]

    def of(self, connection: Attempt) -> Backend:
        """The one that a connection goes to."""
        return self._backends[connection.backend]

    def count_from(self, now_ns: int) -> None:
        """When connections begin to count, by CLOCK_MONOTONIC."""
        for one in self._backends:
            one.shared.count_from_ns = now_ns

    def note_times(self) -> None:
        """Bring their tallies up to date."""
        for one in self._backends:
            one.shared.note_times()

    def choose(self, now_ns: int, *, counted: bool) -> Backend:
        """The backend of the next connection; of those that are all down, the one whose turn it is.

        :param counted: whether the connection counts.
        """
        backends = self._backends
        if len(backends) == 1:
            return backends[0]
        chosen = self._prefer(backends, self._turn)
        self._turn += 1
        if not self._moves or not chosen.is_down:
            return chosen
        if now_ns < chosen.retry_ns:
            others = [one for one in backends if one.may_be_tried(now_ns)]
            if not others:
                return chosen
            chosen.moved += counted
            chosen = self._prefer(others, self._turn_of_moved)
            self._turn_of_moved += 1
        if chosen.is_down:
            chosen.retry_ns = now_ns + _RETRY_NS
        return chosen


def _in_turn(backends: Sequence[Backend], turn: int) -> Backend:
    return backends[turn % len(backends)]


def _least_open(backends: Sequence[Backend], turn: int) -> Backend:
    """One with the fewest in use: of several, the first from the turn on."""
    first = turn % len(backends)
    return min((*backends[first:], *backends[:first]), key=lambda one: one.in_use)


_PREFERRED: Final[Mapping[str, Callable[[Sequence[Backend], int], Backend]]] = {
    "round-robin": _in_turn,
    "least-open": _least_open,
}
