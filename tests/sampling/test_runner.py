from __future__ import annotations

import gc
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from tlsbench.errors import ProofError, RequestError
from tlsbench.sampling import Plan, Progress, Series, measure, meter_named, runner
from tlsbench.sampling import references as references_module
from tlsbench.sampling import series as series_module
from tlsbench.scenarios import Scenario
from tlsbench.stats import median_interval
from tlsbench.workloads import Sample, Workload


@dataclass
class HandClock:
    """Advances only with samples, which take 10 microseconds: a busy machine changes nothing."""

    now_s: float = 0.0

    def tick(self) -> None:
        self.now_s += 10e-6

    def tick_s(self, seconds: float) -> None:
        self.now_s += seconds

    def perf_counter(self) -> float:
        return self.now_s

    def monotonic(self) -> float:
        return self.now_s


@dataclass
class Scripted:
    """A workload that follows a script and records when it was called."""

    scenario: Scenario
    log: list[str]
    clock: HandClock
    total: Callable[[int], int] = lambda _call: 1000
    disturbed: Callable[[int], bool] = lambda _call: False
    fail_at: int = -1
    calls: int = 0
    closed: bool = False

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        for _ in range(rewarm):
            self.sample()
        return [self.sample() for _ in range(samples)]  # disturbances of the test itself are ignored

    def sample(self) -> Sample:
        self.calls += 1
        self.clock.tick()
        self.log.append(self.scenario.algorithm)
        if self.calls == self.fail_at:
            raise ProofError("group", wanted="x25519", got="x448", witness="wire")
        took = self.total(self.calls)
        return Sample(client=took, server=0, total=took, disturbed=self.disturbed(self.calls))

    def proof(self) -> Mapping[str, object]:
        return {"calls": self.calls}

    def close(self) -> None:
        self.closed = True


@dataclass
class Bench:
    """Scripted cells by name."""

    clock: HandClock
    cells: dict[str, Scripted] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def add(self, name: str, **script: object) -> None:
        scenario = Scenario(workload="primitive", client="x", server="x", algorithm=name)
        self.cells[name] = Scripted(scenario, self.log, self.clock, **script)  # type: ignore[arg-type]

    def run(self, **plan: float) -> runner.Outcome:
        return self.measure(Plan(**{"time_budget_s": 0, "precision": 0, "seed": 1, "warm_up_s": 0, **plan}))  # type: ignore[arg-type]

    def measure(self, plan: Plan, **hooks: object) -> runner.Outcome:
        return measure(
            [cell.scenario for cell in self.cells.values()],
            lambda scenario: self.cells[scenario.algorithm],
            plan,
            **hooks,  # type: ignore[arg-type]
        )


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(series_module, "_MOST_SAMPLES_PER_VISIT", 3)
    monkeypatch.setattr(series_module, "_REWARM_SECONDS", 0)
    monkeypatch.setattr(runner, "_SETTLE_SECONDS", 0)
    clock = HandClock()
    for module in (runner, series_module):
        monkeypatch.setattr(module, "time", clock)
    return Bench(clock)


def visits(bench: Bench) -> list[str]:
    """The cells in the order of their visits."""
    return [name for at, name in enumerate(bench.log) if at == 0 or bench.log[at - 1] != name]


@dataclass
class CountedTurns:
    processes: int
    begun: list[int] = field(default_factory=list)

    def begin_round(self, number: int) -> None:
        self.begun.append(number)


def test_the_processes_take_turns_by_round_after_each_was_warmed_up(bench: Bench) -> None:
    bench.add("a")
    turns = CountedTurns(3)
    outcome = bench.measure(
        Plan(time_budget_s=0, precision=0, seed=1, warm_up_s=0, least_samples=12), turns=turns
    )
    rounds = len(outcome.series[0].rounds)
    assert rounds > 3
    assert turns.begun == [*range(3), *range(rounds)]


def test_every_round_visits_every_cell_once_in_an_order_of_its_own(bench: Bench) -> None:
    for name in "abcdef":
        bench.add(name)
    outcome = bench.run(least_samples=60)
    assert all(len(series.rounds) == 20 for series in outcome.series)
    starts = [bench.cells[name].calls for name in "abcdef"]
    assert len(set(starts)) == 1
    assert len(set(map(tuple, zip(*[iter(visits(bench))] * 6, strict=False)))) > 3


def test_the_same_seed_draws_the_same_order(bench: Bench) -> None:
    logs = []
    for _ in range(2):
        bench = Bench(bench.clock)
        for name in "abcd":
            bench.add(name)
        bench.measure(Plan(time_budget_s=0, precision=0, seed=7, warm_up_s=0, least_samples=100))
        logs.append(list(dict.fromkeys(bench.log[bench.log.index("d") + 2 :])))
    assert logs[0] == logs[1]


def test_a_visit_begins_with_samples_that_do_not_count(bench: Bench) -> None:
    bench.add("a", total=lambda call: call)
    (series,) = bench.run(least_samples=9).series
    for earlier, later in zip(series.rounds, series.rounds[1:], strict=False):
        assert later[0].total > earlier[-1].total + 1


def test_cells_run_uncounted_until_the_processor_has_settled(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_SETTLE_SECONDS", 2)
    bench.add("a")
    bench.add("b")
    outcome = bench.run(time_budget_s=0.2, precision=0.01)
    counted = sum(series.sample_count for series in outcome.series)
    assert sum(cell.calls for cell in bench.cells.values()) > 10 * counted


def test_precision_ends_the_run_before_its_budget(bench: Bench) -> None:
    bench.add("steady")
    outcome = bench.run(time_budget_s=60, precision=0.01)
    assert outcome.stopped_by == "precision"
    assert outcome.series[0].precision <= 0.01
    assert len(outcome.series[0].rounds) == 6


def test_a_machine_that_slows_all_cells_alike_does_not_keep_them_from_being_precise(bench: Bench) -> None:
    for number, name in enumerate("abcde"):
        bench.add(name, total=lambda call, base=1000 * (number + 1): base * (2 if call // 4 % 2 else 1))
    outcome = bench.run(time_budget_s=60, precision=0.01)
    assert outcome.stopped_by == "precision"
    one = outcome.series[0]
    assert median_interval(one.round_medians).relative_half_width > 0.1
    assert one.precision <= 0.01


def test_the_budget_ends_a_run_that_is_not_precise(bench: Bench) -> None:
    bench.add("wild", total=lambda call: 1 if call // 4 % 2 else 1000)
    outcome = bench.run(time_budget_s=0.05, precision=0.0001)
    assert outcome.stopped_by == "time budget"
    assert outcome.series[0].precision > 0.0001


def test_one_imprecise_cell_keeps_all_in_the_run(bench: Bench) -> None:
    bench.add("steady")
    bench.add("wild", total=lambda call: 1 if call // 4 % 2 else 1000)
    outcome = bench.run(time_budget_s=0.05, precision=0.01)
    assert outcome.stopped_by == "time budget"
    steady, wild = outcome.series
    assert len(steady.rounds) == len(wild.rounds)


def test_a_cell_that_fails_is_given_up_and_the_others_go_on(bench: Bench) -> None:
    bench.add("good")
    bench.add("bad", fail_at=10)
    good, bad = bench.run(least_samples=30).series
    assert isinstance(bad.error, ProofError)
    assert not bad.rounds, "a failed cell has no number at all"
    assert good.sample_count >= 30
    assert bench.cells["bad"].calls == 10


def test_a_cell_that_cannot_be_made_is_an_error_of_its_own(bench: Bench) -> None:
    bench.add("a")

    def refuse(_scenario: Scenario) -> Workload:
        raise RequestError("cannot open a tcp link")

    outcome = measure([bench.cells["a"].scenario], refuse, Plan(time_budget_s=9, precision=0, seed=1))
    assert outcome.stopped_by == "failures"
    assert isinstance(outcome.series[0].error, RequestError)


def test_a_request_to_stop_ends_the_round_cleanly(bench: Bench) -> None:
    for name in "abc":
        bench.add(name)
    asked = iter([False] * 6 + [False, False, True])
    outcome = bench.measure(
        Plan(time_budget_s=60, precision=0, seed=1, warm_up_s=0), stop_asked=lambda: next(asked)
    )
    assert outcome.stopped_by == "interrupt"
    assert [len(series.rounds) for series in outcome.series] == [3, 3, 3]


def test_an_interrupt_in_a_round_drops_that_round_alone(bench: Bench) -> None:
    def interrupted(call: int) -> int:
        if call == 20:
            raise KeyboardInterrupt
        return 1000

    bench.add("a")
    bench.add("b", total=interrupted)
    outcome = bench.run(time_budget_s=60)
    assert outcome.stopped_by == "interrupt"
    first, second = outcome.series
    assert len(first.rounds) == len(second.rounds) > 0


def test_cells_are_closed_whatever_happens(bench: Bench) -> None:
    bench.add("good")
    bench.add("bad", fail_at=2)
    bench.run()
    assert all(cell.closed for cell in bench.cells.values())


def test_garbage_collection_is_off_while_sampling_and_back_on_after(bench: Bench) -> None:
    states = []
    bench.add("a", total=lambda _call: states.append(gc.isenabled()) or 1000)  # type: ignore[func-returns-value]
    bench.run()
    assert not any(states)
    assert gc.isenabled()


def test_progress_is_told_from_preparation_to_the_last_round(bench: Bench) -> None:
    bench.add("a")
    told: list[Progress] = []
    bench.measure(Plan(time_budget_s=0, precision=0, seed=1, warm_up_s=0), observe=told.append)
    assert [progress.stage for progress in told] == ["preparing", "warming up", "measuring"]


def test_the_proof_of_the_last_sample_is_kept(bench: Bench) -> None:
    bench.add("a")
    (series,) = bench.run().series
    assert series.proof == {"calls": bench.cells["a"].calls}


def test_a_series_without_rounds_has_no_precision() -> None:
    scenario = Scenario(workload="primitive", client="x", server="x")
    assert Series(scenario).precision == float("inf")


@pytest.mark.parametrize("name", ["wall", "cpu"])
def test_a_meter_only_grows(name: str) -> None:
    clock = meter_named(name).clock
    readings = [clock() for _ in range(1000)]
    assert readings == sorted(readings)


def test_an_unknown_meter_is_told_as_such() -> None:
    with pytest.raises(RequestError, match="did you mean 'wall'"):
        meter_named("wal")


def test_disturbed_samples_are_set_aside_and_taken_again_in_the_same_visit(bench: Bench) -> None:
    bench.add("a", total=lambda call: call, disturbed=lambda call: call in {4, 6})
    (series,) = bench.run().series
    # Two samples of the warm-up, one to warm the caches again, three that count, and two of those again.
    assert [sample.total for sample in series.rounds[0]] == [5, 8, 9]
    assert [sample.total for sample in series.set_aside[0]] == [4, 6]
    assert (series.sample_count, series.disturbed_count) == (3, 2)


def test_a_visit_is_not_prolonged_without_end(bench: Bench) -> None:
    bench.add("a", disturbed=lambda call: call > 7)
    (series,) = bench.run(least_samples=30).series
    assert [len(visit) for visit in series.rounds[:3]] == [3, 0, 0]
    assert [len(visit) for visit in series.set_aside[1:3]] == [6, 6]


def test_a_round_in_which_a_cell_was_always_disturbed_keeps_its_place(bench: Bench) -> None:
    bench.add("steady")
    bench.add("crowded", disturbed=lambda call: 7 <= call < 15)
    steady, crowded = bench.run(least_samples=12).series
    assert len(steady.rounds) == len(crowded.rounds)
    assert [math.isnan(one) for one in crowded.round_medians].count(True) == 1
    assert not any(math.isnan(one) for one in steady.round_medians)


def test_a_slow_sample_that_was_not_disturbed_stays(bench: Bench) -> None:
    bench.add("a", total=lambda call: 10**9 if call % 3 == 0 else 1000)
    (series,) = bench.run(least_samples=30).series
    assert max(sample.total for visit in series.rounds for sample in visit) == 10**9
    assert series.disturbed_count == 0


def test_a_cell_whose_every_sample_was_disturbed_keeps_them(bench: Bench) -> None:
    bench.add("a")
    bench.add("long", disturbed=lambda _call: True)
    a, long = bench.run(least_samples=9).series
    assert long.sample_count >= 9
    assert long.disturbed_count == 0
    assert all(sample.disturbed for visit in long.rounds for sample in visit)
    assert len(a.rounds) == len(long.rounds)


def test_the_round_that_was_cut_short_is_dropped_of_what_was_set_aside_too(bench: Bench) -> None:
    def interrupted(call: int) -> int:
        if call == 20:
            raise KeyboardInterrupt
        return 1000

    bench.add("a", disturbed=lambda call: call % 5 == 0)
    bench.add("b", total=interrupted)
    for series in bench.measure(Plan(time_budget_s=60, precision=0, seed=1, warm_up_s=0)).series:
        assert len(series.rounds) == len(series.set_aside)


def scripted_yardstick(bench: Bench, name: str, **script: object) -> Scripted:
    scenario = Scenario(workload="primitive", client="y", server="y", algorithm=name)
    return Scripted(scenario, [], bench.clock, **script)  # type: ignore[arg-type]


def test_yardsticks_take_turns_in_the_rounds_of_the_cells(bench: Bench) -> None:
    bench.add("a", total=lambda _call: bench.clock.tick_s(0.004) or 1000)
    references = [scripted_yardstick(bench, name) for name in "xyz"]
    plan = Plan(time_budget_s=10, precision=0, seed=1, warm_up_s=0)
    outcome = bench.measure(plan, yardsticks={one.scenario: (lambda one=one: one) for one in references})
    (cell,) = outcome.series
    assert all(len(one.rounds) == len(cell.rounds) for one in outcome.yardsticks)
    visited = [sum(1 for visit in one.rounds if visit) for one in outcome.yardsticks]
    assert max(visited) - min(visited) <= 1
    assert 0 < min(visited) < len(cell.rounds)
    assert all(one.closed for one in references)


def test_yardsticks_take_at_most_a_tenth_of_the_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references_module, "time", bench.clock)
    bench.add("a", total=lambda _call: bench.clock.tick_s(0.004) or 1000)
    slow = [
        scripted_yardstick(bench, name, total=lambda _call: bench.clock.tick_s(0.001) or 1) for name in "xy"
    ]
    plan = Plan(time_budget_s=10, precision=0, seed=1, warm_up_s=0)
    outcome = bench.measure(plan, yardsticks={one.scenario: (lambda one=one: one) for one in slow})
    assert 0.08 < outcome.yardsticks_s / outcome.elapsed_s <= 0.1


@pytest.mark.parametrize("error", [ProofError("group", wanted="a", got="b", witness="wire"), OSError("gone")])
def test_no_failure_of_a_yardstick_is_one_of_the_run(bench: Bench, error: Exception) -> None:
    def fails(call: int) -> int:
        if call > 6:
            raise error
        return 1000

    def cannot_be_made() -> Workload:
        raise error

    bench.add("a", total=lambda _call: bench.clock.tick_s(0.004) or 1000)
    fine, failing, absent = (scripted_yardstick(bench, name) for name in "xyz")
    failing.total = fails
    outcome = bench.measure(
        Plan(time_budget_s=10, precision=0, seed=1, warm_up_s=0),
        yardsticks={
            fine.scenario: lambda: fine,
            failing.scenario: lambda: failing,
            absent.scenario: cannot_be_made,
        },
    )
    assert outcome.stopped_by == "time budget"
    assert outcome.series[0].error is None
    healthy = [one for one in outcome.yardsticks if one.error is None]
    assert [one.scenario for one in healthy] == [fine.scenario]
    assert len(healthy[0].rounds) == len(outcome.series[0].rounds)
    assert failing.closed


def test_precision_does_not_end_a_run_before_its_yardsticks_can_be_compared(bench: Bench) -> None:
    bench.add("a", total=lambda _call: bench.clock.tick_s(0.004) or 1000)
    reference = scripted_yardstick(bench, "x")
    plan = Plan(time_budget_s=60, precision=0.5, seed=1, warm_up_s=0)
    outcome = bench.measure(plan, yardsticks={reference.scenario: lambda: reference})
    assert outcome.stopped_by == "precision"
    assert sum(map(bool, outcome.yardsticks[0].rounds)) >= 6


def test_a_cell_that_is_mostly_disturbed_does_not_keep_a_run_from_its_end(bench: Bench) -> None:
    bench.add("a", disturbed=lambda call: call % 3 != 0)
    (series,) = bench.run(least_samples=30).series
    taken = series.sample_count + series.disturbed_count
    assert series.sample_count < 30
    assert 60 <= taken <= 66


def test_samples_that_were_set_aside_do_not_count_among_those_that_were_asked_for(bench: Bench) -> None:
    bench.add("a", disturbed=lambda call: call % 3 == 0)
    (series,) = bench.run(least_samples=30).series
    assert series.sample_count >= 30
    assert series.disturbed_count > 0
