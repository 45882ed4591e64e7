"""The processes of a load: begun together, watched, and added up."""

from __future__ import annotations

import json
import os
import resource
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.load.plan import Plan
from tlsbench.load.tally import Tally, total

_PATIENCE_SECONDS = 30.0
_HEAD_START_SECONDS = 0.05
#: Descriptors that a worker needs beside its connections.
_OTHER_FILES = 64
_LOST = "worker process died"


@dataclass(slots=True)
class Load:
    """A load, while it runs and when it is over.

    :param elapsed_s: from the first counted beginning until the last connection had ended.
    :param interrupted: whether it was ended early.
    :param lost: workers that died, by what is known of that.
    :param resident: of each worker, second by second: open connections, and resident memory in bytes.
    """

    plan: Plan
    tally: Tally = field(default_factory=Tally)
    elapsed_s: float = 0.0
    interrupted: bool = False
    lost: tuple[str, ...] = ()
    resident: tuple[tuple[tuple[int, int], ...], ...] = ()

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


def run_load(
    plan: Plan,
    observe: Callable[[float, Tally], None] = lambda _seconds, _tally: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> Load:
    """Run a load in ``plan.workers`` processes.

    :param observe: told each second of what came of all connections so far.
    :param stop_asked: True ends the load early; what is open is finished.
    :raises RequestError: if the plan cannot be.
    :raises MeasurementError: if the workers do not come up.
    """
    allow_files(plan.connections // plan.workers + 1)
    with ExitStack() as stack:
        workers = [stack.enter_context(_Worker(plan.share(number))) for number in range(plan.workers)]
        for worker in workers:
            worker.wait_until_ready()
        began = time.monotonic()
        start_ns = time.monotonic_ns() + int(_HEAD_START_SECONDS * 1e9)
        for worker in workers:
            worker.tell(str(start_ns))
        load = Load(plan)
        # Beyond the plan, all steps of the last connections may take as long as they may.
        steps = 3 + plan.requests
        latest = began + plan.warm_up_s + plan.duration_s + steps * plan.step_limit_s + _PATIENCE_SECONDS
        _watch(workers, load, observe, stop_asked, latest)
    load.tally = total(worker.tally_at_end() for worker in workers)
    load.elapsed_s = max((worker.elapsed_s for worker in workers), default=0.0)
    load.resident = tuple(tuple(worker.resident) for worker in workers)
    load.lost = tuple(worker.lost for worker in workers if worker.lost)
    return load


def _watch(
    workers: list[_Worker],
    load: Load,
    observe: Callable[[float, Tally], None],
    stop_asked: Callable[[], bool],
    latest: float,
) -> None:
    seconds = 0
    while living := [worker for worker in workers if not worker.has_ended]:
        for worker in _readable(living, 0.1):
            worker.read()
        if min((worker.reports for worker in living), default=0) > seconds:
            seconds = min(worker.reports for worker in living)
            observe(float(seconds), total(worker.tally for worker in workers))
        if stop_asked() and not load.interrupted:
            load.interrupted = True
            for worker in living:
                worker.tell("stop")
        if time.monotonic() > latest:
            for worker in living:
                worker.kill("it did not end")


def _readable(workers: list[_Worker], seconds: float) -> list[_Worker]:
    ready, _, _ = select.select([worker.pipe for worker in workers], [], [], seconds)
    return [worker for worker in workers if worker.pipe in ready]


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


class _Worker:
    """The near end of a worker process."""

    def __init__(self, plan: Plan) -> None:
        self.tally = Tally()
        self.reports = 0
        self.resident: list[tuple[int, int]] = []
        self.elapsed_s = 0.0
        self.has_ended = False
        self.lost = ""
        self._unread = b""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tlsbench.load.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self.tell(plan.to_json())

    @property
    def pipe(self) -> int:
        """Where its lines come from."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None or not self.has_ended:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()
        self._errors.close()

    def tell(self, line: str) -> None:
        """Write a line to it; one that is gone is noticed when it is read."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass

    def wait_until_ready(self) -> None:
        """Wait for its first line.

        :raises RequestError: if it says that its plan cannot be.
        :raises MeasurementError: if it does not come up.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self.has_ended and time.monotonic() < deadline:
            if select.select([self.pipe], [], [], 0.5)[0]:
                for message in self._messages():
                    if "error" in message:
                        raise RequestError(message["error"])
                    if message.get("ready"):
                        return
        raise MeasurementError(f"a worker process did not come up: {self.lost or 'it says nothing'}")

    def read(self) -> None:
        """Take what it has written."""
        for message in self._messages():
            self.tally = Tally.from_plain(message["tally"])
            if "resident" in message:
                connections, resident_bytes = message["resident"]
                self.resident.append((connections, resident_bytes))
            if not message.get("done"):
                self.reports += 1
            else:
                self.elapsed_s = message["elapsed_s"]
                self.has_ended = True

    def kill(self, why: str) -> None:
        """End it."""
        self._process.kill()
        self.has_ended, self.lost = True, why

    def tally_at_end(self) -> Tally:
        """What came of its connections; those that were open when it died are lost with it."""
        if self.lost and self.tally.open:
            self.tally.outcomes[_LOST] += self.tally.open
        return self.tally

    def _messages(self) -> list[Mapping[str, Any]]:
        chunk = os.read(self.pipe, 1 << 20)
        if not chunk and not self.has_ended:
            code = self._process.wait()
            self._errors.seek(0)
            words = self._errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            self.has_ended, self.lost = True, " ".join([how, *words])
            self.elapsed_s = float(self.reports)
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        return [json.loads(line) for line in lines]
