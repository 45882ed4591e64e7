"""When to sample: interleaved rounds in random order, until the figures are precise enough.

In every round each cell is visited once, in a new random order, for about as long as every other. Whatever
else the machine does thus affects all cells alike, and ratios are taken within rounds.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol

from tlsbench.interrupts import may_be_cut
from tlsbench.sampling.heap import keep_heap
from tlsbench.sampling.instruments import WALL, instrument_for
from tlsbench.sampling.references import References
from tlsbench.sampling.series import Series, paces_of
from tlsbench.scenarios import Scenario
from tlsbench.stats import middle_of
from tlsbench.units import NANOSECONDS
from tlsbench.workloads import Workload

#: Fewer rounds than this give no 95 % interval.
_LEAST_ROUNDS = 6
#: How long all cells run in turn before the first round, or a tenth of the budget if that is less: the first
#: 0.2 to 2 s of some runs were 20 to 40 % slower than the rest. The cause was not established (the clock of a
#: processor after a pause, or a virtual machine's host); that it is over by then is likely, but not certain.
_SETTLE_SECONDS = 2.0
#: The interval at which garbage is collected: between rounds, never within one.
_COLLECT_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When to stop, and the seed of the random order.

    :param time_budget_s: seconds of sampling, warm-up included, after which no round begins.
    :param precision: relative half-width of the 95 % interval of the median time in the libraries that every
        cell must reach, such as 0.02; 0 uses the whole budget.
    :param seed: of the random order of cells in each round.
    :param warm_up_s: seconds that each cell runs before it is measured; at least two samples.
    :param least_samples: samples that every cell gets, regardless of the budget; fewer if more than half
        of those taken are disturbed.
    """

    time_budget_s: float
    precision: float
    seed: int
    warm_up_s: float = 0.03
    least_samples: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a run.

    ``stopped_by`` is ``"precision"``, ``"time budget"``, ``"interrupt"`` or ``"failures"`` (of all cells).
    The yardsticks, including those that failed, took ``yardsticks_s`` of ``elapsed_s``.
    """

    series: Sequence[Series]
    stopped_by: str
    elapsed_s: float
    yardsticks: Sequence[Series] = ()
    yardsticks_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a run, passed to the observer between rounds, never within one.

    ``left_s`` is how many more seconds the complete run will take, if known.
    """

    stage: str
    done: int
    of: int
    elapsed_s: float
    series: Sequence[Series]
    left_s: float | None = None


class Turns(Protocol):
    """The processes that have every cell ready; each round is measured in one of them."""

    @property
    def processes(self) -> int:
        """The number of processes."""

    def begin_round(self, number: int) -> None:
        """Let process ``number`` modulo :attr:`processes` measure from now on."""


@dataclass(frozen=True, slots=True)
class _Alone:
    processes: int = 1

    def begin_round(self, number: int) -> None:
        pass


_ALONE = _Alone()


def measure(
    scenarios: Sequence[Scenario],
    prepare: Callable[[Scenario], Workload],
    plan: Plan,
    observe: Callable[[Progress], None] = lambda _progress: None,
    stop_asked: Callable[[], bool] = lambda: False,
    *,
    yardsticks: Mapping[Scenario, Callable[[], Workload]] = MappingProxyType({}),
    turns: Turns = _ALONE,
) -> Outcome:
    """Measure the scenarios together.

    A cell whose proof fails or that cannot be prepared is abandoned with its error; the others continue.

    :param prepare: makes a scenario's workload; called once for each, before the clock starts.
    :param observe: called with the progress after each step.
    :param stop_asked: called after each step; True ends the run with the results so far.
    :param yardsticks: the function that makes each reference cell, to be visited in turn among the others
        (:mod:`tlsbench.sampling.references`); those that fail are dropped.
    :param turns: the processes that take turns from round to round.
    """
    series = [Series(scenario) for scenario in scenarios]
    references = References([Series(scenario) for scenario in yardsticks], list(yardsticks.values()))
    try:
        for done, cell in enumerate(series):
            observe(Progress("preparing", done, len(series), 0.0, series))
            with may_be_cut():
                cell.attempt(lambda one: one.make_ready(lambda: prepare(one.scenario)))
            if stop_asked():
                return Outcome(series, "interrupt", 0.0)
        references.prepare()
        with _no_garbage_collection():
            outcome = _sample(series, references, plan, observe, stop_asked, turns)
        return replace(outcome, yardsticks=references.cells, yardsticks_s=references.spent_s)
    finally:
        for cell in series:
            cell.settle_for_disturbed()
        for cell in (*series, *references.cells):
            cell.close()


def _sample(  # noqa: PLR0917 - each has its name
    series: Sequence[Series],
    references: References,
    plan: Plan,
    observe: Callable[[Progress], None],
    stop_asked: Callable[[], bool],
    turns: Turns,
) -> Outcome:
    began = collected = time.monotonic()

    def elapsed_s() -> float:
        return time.monotonic() - began

    for done, cell in enumerate(series):
        observe(Progress("warming up", done, len(series), elapsed_s(), series))
        for turn in range(turns.processes):
            turns.begin_round(turn)
            with may_be_cut():
                cell.attempt(lambda one: one.warm_up(plan.warm_up_s / turns.processes))
        if stop_asked():
            return Outcome(series, "interrupt", elapsed_s())
    references.warm_up(turns, stop_asked)
    _settle(series, began + min(_SETTLE_SECONDS, plan.time_budget_s / 10), stop_asked, turns)
    order = random.Random(plan.seed)  # noqa: S311 - must be reproducible, not secret
    rounds, stopped_by = 0, ""
    while not stopped_by:
        living = [cell for cell in series if cell.error is None]
        visits: list[tuple[Series, Callable[[Series], None]]] = [(cell, Series.visit) for cell in living]
        visits += [(cell, references.visit) for cell in references.due(elapsed_s())]
        turns.begin_round(rounds)
        try:
            with may_be_cut():
                for cell, visit in order.sample(visits, len(visits)):
                    cell.attempt(visit)
        except KeyboardInterrupt:
            for cell in (*series, *references.cells):
                cell.drop_from(rounds)  # the round that was cut short
            return Outcome(series, "interrupt", elapsed_s())
        rounds += 1
        references.end_round(rounds)
        observe(Progress("measuring", rounds, 0, elapsed_s(), series))
        stopped_by = (
            "interrupt"
            if stop_asked()
            else _stopped_by(living, references.healthy, plan, rounds, elapsed_s(), turns.processes)
        )
        if time.monotonic() - collected > _COLLECT_SECONDS:
            gc.collect()
            collected = time.monotonic()
    return Outcome(series, stopped_by, elapsed_s())


def _settle(series: Sequence[Series], until: float, stop_asked: Callable[[], bool], turns: Turns) -> None:
    lap = 0
    while time.monotonic() < until and any(cell.error is None for cell in series) and not stop_asked():
        turns.begin_round(lap)
        lap += 1
        for cell in series:
            cell.attempt(Series.run_once)


def _stopped_by(  # noqa: PLR0917 - each has its name
    living: Sequence[Series],
    yardsticks: Sequence[Series],
    plan: Plan,
    rounds: int,
    elapsed_s: float,
    processes: int,
) -> str:
    """What ends the run after this round; ``""`` if it continues.

    Precision does not end it before each yardstick has been visited often enough for comparing runs.
    """
    living = [cell for cell in living if cell.error is None]
    if not living:
        return "failures"
    if not all(_has_enough(cell, plan.least_samples) for cell in living):
        return ""
    if elapsed_s >= plan.time_budget_s:
        return "time budget"
    # Computing every interval takes time, so it is done at increasing distances.
    if plan.precision and rounds >= _LEAST_ROUNDS and rounds % max(1, rounds // 16) == 0:
        _look(living, yardsticks, processes)
        visits = [sum(map(bool, yardstick.rounds)) for yardstick in yardsticks]
        if min(visits, default=_LEAST_ROUNDS) >= _LEAST_ROUNDS and all(
            cell.precision <= plan.precision for cell in living
        ):
            return "precision"
    return ""


def _has_enough(cell: Series, least: int) -> bool:
    """Whether a cell has enough samples, or twice as many if disturbed ones are counted."""
    return cell.sample_count >= least or cell.sample_count + cell.disturbed_count >= 2 * least


def _look(living: Sequence[Series], yardsticks: Sequence[Series], processes: int) -> None:
    """Update the precision of the cells, at the middle pace of their rounds, as in the final result."""
    for cell, pace in zip(living, paces_of([*living, *yardsticks]), strict=False):
        of_time = instrument_for(cell.scenario.workload, WALL).unit is NANOSECONDS
        interval = middle_of(cell.round_medians, pace, processes if of_time else 0)
        cell.precision = interval.relative_half_width


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    keep_heap()
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
