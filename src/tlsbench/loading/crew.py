"""The processes of a load: started together, watched, and added up."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace

from tlsbench.errors import RequestError
from tlsbench.interrupts import may_be_cut
from tlsbench.loading.backends import BackendLoad, by_backend
from tlsbench.loading.lines import Lines
from tlsbench.loading.load import Load
from tlsbench.loading.plan import LoadPlan
from tlsbench.loading.seconds import second
from tlsbench.loading.server_side import Sides
from tlsbench.loading.tally import LoadTally, total
from tlsbench.processes import readable
from tlsbench.tracing.live import LiveCapture
from tlsbench.tracing.tapped_process import TappedProcess

_HEAD_START_SECONDS = 0.05
#: File descriptors that a worker needs besides those of its connections.
_OTHER_FILES = 64
_LOST = "worker process died"
#: A worker that has not ended this long after it should have is considered hung.
_PATIENCE_SECONDS = 10.0


def soon_ns() -> int:
    """A start time by CLOCK_MONOTONIC, far enough ahead for all workers to learn it first."""
    return time.monotonic_ns() + int(_HEAD_START_SECONDS * 1e9)


def run_load(
    plan: LoadPlan,
    observe: Callable[[float, LoadTally], None] = lambda _seconds, _tally: None,
    stop_asked: Callable[[], bool] = lambda: False,
    capture: LiveCapture | None = None,
    *,
    numbers: Sequence[int] | None = None,
    start_ns_when_ready: Callable[[], int] = soon_ns,
) -> Load:
    """Run a load in ``plan.workers`` processes.

    :param observe: called each second with the tally of all connections so far.
    :param stop_asked: ends the load early when it returns True; open connections are finished.
    :param capture: records the first connections, as many as the plan says.
    :param numbers: which of the plan's workers run here, if others run elsewhere; None for all.
    :param start_ns_when_ready: called once all workers are ready; returns the time of CLOCK_MONOTONIC at
        which they begin.
    :raises RequestError: if the plan cannot be carried out.
    :raises MeasurementError: if the workers do not come up.
    """
    allow_files(plan.connections // plan.workers + 1)
    with ExitStack() as stack:
        lines = stack.enter_context(Lines(plan))
        workers = [
            stack.enter_context(closing(_Worker(lines.plan.share(number), capture, lines.under)))
            for number in (range(plan.workers) if numbers is None else numbers)
        ]
        with may_be_cut():
            remarks = [worker.first_answer()["remarks"] for worker in workers]
        sides = Sides(plan.targets, over_udp=plan.http == "3")
        start_ns = start_ns_when_ready()
        for worker in workers:
            worker.tell(str(start_ns))
        load = Load(plan, remarks=tuple(remarks[0]), backends=_of_backends(plan, ()))
        # Open connections may take one more step after the end; a worker that hangs is killed a little later.
        latest = start_ns / 1e9 + plan.warm_up_s + plan.duration_s + plan.step_limit_s + _PATIENCE_SECONDS
        sides.begin_at(0.0 if plan.hold else start_ns / 1e9 + plan.warm_up_s)

        def is_to_stop() -> bool:
            sides.tick()
            return stop_asked()

        try:
            _watch(workers, load, observe, is_to_stop, latest)
        except KeyboardInterrupt:
            load.interrupted = True
            for worker in workers:
                if not worker.has_ended:
                    worker.kill("it was cut short")
        load.server, spent = sides.spent()
        carried = lines.finish(load)
    for worker in workers:
        worker.count_lost()
    load.tally = total(worker.tally for worker in workers)
    load.elapsed_s = max((worker.elapsed_s for worker in workers), default=0.0)
    load.late_ns = max((worker.late_ns for worker in workers), default=0)
    load.vitals = tuple(tuple(worker.vitals) for worker in workers)
    load.lost += tuple(worker.lost for worker in workers if worker.lost)
    load.backends = tuple(
        replace(
            one,
            seconds=before.seconds,
            server=spent.get(one.target),
            forwarded=carried.get(one.target),
        )
        for before, one in zip(load.backends, _of_backends(plan, workers), strict=True)
    )
    if not plan.others:
        load.forwarded = carried.get(plan.target)
    return load


def _of_backends(plan: LoadPlan, workers: Sequence[_Worker]) -> tuple[BackendLoad, ...]:
    """The results for each backend so far, in the plan's order; nothing if there is only one."""
    nothing = [BackendLoad(target) for target in plan.targets] if plan.others else []
    return by_backend([nothing, *(worker.backends for worker in workers)])


def _watch(
    workers: list[_Worker],
    load: Load,
    observe: Callable[[float, LoadTally], None],
    stop_asked: Callable[[], bool],
    latest: float,
) -> None:
    seconds, earlier = 0, LoadTally()
    while living := [worker for worker in workers if not worker.has_ended]:
        with may_be_cut():
            ready = readable(living, 0.1)
        for worker in ready:
            worker.read()
        if min((worker.reports for worker in living), default=0) > seconds:
            seconds = min(worker.reports for worker in living)
            tally = total(worker.tally for worker in workers)
            load.seconds += (second(float(seconds), tally, earlier),)
            earlier = tally
            load.backends = tuple(
                replace(one, seconds=(*before.seconds, second(float(seconds), one.tally, before.tally)))
                for before, one in zip(load.backends, _of_backends(load.plan, workers), strict=True)
            )
            observe(float(seconds), tally)
        if stop_asked() and not load.interrupted:
            load.interrupted = True
            for worker in living:
                worker.tell("stop")
        if time.monotonic() > latest:
            for worker in living:
                worker.kill("it did not end")


def allow_files(connections: int) -> None:
    """Raise the file descriptor limit so that this process and its children can each open some connections.

    :param connections: how many each may open.
    :raises RequestError: if the system's hard limit is below that.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise RequestError(
                f"{connections} connections for each process need {wanted} file descriptors, but the limit "
                f"is {hard}: raise it (ulimit -Hn), or add --processes"
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class _Worker(TappedProcess):
    """The parent's end of a worker process."""

    def __init__(self, plan: LoadPlan, capture: LiveCapture | None, under: Sequence[str] = ()) -> None:
        self.tally = LoadTally()
        self.backends: tuple[BackendLoad, ...] = ()
        self.reports = 0
        self.elapsed_s = 0.0
        self.late_ns = 0
        super().__init__(plan.worker, capture, "tlsbench.loading.worker", plan.to_json(), under=under)

    def read(self) -> None:
        """Take in what it has written."""
        for message in self.messages():
            self.tally = LoadTally.from_plain(message["tally"])
            self.backends = tuple(map(BackendLoad.from_plain, message.get("backends", ())))
            if message.get("done"):
                self.elapsed_s, self.lost = message["elapsed_s"], message["died"]
                self.late_ns = message["late_ns"]
            else:
                self.reports += 1
        if self.lost and not self.elapsed_s:
            self.elapsed_s = float(self.reports)

    def count_lost(self) -> None:
        """If it died, count its open connections as lost."""
        for tally in (self.tally, *(one.tally for one in self.backends)):
            if self.lost and tally.open:
                tally.outcomes[_LOST] += tally.open
