"""A load: many connections to a server that runs already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tlsbench.errors import RequestError
from tlsbench.loading import Load, LoadPlan, LoadTally, Threshold, run_load
from tlsbench.loading.context import client_context
from tlsbench.scenarios import parse
from tlsbench.tracing.live import LiveCapture

#: The axes that a load has, of one value each.
AXES = ("version", "cipher", "group")
#: The figures that a load without requests does not have.
_OF_REQUESTS = ("first byte", "request", "requests")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRequest:
    """What is loaded, and how.

    :param unbounded: whether the user says that the target may be loaded, whatever it is.
    :param thresholds: what it is to keep.
    """

    plan: LoadPlan
    unbounded: bool = False
    thresholds: tuple[Threshold, ...] = ()

    def check(self) -> None:
        """Refuse now what would fail later.

        :raises RequestError: if the load cannot be, or may not be; before anything is sent.
        """
        self.plan.check(unbounded=self.unbounded)
        for one in self.thresholds:
            if one.figure in _OF_REQUESTS and not self.plan.requests:
                raise RequestError(f"'{one.text}' is about requests, and none are sent: give --requests")
        client_context(self.plan)  # which reads the files, and says what is wrong with them


def handshakes_of(selectors: Sequence[str]) -> dict[str, str]:
    """What the handshakes of a load must be: a value for each of :data:`AXES` that is given.

    :raises RequestError: for another axis, an unknown value, or more than one.
    """
    wanted = parse(selectors, ())
    for axis, values in wanted.items():
        if axis not in AXES:
            raise RequestError(f"a load has no axis '{axis}': valid are {', '.join(AXES)}")
        if len(values) != 1:
            raise RequestError(f"{axis} has {len(values)} values: a load takes one")
    return {axis: value for axis, (value,) in wanted.items()}


def load(
    request: LoadRequest,
    observe: Callable[[float, LoadTally], None] = lambda _seconds, _tally: None,
    stop_asked: Callable[[], bool] = lambda: False,
    capture: LiveCapture | None = None,
) -> Load:
    """Load the target of a request.

    :param observe: told each second of what came of all connections so far.
    :param stop_asked: True ends the load early; what is open is finished.
    :param capture: takes the first connections, as many as the plan says.
    :raises RequestError: before anything is sent, if the request is wrong.
    :raises MeasurementError: if the workers do not come up.
    """
    request.check()
    found = run_load(request.plan, observe, stop_asked, capture)
    found.thresholds = request.thresholds
    return found
