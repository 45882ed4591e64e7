from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tlsbench.results import Failure, Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.results.reader import parse
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
