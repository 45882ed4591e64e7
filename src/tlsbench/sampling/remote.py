"""The other end of a worker's pipes: workloads that are measured in another process."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tlsbench.errors import MeasurementError
from tlsbench.interrupts import held, kept_from_children
from tlsbench.links import Ledger
from tlsbench.scenarios import Scenario
from tlsbench.workloads import Sample

#: More than any sample or preparation takes; a worker that is silent for so long is given up.
_PATIENCE_SECONDS = 60.0
_FAREWELL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Where a worker runs: a Python executable, and environment variables to set for it."""

    python: str
    environment: Mapping[str, str]


class Worker:
    """A worker process; use it in a ``with`` block, which ends it."""

    def __init__(self, interpreter: Interpreter) -> None:
        """Start it.

        :raises MeasurementError: if it cannot be started.
        """
        self._name = interpreter.python
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        # What it keeps in temporary files, keys too, goes with this folder, however it ends.
        with held():
            self._folder = tempfile.TemporaryDirectory(prefix="tlsbench-worker-")
        self._unread = b""
        try:
            with kept_from_children():
                self._process = subprocess.Popen(  # noqa: S603 - the user says which Python
                    [interpreter.python, "-m", "tlsbench.sampling.worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._errors,
                    env={**os.environ, "TMPDIR": self._folder.name, **interpreter.environment},
                )
        except OSError as error:
            self._errors.close()
            self._folder.cleanup()
            raise MeasurementError(f"cannot start {self._name}: {error.strerror}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.close()
            process.wait(_FAREWELL_SECONDS)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            process.kill()
            process.wait()
        process.stdout.close()
        self._errors.close()
        with held():
            self._folder.cleanup()

    def greeting(self) -> Mapping[str, Any]:
        """The version of tlsbench and the engines over there; the worker's first line."""
        return self._read()

    def ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to a request.

        :raises MeasurementError: if the worker says so, dies, or falls silent.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._lost("died") from None
        return self._read()

    def _read(self) -> Mapping[str, Any]:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while b"\n" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                self._process.kill()
                raise self._lost(f"said nothing for {_PATIENCE_SECONDS:.0f} s")
            chunk = os.read(pipe, 1 << 16)
            if not chunk:
                raise self._lost("died")
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError:
            raise self._lost(f"wrote what is no answer: {line[:80]!r}") from None
        if "error" in answer:
            raise MeasurementError(f"{self._name}: {answer['error']}")
        return dict(answer)

    def _lost(self, what: str) -> MeasurementError:
        """The error for a worker that is gone, with its own last words."""
        try:
            code = str(self._process.wait(_FAREWELL_SECONDS))
        except subprocess.TimeoutExpired:
            code = "none yet"
        self._errors.seek(0)
        words = self._errors.read().decode("utf-8", "replace").split("\n")
        last = " | ".join([line.strip() for line in words if line.strip()][-3:]) or "nothing on its stderr"
        return MeasurementError(f"the worker of {self._name} {what} (exit code {code}): {last}")


class RemoteWorkload:
    """A workload in a worker."""

    def __init__(self, worker: Worker, scenario: Scenario, meter: str) -> None:
        self._worker = worker
        self._scenario = scenario
        answer = worker.ask({"prepare": scenario.id, "meter": meter})
        self._cell = answer["cell"]
        #: The engines of both ends over there, by implementation.
        self.engines: Mapping[str, str] = answer["engines"]

    @property
    def scenario(self) -> Scenario:
        """What is measured."""
        return self._scenario

    def sample(self) -> Sample:
        """Measure once, over there."""
        return self.visit(0, 1)[0]

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        """Measure so often in a row, over there, after as many runs that do not count.

        To ask for each sample would let the caches cool in between.
        """
        answer = self._worker.ask({"visit": self._cell, "rewarm": rewarm, "samples": samples})
        return [Sample(ledger=Ledger(*one.pop("ledger")), **one) for one in answer["samples"]]

    def proof(self) -> Mapping[str, object]:
        """What was negotiated over there."""
        return dict(self._worker.ask({"proof": self._cell})["proof"])

    def close(self) -> None:
        """Nothing: the worker closes its cells when it ends."""
