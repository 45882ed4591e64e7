"""A duel: two scenarios, or one in two environments, measured against each other in one interleaved run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from tlsbench.comparison import Gate
from tlsbench.errors import MeasurementError, RequestError
from tlsbench.implementations.influences import not_borne
from tlsbench.links import Ledger
from tlsbench.processes import Interpreter
from tlsbench.results.duel import Duel, DuelResult, Side, SideResult
from tlsbench.results.environment import engines
from tlsbench.results.likeness import named_axes
from tlsbench.results.machine import governor
from tlsbench.sampling import WALL, Instrument, Plan, Progress, instrument_for
from tlsbench.sampling.duel import Match, OpenSide, local_side, remote_side
from tlsbench.sampling.duel import duel as fight
from tlsbench.sampling.instructions import Count, count_instructions
from tlsbench.sampling.instruments import CALLGRIND
from tlsbench.sampling.placement import interpreter_of, need_workers
from tlsbench.scenarios import Scenario
from tlsbench.session.run import check_instrument
from tlsbench.session.selecting import matrix_of
from tlsbench.stats import Interval, PairedComparison, compare_paired, compare_paired_counts

_OF_EPOCHS = (
    "{epochs} epochs in {elapsed_s:.0f} s, both sides interleaved and each measured twice; b/a is the median "
    "of the epochs' ratios, the floor how much A/A and B/B cells differ"
)
_SET_ASIDE = (
    "; {percent:.1f} % of the samples were set aside because the thread lost its processor during them"
)
_OF_COUNTS = (
    "instructions of both sides and the harness together, by callgrind; the interval is the range that the "
    "repetitions allow, the floor their spread"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DuelRequest:
    """What to compare, and how.

    :param matches: the scenarios of both sides; equal ones if their environments differ.
    :param names: the names of the sides.
    :param interpreters: the Python of each side; None for this process.
    :param plan: its time budget is divided into epochs; its precision is ignored.
    :param instrument: the one to measure with.
    """

    matches: Sequence[Match]
    names: tuple[str, str]
    plan: Plan
    interpreters: tuple[Interpreter | None, Interpreter | None] = (None, None)
    instrument: Instrument = WALL

    @property
    def scenarios(self) -> list[Scenario]:
        """The scenarios of both sides."""
        return [scenario for match in self.matches for scenario in (match.a, match.b)]

    def check(self, gates: Sequence[Gate] = ()) -> None:
        """Check the request before anything is measured.

        :param gates: those that the duel must pass.
        :raises RequestError: if a workload has no times to compare, the instrument is not available, or a
            gate matches none of the scenarios.
        """
        workloads = {scenario.workload for scenario in self.scenarios}
        for workload in sorted(workloads):
            if instrument_for(workload, WALL) is not WALL:
                raise RequestError(
                    f"a duel compares the times of one thread, and workload={workload} has none: see "
                    f"'tlsbench run workload={workload}'"
                )
        check_instrument(self.instrument, workloads)
        for gate in gates:
            gate.answers(
                [
                    SideResult(match.b.id, match.b.axes(), Interval(1, 1, 1), 0.0, "~")
                    for match in self.matches
                ]
            )


def between(selectors: Sequence[str], plan: Plan, instrument: Instrument = WALL) -> DuelRequest:
    """A duel between the two scenarios that the selectors describe, such as ``["key=rsa-2048,ed25519"]``.

    :raises RequestError: if they do not describe exactly two, or one cannot be measured here.
    """
    scenarios = _scenarios(selectors)
    if len(scenarios) != 2:
        raise RequestError(
            f"a duel has two scenarios, but the selectors name {len(scenarios)}: give one axis two values"
        )
    return _of_two(scenarios[0], scenarios[1], plan, instrument)


def between_scenarios(a: str, b: str, plan: Plan, instrument: Instrument = WALL) -> DuelRequest:
    """A duel between two scenarios, each described by selectors that match no other.

    :raises RequestError: if they do not match exactly one, or it cannot be measured here.
    """
    return _of_two(_only(a), _only(b), plan, instrument)


def between_environments(
    selectors: Sequence[str],
    a: Interpreter,
    b: Interpreter,
    plan: Plan,
    instrument: Instrument = WALL,
) -> DuelRequest:
    """A duel between two Python environments, in each of the scenarios that the selectors describe.

    :raises RequestError: if the environments are the same, or a scenario cannot be measured here.
    """
    if a == b:
        raise RequestError("the two sides are the same: give another --python, --env-a or --env-b")
    return DuelRequest(
        matches=[Match(one, one) for one in _scenarios(selectors)],
        names=_names_of(a, b),
        interpreters=(a, b),
        plan=plan,
        instrument=instrument,
    )


def duel(
    request: DuelRequest,
    observe: Callable[[Progress], None] = lambda _progress: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> Duel:
    """Measure the matches of a request until its time budget is spent.

    :param observe: called after each epoch, or whenever a process that counts instructions ends.
    :returns: the duel; it has no results if it was interrupted before its first epoch.
    :raises RequestError: before anything is measured, if the request is invalid.
    :raises MeasurementError: if a cell of either side fails: half a duel says nothing.
    """
    request.check()
    fought = _counted if request.instrument is CALLGRIND else _timed
    return fought(request, observe, stop_asked)


def _timed(request: DuelRequest, observe: Callable[[Progress], None], stop_asked: Callable[[], bool]) -> Duel:
    began = time.monotonic()

    def note(done: int, of: int) -> None:
        observe(Progress("epochs", done, of, time.monotonic() - began, ()))

    def side(interpreter: Interpreter | None) -> OpenSide:
        if interpreter is None:
            return local_side(request.instrument, request.scenarios)
        misleading: frozenset[str] = frozenset().union(*map(not_borne, request.scenarios))
        without = misleading.difference(interpreter.environment)  # what a side sets is compared
        return remote_side(replace(interpreter, without=without), request.instrument)

    outcome = fight(
        request.matches,
        side(request.interpreters[0]),
        side(request.interpreters[1]),
        request.plan,
        in_workers=any(request.interpreters) or need_workers(request.scenarios),
        observe=note,
        stop_asked=stop_asked,
    )
    results = [
        _result(
            request,
            record.match,
            record.proofs,
            record.ledgers,
            {side: compare_paired(epochs) for side, epochs in record.epochs.items()},
        )
        for record in outcome.records
    ]
    epochs = results[0].main.epochs if results else 0
    method = _OF_EPOCHS.format(epochs=epochs, elapsed_s=outcome.elapsed_s)
    if outcome.disturbed_percent:
        method += _SET_ASIDE.format(percent=outcome.disturbed_percent)
    return _duel(request, results, method, interrupted=outcome.interrupted)


def _counted(
    request: DuelRequest, observe: Callable[[Progress], None], stop_asked: Callable[[], bool]
) -> Duel:
    began = time.monotonic()

    def note(done: int, of: int, left_s: float) -> None:
        observe(Progress("counting", done, of, time.monotonic() - began, (), left_s))

    ends = [
        (scenario, interpreter or interpreter_of(scenario))
        for match in request.matches
        for scenario, interpreter in zip((match.a, match.b), request.interpreters, strict=True)
    ]
    counts = count_instructions(ends, note, stop_asked).results
    results = []
    for match, a, b in zip(request.matches, counts[::2], counts[1::2], strict=True):
        for count in (a, b):
            if isinstance(count, MeasurementError):
                raise count
        if isinstance(a, Count) and isinstance(b, Count):
            total = compare_paired_counts(a.per_operation, b.per_operation)
            results.append(
                _result(request, match, (a.proof, b.proof), (a.ledger, b.ledger), {"total": total})
            )
    return _duel(request, results, _OF_COUNTS, interrupted=None in counts)


def _result(
    request: DuelRequest,
    match: Match,
    proofs: Sequence[Mapping[str, object]],
    ledgers: Sequence[Ledger | None],
    comparisons: Mapping[str, PairedComparison],
) -> DuelResult:
    a, b = (
        Side(name, scenario.id, scenario.axes(), dict(proof), ledger)
        for name, scenario, proof, ledger in zip(
            request.names, (match.a, match.b), proofs, ledgers, strict=True
        )
    )
    return DuelResult(a, b, comparisons)


def _duel(request: DuelRequest, results: Sequence[DuelResult], method: str, *, interrupted: bool) -> Duel:
    return Duel(
        results=results,
        meter=request.instrument.name,
        method=method,
        seed=request.plan.seed,
        governor=governor(),
        engines=engines(),
        interrupted=interrupted,
    )


def _scenarios(selectors: Sequence[str]) -> Sequence[Scenario]:
    if not selectors:
        raise RequestError("a duel needs selectors, such as implementation=ssl,pyopenssl")
    matrix = matrix_of(selectors)
    if matrix.excluded:
        reasons = dict.fromkeys(excluded.reason for excluded in matrix.excluded)
        raise RequestError(f"a side cannot be measured: {'; '.join(reasons)}")
    return matrix.scenarios


def _only(selector: str) -> Scenario:
    scenarios = _scenarios([selector])
    if len(scenarios) != 1:
        raise RequestError(f"'{selector}' names {len(scenarios)} scenarios, not one")
    return scenarios[0]


def _of_two(a: Scenario, b: Scenario, plan: Plan, instrument: Instrument) -> DuelRequest:
    return DuelRequest(matches=[Match(a, b)], names=_names(a, b), plan=plan, instrument=instrument)


def _names(a: Scenario, b: Scenario) -> tuple[str, str]:
    """The values in which two scenarios differ."""
    axes_a, axes_b = a.axes(), b.axes()
    naming = named_axes(axes_a, axes_b)
    if not naming:
        raise RequestError("the two sides are the same scenario: 'tlsbench run' measures its noise floor")
    return (
        " ".join(axes_a.get(axis, "-") for axis in naming),
        " ".join(axes_b.get(axis, "-") for axis in naming),
    )


def _names_of(a: Interpreter, b: Interpreter) -> tuple[str, str]:
    """Names such as ``a (old/bin/python)``, without the parent folders that both interpreters share."""
    pythons = _beyond_common_folders(a.python, b.python)
    settings = [[f"{name}={value}" for name, value in one.environment.items()] for one in (a, b)]
    name_a, name_b = (
        " ".join([f"{side} ({python})", *set_])
        for side, python, set_ in zip("ab", pythons, settings, strict=True)
    )
    return name_a, name_b


def _beyond_common_folders(a: str, b: str) -> tuple[str, str]:
    parts = PurePath(a).parts, PurePath(b).parts
    shared = 0
    while shared < min(map(len, parts)) - 1 and parts[0][shared] == parts[1][shared]:
        shared += 1
    if a == b or shared <= PurePath(a).is_absolute():  # the root alone is not worth leaving out
        return a, b
    return str(PurePath(*parts[0][shared:])), str(PurePath(*parts[1][shared:]))
