"""The processes of a server: one port, one PKI, and their counts added up."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Self

from tlsbench.errors import MeasurementError
from tlsbench.processes import PATIENCE_SECONDS, Vitals, readable
from tlsbench.serving.models import DRAIN_S
from tlsbench.serving.plan import ServerPlan
from tlsbench.serving.tally import ServerTally, total
from tlsbench.tracing.live import LiveCapture
from tlsbench.tracing.tapped_process import TappedProcess


class Serving:
    """A server that listens from its creation until it is closed; a context manager.

    :param capture: captures the first connections, as many as the plan says.
    :raises RequestError: if it cannot listen, or the library refuses the scenario.
    """

    def __init__(self, plan: ServerPlan, capture: LiveCapture | None = None) -> None:
        self._workers: list[_Worker] = []
        self._capture = capture
        try:
            self.port = self._start(plan)
            for _ in range(1, plan.processes):
                self._start(replace(plan, bind=(plan.bind[0], self.port)))
        except BaseException:
            self.close()
            raise
        self.plan = replace(plan, bind=(plan.bind[0], self.port))
        self.address = self.plan.bind

    def _start(self, plan: ServerPlan) -> int:
        worker = _Worker(plan, len(self._workers), self._capture)
        self._workers.append(worker)
        return int(worker.first_answer()["port"])

    def watch(self, seconds: float) -> None:
        """Read the processes' reports, for at most this long.

        :raises MeasurementError: if a process has died.
        """
        for worker in readable(self._workers, seconds):
            worker.read()
        dead = [worker for worker in self._workers if worker.has_ended]
        if dead:
            raise MeasurementError(f"{len(dead)} of {len(self._workers)} server processes died")

    def tally(self) -> ServerTally:
        """The counts so far, of all processes; each reports once a second."""
        return total(worker.tally for worker in self._workers)

    def vitals(self) -> tuple[tuple[Vitals, ...], ...]:
        """The vitals of each process, second by second."""
        return tuple(tuple(worker.vitals) for worker in self._workers)

    def close(self) -> None:
        """Stop accepting, let open connections continue for a while, and end the processes."""
        for worker in self._workers:
            worker.end_of_input()
        for worker in self._workers:
            worker.drain()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Worker(TappedProcess):
    """The parent's handle on a worker process."""

    def __init__(self, plan: ServerPlan, number: int, capture: LiveCapture | None) -> None:
        self.tally = ServerTally()
        super().__init__(number, capture, "tlsbench.serving.worker", plan.to_json())

    def read(self) -> None:
        """Take the messages that it has written."""
        for message in self.messages():
            self.tally = ServerTally.from_plain(message["tally"])

    def drain(self) -> None:
        """Wait for it to end, and take its last tally."""
        deadline = time.monotonic() + DRAIN_S + PATIENCE_SECONDS
        while not self.has_ended and time.monotonic() < deadline:
            for worker in readable([self], 0.5):
                worker.read()
        self.close()
