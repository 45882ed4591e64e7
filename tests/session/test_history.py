from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tlsbench.errors import RequestError
from tlsbench.results import Run, storage
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.session.history import histories, saved_runs


def save(run: Run, factor: float) -> None:
    document = json.loads(to_json(run, machine_info()))
    document["tlsbench"]["noise_floor"] = {"handshake": 0.01}
    for benchmark in document["benchmarks"]:
        main = benchmark["extra_info"]["tlsbench"]["figures"]["libraries"]
        main["round_medians"] = [factor * (1000 + step) for step in range(10)]
    storage.save("nightly", json.dumps(document))


def test_a_cell_has_a_median_for_each_saved_run_and_its_changes(
    run_of: Callable[[str], Run], in_empty_folder: Path
) -> None:
    run = run_of("implementation=fake version=1.2,1.3")
    for factor in (1.0, 1.0, 2.0):
        save(run, factor)
    saved = saved_runs()
    assert [(one.number, one.name) for one in saved.runs] == [(at, "nightly") for at in (1, 2, 3)]
    (cell,) = histories(saved.runs, saved.ids(["version=1.3"]))
    assert cell.medians == [1004.5, 1004.5, 2009.0]
    assert cell.changes == {2: "slower +100 %"}
    assert len(saved.ids([])) == 2
    with pytest.raises(RequestError, match="no saved run has a cell of key=ed25519"):
        saved.ids(["key=ed25519"])


def test_what_is_no_run_is_left_out_and_told(run_of: Callable[[str], Run], in_empty_folder: Path) -> None:
    save(run_of("implementation=fake"), 1.0)
    (folder,) = Path(".benchmarks").iterdir()
    (folder / "0002_broken.json").write_text("{}", encoding="utf-8")
    saved = saved_runs()
    assert len(saved.runs) == len(saved.left_out) == 1
    assert "0002_broken.json" in saved.left_out[0]


def test_where_none_is_saved_it_says_how_to(in_empty_folder: Path) -> None:
    with pytest.raises(RequestError, match="save one with 'tlsbench run --save NAME'"):
        saved_runs()
