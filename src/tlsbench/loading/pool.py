"""The unused connections that a worker keeps in a pool."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns

from tlsbench.loading.attempt import Attempt
from tlsbench.loading.plan import LoadPlan
from tlsbench.loading.tally import LoadTally


class Pool:
    """Open connections that are unused; the most recently used one is reused first.

    :param tally_of: returns the tally in which a connection counts.
    :param opened: all open connections of the worker, by descriptor; retired ones are removed from it.
    """

    def __init__(
        self, plan: LoadPlan, tally_of: Callable[[Attempt], LoadTally], opened: dict[int, Attempt]
    ) -> None:
        self._plan, self._tally_of, self._opened = plan, tally_of, opened
        self._idle: list[Attempt] = []
        #: When connections begin to count, by CLOCK_MONOTONIC.
        self.count_from_ns = 0

    def __len__(self) -> int:
        return len(self._idle)

    def take(self, now_ns: int, backend: int = 0) -> Attempt | None:
        """Take a connection to a backend for use; None if there is none."""
        self.sweep(now_ns)
        for at in range(len(self._idle) - 1, -1, -1):
            if self._idle[at].backend == backend:
                return self._idle.pop(at)
        return None

    def make_room(self) -> None:
        """If the pool is full, close the longest-unused connection, which is then to another backend."""
        if self._idle and len(self._opened) >= self._plan.pool:
            oldest = self._idle[0]
            assert oldest.sock is not None
            self.retire(oldest.sock.fileno(), oldest, "for another backend")

    def keep(self, fd: int, connection: Attempt) -> None:
        """Keep a connection until its idle time or its lifetime is over."""
        plan, now_ns = self._plan, monotonic_ns()
        deadlines = [now_ns + int(plan.pool_idle_s * 1e9)] if plan.pool_idle_s else []
        if plan.pool_lifetime_s:
            deadlines.append(connection.began_ns + int(plan.pool_lifetime_s * 1e9))
        self._idle.append(connection)
        connection.lie_idle(min(deadlines, default=0))
        if connection.outcome:
            self.retire(fd, connection, "by the server")
        elif deadlines and min(deadlines) <= now_ns:
            self.retire(fd, connection, "lifetime")

    def retire(self, fd: int, connection: Attempt, why: str) -> None:
        """Close an unused connection.

        :param why: the reason under which it is counted.
        """
        if monotonic_ns() >= self.count_from_ns:
            self._tally_of(connection).retired[why] += 1
        self._idle.remove(connection)
        del self._opened[fd]
        connection.close()

    def sweep(self, now_ns: int) -> None:
        """Close the connections that have been kept for too long."""
        for connection in [one for one in self._idle if 0 < one.deadline_ns <= now_ns]:
            assert connection.sock is not None
            lived_ns = now_ns - connection.began_ns
            is_old = 0 < self._plan.pool_lifetime_s * 1e9 <= lived_ns
            self.retire(connection.sock.fileno(), connection, "lifetime" if is_old else "idle limit")
