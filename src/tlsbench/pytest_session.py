"""What the pytest plugin does with the matrix: choose, measure together, hand over."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tlsbench.cli.request import matrix_of
from tlsbench.errors import MeasurementError, RequestError
from tlsbench.implementations.registry import spellings
from tlsbench.interrupts import interruptible
from tlsbench.results import Cell, Run, cell_from_series
from tlsbench.results.benchmark_json import extra_info, run_notes
from tlsbench.results.cell import time_ns
from tlsbench.results.collect import collect
from tlsbench.results.environment import Disturbance
from tlsbench.sampling import Plan, Series, measure, meter_named, twins_of
from tlsbench.sampling.places import places
from tlsbench.scenarios import Matrix, Scenario, scenario_from_id

_CLOCK = pytest.StashKey["ReplayClock"]()
_METER = meter_named("wall")


class ReplayClock:
    """The timer that pytest-benchmark reads: it stands still but for the samples played back."""

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
    """pytest-benchmark's options that rule the rounds, of one test."""

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


class TlsSession:
    """The TLS benchmarks of one pytest session."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._shown: str = config.getoption("--tls-meter")
        self._matrices: list[Matrix] = []
        self._series: dict[str, Series] = {}
        self._run: Run | None = None
        self.interrupted = False

    def check_request(self) -> None:
        """End pytest with one line if ``--tls`` or ``--tls-profile`` ask for what is not there."""
        self.scenario_ids(())

    def scenario_ids(self, marked: Sequence[str]) -> list[str]:
        """The ids of the scenarios of a test with these selectors in its marker."""
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
        """The scenario of that id."""
        return scenario_from_id(scenario_id, spellings())

    def prepare_item(self, item: pytest.Item) -> None:
        """Put the replaying timer in place, before pytest-benchmark's fixture asks for one."""
        clock = item.stash[_CLOCK] = ReplayClock()
        marker = item.get_closest_marker("benchmark")
        options = {**(marker.kwargs if marker else {}), "timer": clock.read}
        item.add_marker(pytest.mark.benchmark(**options), append=False)

    def benchmark(self, item: pytest.Item, scenario: Scenario, benchmark: BenchmarkFixture) -> Cell:
        """Measure if nobody has yet, and play this scenario's samples to pytest-benchmark."""
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
        if not series.rounds:
            raise MeasurementError("interrupted before this scenario was measured")
        cell = cell_from_series(series)
        samples = iter([time_ns(sample, self._shown) for visit in series.rounds for sample in visit])
        clock = item.stash[_CLOCK]
        benchmark.pedantic(lambda: clock.advance(next(samples)), rounds=len(cell.totals_ns))
        if benchmark.stats is not None:
            benchmark.stats.iterations = cell.operations
        benchmark.extra_info.update(extra_info(cell))
        return cell

    def _measure_together(self, item: pytest.Item) -> None:
        """Measure the scenarios of every test of the session that will ask for its own."""
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
        before = Disturbance.now()
        twins = twins_of(scenarios) if plan.time_budget_s else []
        with interruptible() as asked, places(scenarios, _METER) as make:
            outcome = measure([*scenarios, *twins], make, plan, stop_asked=asked)
        self.interrupted = self.interrupted or outcome.stopped_by == "interrupt"
        measured, again = outcome.series[: len(scenarios)], outcome.series[len(scenarios) :]
        self._series.update({series.scenario.id: series for series in measured})
        self._run = collect(
            list(self._series.values()),
            [excluded for matrix in self._matrices for excluded in matrix.excluded],
            plan,
            meter=_METER.name,
            command=" ".join(["pytest", *sys.argv[1:]]),
            elapsed_s=outcome.elapsed_s,
            stopped_by=outcome.stopped_by,
            before=before,
            twins=again,
        )
        return measured

    def _say(self, line: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if reporter is None or capture is None or self._config.getoption("verbose") < 0:
            return
        with capture.global_and_fixture_disabled():
            reporter.write_line("")
            reporter.write_line(f"tlsbench: {line}")

    def notes(self) -> Iterable[str]:
        """What belongs under pytest's tables: what was excluded, and an interrupt."""
        reasons = Counter(excluded.reason for matrix in self._matrices for excluded in matrix.excluded)
        for reason, count in reasons.most_common():
            yield f"excluded {count}: {reason}"
        if self.interrupted:
            yield "interrupted: the results hold what was measured until then"

    def annotate(self, output_json: dict[str, Any]) -> None:
        """Put what pytest-benchmark has no place for beside its own, as ``tlsbench run`` does."""
        if self._run is not None:
            output_json["tlsbench"] = run_notes(self._run)
