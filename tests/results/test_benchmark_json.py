from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.results import Failure, Run
from tlsbench.results.benchmark_json import from_json, to_json
from tlsbench.results.environment import machine_info
from tlsbench.scenarios import Excluded

RunOf = Callable[[str], Run]
FAKES = "implementation=fake resumption=none,psk"


@pytest.fixture
def run(run_of: RunOf) -> Run:
    made = run_of(FAKES)
    return replace(made, excluded=[Excluded("key=x", "why")], failures=[Failure("key=y", "how")])


def test_a_run_survives_being_written_and_read(run: Run) -> None:
    again = from_json(to_json(run, {}), "here")
    assert [cell.id for cell in again.cells] == [cell.id for cell in run.cells]
    for before, after in zip(run.cells, again.cells, strict=True):
        assert after.totals_ns == pytest.approx(before.totals_ns)
        assert replace(after, totals_ns=()) == replace(before, totals_ns=())
    assert (again.excluded, again.failures) == (run.excluded, run.failures)
    assert again.conditions == run.conditions
    assert again.engines == run.engines


def test_cells_are_benchmarks_named_by_their_id_with_plain_parameters(run: Run) -> None:
    for benchmark, cell in zip(json.loads(to_json(run, {}))["benchmarks"], run.cells, strict=True):
        assert benchmark["fullname"] == cell.id
        assert benchmark["params"]["key"] == "ecdsa-secp256r1"
        assert all(isinstance(value, str) for value in benchmark["params"].values())
        assert len(benchmark["stats"]["data"]) == benchmark["stats"]["rounds"] == len(cell.totals_ns)
        notes = benchmark["extra_info"]["tlsbench"]
        assert notes["negotiated"]["cipher"] == "TLS_AES_256_GCM_SHA384"
        assert set(notes["times_ns"]) == {"client", "server", "harness", "total"}
        assert set(notes["times_ns"]["total"]) >= {"median", "p90", "p99"}
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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("[1, 2", "is not JSON"),
        ("[]", "has no list 'benchmarks'"),
        ("{}", "has no list 'benchmarks'"),
        ('{"benchmarks": {}}', "has no list 'benchmarks'"),
        ('{"benchmarks": [1], "datetime": "2026-01-01"}', "is no result of tlsbench: a field is malformed"),
        ('{"benchmarks": []}', "it lacks 'datetime'"),
        ('{"benchmarks": [], "datetime": "2026-01-01"}', "holds no cell that tlsbench measured"),
        ('{"benchmarks": [{"name": "x"}], "datetime": "2026-01-01"}', "holds no cell"),
        ('{"benchmarks": [], "datetime": "yesterday"}', "a field is malformed"),
        (
            '{"benchmarks": [{"stats": {}, "extra_info": {"tlsbench": {}}}], "datetime": "2026-01-01"}',
            "it lacks 'times_ns'",
        ),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_another_shape_is_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(RequestError, match="^result.json ") as error:
        from_json(text, "result.json")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.data())
def test_a_damaged_result_is_read_or_refused(data: st.DataObject) -> None:
    document = json.loads(_RESULT)
    place = document
    for _ in range(data.draw(st.integers(0, 6))):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys)) if keys else None
        if key is None or not isinstance(place[key], dict | list) or not place[key]:
            break
        place = place[key]
    keys = list(place) if isinstance(place, dict) else list(range(len(place)))
    place[data.draw(st.sampled_from(keys))] = data.draw(json_values)
    try:
        run = from_json(json.dumps(document), "result.json")
    except RequestError as error:
        assert "\n" not in str(error)
    else:
        assert run.cells


_RESULT = json.dumps(
    {
        "datetime": "2026-11-22T10:00:00+00:00",
        "machine_info": {"tlsbench": {"engines": {"fake": "none"}}},
        "tlsbench": {
            "engines": {"fake": "none"},
            "excluded": [{"id": "a", "reason": "b"}],
            "failures": [{"id": "a", "error": "b"}],
            "conditions": {
                "meter": "wall",
                "seed": 1,
                "precision": 0.02,
                "time_budget_s": 1.0,
                "elapsed_s": 1.0,
                "stopped_by": "precision",
                "command": "tlsbench",
            },
        },
        "benchmarks": [
            {
                "name": "handshake",
                "stats": {"data": [0.001, 0.002]},
                "extra_info": {
                    "tlsbench": {
                        "id": "workload=handshake",
                        "axes": {"workload": "handshake"},
                        "negotiated": {"version": "1.3"},
                        "times_ns": {
                            name: {
                                "median": 1.0,
                                "low": None,
                                "high": None,
                                "p90": 1.0,
                                "p99": 1.0,
                                "round_medians": [1.0, 2.0],
                            }
                            for name in ("client", "server", "harness", "total")
                        },
                        "phases_ns": {"client_seal": 1.0},
                        "wire": {"flights": 4, "client_bytes": 1, "server_bytes": 2},
                        "round_sizes": [1, 1],
                        "operations_per_sample": 1,
                    }
                },
            }
        ],
    }
)
