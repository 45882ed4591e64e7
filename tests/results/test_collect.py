from __future__ import annotations

from collections.abc import Callable

import pytest

from tlsbench.errors import MeasurementError
from tlsbench.report.exporters import export
from tlsbench.report.runs import report_of_run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.collect import collect_counts
from tlsbench.results.reader import parse
from tlsbench.sampling import Plan
from tlsbench.sampling.instructions import Count
from tlsbench.scenarios import Scenario

PLAN = Plan(time_budget_s=1, precision=0, seed=1)
Find = Callable[[str], tuple[Scenario, ...]]


def test_counts_become_a_run_whose_floor_is_their_spread(scenarios_of: Find) -> None:
    first, second, third = scenarios_of("implementation=fake key=rsa-2048,rsa-3072,ed25519")
    counts = [
        (first, Count(first, (1000.0, 1001.0, 1000.0), 1, {"version": "1.3"})),
        (second, Count(second, (2000.0, 2004.0, 2000.0), 1, {"version": "1.3"})),
        (third, MeasurementError("no memory left")),
    ]
    run = collect_counts(counts, [], PLAN, command="tlsbench run", elapsed_s=1.0)
    assert run.noise_floor["handshake"] == pytest.approx(0.002)
    assert [failure.error for failure in run.failures] == ["no memory left"]
    text = export(report_of_run(run), "table", 160)
    assert "2.00" in text
    assert "0.100%" in text
    assert "µs" not in text
    assert [one.name for one in parse(to_json(run, {}), "x").benchmarks] == [first.id, second.id]


def test_counting_that_was_interrupted_keeps_what_there_is(scenarios_of: Find) -> None:
    first, second = scenarios_of("implementation=fake key=rsa-2048,ed25519")
    counts = [(first, Count(first, (1.0, 1.0), 1, {})), (second, None)]
    run = collect_counts(counts, [], PLAN, command="tlsbench run", elapsed_s=1.0)
    assert run.conditions.stopped_by == "interrupt"
    assert len(run.cells) == 1
