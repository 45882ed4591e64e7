"""The event loop of a worker: epoll and non-blocking TLS, without a thread or a buffer for each connection.

Sockets are registered once, edge-triggered, for reading and writing: each is driven until it would block, so
its registration never changes.
"""

from __future__ import annotations

import heapq
import select
from collections.abc import Callable
from time import monotonic_ns, process_time

from tlsbench.errors import RequestError
from tlsbench.implementations.pyopenssl.tapped import MakeTap, untapped
from tlsbench.loading.attempt import Attempt
from tlsbench.loading.backends import BackendLoad
from tlsbench.loading.failures import words_of
from tlsbench.loading.plan import LoadPlan
from tlsbench.loading.pool import Pool
from tlsbench.loading.setting_up import attempts_of, backends_of
from tlsbench.loading.spreading import Spread
from tlsbench.loading.tally import SUCCESS, LoadTally
from tlsbench.loading.timers import Timers
from tlsbench.loading.watchdog import Watchdog

_EVENTS = 512
#: Events by which the peer has ended its half, or the connection is gone.
_ENDING = getattr(select, "EPOLLRDHUP", 0) | getattr(select, "EPOLLHUP", 0) | getattr(select, "EPOLLERR", 0)
_SECOND_NS = 1_000_000_000
#: How often deadlines are checked: a step that times out ends at most this much later.
_SWEEP_NS = 100_000_000
#: After a failure the slot's next connection waits this long, so that a refusing server is not flooded.
_BACK_OFF_NS = 20_000_000
#: The reasons why a connection of an open loop could not begin in time.
_NO_ROOM = "begin: timeout, the limit of open connections was reached (see --connections)"
_LATE = "begin: timeout, the client was too busy (see --processes)"


class Engine:
    """The connections of one worker.

    :param fd: a descriptor that becomes readable when the load should end early; -1 for none.
    :param tap: makes the taps of its connections.
    :raises RequestError: if the system has no epoll, or a backend cannot be set up.
    """

    def __init__(self, plan: LoadPlan, fd: int = -1, tap: MakeTap = untapped) -> None:
        if not hasattr(select, "epoll"):
            raise RequestError("load needs Linux: this system has no epoll")
        self._make = attempts_of(plan.http)
        #: Where the kernel deviates from the requested socket options.
        self.remarks: list[str] = []
        self._spread = Spread(plan, backends_of(plan, self._make.kind, tap, self.remarks))
        #: The time from the first counted start to the end of the last connection.
        self.elapsed_s = 0.0
        #: How long after its due time the first connection began; -1 until then.
        self.late_ns = -1
        self._cpu_s = 0.0
        self._plan = plan
        self._epoll = select.epoll()
        self._fd = fd
        if fd >= 0:
            self._epoll.register(fd, select.EPOLLIN)
        self._timers = Timers()
        # Starts by the clock, and timers, must not be late.
        self._waits_finely = plan.is_open_loop or plan.http == "3"
        self._open: dict[int, Attempt] = {}
        self._pool = Pool(plan, lambda one: self._spread.of(one).shared.tally, self._open)
        #: Connections that may have more to read without a further event from epoll.
        self._more: list[Attempt] = []
        self._limit_ns = int(plan.step_limit_s * 1e9)
        #: When each free slot begins its next connection, as a heap.
        self._due_ns: list[int] = []
        self._interval_ns = 1e9 / plan.rate_per_s if plan.rate_per_s else 0.0
        self._begun = 0
        #: When an open loop last had no room for one more.
        self._full_ns = 0
        self._cpu_from_s: float | None = None
        self._start_ns = self._count_from_ns = self._end_ns = 0

    def run(self, start_ns: int, report: Callable[[int], None]) -> None:
        """Run the plan, beginning at a time of CLOCK_MONOTONIC, and leave the results in :attr:`tally`.

        :param report: called each second of the counted time, with its number.
        """
        with Watchdog(self._spread.worker_turn, self._plan.step_limit_s):
            self._run(start_ns, report)

    def _run(self, start_ns: int, report: Callable[[int], None]) -> None:
        plan = self._plan
        self._start_ns = start_ns
        self._count_from_ns = start_ns + int(plan.warm_up_s * 1e9)
        self._pool.count_from_ns = self._count_from_ns
        self._spread.count_from(self._count_from_ns)
        self._end_ns = self._count_from_ns + int(plan.duration_s * 1e9)
        if not plan.is_open_loop:
            step_ns = plan.ramp_up_s * 1e9 / plan.connections
            self._due_ns = [start_ns + int(step_ns * slot) for slot in range(plan.connections)]
        sweep_ns = start_ns
        # Held connections all count, so they are reported from the beginning.
        report_ns, second = (start_ns if plan.hold else self._count_from_ns) + _SECOND_NS, 1
        try:
            while True:
                now_ns = monotonic_ns()
                if now_ns < self._end_ns or self._is_behind():
                    self._begin_due(now_ns)
                else:
                    self._finish_resting()
                    if not self._open:
                        break
                    if now_ns >= self._end_ns + self._limit_ns:
                        self._cut_off()
                if now_ns >= sweep_ns:
                    self._sweep(now_ns)
                    sweep_ns = now_ns + _SWEEP_NS
                if report_ns <= now_ns:
                    self._charge()
                    report(second)
                    report_ns, second = report_ns + _SECOND_NS, second + 1
                self._go_on(self._patience_s(now_ns, sweep_ns))
        finally:
            self._charge()
            self.elapsed_s = max(0.0, (monotonic_ns() - self._count_from_ns) / 1e9)
            self._epoll.close()

    def _go_on(self, patience_s: float) -> None:
        """Wait for events, and drive the connections that have one, more to read, or a timer due."""
        more, self._more = self._more, []
        patience_s = 0.0 if more else patience_s
        if self._waits_finely and patience_s:
            # epoll rounds up to a millisecond, by which every start would be late; select(2) does not
            select.select([self._epoll], [], [], patience_s)
            patience_s = 0.0
        opened = self._open
        for fd, events in self._epoll.poll(patience_s, _EVENTS):
            connection = opened.get(fd)
            if connection is None:
                if fd == self._fd:
                    self._end_ns = min(self._end_ns, monotonic_ns())  # what is open is finished
                    self._epoll.unregister(fd)
                continue
            connection.go_on(monotonic_ns())
            if events & _ENDING and not connection.outcome:
                connection.has_more = True  # no further event will announce the end
            if connection.outcome or connection.has_more or connection.timer_ns:
                self._settle(fd, connection)
        for connection in more:
            self._drive(connection)
        self._timers.run(monotonic_ns(), self._drive)

    def _drive(self, connection: Attempt) -> None:
        """Let a connection do what it can, if it is still open."""
        if connection.sock is not None:
            connection.go_on(monotonic_ns())
            self._settle(connection.sock.fileno(), connection)

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._open)

    def _is_behind(self) -> bool:
        """Whether connections of an open loop that were due before the end have not begun yet."""
        return self._plan.is_open_loop and self._next_begin_ns() < self._end_ns

    @property
    def tally(self) -> LoadTally:
        """The tally of the connections to all backends."""
        tally = self._spread.tally
        tally.cpu_s = self._cpu_s
        return tally

    @property
    def backends(self) -> list[BackendLoad]:
        """The results for each backend."""
        return self._spread.counts()

    def _charge(self) -> None:
        """Bring the tallies up to date."""
        self._spread.note_times()
        if self._cpu_from_s is not None:
            self._cpu_s = process_time() - self._cpu_from_s

    def _begin_due(self, now_ns: int) -> None:
        plan = self._plan
        if self._cpu_from_s is None and now_ns >= self._count_from_ns:
            self._cpu_from_s = process_time()
        if not plan.is_open_loop:
            while self._due_ns and self._due_ns[0] <= now_ns and self._has_room():
                self._begin(max(heapq.heappop(self._due_ns), self._start_ns), now_ns)
            return
        while (begin_ns := self._next_begin_ns()) <= now_ns and begin_ns < self._end_ns:
            is_over_time = now_ns >= begin_ns + self._limit_ns
            if not self._has_room():
                self._full_ns = now_ns
                if not is_over_time:
                    return
            self._begun += 1
            if is_over_time:
                self._give_up_beginning(begin_ns)
            else:
                self._begin(begin_ns, now_ns)

    def _give_up_beginning(self, begin_ns: int) -> None:
        """Count a connection of an open loop that could not begin within the step limit."""
        counted = begin_ns >= self._count_from_ns
        tally = self._spread.choose(monotonic_ns(), counted=counted).shared.tally
        tally.begun += counted
        why = _NO_ROOM if self._full_ns >= begin_ns else _LATE
        tally.end(why, counted=counted, is_late=monotonic_ns() >= self._count_from_ns)

    def _next_begin_ns(self) -> int:
        """When the next connection of an open loop is due, whether or not it can begin."""
        turn = self._begun + self._plan.worker / self._plan.workers
        return self._start_ns + int(turn * self._interval_ns)

    def _has_room(self) -> bool:
        """Whether one more connection may be in use."""
        return len(self._open) - len(self._pool) < (self._plan.pool or self._plan.connections)

    def _begin(self, begin_ns: int, now_ns: int) -> None:
        if self.late_ns < 0:
            self.late_ns = now_ns - begin_ns
        # In a closed loop only a wait for a pooled connection counts; otherwise a start is never late.
        begin_ns = begin_ns if self._plan.is_open_loop or self._plan.pool else now_ns
        counted = begin_ns >= self._count_from_ns or self._plan.hold
        backend = self._spread.choose(now_ns, counted=counted)
        shared = backend.shared
        backend.in_use += 1
        if counted:
            shared.tally.begun += 1
        if (connection := self._pool.take(now_ns, shared.backend)) is not None:
            assert connection.sock is not None
            if counted:
                shared.tally.reused += 1
            connection.again(begin_ns, now_ns, counted=counted)
            self._settle(connection.sock.fileno(), connection)
            return
        if self._plan.pool:
            self._pool.make_room()
        connection = self._make(shared, begin_ns, counted=counted)
        connection.open(now_ns)
        if connection.sock is None or connection.outcome:
            self._settle(-1, connection)
            return
        fd = connection.sock.fileno()
        self._open[fd] = connection
        try:
            self._epoll.register(fd, select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET)
        except OSError as error:  # epoll(7) limits the descriptors that a user may watch
            connection.give_up(words_of(error.errno or 0))
            self._settle(fd, connection)

    def _settle(self, fd: int, connection: Attempt) -> None:
        """Release a connection that has ended, and free its slot; queue one with more to read or a timer."""
        if not connection.outcome:
            if connection.has_more:
                self._more.append(connection)
            if connection.timer_ns:
                self._timers.note(connection)
            return
        if connection.is_idle:
            self._pool.retire(fd, connection, "by the server")
            return
        self._spread.of(connection).ended(connection.outcome, monotonic_ns())
        if not self._plan.is_open_loop:
            wait_ns = 0 if connection.outcome == SUCCESS else _BACK_OFF_NS
            heapq.heappush(self._due_ns, monotonic_ns() + wait_ns)
        if self._plan.pool and connection.outcome == SUCCESS:
            self._pool.keep(fd, connection)
            return
        self._open.pop(fd, None)
        connection.close()  # which also removes it from epoll

    def _finish_resting(self) -> None:
        """End the held connections, and those that are unused in the pool."""
        for fd, connection in list(self._open.items()):
            if connection.step == "hold":
                connection.finish()
                self._settle(fd, connection)
            elif connection.is_idle:
                self._pool.retire(fd, connection, "at the end")

    def _sweep(self, now_ns: int) -> None:
        self._pool.sweep(now_ns)
        for fd, connection in list(self._open.items()):
            if not connection.deadline_ns or now_ns < connection.deadline_ns:
                continue
            connection.run_out_of_time(now_ns)
            self._settle(fd, connection)

    def _cut_off(self) -> None:
        """End what is still open, now that the time of one step has passed since the end."""
        for fd, connection in list(self._open.items()):
            connection.give_up("timeout")
            self._settle(fd, connection)

    def _patience_s(self, now_ns: int, sweep_ns: int) -> float:
        """How long to wait for events, in seconds: until something is due."""
        until_ns = min(sweep_ns, self._timers.next_ns)
        if now_ns < self._end_ns:
            until_ns = min(until_ns, self._end_ns)
            if not self._has_room():
                pass  # an event will make some
            elif not self._plan.is_open_loop:
                until_ns = min(until_ns, self._due_ns[0]) if self._due_ns else until_ns
            else:
                until_ns = min(until_ns, self._next_begin_ns())
        return max(0.0, (until_ns - now_ns) / 1e9)
