"""A load: many connections to a server that is already running."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tlsbench.errors import RequestError
from tlsbench.forwarding import canonical
from tlsbench.loading import Load, LoadPlan, LoadTally, Target, Threshold, run_load
from tlsbench.loading.context import client_context
from tlsbench.scenarios import parse
from tlsbench.sockets import UNIX
from tlsbench.tracing.live import LiveCapture

#: The axes of a load, which take one value each.
AXES = ("version", "cipher", "group")
#: The figures that a load without requests lacks.
_OF_REQUESTS = ("first byte", "request", "requests")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRequest:
    """What to load, and how.

    :param unbounded: whether the user says that the target may be loaded, whatever it is.
    :param thresholds: those that the load must meet.
    """

    plan: LoadPlan
    unbounded: bool = False
    thresholds: tuple[Threshold, ...] = ()

    def check(self) -> None:
        """Check the request before anything is sent.

        :raises RequestError: if the load is impossible or not allowed.
        """
        self.plan.check(unbounded=self.unbounded)
        for one in self.thresholds:
            if one.figure in _OF_REQUESTS and not self.plan.requests:
                raise RequestError(f"'{one.text}' is about requests, and none are sent: give --requests")
        for name in {self.plan.at(one).name: one for one in self.plan.targets}.values():
            client_context(self.plan.at(name))  # reads the files, and reports what is wrong with them


def split_words(words: Sequence[str]) -> tuple[tuple[Target, ...], list[str]]:
    """Split the words of a load into targets and selectors, which are the words with ``=``.

    :raises RequestError: if a word is neither, or there is no target.
    """
    targets, selectors = [], []
    for word in words:
        if "=" in word and not word.startswith(UNIX):
            selectors.append(word)
        else:
            targets.append(Target.parse(word))
    if not targets:
        raise RequestError("there is no target: write HOST:PORT, such as 127.0.0.1:8443, or unix:PATH")
    return tuple(targets), selectors


def lines_of(texts: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The conditions of the line to all targets, and those of single targets, by target.

    :param texts: conditions such as ``"rtt=50ms,loss=1%"``, or the same after a target and a comma:
        ``"127.0.0.1:8444,rtt=50ms"``.
    :raises RequestError: if one is neither, or two are for the same target.
    """
    lines: dict[str, str] = {}
    for text in texts:
        first, comma, rest = text.strip().partition(",")
        names_target = bool(comma) and "=" not in first
        try:
            name = str(Target.parse(first.strip())) if names_target else ""
            line = canonical(rest if names_target else text)
        except RequestError as error:
            raise RequestError(f"--via: {error}") from None
        if name in lines:
            raise RequestError(f"--via is given twice for {name or 'all targets'}")
        lines[name] = line
    return lines.pop("", ""), lines


def handshakes_of(selectors: Sequence[str]) -> dict[str, str]:
    """The values that a load's handshakes must have, for each of :data:`AXES` that is given.

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

    :param observe: called each second with the tally of all connections so far.
    :param stop_asked: True ends the load early; open connections are finished.
    :param capture: captures the first connections, as many as the plan says.
    :raises RequestError: before anything is sent, if the request is invalid.
    :raises MeasurementError: if the workers do not start.
    """
    request.check()
    found = run_load(request.plan, observe, stop_asked, capture)
    found.thresholds = request.thresholds
    return found
