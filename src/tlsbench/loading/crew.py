"""The processes of a load: begun together, watched, and added up."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.forwarding import Detour, Forwarded, local_address
from tlsbench.interrupts import may_be_cut
from tlsbench.loading.machines import MachineLoad
from tlsbench.loading.plan import LoadPlan
from tlsbench.loading.seconds import Second, second
from tlsbench.loading.server_side import ServerSide, Spent
from tlsbench.loading.tally import LoadTally, total
from tlsbench.loading.thresholds import Threshold
from tlsbench.processes import Process, Vitals, readable
from tlsbench.tracing.live import LiveCapture
from tlsbench.tracing.tapping import Tapped

_HEAD_START_SECONDS = 0.05
#: Descriptors that a worker needs beside its connections.
_OTHER_FILES = 64
_LOST = "worker process died"
#: A worker that has not ended so long after it should have will not.
_PATIENCE_SECONDS = 10.0


@dataclass(slots=True)
class Load:
    """A load, while it runs and when it is over.

    :param elapsed_s: from the first counted beginning until the last connection had ended.
    :param interrupted: whether it was ended early.
    :param lost: workers that died, by what is known of that.
    :param vitals: of each worker, second by second.
    :param remarks: what the kernel made of the socket options otherwise than it was asked.
    :param server: what the server's processes spent while connections counted, where they are known.
    :param forwarded: what the line carried that the plan is ``via``, from its first packet to its last.
    :param seconds: its course over time; of older results there is none.
    :param thresholds: what it was asked to keep.
    :param machines: of a load by a fleet, what came of each machine's part.
    :param differences: in what these machines differ, which was allowed.
    :param late_ns: how long after its start the first connection began.
    """

    plan: LoadPlan
    tally: LoadTally = field(default_factory=LoadTally)
    elapsed_s: float = 0.0
    interrupted: bool = False
    lost: tuple[str, ...] = ()
    vitals: tuple[tuple[Vitals, ...], ...] = ()
    remarks: tuple[str, ...] = ()
    server: Spent | None = None
    forwarded: Forwarded | None = None
    seconds: tuple[Second, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    machines: tuple[MachineLoad, ...] = ()
    differences: tuple[str, ...] = ()
    late_ns: int = 0

    @property
    def lost_machines(self) -> tuple[str, ...]:
        """Machines of a fleet that were lost, each with what is known of that."""
        return tuple(f"{one.name}: {one.lost}" for one in self.machines if one.lost)

    @property
    def handshakes_per_s(self) -> float:
        """Complete handshakes for each second of :attr:`elapsed_s`."""
        return self.tally.handshakes / self.elapsed_s if self.elapsed_s else 0.0

    @property
    def requests_per_s(self) -> float:
        """Whole answers likewise."""
        return self.tally.requests / self.elapsed_s if self.elapsed_s else 0.0

    @property
    def client_busy(self) -> float:
        """The share of :attr:`elapsed_s` that the workers' processors were busy, from 0 to 1."""
        return self.tally.cpu_s / (self.elapsed_s * self.plan.workers) if self.elapsed_s else 0.0


def soon_ns() -> int:
    """A time of CLOCK_MONOTONIC by which all workers have heard of it."""
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

    :param observe: told each second of what came of all connections so far.
    :param stop_asked: True ends the load early; what is open is finished.
    :param capture: takes the first connections, as many as the plan says.
    :param numbers: which of the plan's workers run here, where others run elsewhere; all without.
    :param start_ns_when_ready: called once all of them could begin; the time of CLOCK_MONOTONIC at which they
        are to.
    :raises RequestError: if the plan cannot be.
    :raises MeasurementError: if the workers do not come up.
    """
    allow_files(plan.connections // plan.workers + 1)
    with ExitStack() as stack:
        theirs, detour = _with_line(plan) if plan.via else (plan, None)
        under = stack.enter_context(closing(detour)).under if detour is not None else ()
        workers = [
            stack.enter_context(closing(_Worker(theirs.share(number), capture, under)))
            for number in (range(plan.workers) if numbers is None else numbers)
        ]
        with may_be_cut():
            remarks = [worker.first_answer()["remarks"] for worker in workers]
        server_side = ServerSide(plan.target, over_udp=plan.http == "3")
        start_ns = start_ns_when_ready()
        for worker in workers:
            worker.tell(str(start_ns))
        load = Load(plan, remarks=tuple(remarks[0]))
        # What is open at the end has the time of one step; a worker that hangs is waited for a while longer.
        latest = start_ns / 1e9 + plan.warm_up_s + plan.duration_s + plan.step_limit_s + _PATIENCE_SECONDS
        server_side.begin_at(0.0 if plan.hold else start_ns / 1e9 + plan.warm_up_s)

        def is_to_stop() -> bool:
            server_side.tick()
            return stop_asked()

        try:
            _watch(workers, load, observe, is_to_stop, latest)
        except KeyboardInterrupt:
            load.interrupted = True
            for worker in workers:
                if not worker.has_ended:
                    worker.kill("it was cut short")
        load.server = server_side.spent()
        if detour is not None:
            try:
                load.forwarded = detour.finish()
            except MeasurementError as error:
                load.lost = (f"the line of --via {error}",)
            except KeyboardInterrupt:  # what it carried is not known, then
                load.interrupted = True
    load.tally = total(worker.tally_at_end() for worker in workers)
    load.elapsed_s = max((worker.elapsed_s for worker in workers), default=0.0)
    load.late_ns = max((worker.late_ns for worker in workers), default=0)
    load.vitals = tuple(tuple(worker.vitals) for worker in workers)
    load.lost += tuple(worker.lost for worker in workers if worker.lost)
    return load


def _with_line(plan: LoadPlan) -> tuple[LoadPlan, Detour]:
    """The line of a plan, and the plan of those behind it, who can look up no name.

    :raises RequestError: if there can be none.
    """
    try:
        address = local_address(plan.target.host)
        theirs = replace(plan, target=replace(plan.target, host=address), server_name=plan.name)
        return theirs, Detour(plan.via, address)
    except RequestError as error:
        raise RequestError(f"--via {plan.via}: {error}") from None


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
            observe(float(seconds), tally)
        if stop_asked() and not load.interrupted:
            load.interrupted = True
            for worker in living:
                worker.tell("stop")
        if time.monotonic() > latest:
            for worker in living:
                worker.kill("it did not end")


def allow_files(connections: int) -> None:
    """Let this process and its children open so many connections each.

    :raises RequestError: if the system's hard limit is below that.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise RequestError(
                f"{connections} connections for each process need {wanted} file descriptors, and the limit "
                f"is {hard}: raise it (ulimit -Hn), or add --processes"
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class _Worker(Process):
    """The near end of a worker process."""

    def __init__(self, plan: LoadPlan, capture: LiveCapture | None, under: Sequence[str] = ()) -> None:
        self._number, self._capture = plan.worker, capture
        self.tally = LoadTally()
        self.reports = 0
        self.elapsed_s = 0.0
        self.late_ns = 0
        super().__init__("tlsbench.loading.worker", plan.to_json(), under=under)

    def read(self) -> None:
        """Take what it has written."""
        for message in self.messages():
            if "tapped" in message:
                if self._capture is not None:
                    self._capture.take(self._number, Tapped.from_plain(message["tapped"]))
                continue
            self.tally = LoadTally.from_plain(message["tally"])
            if message.get("done"):
                self.elapsed_s, self.lost = message["elapsed_s"], message["died"]
                self.late_ns = message["late_ns"]
            else:
                self.reports += 1
        if self.lost and not self.elapsed_s:
            self.elapsed_s = float(self.reports)

    def tally_at_end(self) -> LoadTally:
        """What came of its connections; those that were open when it died are lost with it."""
        if self.lost and self.tally.open:
            self.tally.outcomes[_LOST] += self.tally.open
        return self.tally
