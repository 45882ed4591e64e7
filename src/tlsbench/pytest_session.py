"""How the pytest plugin uses the matrix: select scenarios, measure them together, pass on the samples."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.implementations.registry import spellings
from tlsbench.interrupts import interruptible
from tlsbench.pytest_comparison import ComparisonRequest, SessionComparison
from tlsbench.results import Cell, Run
from tlsbench.results.benchmark_json import extra_info, run_notes
from tlsbench.sampling import WALL, Plan, Series
from tlsbench.sampling.placement import placement
from tlsbench.scenarios import Matrix, Scenario, scenario_from_id
from tlsbench.session.run import RunRequest, measure_together
from tlsbench.session.selecting import matrix_of
from tlsbench.workloads import Workload

_CLOCK = pytest.StashKey["ReplayClock"]()


class ReplayClock:
    """The timer that pytest-benchmark reads: it advances only by the samples played back."""

    def __init__(self) -> None:
        self._now_ns = 0.0

    def read(self) -> float:
        """Seconds since the first sample."""
        return self._now_ns / 1e9

    def advance(self, nanoseconds: float) -> None:
        """Let a sample's time pass."""
        self._now_ns += nanoseconds


@dataclass(frozen=True, slots=True)
class _Options:
    """pytest-benchmark's options for the rounds of one test."""

    max_time_s: float
    min_rounds: int
    precision: float
    warm_up: bool

    @classmethod
    def of(cls, item: pytest.Item) -> _Options:
        marker = item.get_closest_marker("benchmark")
        own: Mapping[str, Any] = marker.kwargs if marker else {}

        def option(name: str) -> Any:  # noqa: ANN401 - of whatever type the option is
            return own.get(name, item.config.getoption(f"benchmark_{name}", None))

        return cls(
            max_time_s=float(option("max_time")),
            min_rounds=int(option("min_rounds")),
            precision=float(option("precision") or 0),
            warm_up=bool(option("warmup")),
        )


@contextmanager
def _prepared(scenario: Scenario) -> Iterator[Workload]:
    """A warmed-up workload of that scenario."""
    with placement([scenario], WALL) as place, closing(place.make(scenario)) as workload:
        workload.visit(0, 1)
        yield workload


def _times_ns(recorded: Iterable[float], live: Workload | None) -> Iterator[float]:
    """The recorded times, followed by new samples for pytest-benchmark to profile."""
    yield from recorded
    while live is not None:
        yield live.visit(0, 1)[0].total


class TlsSession:
    """The TLS benchmarks of one pytest session."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._shown: str = config.getoption("--tls-side") or config.getoption("--tls-meter") or "total"
        self._matrices: list[Matrix] = []
        self._series: dict[str, Series] = {}
        self._run: Run | None = None
        self._played: Counter[str] = Counter()
        self._comparison: ComparisonRequest | None = None
        self.interrupted = False
        self.comparison = SessionComparison()

    def check_request(self) -> None:
        """End pytest with a one-line error if its options request something that does not exist."""
        if self._config.getoption("--tls") or self._config.getoption("--tls-profile"):
            self.scenario_ids(())
        try:
            self._comparison = ComparisonRequest.of(self._config)
        except RequestError as error:
            raise pytest.UsageError(str(error)) from None

    def compare(self) -> None:
        """Compare with the requested stored result, once everything is measured."""
        if self._comparison is not None and not self._config.getoption("collectonly"):
            self.comparison = self._comparison.compare(self._run, self._config)

    def scenario_ids(self, marked: Sequence[str]) -> list[str]:
        """The ids of the scenarios for a test with these selectors in its marker."""
        asked = self._config.getoption("--tls")
        profile = self._config.getoption("--tls-profile")
        try:
            matrix = matrix_of(asked if asked or profile else marked, profile)
        except RequestError as error:
            raise pytest.UsageError(str(error)) from None
        if not matrix.scenarios:
            reasons = dict.fromkeys(excluded.reason for excluded in matrix.excluded)
            raise pytest.UsageError(f"no TLS scenario to measure: {'; '.join(reasons)}")
        if matrix not in self._matrices:
            self._matrices.append(matrix)
        return [scenario.id for scenario in matrix.scenarios]

    def scenario(self, scenario_id: str) -> Scenario:
        """The scenario with that id."""
        return scenario_from_id(scenario_id, spellings())

    def prepare_item(self, item: pytest.Item) -> None:
        """Install the replaying timer before pytest-benchmark's fixture looks for one."""
        clock = item.stash[_CLOCK] = ReplayClock()
        marker = item.get_closest_marker("benchmark")
        options = {**(marker.kwargs if marker else {}), "timer": clock.read}
        item.add_marker(pytest.mark.benchmark(**options), append=False)

    def benchmark(self, item: pytest.Item, scenario: Scenario, benchmark: BenchmarkFixture) -> Cell:
        """Measure, unless that is already done, and play this scenario's samples to pytest-benchmark.

        If several tests share a scenario, the first makes the row; the others get the same cell.
        """
        shown = "" if self._shown == "total" else f" ({self._shown})"
        benchmark.name = scenario.label + shown
        benchmark.fullname = scenario.id + shown
        benchmark.param, benchmark.params = scenario.id, scenario.axes()
        benchmark.group = benchmark.group or scenario.workload
        if benchmark.disabled:
            series = self._measure([scenario], Plan(time_budget_s=0, precision=0, seed=0, warm_up_s=0))[0]
        else:
            if scenario.id not in self._series:
                self._measure_together(item)
            series = self._series[scenario.id]
        if series.error is not None:
            raise series.error
        if not series.sample_count:
            raise MeasurementError("interrupted before this scenario was measured")
        assert self._run is not None
        for failure in self._run.failures:
            if failure.id == scenario.id:  # it was measured, but is void
                raise MeasurementError(failure.error)
        cell = next(one for one in self._run.cells if one.id == scenario.id)
        if not benchmark.disabled:
            self._played[scenario.id] += 1
            benchmark.disabled = self._played[scenario.id] > 1
        recorded = [sample.of(self._shown) for visit in series.rounds for sample in visit]
        clock = item.stash[_CLOCK]
        profiled = benchmark.cprofile and not benchmark.disabled
        with _prepared(scenario) if profiled else nullcontext() as live:
            times = _times_ns(recorded, live)
            benchmark.pedantic(lambda: clock.advance(next(times)), rounds=len(recorded))
        if benchmark.stats is not None:
            benchmark.stats.iterations = cell.operations
        benchmark.extra_info.update(extra_info(cell))
        return cell

    def _measure_together(self, item: pytest.Item) -> None:
        """Measure the scenarios of all tests in the session that will request theirs."""
        waiting = {
            one.callspec.params["tls_scenario"]: _Options.of(one)
            for one in item.session.items
            if "tls_benchmark" in getattr(one, "fixturenames", ()) and hasattr(one, "callspec")
        }
        options = list(waiting.values())
        warm_up_s = max(option.max_time_s for option in options)
        plan = Plan(
            time_budget_s=sum(option.max_time_s for option in options),
            precision=min(option.precision for option in options),
            seed=0,
            least_samples=max(option.min_rounds for option in options),
            **({"warm_up_s": warm_up_s} if any(option.warm_up for option in options) else {}),
        )
        self._say(f"measuring {len(waiting)} scenarios together, for {plan.time_budget_s:.3g} s or more")
        self._measure([self.scenario(scenario_id) for scenario_id in waiting], plan)

    def _measure(self, scenarios: Sequence[Scenario], plan: Plan) -> Sequence[Series]:
        excluded = [one for matrix in self._matrices for one in matrix.excluded]
        request = RunRequest(
            matrix=Matrix(tuple(scenarios), tuple(excluded)),
            plan=plan,
            command=" ".join(["pytest", *sys.argv[1:]]),
            noise_floor=bool(plan.time_budget_s),
        )
        with interruptible() as asked:
            measured = measure_together(request, stop_asked=asked)
        self.interrupted = self.interrupted or measured.stopped_by == "interrupt"
        self._series.update({series.scenario.id: series for series in measured.series})
        whole = replace(measured, series=list(self._series.values()))
        if len(whole.series) > len(
            measured.series
        ):  # it includes earlier rounds, which the yardsticks do not belong to
            whole = replace(whole, yardsticks=())
        self._run = whole.run(request)
        return measured.series

    def _say(self, line: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if reporter is None or capture is None or self._config.getoption("verbose") < 0:
            return
        with capture.global_and_fixture_disabled():
            reporter.write_line("")
            reporter.write_line(f"tlsbench: {line}")

    def notes(self) -> Iterable[str]:
        """The lines below pytest's tables: shared samples, exclusions, the old option name, an interrupt."""
        shared = [count for count in self._played.values() if count > 1]
        if shared:
            yield f"{sum(shared)} tests share samples: scenarios measured once, one row each: {len(shared)}"
        reasons = Counter(excluded.reason for matrix in self._matrices for excluded in matrix.excluded)
        for reason, count in reasons.most_common():
            yield f"excluded {count}: {reason}"
        if self._config.getoption("--tls-meter"):
            yield "--tls-meter is now called --tls-side"
        if self.interrupted:
            yield "interrupted: the results hold what was measured until then"

    def annotate(self, output_json: dict[str, Any]) -> None:
        """Add what pytest-benchmark's format has no place for, as ``tlsbench run`` does."""
        if self._run is not None:
            output_json["tlsbench"] = run_notes(self._run)
