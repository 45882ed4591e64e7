"""The processes that the threads are compared with, shared by all cells of this process."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tlsbench.errors import MeasurementError
from tlsbench.processes import Interpreter, Process
from tlsbench.scenarios import Scenario
from tlsbench.topology import places
from tlsbench.workloads.scaling.turns import Batch, Turn, now_ns

#: More than any preparation or turn takes.
_PATIENCE_SECONDS = 60.0
#: The lead time from the request to the start of the turns, per process, which has to read the request.
_LEAD_NS = 4_000_000


class Crew:
    """The processes, which start when a cell first needs them and end with the last cell."""

    def __init__(self) -> None:
        self._members: list[Process] = []
        self._cells = 0

    def join(self) -> None:
        """Register a cell."""
        self._cells += 1

    def leave(self) -> None:
        """Unregister a cell; after the last one, the processes end."""
        self._cells -= 1
        if not self._cells:
            members, self._members = self._members, []
            for member in members:
                member.end_of_input()
            for member in members:
                member.close()

    def prepare(self, scenario: Scenario, count: int) -> list[int]:
        """Have ``count`` processes each make a lane of a single-threaded scenario.

        :returns: the number of the lane in each process.
        :raises MeasurementError: if one of them cannot.
        """
        while len(self._members) < count:
            search = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            interpreter = Interpreter(environment=search)
            self._members.append(Process("tlsbench.workloads.scaling.process", interpreter=interpreter))
        wanted = [{"prepare": scenario.id, "on": place} for place in places(count)]
        return [int(answer["lane"]) for answer in self._ask(wanted)]

    def turn(self, lanes: Sequence[int | str], window_ns: int) -> Batch:
        """Let as many processes as there are lanes take their turns at the same time.

        :param lanes: for each process, the number of its lane, or the name of a control.
        :raises MeasurementError: if one of them cannot, or its turn fails its proof.
        """
        at_ns = now_ns() + _LEAD_NS * (1 + len(lanes))
        times = {"at_ns": at_ns, "window_ns": window_ns}
        answers = self._ask([{"turn": lane, **times} for lane in lanes])
        return Batch(at_ns, [Turn(**answer) for answer in answers])

    def _ask(self, requests: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        for member, request in zip(self._members, requests, strict=False):
            member.tell(json.dumps(request))
        answers: list[Mapping[str, Any]] = []
        errors: list[str] = []
        for member, _ in zip(self._members, requests, strict=False):  # read every answer, even after an error
            try:
                answers.append(member.answer(_PATIENCE_SECONDS))
            except MeasurementError as error:
                errors.append(str(error))
        errors += [answer["error"] for answer in answers if "error" in answer]
        if errors:
            raise MeasurementError(f"a process beside the threads: {errors[0]}")
        return answers


#: The crew of this process.
CREW = Crew()
