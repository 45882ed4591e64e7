from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tlsbench.report.exporters import export
from tlsbench.report.runs import report_of_run
from tlsbench.results import Failure, Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.results.reader import parse
from tlsbench.results.run import YardstickRecord
from tlsbench.scenarios import Excluded

RunOf = Callable[[str], Run]
FAKES = "implementation=fake resumption=none,psk"


@pytest.fixture
def run(run_of: RunOf) -> Run:
    made = run_of(FAKES)
    return replace(made, excluded=[Excluded("key=x", "why")], failures=[Failure("key=y", "how")])


def test_a_run_survives_being_written_and_read(run: Run) -> None:
    again = parse(to_json(run, {}), "here").result
    assert isinstance(again, Run)
    assert [cell.id for cell in again.cells] == [cell.id for cell in run.cells]
    for before, after in zip(run.cells, again.cells, strict=True):
        assert after.totals == pytest.approx(before.totals)
        assert replace(after, totals=()) == replace(before, totals=())
    assert (again.excluded, again.failures) == (run.excluded, run.failures)
    assert again.conditions == run.conditions
    assert again.engines == run.engines


def test_cells_are_benchmarks_named_by_their_id_with_plain_parameters(run: Run) -> None:
    for benchmark, cell in zip(json.loads(to_json(run, {}))["benchmarks"], run.cells, strict=True):
        assert benchmark["fullname"] == cell.id
        assert benchmark["params"]["key"] == "ecdsa-secp256r1"
        assert all(isinstance(value, str) for value in benchmark["params"].values())
        assert len(benchmark["stats"]["data"]) == benchmark["stats"]["rounds"] == len(cell.totals)
        notes = benchmark["extra_info"]["tlsbench"]
        assert notes["negotiated"]["cipher"] == "TLS_AES_256_GCM_SHA384"
        assert set(notes["figures"]) == {"client", "server", "libraries", "harness", "total"}
        assert set(notes["figures"]["total"]) >= {"median", "p90", "p99"}
        assert notes["wire"]["flights"] == 4


def test_pytest_benchmark_compares_two_results(run_of: RunOf, in_empty_folder: Path) -> None:
    for name in ("one.json", "two.json"):
        Path(name).write_text(to_json(run_of(FAKES), machine_info()), encoding="utf-8")
    command = [sys.executable, "-m", "pytest_benchmark", "compare", "one.json", "two.json"]
    compared = subprocess.run([*command, "--group-by=fullname"], capture_output=True, text=True, check=True)
    assert compared.stdout.count("benchmark 'workload=handshake implementation=fake") == 2
    assert compared.stdout.count("handshake fake") == 4


def test_what_is_not_finite_becomes_null_and_infinite_again(run: Run) -> None:
    text = to_json(run, {"odd": math.nan})
    assert json.loads(text)["machine_info"]["odd"] is None
    assert "Infinity" not in text


def test_rounds_without_samples_survive_being_written_and_read(run: Run) -> None:
    cell = run.cells[0]
    figures = {
        part: replace(summary, round_medians=(summary.round_medians[0], math.nan, *summary.round_medians[1:]))
        for part, summary in cell.figures.items()
    }
    sizes = (cell.round_sizes[0], 0, *cell.round_sizes[1:])
    with_a_gap = replace(cell, figures=figures, round_sizes=sizes)
    written = to_json(replace(run, cells=[with_a_gap]), {})
    medians = json.loads(written)["benchmarks"][0]["extra_info"]["tlsbench"]["figures"]["total"]
    assert medians["round_medians"][1] is None
    stored = parse(written, "here")
    assert not stored.remarks, "no disagreement between the raw data and the rounds"
    assert isinstance(stored.result, Run)
    assert replace(stored.result.cells[0], totals=()) == replace(with_a_gap, totals=())
    assert math.isnan(stored.benchmarks[0].figures[1])


def test_yardsticks_are_stored_beside_the_benchmarks_and_read_back(run: Run) -> None:
    yardstick = YardstickRecord(
        name="utls full handshake",
        nature="handshake",
        engines={"utls": "BoringSSL"},
        identity="all of it",
        round_medians=(1.5, math.nan, 2.5),
    )
    conditions = replace(run.conditions, yardstick_share=0.08)
    written = to_json(replace(run, yardsticks=[yardstick], conditions=conditions), {})
    plain = json.loads(written)
    assert plain["tlsbench"]["yardsticks"][0]["round_medians"] == [1.5, None, 2.5]
    assert "utls" not in json.dumps(plain["benchmarks"])
    again = parse(written, "here").result
    assert isinstance(again, Run)
    assert again.yardsticks == [yardstick]
    assert again.conditions == conditions
    notes = export(report_of_run(again), "table", 160)
    assert "yardsticks took 8 % of the time; reference cells that make runs comparable: 1" in notes


def test_a_run_of_a_version_without_yardsticks_has_none(run: Run) -> None:
    plain = json.loads(to_json(run, {}))
    del plain["tlsbench"]["yardsticks"]
    again = parse(json.dumps(plain), "here").result
    assert isinstance(again, Run)
    assert again.yardsticks == []
