"""A run: many scenarios measured together, in interleaved rounds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tlsbench.errors import RequestError
from tlsbench.implementations import HasTwoFiles
from tlsbench.implementations.registry import implementation
from tlsbench.results import Run
from tlsbench.results.collect import collect, collect_counts
from tlsbench.results.environment import Disturbance
from tlsbench.sampling import WALL, Instrument, Plan, Progress, Series, aa_cells_of, instrument_for, measure
from tlsbench.sampling.instructions import Counts, count_instructions, require_valgrind
from tlsbench.sampling.instruments import CALLGRIND
from tlsbench.sampling.placement import interpreter_of, placement, prevailing, processes_for
from tlsbench.sampling.yardsticks import Yardstick, yardsticks_for
from tlsbench.scenarios import Excluded, Matrix, Scenario
from tlsbench.session.selecting import others_that_can

#: A shorter run has no time for yardsticks.
_LEAST_BUDGET_SECONDS = 1.0
#: Called with the progress, and with a function that makes the run so far.
Observe = Callable[[Progress, Callable[[], Run]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What to measure, and how.

    :param matrix: the scenarios, and what was excluded, see :func:`~tlsbench.session.selecting.matrix_of`.
    :param plan: when to stop.
    :param instrument: the one to measure with, unless the workload brings its own.
    :param command: the command line, to be stored with the result.
    :param noise_floor: whether to measure A/A cells as well.
    :param processes: how many take turns; None for as many as the time budget allows.
    :param selectors: those of the matrix, if it is not of a profile: a refusal names libraries that could.
    """

    matrix: Matrix
    plan: Plan
    instrument: Instrument = WALL
    command: str = ""
    noise_floor: bool = True
    processes: int | None = None
    selectors: Sequence[str] = ()

    def check(self) -> None:
        """Check the request before anything is measured.

        :raises RequestError: if there is nothing to measure, or the instrument cannot measure it.
        """
        if not self.matrix.scenarios:
            reasons = dict.fromkeys(excluded.reason for excluded in self.matrix.excluded)
            why = "; ".join(reasons) or "the selectors leave nothing of the profile"
            raise RequestError(f"nothing to measure: {why}{others_that_can(self.matrix, self.selectors)}")
        check_instrument(self.instrument, {scenario.workload for scenario in self.matrix.scenarios})
        if self.instrument is CALLGRIND:
            _check_files(self.matrix.scenarios)


def _check_files(scenarios: Sequence[Scenario]) -> None:
    """Check that the parts of scenarios can be counted.

    :raises RequestError: if not.
    """
    for end in sorted({end for one in scenarios if one.parts == "yes" for end in (one.client, one.server)}):
        member = implementation(end)
        if not isinstance(member, HasTwoFiles) or not member.has_two_files:
            raise RequestError(
                f"parts=yes counts calls from one file into another, and {end} has its TLS and its "
                f"cryptography in one: leave out --meter {CALLGRIND.name}, or use libssl"
            )


def check_instrument(instrument: Instrument, workloads: set[str]) -> None:
    """Check that an instrument is available, and can measure these workloads.

    :raises RequestError: if not.
    """
    if instrument is not CALLGRIND:
        return
    require_valgrind()
    for workload in sorted(workloads):
        if (own := instrument_for(workload, instrument)) is not instrument:
            raise RequestError(f"workload={workload} counts {own.name}: leave out --meter {instrument.name}")


def run(
    request: RunRequest,
    observe: Observe = lambda _progress, _so_far: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> Run:
    """Measure the scenarios of a request together.

    :param observe: called with the progress between rounds, never within one.
    :param stop_asked: called after each round; True ends the run with the results so far.
    :returns: the run; cells that failed are among its failures.
    :raises RequestError: before anything is measured, if the request is invalid.
    """
    request.check()
    if request.instrument is CALLGRIND:
        return _counted(request, observe, stop_asked)
    return measure_together(request, observe, stop_asked).run(request)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured together, before it is summarised.

    :param series: those of the scenarios, in order.
    :param twins: those of the A/A cells.
    :param before: the state of the machine when sampling began; None during sampling.
    :param yardsticks: each with its series; they took ``yardsticks_s`` of ``elapsed_s``.
    :param processes: how many processes sampled its rounds in turn.
    """

    series: Sequence[Series]
    twins: Sequence[Series]
    stopped_by: str
    elapsed_s: float
    before: Disturbance | None = None
    yardsticks: Sequence[tuple[Yardstick, Series]] = ()
    yardsticks_s: float = 0.0
    processes: int = 1

    def run(self, request: RunRequest) -> Run:
        """The run made from these series."""
        return collect(
            self.series,
            request.matrix.excluded,
            request.plan,
            meter=request.instrument,
            command=request.command,
            elapsed_s=self.elapsed_s,
            stopped_by=self.stopped_by,
            before=self.before,
            processes=self.processes,
            twins=self.twins,
            yardsticks=self.yardsticks,
            yardsticks_s=self.yardsticks_s,
            variables=prevailing(one.scenario for one in self.series),
        )


def measure_together(
    request: RunRequest,
    observe: Observe = lambda _progress, _so_far: None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> Measured:
    """Measure the scenarios of a request and their A/A cells with a clock, each where it can run."""
    scenarios = request.matrix.scenarios
    twins = aa_cells_of(scenarios) if request.noise_floor else []

    processes = request.processes or processes_for(request.plan.time_budget_s)
    yardsticks = (
        {one.scenario: one for one in yardsticks_for(scenarios, request.instrument)}
        if request.plan.time_budget_s >= _LEAST_BUDGET_SECONDS
        else {}
    )
    before = Disturbance.now()
    with placement(scenarios, request.instrument, processes) as place:

        def measured(series: Sequence[Series], stopped_by: str, elapsed_s: float) -> Measured:
            return Measured(
                series[: len(scenarios)],
                series[len(scenarios) :],
                stopped_by,
                elapsed_s,
                processes=place.processes,
            )

        def note(progress: Progress) -> None:
            so_far = measured(progress.series, "nothing yet", progress.elapsed_s)
            observe(_without_twins(progress, len(scenarios)), lambda: so_far.run(request))

        outcome = measure(
            [*scenarios, *twins],
            place.make,
            request.plan,
            note,
            stop_asked,
            turns=place,
            yardsticks={scenario: partial(place.make, one) for scenario, one in yardsticks.items()},
        )
        done = measured(outcome.series, outcome.stopped_by, outcome.elapsed_s)
    return replace(
        done,
        before=before,
        yardsticks=[(yardsticks[one.scenario], one) for one in outcome.yardsticks],
        yardsticks_s=outcome.yardsticks_s,
    )


def _without_twins(progress: Progress, scenarios: int) -> Progress:
    """The progress without the A/A cells, which are made and warmed up last."""
    return replace(
        progress,
        done=progress.done if progress.stage == "measuring" else min(progress.done, scenarios),
        of=min(progress.of, scenarios),
        series=progress.series[:scenarios],
    )


def _counted(request: RunRequest, observe: Observe, stop_asked: Callable[[], bool]) -> Run:
    began = time.monotonic()
    scenarios = request.matrix.scenarios

    def run_of(counts: Counts) -> Run:
        return collect_counts(
            list(zip(scenarios, counts.results, strict=False)),  # empty while counting
            [*request.matrix.excluded, *_out_of_time(scenarios, counts, request.plan)],
            request.plan,
            command=request.command,
            elapsed_s=time.monotonic() - began,
            stopped_by=counts.stopped_by,
            variables=prevailing(scenarios),
        )

    def note(done: int, of: int, left_s: float) -> None:
        progress = Progress("counting", done, of, time.monotonic() - began, (), left_s)
        observe(progress, lambda: run_of(Counts((), "nothing yet", math.nan)))

    requests = [(scenario, interpreter_of(scenario)) for scenario in scenarios]
    return run_of(count_instructions(requests, note, stop_asked, request.plan.time_budget_s))


def _out_of_time(scenarios: Sequence[Scenario], counts: Counts, plan: Plan) -> Iterator[Excluded]:
    """The scenarios that the time budget left uncounted, with the budget that would suffice."""
    if counts.stopped_by != "time budget":
        return
    reason = (
        f"not counted within the time budget of {plan.time_budget_s:g} s: all {len(scenarios)} take "
        f"about {math.ceil(counts.whole_s)} s on this machine, see --time-budget"
    )
    for scenario, count in zip(scenarios, counts.results, strict=True):
        if count is None:
            yield Excluded(scenario.id, reason)
