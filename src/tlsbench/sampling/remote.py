"""The parent's end of a worker's pipes: workloads that are measured in another process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from tlsbench.errors import MeasurementError
from tlsbench.links import Ledger
from tlsbench.processes import Interpreter, Process
from tlsbench.scenarios import Scenario
from tlsbench.units import NANOSECONDS, UNITS
from tlsbench.workloads import Sample
from tlsbench.workloads.parts import Part

#: Longer than any sample or preparation takes; a worker that is silent for this long is abandoned.
_PATIENCE_SECONDS = 60.0
_FAREWELL_SECONDS = 5.0


class Worker:
    """A worker process; use it in a ``with`` block, which ends it.

    :raises MeasurementError: if it cannot be started.
    """

    def __init__(self, interpreter: Interpreter) -> None:
        self._name = interpreter.python
        self._process = Process("tlsbench.sampling.worker", interpreter=interpreter)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.end_of_input()
        self._process.wait(_FAREWELL_SECONDS)
        self._process.close()

    def greeting(self) -> Mapping[str, Any]:
        """The worker's first line: its tlsbench version, engines and environment variables."""
        return self.answer()

    def ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a request and return the answer.

        :raises MeasurementError: if the worker reports an error, dies, or stops responding.
        """
        self.tell(request)
        return self.answer()

    def tell(self, request: Mapping[str, Any]) -> None:
        """Send a request without waiting for its answer."""
        self._process.tell(json.dumps(request))

    def answer(self) -> Mapping[str, Any]:
        """Return the answer to the oldest unanswered request; raises the same errors as :meth:`ask`."""
        try:
            answer = self._process.answer(_PATIENCE_SECONDS)
        except MeasurementError as error:
            raise MeasurementError(f"the worker of {self._name} {error}") from None
        if "error" in answer:
            raise MeasurementError(f"{self._name}: {answer['error']}")
        return answer


class RemoteWorkload:
    """A workload in a worker."""

    def __init__(self, worker: Worker, scenario: Scenario, answer: Mapping[str, Any]) -> None:
        self._worker = worker
        self._scenario = scenario
        self._cell = answer["cell"]
        #: The worker's engines of both ends, by implementation.
        self.engines: Mapping[str, str] = answer["engines"]

    @classmethod
    def prepare(
        cls, workers: Sequence[Worker], scenario: Scenario, meter: str, yardstick: str = ""
    ) -> list[Self]:
        """Prepare a scenario's workload in several workers at the same time.

        :param meter: the instrument's name.
        :param yardstick: the name of the yardstick, or ``""`` for a plain scenario.
        :raises MeasurementError: if one of them fails.
        """
        what = {"yardstick": yardstick} if yardstick else {"prepare": scenario.id}
        for worker in workers:
            worker.tell({**what, "meter": meter})
        answers: list[Mapping[str, Any] | MeasurementError] = []
        for worker in workers:  # read every answer, or it would pass for that to the next request
            try:
                answers.append(worker.answer())
            except MeasurementError as error:
                answers.append(error)
        for answer in answers:
            if isinstance(answer, MeasurementError):
                raise answer
        return [
            cls(worker, scenario, answer)
            for worker, answer in zip(workers, answers, strict=True)
            if not isinstance(answer, MeasurementError)
        ]

    @property
    def scenario(self) -> Scenario:
        """The scenario that is measured."""
        return self._scenario

    def sample(self) -> Sample:
        """Measure once, in the worker."""
        return self.visit(0, 1)[0]

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        """Measure ``samples`` times in a row, in the worker, after ``rewarm`` uncounted runs.

        Requesting each sample separately would let the caches go cold in between.
        """
        answer = self._worker.ask({"visit": self._cell, "rewarm": rewarm, "samples": samples})
        return [_sample(one) for one in answer["samples"]]

    def proof(self) -> Mapping[str, object]:
        """What the worker negotiated."""
        return dict(self._worker.ask({"proof": self._cell})["proof"])

    def close(self) -> None:
        """Do nothing: the worker closes its cells when it ends."""


def _sample(plain: Mapping[str, Any]) -> Sample:
    """A sample from a worker; tlsbench 0.1.0 there has the unit in the names of the figures."""
    figures = {name.removesuffix("_ns"): value for name, value in plain.items()}
    unit = UNITS[figures.pop("unit", NANOSECONDS.symbol)]
    parts = tuple(Part(*part) for part in figures.pop("parts", ()))
    return Sample(ledger=Ledger.of(figures.pop("ledger")), unit=unit, parts=parts, **figures)
