"""What 0.1.0 stored is read, and shown and compared as then, but by the libraries' time, not the total."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from tests.results.documents import FOLDER, GOLDEN, NAMES, document

from tlsbench.cli.app import run as tlsbench
from tlsbench.comparison import judge, recording_of
from tlsbench.loading import Load
from tlsbench.results import Run
from tlsbench.results.duel import Duel
from tlsbench.results.environment import machine_info
from tlsbench.results.reader import machine_of, read_file
from tlsbench.results.stored import stored_run


@pytest.fixture(autouse=True)
def among_the_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)


def test_every_kind_of_result_is_here() -> None:
    kinds = {name: type(read_file(FOLDER / name).result) for name in NAMES}
    assert {kinds[name] for name in ("run.json", "cpu.json", "instructions.json", "pytest.json")} == {Run}
    assert {kinds[name] for name in ("memory.json", "primitive.json", "certificate.json")} == {Run}
    assert {kinds[name] for name in ("load.json", "load-hold.json")} == {Load}
    assert {kinds[name] for name in ("duel.json", "duel-libraries.json")} == {Duel}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_remarked_of_them(name: str) -> None:
    assert list(read_file(FOLDER / name).remarks) == []


@pytest.mark.parametrize("which", GOLDEN["shown"])
def test_it_is_shown_as_before(which: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, output_format = which.split()
    assert tlsbench(["show", name, "--format", output_format]) == 0
    out, err = capsys.readouterr()
    lines = iter(out.splitlines())
    added = []
    for before in GOLDEN["shown"][which].splitlines():
        for now in lines:
            if now == before:
                break
            added.append(now)
        else:
            pytest.fail(f"it is shown no more: {before}")
    added += lines
    if added and added[0].startswith("measured: 2026-11-25 "):  # 0.1.0 did not show this
        assert added[1].startswith("command: ")
        added = added[3 if which == "pytest.json table" else 2 :]  # for pytest, it takes two lines
    assert not added or added[0].startswith(
        "the noise floor of handshake is 15.6 %, because the A/A cells of 'hand"
    )
    assert err == ""


@pytest.mark.parametrize("which", GOLDEN["compared"])
def test_it_is_compared_as_before(which: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["compare", *which.split(), "--format", "json"]) == 0
    now, before = json.loads(capsys.readouterr().out), GOLDEN["compared"][which]
    for verdict in before["verdicts"]:  # 0.1.0 called them nanoseconds, whatever they were
        verdict |= {"base": verdict.pop("base_ns"), "new": verdict.pop("new_ns")}
    for verdict in now["verdicts"]:
        assert verdict.pop("yardsticks") == []
        assert verdict.pop("absolute") == verdict["ratio"]
        units = ("B", "allocations") if "workload=memory" in verdict["id"] else ("ns", "wall")
        units = ("instructions", "instructions") if "instructions" in which else units
        units = ("ns", "cpu") if "cpu" in which and "pytest" not in which else units
        assert (verdict.pop("unit"), verdict.pop("instrument")) == units
    assert now.pop("undecided") == []
    added = [warning for warning in now["warnings"] if warning not in before["warnings"]]
    assert same({**now, "warnings": []}, {**before, "warnings": []})
    assert all(
        warning.startswith("the noise floor of ") or "compared without yardsticks" in warning
        for warning in added
    )


def same(one: Any, other: Any) -> bool:
    """Whether they are equal, apart from the last digits, which another numpy may compute differently."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == (pytest.approx(other) if isinstance(other, float) else other))


@pytest.mark.parametrize("name", [name for name in NAMES if "load" not in name and "duel" not in name])
def test_ids_and_medians_are_those_of_the_file(name: str) -> None:
    run = read_file(FOLDER / name).result
    assert isinstance(run, Run)
    ours = [one for one in document(name)["benchmarks"] if "tlsbench" in one["extra_info"]]
    for cell, benchmark in zip(run.cells, ours, strict=True):
        notes = benchmark["extra_info"]["tlsbench"]
        assert cell.id == benchmark["fullname"] == notes["id"]
        assert cell.figures["total"].median == notes["times_ns"]["total"]["median"]
        assert cell.scenario is not None
        assert (cell.scenario.id, cell.scenario.label) == (cell.id, cell.label)


@pytest.mark.parametrize("name", ["run.json", "bulk.json", "primitive.json"])
def test_the_time_in_the_libraries_is_made_of_the_sides(name: str) -> None:
    run = read_file(FOLDER / name).result
    assert isinstance(run, Run)
    for cell in run.cells:
        client, server, libraries, total = (
            cell.figures[part] for part in ("client", "server", "libraries", "total")
        )
        sums = [sum(both) for both in zip(client.round_medians, server.round_medians, strict=True)]
        assert list(libraries.round_medians) == sums
        assert libraries.median == median(sums)
        assert libraries.median <= libraries.p99 <= total.p99
        assert cell.main is libraries
        assert cell.precision == libraries.interval.relative_half_width


@pytest.mark.parametrize("name", ["memory.json", "instructions.json"])
def test_what_is_not_a_time_stands_for_its_cell_with_its_total(name: str) -> None:
    run = read_file(FOLDER / name).result
    assert isinstance(run, Run)
    assert all(cell.main is cell.figures["total"] for cell in run.cells)
    assert not any("libraries" in cell.figures for cell in run.cells)


@pytest.mark.parametrize("name", ["duel.json", "duel-libraries.json"])
def test_a_duel_is_shown_with_what_differs_on_each_side(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(["show", name]) == 0
    heading, a, b, sentence, *_ = capsys.readouterr().out.splitlines()
    stored = document(name)["duel"][0]
    words_a, words_b = (set(stored[side]["id"].split()) for side in "ab")
    assert set(heading.split()) == words_a & words_b
    assert set(a.removeprefix("  a: ").split()) == words_a - words_b
    assert set(b.removeprefix("  b: ").split()) == words_b - words_a
    assert "faster than" in sentence


def test_the_counts_of_a_server_are_called_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["show", "serve.json"]) == 2
    assert "serve.json: it is the counts of a 'tlsbench serve'" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["compare", "report", "plot"])
def test_a_duel_holds_nothing_to_compare(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    words = {
        "compare": ["duel.json"],
        "report": ["-o", f"{tmp_path}/x.html"],
        "plot": ["-o", f"{tmp_path}/x.svg"],
    }
    assert tlsbench([command, "duel.json", *words[command]]) == 2
    assert "duel.json is a duel, which already is a comparison" in capsys.readouterr().err


def test_a_run_needs_no_file_to_be_what_it_would_be_read_as() -> None:
    read = read_file(FOLDER / "run.json")
    assert isinstance(read.result, Run)
    made = stored_run(read.result, "made", read.machine)
    assert list(made.benchmarks) == list(read.benchmarks)
    assert (made.taken_at, made.command) == (read.taken_at, read.command)
    verdicts = judge(recording_of(read), recording_of(made)).verdicts
    assert {verdict.ratio.median for verdict in verdicts} == {1.0}


def test_this_machine_is_described_as_a_stored_one_is() -> None:
    noted = machine_info()
    machine = machine_of(noted)
    assert machine.version == noted["tlsbench"]["version"]
    assert machine.python_version == noted["python_version"]
    assert json.loads(json.dumps(machine.noted)) == json.loads(json.dumps(noted))


def test_a_stored_run_shown_as_json_keeps_its_machine(
    in_empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = document("run.json")
    stored["machine_info"]["cpu"]["brand_raw"] = "another"
    Path("x.json").write_text(json.dumps(stored))
    assert tlsbench(["show", "x.json", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["machine_info"] == stored["machine_info"]


def test_a_run_that_was_stored_without_raw_data_is_shown_in_every_format(
    in_empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = document("pytest.json")
    for benchmark in stored["benchmarks"]:
        del benchmark["stats"]["data"]
    Path("x.json").write_text(json.dumps(stored))
    for output_format in ("table", "markdown", "csv", "json"):
        assert tlsbench(["show", "x.json", "--format", output_format]) == 0
    Path("y.json").write_text(capsys.readouterr().out.splitlines()[-1])
    assert tlsbench(["compare", "x.json", "y.json", "--format", "json"]) == 0
    verdicts = json.loads(capsys.readouterr().out)["verdicts"]
    assert [verdict["ratio"]["median"] for verdict in verdicts] == [1.0, 1.0]
