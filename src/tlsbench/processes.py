"""Processes that are told lines and tell lines of JSON: the near end of each."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import psutil

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.interrupts import kept_from_children

#: A process that has not said its first word by then will not.
PATIENCE_SECONDS = 30.0


class Vitals(NamedTuple):
    """A process at one moment.

    :param connections: how many it has open.
    :param resident_bytes: its memory.
    :param cpu_s: the processor time it has used.
    """

    connections: int
    resident_bytes: int
    cpu_s: float


def vitals(connections: int) -> Vitals:
    """Those of this process, which has so many connections open."""
    return Vitals(connections, psutil.Process().memory_info().rss, time.process_time())


class Process:
    """A Python process that runs a module; its first line is told at once.

    A process that has ended says no more: ``has_ended`` is set, and ``lost`` tells how, unless it had said
    that it was ``done``.
    """

    def __init__(self, module: str, first_line: str) -> None:
        self.has_ended = False
        self.lost = ""
        #: What the process reported of itself, second by second.
        self.vitals: list[Vitals] = []
        self._unread = b""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        with kept_from_children():
            self._process = subprocess.Popen(  # noqa: S603 - this Python, and a module of ours
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
            )
        self.tell(first_line)

    @property
    def pipe(self) -> int:
        """Where its lines come from, to be waited for."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def tell(self, line: str) -> None:
        """Write a line to it; one that is gone is noticed when it is read."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def end_of_input(self) -> None:
        """Tell it that there is no more to come."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()

    def first_answer(self) -> dict[str, Any]:
        """Its first line, behind which it says nothing for a while.

        :raises RequestError: if it says that what it was told cannot be.
        :raises MeasurementError: if it does not come up.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.has_ended and time.monotonic() < deadline:
            for message in self.messages() if select.select([self.pipe], [], [], 0.5)[0] else ():
                if "error" in message:
                    raise RequestError(message["error"])
                return message
        raise MeasurementError(f"a worker process did not come up: {self.lost or 'it says nothing'}")

    def messages(self) -> list[dict[str, Any]]:
        """The lines that have come; called when there is something to read."""
        chunk = os.read(self.pipe, 1 << 20)
        if not chunk and not self.has_ended:
            self.has_ended, self.lost = True, self._last_words()
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        messages: list[dict[str, Any]] = [json.loads(line) for line in lines]
        for message in messages:
            if "vitals" in message:
                self.vitals.append(Vitals(*message["vitals"]))
            self.has_ended = self.has_ended or bool(message.get("done"))
        return messages

    def _last_words(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        words = self._errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        return " ".join([f"signal {-code}" if code < 0 else f"exit code {code}", *words])

    def kill(self, why: str) -> None:
        """End it."""
        self._process.kill()
        self.has_ended, self.lost = True, why

    def close(self) -> None:
        """Give its resources back; ends it if it has not ended."""
        if not self.has_ended:
            self._process.kill()
        self._process.wait()
        self.end_of_input()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()


_Process = TypeVar("_Process", bound=Process)


def readable(processes: Sequence[_Process], seconds: float) -> list[_Process]:
    """Those of the processes that have something to say, after so long at most."""
    ready, _, _ = select.select([process.pipe for process in processes], [], [], seconds)
    return [process for process in processes if process.pipe in ready]
