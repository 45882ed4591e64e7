"""One load, made by all machines of a fleet together."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.fleet.agreeing import agree, clock_problem
from tlsbench.fleet.cluster import Cluster, Errands
from tlsbench.fleet.hosts import Host
from tlsbench.fleet.merging import Course, Part, merged, numbers_of, shares
from tlsbench.interrupts import may_be_cut
from tlsbench.loading import Load, LoadPlan, LoadTally
from tlsbench.session.load import LoadRequest

#: What a plan names by a path, and every machine needs.
_FILES: Final = ("root", "cert", "key")
#: Until all machines have begun to listen for the start. One that measures for somebody else takes longer.
_READY_SECONDS = 60.0
_LOOK_SECONDS = 0.1
#: Between the word to begin and the beginning, and for each machine that has to hear it.
_HEAD_START_NS = 500_000_000
_HEARING_NS = 2_000_000
#: A machine that has not ended this long after it should have will not end.
_PATIENCE_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetLoadRequest:
    """What is loaded by a fleet, and how.

    :param load: the whole load; its ``workers`` are those of each machine.
    :param allowed: in what the machines may differ, see :data:`tlsbench.fleet.agreeing.ALLOWED`.
    :param clock_limit_s: by how much the common instant may be uncertain on a machine.
    """

    load: LoadRequest
    allowed: frozenset[str] = frozenset()
    clock_limit_s: float = 0.05

    def check(self) -> None:
        """Refuse now what would fail later.

        :raises RequestError: if the load cannot be, or may not be; before anything is sent.
        """
        self.load.check()
        plan = self.load.plan
        if plan.lines:
            raise RequestError("--via: a fleet has its own distances; 'tlsbench load' simulates one")
        if plan.captured or plan.key_log:
            raise RequestError("a fleet captures no connections and logs no secrets: use 'tlsbench load'")
        for target in plan.targets:
            if target.is_unix:
                raise RequestError(f"{target} is on this machine alone: load HOST:PORT")


@dataclass(slots=True)
class Fleet:
    """What is said of a load by a fleet while it goes on.

    :param observe: called each second with the tally of all connections so far.
    :param note: called with a line about what happens to a machine.
    :param stop_asked: True ends the load early; what is open is finished.
    """

    observe: Callable[[float, LoadTally], None] = lambda _seconds, _tally: None
    note: Callable[[str], None] = lambda _line: None
    stop_asked: Callable[[], bool] = lambda: False


def fleet_load(cluster: Cluster, request: FleetLoadRequest, fleet: Fleet) -> Load:
    """Load the target of a request by all machines of a cluster, from one instant on.

    :returns: the load; machines that were lost are among its ``machines``, with what they had reported.
    :raises RequestError: before anything is sent, if the request is wrong or the machines do not agree.
    :raises MeasurementError: if no machine could begin.
    """
    request.check()
    plan = request.load.plan
    implementations = ("pyopenssl", *(("qh3",) if plan.http == "3" else ()))
    hosts, differing = agree(cluster, implementations, request.allowed, fleet.note)
    for what, count in (("connections", plan.connections), ("connections of the pool", plan.pool)):
        if count and count < len(hosts) * plan.workers:
            raise RequestError(f"{len(hosts)} machines of {plan.workers} processes: there are {count} {what}")
    if plan.key and not cluster.is_encrypted:
        raise RequestError("--key would go to the machines in the clear: encrypt their links (fleet certs)")
    parts = [
        Part(host.name, share, plan.workers)
        for host, share in zip(hosts, shares(plan, len(hosts)), strict=True)
    ]
    course = Course(parts)
    interrupted = False
    with cluster.errands(_orders(plan, hosts), hosts) as errands:
        try:
            with may_be_cut():
                if _all_ready(errands, parts, fleet):
                    _begin(cluster, errands, parts, request, fleet)
                    interrupted = _follow(errands, parts, course, plan, fleet)
                else:
                    interrupted = True
        except KeyboardInterrupt:
            interrupted = True
            _lose(errands, parts, fleet, "it was cut short")
    load = merged(plan, parts, course, interrupted=interrupted)
    load.differences = tuple(differing)
    load.thresholds = request.load.thresholds
    return load


def _orders(plan: LoadPlan, hosts: Sequence[Host]) -> Mapping[str, str]:
    """What each machine is to do, with the contents of the files that the plan names."""
    texts = {name: Path(path).read_text(encoding="ascii") for name in _FILES if (path := getattr(plan, name))}
    whole = replace(plan, workers=plan.workers * len(hosts))
    common = {"kind": "load", "plan": whole.to_json(), "files": texts, "processes": plan.workers}
    return {
        host.name: json.dumps({**common, "first": numbers_of(at, plan.workers)[0]})
        for at, host in enumerate(hosts)
    }


def _all_ready(errands: Errands, parts: Sequence[Part], fleet: Fleet) -> bool:
    """Wait until all machines could begin, but for those that are lost; False if it was stopped.

    :raises RequestError: if all say that it cannot be.
    :raises MeasurementError: if no machine is ready.
    """
    deadline = time.monotonic() + _READY_SECONDS
    while waiting := [one for one in errands.under_way if not one.is_ready]:
        for _ in errands.follow(_LOOK_SECONDS):
            pass
        _note_lost(errands, parts, fleet)
        if fleet.stop_asked():
            return False
        if time.monotonic() > deadline:
            for one in waiting:
                one.lost = f"not ready within {_READY_SECONDS:g} s: another task may have it"
            _note_lost(errands, parts, fleet)
    if not errands.under_way:
        answers = [one.answer or {} for one in errands.each]
        kind = RequestError if all(answer.get("exit_code") == 2 for answer in answers) else MeasurementError
        raise kind(f"no machine could begin: {errands.each[0].host.name}: {errands.each[0].error}")
    return True


def _begin(
    cluster: Cluster, errands: Errands, parts: Sequence[Part], request: FleetLoadRequest, fleet: Fleet
) -> None:
    """Tell all machines when to begin: at one instant, each by its own clock.

    :raises RequestError: if the instant would be too uncertain on one of them.
    """
    going = [(one, part) for one, part in zip(errands.each, parts, strict=True) if not one.is_over]
    for one, part in going:
        part.offset, part.wall = cluster.clocks(one.host)
        uncertain_ms = part.offset.uncertain_ns / 1e6
        if uncertain_ms > 1e3 * request.clock_limit_s:
            raise RequestError(
                f"{part.name}: its clock is known to ± {uncertain_ms:,.1f} ms only, half of what a "
                f"question to it takes, the limit is {1e3 * request.clock_limit_s:g} ms: see --clock-limit"
            )
        problem = clock_problem(part.name, part.wall)
        if problem and "clocks" not in request.allowed:
            raise RequestError(problem)
    begin_ns = time.monotonic_ns() + _HEAD_START_NS + _HEARING_NS * len(going)
    for _, part in going:
        part.start_ns = part.offset.theirs(begin_ns)
    errands.tell({one.token: f"start {part.start_ns}" for one, part in going})
    fleet.note(f"{len(going)} machines begin at one instant, known to ± {_worst_ms(parts):.1f} ms")


def _worst_ms(parts: Sequence[Part]) -> float:
    return max(part.offset.uncertain_ns for part in parts) / 1e6


def _follow(errands: Errands, parts: Sequence[Part], course: Course, plan: LoadPlan, fleet: Fleet) -> bool:
    """Take what the machines report until all have ended; whether it was ended early."""
    by_token = {one.token: part for one, part in zip(errands.each, parts, strict=True)}
    interrupted = False
    should_take_s = plan.warm_up_s + plan.duration_s + plan.step_limit_s + _PATIENCE_SECONDS
    latest = time.monotonic() + _HEAD_START_NS / 1e9 + should_take_s
    while errands.under_way:
        for one, message in errands.follow(_LOOK_SECONDS):
            by_token[one.token].heard(message)
        _note_lost(errands, parts, fleet)
        while (tally := course.go_on()) is not None:
            fleet.observe(course.seconds[-1].at_s, tally)
        if fleet.stop_asked() and not interrupted:
            interrupted = True
            errands.ask_to_stop()
            latest = min(latest, time.monotonic() + plan.step_limit_s + _PATIENCE_SECONDS)
        if time.monotonic() > latest:
            _lose(errands, parts, fleet, "it did not end")
    _note_lost(errands, parts, fleet)
    return interrupted


def _lose(errands: Errands, parts: Sequence[Part], fleet: Fleet, why: str) -> None:
    for one in errands.under_way:
        one.lost = why
    _note_lost(errands, parts, fleet)


def _note_lost(errands: Errands, parts: Sequence[Part], fleet: Fleet) -> None:
    """Bring the parts up to date: which machines have ended, and which are lost."""
    for one, part in zip(errands.each, parts, strict=True):
        if part.is_over or not one.is_over:
            continue
        if one.error:
            part.lost = one.error
            fleet.note(f"{part.name} is lost: {part.lost}; what it had reported counts")
        else:
            part.end = one.answer
