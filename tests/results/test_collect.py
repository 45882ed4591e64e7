from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tlsbench.errors import MeasurementError
from tlsbench.report.exporters import export
from tlsbench.report.runs import report_of_run
from tlsbench.results import Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.collect import collect, collect_counts
from tlsbench.results.reader import parse
from tlsbench.sampling import WALL, Plan, Series
from tlsbench.sampling.instructions import Count
from tlsbench.scenarios import Scenario
from tlsbench.workloads import Sample

PLAN = Plan(time_budget_s=1, precision=0, seed=1)
Find = Callable[[str], tuple[Scenario, ...]]


def test_counts_become_a_run_whose_floor_is_their_spread(scenarios_of: Find) -> None:
    first, second, third = scenarios_of("implementation=fake key=rsa-2048,rsa-3072,ed25519")
    counts = [
        (first, Count(first, (1000.0, 1001.0, 1000.0), 1, {"version": "1.3"})),
        (second, Count(second, (2000.0, 2004.0, 2000.0), 1, {"version": "1.3"})),
        (third, MeasurementError("no memory left")),
    ]
    run = collect_counts(counts, [], PLAN, command="", elapsed_s=1.0, stopped_by="the last repetition")
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
    run = collect_counts(counts, [], PLAN, command="", elapsed_s=1.0, stopped_by="interrupt")
    assert run.conditions.stopped_by == "interrupt"
    assert len(run.cells) == 1


def series_of(scenario: Scenario, undisturbed: int, disturbed: int) -> Series:
    """A cell of one round, as when sampling has ended."""
    series = Series(scenario)
    fine = Sample(client=300, server=400, total=1000)
    series.keep([fine] * undisturbed + [replace(fine, disturbed=True)] * disturbed)
    series.settle_for_disturbed()
    return series


def test_samples_that_were_set_aside_are_counted_stored_and_said(scenarios_of: Find) -> None:
    first, second = scenarios_of("implementation=fake key=rsa-2048,ed25519")
    series = [series_of(first, 30, 10), series_of(second, 59, 1)]
    run = collect(series, [], PLAN, meter=WALL, command="", elapsed_s=1.0, stopped_by="time budget")
    assert [cell.disturbed for cell in run.cells] == [10, 1]
    assert run.conditions.disturbed_percent == 11
    assert any("11 % were set aside" in warning for warning in run.conditions.warnings)
    again = parse(to_json(run, {}), "x").result
    assert isinstance(again, Run)
    assert [cell.disturbed for cell in again.cells] == [10, 1]
    assert again.conditions == run.conditions
    assert "set aside 11.0 % of the samples" in export(report_of_run(run), "table", 160)


def test_a_few_disturbed_samples_are_no_reason_to_warn(scenarios_of: Find) -> None:
    (one,) = scenarios_of("implementation=fake")
    run = collect(
        [series_of(one, 99, 1)], [], PLAN, meter=WALL, command="", elapsed_s=1.0, stopped_by="time budget"
    )
    assert not run.conditions.warnings


def test_a_cell_of_nothing_but_disturbed_samples_is_named(scenarios_of: Find) -> None:
    fine, crowded = scenarios_of("implementation=fake key=rsa-2048,ed25519")
    series = [series_of(fine, 5, 0), series_of(crowded, 0, 5)]
    run = collect(series, [], PLAN, meter=WALL, command="", elapsed_s=1.0, stopped_by="time budget")
    (warning,) = run.conditions.warnings
    assert warning.startswith(f"{crowded.label}: every sample was disturbed")
