from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from tlsbench.errors import ProofError, RequestError
from tlsbench.sampling import Plan, Progress, Series, measure, meter_named, runner
from tlsbench.scenarios import Scenario
from tlsbench.stats import median_interval
from tlsbench.workloads import Sample, Workload
from tlsbench.workloads.sample import in_a_row


@dataclass
class HandClock:
    """Stands still but for samples, which take 10 microseconds: a busy machine changes nothing."""

    now_s: float = 0.0

    def tick(self) -> None:
        self.now_s += 10e-6

    def perf_counter(self) -> float:
        return self.now_s

    def monotonic(self) -> float:
        return self.now_s


@dataclass
class Scripted:
    """A workload that does what it is told and notes when it was asked."""

    scenario: Scenario
    log: list[str]
    clock: HandClock
    total: Callable[[int], int] = lambda _call: 1000
    fail_at: int = -1
    calls: int = 0
    closed: bool = False

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        return in_a_row(self.sample, rewarm, samples)

    def sample(self) -> Sample:
        self.calls += 1
        self.clock.tick()
        self.log.append(self.scenario.algorithm)
        if self.calls == self.fail_at:
            raise ProofError("group", wanted="x25519", got="x448", witness="wire")
        took = self.total(self.calls)
        return Sample(client=took, server=0, total=took)

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

    def measure(self, plan: Plan, **hooks: Callable[..., object]) -> runner.Outcome:
        return measure(
            [cell.scenario for cell in self.cells.values()],
            lambda scenario: self.cells[scenario.algorithm],
            plan,
            **hooks,  # type: ignore[arg-type]
        )


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(runner, "_MOST_SAMPLES_PER_VISIT", 3)
    monkeypatch.setattr(runner, "_REWARM_SECONDS", 0)
    monkeypatch.setattr(runner, "_SETTLE_SECONDS", 0)
    clock = HandClock()
    monkeypatch.setattr(runner, "time", clock)
    return Bench(clock)


def visits(bench: Bench) -> list[str]:
    """The cells in the order of their visits."""
    return [name for at, name in enumerate(bench.log) if at == 0 or bench.log[at - 1] != name]


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
