"""The processes of a server: one port, one PKI, and their counts together."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any, Self

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.serving.models import DRAIN_S
from tlsbench.serving.plan import Plan
from tlsbench.serving.tally import Tally, total

_PATIENCE_SECONDS = 30.0


class Serving:
    """A server that listens from its making to its closing; use it in a ``with``.

    :raises RequestError: if it cannot listen, or the library refuses the scenario.
    """

    def __init__(self, plan: Plan) -> None:
        self._workers: list[_Worker] = []
        try:
            self.port = self._start(plan)
            for _ in range(1, plan.processes):
                self._start(replace(plan, bind=(plan.bind[0], self.port)))
        except BaseException:
            self.close()
            raise
        self.address = (plan.bind[0], self.port)

    def _start(self, plan: Plan) -> int:
        worker = _Worker(plan)
        self._workers.append(worker)
        return worker.port()

    def watch(self, seconds: float) -> None:
        """Take in what the processes report, for so long at most.

        :raises MeasurementError: if one has died.
        """
        pipes = {worker.pipe: worker for worker in self._workers}
        for pipe in select.select(list(pipes), [], [], seconds)[0]:
            pipes[pipe].read()
        dead = [worker for worker in self._workers if worker.has_ended]
        if dead:
            raise MeasurementError(f"{len(dead)} of {len(self._workers)} server processes died")

    def tally(self) -> Tally:
        """What was seen so far, in all processes; each reports once a second."""
        return total(worker.tally for worker in self._workers)

    def resident(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """Of each process, second by second: open connections, and resident memory in bytes."""
        return tuple(tuple(worker.resident) for worker in self._workers)

    def close(self) -> None:
        """Accept no more, let what is open go on for a while, and end."""
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Worker:
    """The near end of a worker process."""

    def __init__(self, plan: Plan) -> None:
        self.tally = Tally()
        self.has_ended = False
        self.resident: list[tuple[int, int]] = []
        self._unread = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tlsbench.serving.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        self._process.stdin.write(plan.to_json().encode() + b"\n")
        self._process.stdin.flush()

    @property
    def pipe(self) -> int:
        """Where its lines come from."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def port(self) -> int:
        """The port that it listens on; its first line."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self.has_ended and time.monotonic() < deadline:
            if select.select([self.pipe], [], [], 0.5)[0]:
                for message in self._messages():
                    if "error" in message:
                        raise RequestError(message["error"])
                    return int(message["port"])
        raise MeasurementError("a server process did not come up")

    def read(self) -> None:
        """Take what it has written."""
        for message in self._messages():
            self.tally = Tally.from_plain(message["tally"])
            if "resident" in message:
                connections, resident_bytes = message["resident"]
                self.resident.append((connections, resident_bytes))

    def stop(self) -> None:
        """Tell it to stop."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()

    def wait(self) -> None:
        """Wait for its end, and take its last tally."""
        deadline = time.monotonic() + DRAIN_S + _PATIENCE_SECONDS
        while not self.has_ended and time.monotonic() < deadline:
            if select.select([self.pipe], [], [], 0.5)[0]:
                self.read()
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _messages(self) -> list[dict[str, Any]]:
        chunk = os.read(self.pipe, 1 << 16)
        self.has_ended = self.has_ended or not chunk
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        return [json.loads(line) for line in lines if line]
