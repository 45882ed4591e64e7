"""Child processes that read lines and answer with lines of JSON, as seen by their parent."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.interrupts import held, kept_from_children

#: A process that has not written its first line by then never will.
PATIENCE_SECONDS = 30.0
#: Set in the environment of every process that this module starts.
_CHILD = "TLSBENCH_CHILD"
#: The last lines of a process's standard error, shown to explain how it ended.
_LAST_LINES = 3


class Vitals(NamedTuple):
    """The state of a process at one moment.

    :param connections: the number of its open connections.
    :param resident_bytes: its resident memory.
    :param cpu_s: the processor time that it has used.
    """

    connections: int
    resident_bytes: int
    cpu_s: float


def vitals(connections: int) -> Vitals:
    """The vitals of the current process, with that number of open connections."""
    import psutil  # slow to import, and not needed to list axes or show help

    return Vitals(connections, psutil.Process().memory_info().rss, time.process_time())


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The interpreter and the environment in which a process runs.

    :param python: the executable.
    :param environment: variables to set for it, in addition to those of this process.
    :param without: variables of this process that it must not inherit.
    """

    python: str = sys.executable
    environment: Mapping[str, str] = field(default_factory=dict)
    without: frozenset[str] = frozenset()

    def variables(self, **own: str) -> dict[str, str]:
        """All environment variables of a process that runs there.

        :param own: variables for that process alone; those in ``environment`` take precedence.
        """
        inherited = {name: value for name, value in os.environ.items() if name not in self.without}
        return {**inherited, _CHILD: "1", **own, **self.environment}


#: This Python, in this environment.
HERE = Interpreter()


def is_child() -> bool:
    """Whether this process was started as a :class:`Process`, so that ending it ends nothing else."""
    return _CHILD in os.environ


class Process:
    """A Python process that runs a module and exchanges lines with this process: text in, JSON out.

    Once it has ended, ``has_ended`` is set, and ``lost`` says how it ended, unless it had reported being
    ``done``.

    :param module: the module for ``python -m``.
    :param first_line: the first line of its input, if any.
    :param interpreter: which Python to use, and in which environment.
    :param under: a program that runs that Python, such as valgrind, with its arguments.
    :raises MeasurementError: if it cannot be started.
    """

    def __init__(
        self,
        module: str,
        first_line: str | None = None,
        *,
        interpreter: Interpreter = HERE,
        under: Sequence[str] = (),
    ) -> None:
        self.has_ended = False
        self.lost = ""
        #: The vitals that the process reported, second by second.
        self.vitals: list[Vitals] = []
        self._unread = b""
        self._come: deque[dict[str, Any]] = deque()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        # Its temporary files, including keys, are removed with this folder, however it ends.
        with held():
            self._folder = tempfile.TemporaryDirectory(prefix="tlsbench-worker-")
        command = [*under, interpreter.python, "-m", module]
        try:
            with kept_from_children():
                self._process = subprocess.Popen(  # noqa: S603 - a Python the user named, a module of ours
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._errors,
                    env=interpreter.variables(TMPDIR=self._folder.name),
                )
        except OSError as error:
            self._errors.close()
            self._folder.cleanup()
            raise MeasurementError(f"cannot start {command[0]}: {error.strerror}") from None
        if first_line is not None:
            self.tell(first_line)

    @property
    def pipe(self) -> int:
        """The descriptor of its output, to wait on."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def tell(self, line: str) -> None:
        """Write a line to it; if it is gone, that is noticed on reading."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def end_of_input(self) -> None:
        """Close its input, to signal that there is no more."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()

    def first_answer(self) -> dict[str, Any]:
        """Its first line.

        :raises RequestError: if it reports that the request cannot be met.
        :raises MeasurementError: if it does not start.
        """
        try:
            message = self.answer(PATIENCE_SECONDS)
        except MeasurementError as error:
            raise MeasurementError(f"a worker process did not start: it {error}") from None
        if "error" in message:
            raise RequestError(message["error"])
        return message

    def answer(self, patience_s: float) -> dict[str, Any]:
        """Its next line.

        :raises MeasurementError: if it ends without one, is silent for ``patience_s`` seconds (it is then
            killed), or writes something other than JSON; the text says which, as a predicate of the process.
        """
        deadline = time.monotonic() + patience_s
        while not self._come:
            left_s = deadline - time.monotonic()
            if self.has_ended:
                raise MeasurementError(f"died ({self.lost or 'it said that it was done'})")
            if left_s <= 0:
                self.kill(f"silent for {patience_s:g} s")
                raise MeasurementError(f"said nothing for {patience_s:g} s")
            if select.select([self.pipe], [], [], left_s)[0]:
                self._take()
        return self._come.popleft()

    def messages(self) -> list[dict[str, Any]]:
        """The lines that have arrived; call it when there is something to read."""
        self._take()
        messages = list(self._come)
        self._come.clear()
        return messages

    def _take(self) -> None:
        chunk = os.read(self.pipe, 1 << 20)
        if not chunk and not self.has_ended:
            self.has_ended, self.lost = True, self._last_words()
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                raise MeasurementError(f"wrote what is not JSON: {line[:80]!r}") from None
            if "vitals" in message:
                self.vitals.append(Vitals(*message["vitals"]))
            self.has_ended = self.has_ended or bool(message.get("done"))
            self._come.append(message)

    def errors(self) -> list[str]:
        """The lines that it has written to its standard error, without blank ones."""
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").splitlines()
        return [line.strip() for line in lines if line.strip()]

    def _last_words(self) -> str:
        code = self._process.wait()
        ended = f"signal {-code}" if code < 0 else f"exit code {code}"
        words = " | ".join(self.errors()[-_LAST_LINES:])
        return f"{ended}: {words}" if words else ended

    def wait(self, patience_s: float) -> int:
        """Wait for it to exit and return its exit code; it is killed after ``patience_s`` seconds."""
        try:
            return self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def kill(self, why: str) -> None:
        """Kill it."""
        self._process.kill()
        self.has_ended, self.lost = True, why

    def close(self) -> None:
        """Release its resources, and kill it if it has not ended."""
        if not self.has_ended:
            self._process.kill()
        self._process.wait()
        self.end_of_input()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()
        with held():
            self._folder.cleanup()


_Process = TypeVar("_Process", bound=Process)


def readable(processes: Sequence[_Process], seconds: float) -> list[_Process]:
    """The processes that have sent something, after waiting at most that many seconds."""
    ready, _, _ = select.select([process.pipe for process in processes], [], [], seconds)
    return [process for process in processes if process.pipe in ready]
