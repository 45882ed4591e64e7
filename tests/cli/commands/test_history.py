from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tlsbench.cli.app import run as tlsbench
from tlsbench.results import Run, storage
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info


@pytest.fixture
def saved(run_of: Callable[[str], Run], in_empty_folder: Path) -> None:
    """Three runs of two cells, which take twice as long in the third."""
    document = json.loads(to_json(run_of("implementation=fake version=1.2,1.3"), machine_info()))
    document["tlsbench"]["noise_floor"] = {"handshake": 0.01}
    for factor in (1.0, 1.0, 2.0):
        for benchmark in document["benchmarks"]:
            main = benchmark["extra_info"]["tlsbench"]["figures"]["libraries"]
            main["round_medians"] = [factor * (1000 + step) for step in range(10)]
        storage.save("nightly", json.dumps(document))


def test_it_lists_the_saved_runs(saved: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["history"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[:2] for line in out.splitlines()[1:4]] == [
        ["0001", "nightly"],
        ["0002", "nightly"],
        ["0003", "nightly"],
    ]


def test_it_follows_cells_and_names_their_changes(saved: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["history", "version=1.3"]) == 0
    out = capsys.readouterr().out
    (line,) = (line for line in out.splitlines() if "slower" in line)
    assert "▁▁█" in line
    assert "0003 slower +100 %*" in line
    assert "2.000" in line
    assert "0002 " not in line
    assert "* no yardsticks (points: 2): compared with the previous run" in out


def test_machines_get_the_figures(saved: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["history", "version=1.2,1.3", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [run["number"] for run in document["runs"]] == [1, 2, 3]
    assert len(document["cells"]) == 2
    cell = document["cells"][0]
    assert [(change["run"], change["without_yardsticks"]) for change in cell["changes"]] == [(3, True)]
    assert [ratio["median"] for ratio in cell["ratios"]] == pytest.approx([1, 1, 2])
    assert [ratio["yardsticks"] for ratio in cell["ratios"]] == [0, 0, 0]


def test_runs_are_named_by_commit_and_day(
    run_of: Callable[[str], Run], in_empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(to_json(run_of("implementation=fake"), machine_info()))
    main = document["benchmarks"][0]["extra_info"]["tlsbench"]["figures"]["libraries"]
    for digit, factor in (("a", 1.0), ("b", 3.0)):
        document["commit_info"] = {"id": digit * 40, "dirty": digit == "b", "branch": "main"}
        document["datetime"] = f"2026-11-0{'ab'.index(digit) + 1}T10:00:00+00:00"
        document["tlsbench"]["noise_floor"] = {"handshake": 0.01}
        main["round_medians"] = [factor * (1000 + step) for step in range(10)]
        storage.save("nightly", json.dumps(document))
    assert tlsbench(["history", "version=1.3"]) == 0
    out = capsys.readouterr().out
    assert "0002  nightly  bbbbbbb+  2026-11-02 10:00" in out
    assert "0002 (bbbbbbb+) slower +200 %*" in out
    assert tlsbench(["history", "version=1.3", "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [(run["commit"], run["dirty"]) for run in runs] == [("a" * 40, False), ("b" * 40, True)]
    pytest.importorskip("matplotlib")
    assert tlsbench(["history", "version=1.3", "-o", "history.svg"]) == 0
    drawn = Path("history.svg").read_text()
    assert "aaaaaaa 2026-11-01" in drawn
    assert "bbbbbbb+ 2026-11-02" in drawn


def test_it_draws_the_history(saved: None, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    assert tlsbench(["history", "version=1.3", "-o", "history.svg"]) == 0
    assert "slower" in Path("history.svg").read_text()


def test_where_nothing_is_saved_it_says_how_to(
    in_empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(["history"]) == 2
    assert "save one with 'tlsbench run --save NAME'" in capsys.readouterr().err


def test_what_no_run_has_is_told(saved: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["history", "workload=bulk"]) == 2
    assert "no saved run has a cell of workload=bulk" in capsys.readouterr().err


def test_a_saved_file_that_is_no_result_is_left_out(saved: None, capsys: pytest.CaptureFixture[str]) -> None:
    (folder,) = Path(".benchmarks").iterdir()
    (folder / "0004_broken.json").write_text("{}")
    assert tlsbench(["history"]) == 0
    captured = capsys.readouterr()
    assert "left out: " in captured.err
    assert "broken" not in captured.out


def test_results_of_other_tools_are_followed_by_yardsticks_of_their_own(
    in_empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generator = np.random.default_rng(1)
    for at in range(8):
        times = {
            name: pace * factor * generator.normal(0.001, 0.00001, 50)
            for pace in [(1.0, 1.4)[at % 2]]
            for name, factor in (("ref_a", 1), ("ref_b", 2), ("ref_c", 3), ("parse", 1.2 if at > 4 else 1.0))
        }
        benchmarks = [{"fullname": name, "stats": {"data": list(data)}} for name, data in times.items()]
        storage.save("night", json.dumps({"benchmarks": benchmarks}))
    assert tlsbench(["history", "--yardstick", "ref_*"]) == 0
    out = capsys.readouterr().out
    (line,) = (line for line in out.splitlines() if line.startswith("parse"))
    assert line.split("  ")[-1].strip() in ("0006 slower +20 %", "0006 slower +19 %", "0006 slower +21 %")
    assert "no yardsticks" not in out
    assert tlsbench(["history", "--yardstick", "absent"]) == 2
    assert "--yardstick 'absent' matches no benchmark of .benchmarks" in capsys.readouterr().err


def test_it_writes_a_page(saved: None, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("plotly")
    assert tlsbench(["history", "version=1.3", "--report", "trend.html"]) == 0
    assert "0003: 1 slower" in Path("trend.html").read_text(encoding="utf-8")
    assert "wrote trend.html" in capsys.readouterr().err
