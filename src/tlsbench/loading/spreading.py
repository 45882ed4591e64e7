"""Which backend a worker's next connection goes to, and which backends are down.

A backend is down once several consecutive connections to it have failed: all that a client can observe, and
what proxies rely on too (*passive health checks*). It is up again as soon as one succeeds: with ``move``, a
connection is sent to it now and then as a retry.
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

#: A backend is down after this many consecutive failed connections.
FAILURES_OF_A_DOWN_ONE: Final = 3
#: How often a backend that is down is retried, if its connections move to the others.
_RETRY_NS: Final = 1_000_000_000


@dataclass(slots=True)
class Backend:
    """A backend as a worker sees it.

    :param in_use: connections to it that are in use.
    :param failed: consecutive failed connections.
    :param retry_ns: when a backend that is down is next tried.
    :param moved: counted connections that went to others because it was down.
    :param downs: how often it was found to be down.
    """

    shared: Shared
    in_use: int = 0
    failed: int = 0
    retry_ns: int = 0
    moved: int = 0
    downs: int = 0

    @property
    def is_down(self) -> bool:
        """Whether :data:`FAILURES_OF_A_DOWN_ONE` consecutive connections have failed."""
        return self.failed >= FAILURES_OF_A_DOWN_ONE

    def may_be_tried(self, now_ns: int) -> bool:
        """Whether a connection may be sent to it: either it is up, or a retry is due."""
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
        """The results so far."""
        return BackendLoad(self.shared.plan.target, self.shared.tally, self.moved, self.downs)


class Spread:
    """The choice of a backend for each connection.

    :param backends: all backends of a load, in order.
    """

    def __init__(self, plan: LoadPlan, backends: Sequence[Backend]) -> None:
        self._backends = backends
        self._prefer = _PREFERRED[plan.spread]
        self._moves = plan.when_down == "move"
        #: The next backend: workers begin with different ones, so that first connections are spread too.
        self._turn = plan.worker
        #: The next backend for moved connections; with one shared counter, the neighbour of a dead backend
        #: would get them all.
        self._turn_of_moved = plan.worker

    @property
    def worker_turn(self) -> Turn:
        """The turn in the event loop, which the connections to all backends share."""
        return self._backends[0].shared.turn

    @property
    def tally(self) -> LoadTally:
        """The tally of the connections to all backends."""
        tallies = [one.shared.tally for one in self._backends]
        return tallies[0] if len(tallies) == 1 else total(tallies)

    def counts(self) -> list[BackendLoad]:
        """The results for each backend."""
        return [one.counts() for one in self._backends]

    def of(self, connection: Attempt) -> Backend:
        """The backend that a connection goes to."""
        return self._backends[connection.backend]

    def count_from(self, now_ns: int) -> None:
        """Set when connections begin to count, by CLOCK_MONOTONIC."""
        for one in self._backends:
            one.shared.count_from_ns = now_ns

    def note_times(self) -> None:
        """Bring the tallies' histograms up to date."""
        for one in self._backends:
            one.shared.note_times()

    def choose(self, now_ns: int, *, counted: bool) -> Backend:
        """Choose the backend of the next connection; if all are down, the one whose turn it is.

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
    """The backend with the fewest connections in use; of several, the first from the turn on."""
    first = turn % len(backends)
    return min((*backends[first:], *backends[:first]), key=lambda one: one.in_use)


_PREFERRED: Final[Mapping[str, Callable[[Sequence[Backend], int], Backend]]] = {
    "round-robin": _in_turn,
    "least-open": _least_open,
}
