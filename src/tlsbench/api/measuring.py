"""Runs, duels and comparisons from plain Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from tlsbench.api.arguments import (
    AxisValues,
    Path,
    Seconds,
    Selector,
    in_words_of_python,
    matrix_from,
    plan_of,
    selector_text,
    selectors_of,
)
from tlsbench.api.interrupted import until_interrupted
from tlsbench.api.result import Comparison, Result
from tlsbench.comparison import parse_gate
from tlsbench.errors import RequestError
from tlsbench.processes import Interpreter
from tlsbench.results import Run, reader
from tlsbench.results.environment import machine_info
from tlsbench.results.stored import Stored, stored_run
from tlsbench.sampling import Progress, meter_named
from tlsbench.scenarios import Matrix, Scenario
from tlsbench.session import compare as comparing
from tlsbench.session import duel as duelling
from tlsbench.session import run as running


def matrix(
    *selectors: Selector,
    profile: str | None = None,
    like: Result | Path | None = None,
    **axes: AxisValues,
) -> Matrix:
    """What :func:`run` would measure: the ``scenarios``, and those ``excluded`` with the reasons.

    :param selectors: as for :func:`run`, like ``profile``, ``like`` and ``axes``.
    :raises RequestError: for an unknown profile, axis or value.
    """
    with in_words_of_python():
        return matrix_from(selectors, profile, axes, None if like is None else run_in(like, "like"))[0]


def run(
    *selectors: Selector,
    profile: str | None = None,
    like: Result | Path | None = None,
    time_budget: Seconds = 40.0,
    precision: float | str = 0.02,
    meter: str | None = None,
    seed: int | None = None,
    noise_floor: bool = True,
    observe: Callable[[Progress], None] = lambda _progress: None,
    stop_asked: Callable[[], bool] = lambda: False,
    **axes: AxisValues,
) -> Result:
    """Measure scenarios together, in interleaved rounds, and prove every sample.

    ``run("key=rsa-2048,ed25519", resumption=["none", "psk"], time_budget="5s")`` is equivalent to
    ``tlsbench run key=rsa-2048,ed25519 resumption=none,psk --time-budget 5s``.

    Ctrl-C ends the run after the current round and raises :class:`~tlsbench.Interrupted` with the result so
    far.

    :param selectors: text of the form ``axis=value[,value…]``, separated by blanks, or
        :class:`~tlsbench.Scenario` values; without selectors and profile, the profile ``"quick"``.
    :param profile: the name of a set of scenarios, which the selectors narrow down.
    :param like: a stored run, or anything that :func:`read` accepts, whose scenarios are measured again to
        compare the two; the selectors narrow them down.
    :param time_budget: the maximum sampling time in seconds, or text such as ``"500ms"``, ``"5s"``, ``"2m"``.
    :param precision: the run ends early once half the width of the 95 % interval of each cell's time in the
        libraries is at most this fraction of its median: ``0.02`` or ``"2%"``; 0 uses the whole budget.
    :param meter: ``"wall"`` (elapsed time), ``"cpu"`` (processor time) or ``"instructions"`` (callgrind);
        None is the meter of ``like``, or ``"wall"``.
    :param seed: seed for the random order of cells in each round; None picks a new one.
    :param noise_floor: whether to measure one cell of each workload twice, to find the smallest difference
        that the run can detect.
    :param observe: called with the :class:`~tlsbench.Progress` between rounds, never during one.
    :param stop_asked: called after each round; True ends the run with the results so far.
    :param axes: axes by name, each with a value or a list of values: ``key="rsa-2048"``, ``size=[64, 1024]``.
    :returns: the result; cells that failed are in its ``failures``.
    :raises RequestError: if the request is wrong, before anything is measured.
    :raises Interrupted: after Ctrl-C.
    """
    with in_words_of_python():
        model = None if like is None else run_in(like, "like")
        found, words = matrix_from(selectors, profile, axes, model)
        asked = [*map(repr, words), *([] if profile is None else [f"profile={profile!r}"])]
        if like is not None:
            asked.append("like=…" if isinstance(like, Result) else f"like={os.fspath(like)!r}")
        request = running.RunRequest(
            matrix=found,
            plan=plan_of(time_budget, precision, seed),
            instrument=meter_named(meter or (model.conditions.meter if model else "wall")),
            command=f"tlsbench.run({', '.join(asked)})",
            noise_floor=noise_floor,
        )
        request.check()

    def measure(asked_to_stop: Callable[[], bool]) -> Result | None:
        done = running.run(request, lambda progress, _so_far: observe(progress), asked_to_stop)
        if done.conditions.stopped_by == "interrupt" and not done.cells:
            return None
        machine = reader.machine_of(machine_info())
        return Result(stored_run(done, f"the run of {done.taken_at.isoformat(' ', 'seconds')}", machine))

    return until_interrupted(measure, stop_asked)


def duel(
    *selectors: Selector,
    a: Selector | Mapping[str, AxisValues] | None = None,
    b: Selector | Mapping[str, AxisValues] | None = None,
    python: Sequence[Path] = (),
    env_a: Mapping[str, str] | None = None,
    env_b: Mapping[str, str] | None = None,
    time_budget: Seconds = 40.0,
    meter: str = "wall",
    seed: int | None = None,
    observe: Callable[[Progress], None] = lambda _progress: None,
    stop_asked: Callable[[], bool] = lambda: False,
    **axes: AxisValues,
) -> Result:
    """Measure two scenarios, or two Python environments, against each other in one interleaved run.

    ``duel(implementation=["ssl", "pyopenssl"])`` compares two scenarios,
    ``duel(a="key=rsa-2048", b={"key": "ed25519", "chain_length": 2})`` two that differ in several axes, and
    ``duel("key=rsa-2048", python=["old/bin/python", "new/bin/python"])`` two environments in the same
    scenarios.

    Ctrl-C ends the duel after the current epoch and raises :class:`~tlsbench.Interrupted` with the result so
    far.

    :param selectors: as for :func:`run`; without ``a``, ``b`` or environments, they describe two scenarios.
    :param a: a whole scenario: selectors, a dict of axes, or a :class:`~tlsbench.Scenario`; ``b``, the other.
    :param python: the interpreters of a and b, both with tlsbench installed; by default, this interpreter.
    :param env_a: environment variables for a; ``env_b`` for b.
    :param time_budget: seconds, or text with a unit; all of it is used.
    :param meter: as for :func:`run`, like ``seed``, ``observe`` and ``axes``.
    :param stop_asked: called after each epoch; True ends the duel with the results so far.
    :returns: the result; its ratios are b over a.
    :raises RequestError: if the request is wrong, before anything is measured.
    :raises MeasurementError: if either side fails: half a duel says nothing.
    :raises Interrupted: after Ctrl-C.
    """
    with in_words_of_python():
        words = selectors_of([one.id if isinstance(one, Scenario) else one for one in selectors], axes)
        plan, instrument = plan_of(time_budget, 0, seed), meter_named(meter)
        if python or env_a or env_b:
            if a is not None or b is not None:
                raise RequestError("a and b are of one environment: leave out python, env_a and env_b")
            pythons = [os.fspath(one) for one in python] or [sys.executable] * 2
            if isinstance(python, str) or len(pythons) != 2:
                raise RequestError("python takes two interpreters: [a's, b's]")
            sides = [
                Interpreter(path, dict(variables or {}))
                for path, variables in zip(pythons, (env_a, env_b), strict=True)
            ]
            request = duelling.between_environments(words, sides[0], sides[1], plan, instrument)
        elif a is not None and b is not None:
            if words:
                raise RequestError("a and b are complete scenarios: leave out the other selectors")
            request = duelling.between_scenarios(selector_text(a), selector_text(b), plan, instrument)
        elif a is not None or b is not None:
            raise RequestError("a duel has two sides: give both a and b")
        elif len(words) == 2 and all(isinstance(one, Scenario) for one in selectors):
            request = duelling.between_scenarios(words[0], words[1], plan, instrument)
        else:
            request = duelling.between(words, plan, instrument)
        request.check()

    def measure(asked_to_stop: Callable[[], bool]) -> Result | None:
        done = duelling.duel(request, observe, asked_to_stop)
        if not done.results:
            return None
        now = datetime.now(UTC)
        return Result(
            Stored(
                source=f"the duel of {now.isoformat(' ', 'seconds')}",
                result=done,
                machine=reader.machine_of(machine_info()),
                taken_at=now,
            )
        )

    return until_interrupted(measure, stop_asked)


def compare(
    base: Result | Path,
    new: Result | Path,
    *,
    fail_on: str | Sequence[str] = (),
    yardstick: str | Sequence[str] = (),
) -> Comparison:
    """Compare two results that were taken at different times, cell by cell.

    :param base: a result, or an argument for :func:`read`; so is ``new``.
    :param fail_on: gates such as ``"slower>5%"`` or ``"slower>3% where workload=handshake"``; those that fail
        are in :attr:`Comparison.failed_gates <tlsbench.Comparison.failed_gates>`, those that cannot decide
        in :attr:`Comparison.undecided_gates <tlsbench.Comparison.undecided_gates>`.
    :param yardstick: names or globs of reference benchmarks, such as ``"*::test_reference*"``, relative to
        which the others are compared.
    :raises RequestError: if a result cannot be read or has nothing to compare, the two have no benchmark in
        common, or a gate or a yardstick matches none.
    """
    with in_words_of_python():
        gates = [parse_gate(text) for text in ([fail_on] if isinstance(fail_on, str) else fail_on)]
        named = [yardstick] if isinstance(yardstick, str) else yardstick
        sides = [result_of(one) for one in (base, new)]
        found = comparing.compare(sides[0].stored, sides[1].stored, gates, named)
    return Comparison(found.judgement, found.answers)


def read(path: Path) -> Result:
    """Read a stored result of ``run``, ``duel``, ``load`` or pytest-benchmark.

    :param path: a JSON file, or the name or number of a saved run in ``.benchmarks``.
    :raises RequestError: if nothing has this name, or it is not a result.
    """
    return Result(reader.read(os.fspath(path)))


def result_of(given: Result | Path) -> Result:
    """Return a result as it is, or read it."""
    return given if isinstance(given, Result) else read(given)


def run_in(given: Result | Path, parameter: str) -> Run:
    """Return the run that a parameter gives.

    :raises RequestError: if it is another kind of result, or cannot be read.
    """
    measured = result_of(given)
    if not isinstance(measured.value, Run):
        raise RequestError(f"{parameter} is a {measured.kind}: give a run")
    return measured.value
