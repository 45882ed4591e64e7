from __future__ import annotations

import itertools
import json
import math
import platform
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import MeasurementError, RequestError
from tlsbench.processes import Interpreter
from tlsbench.results import Run
from tlsbench.results.cell import cell_from_count
from tlsbench.results.reader import read_file
from tlsbench.sampling import instructions
from tlsbench.sampling.instructions import Count, Counts, count_instructions, require_valgrind
from tlsbench.sampling.placement import interpreter_of
from tlsbench.scenarios import Scenario
from tlsbench.stats import compare_counts
from tlsbench.stats.paired import compare_paired_counts
from tlsbench.workloads.counted import run as run_counted

Find = Callable[[str], tuple[Scenario, ...]]


def test_without_valgrind_there_is_one_line_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(instructions.shutil, "which", lambda name: None)
    with pytest.raises(RequestError, match="apt-get install valgrind"):
        require_valgrind()
    for command in ("run", "duel"):
        assert tlsbench([command, "implementation=ssl,fake", "--meter", "instructions"]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_the_counted_process_proves_its_samples(scenarios_of: Find) -> None:
    (one,) = scenarios_of("implementation=pyopenssl resumption=psk key=rsa-2048")
    peers = pki.peers("rsa-2048", 1).to_pem()
    answer = run_counted({"scenario": one.id, "samples": 2, "peers": peers})
    assert answer["operations"] == 1
    assert answer["proof"]["resumption"] == "psk"


def test_what_is_calibrated_by_time_is_calibrated_alike_in_every_process(scenarios_of: Find) -> None:
    (one,) = scenarios_of("workload=primitive algorithm=sha-256/digest size=16B")
    request = {"scenario": one.id, "samples": 1, "peers": None}
    assert run_counted(request)["operations"] == run_counted(request)["operations"] > 1


def test_peers_survive_the_way_to_another_process() -> None:
    peers = pki.peers("ecdsa-secp384r1", 3)
    again = pki.Peers.from_pem(peers.to_pem())
    assert again.server.certificates == peers.server.certificates
    assert again.root.certificate == peers.root.certificate
    assert again.to_pem() == peers.to_pem()


def count(scenario: Scenario, *per_operation: float) -> Count:
    return Count(scenario, per_operation, 1, {"version": "1.3"})


def test_counts_are_apart_when_their_ranges_are() -> None:
    assert compare_counts([100, 101], [102, 103]).p_value == 0
    assert compare_counts([100, 102], [101, 103]).p_value == 1
    assert compare_counts([100, 100], [101, 101]).ratio.low == 1.01


def test_one_percent_more_is_slower_and_a_spread_is_the_floor() -> None:
    assert compare_paired_counts([1e6, 1.0001e6], [1.01e6, 1.0101e6]).verdict == "slower"
    assert compare_paired_counts([1e6, 1.02e6], [1.01e6, 1.03e6]).verdict == "~"


def test_a_counted_cell_tells_its_spread(scenarios_of: Find) -> None:
    (one,) = scenarios_of("implementation=fake")
    counted = count(one, 1000.0, 1002.0, 1001.0)
    assert counted.spread == pytest.approx(0.002, rel=0.01)
    cell = cell_from_count(counted)
    assert cell.figures["total"].median == 1001
    assert set(cell.figures) == {"total"}


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Processes that take ten seconds each, by a clock that only they advance; yields the ids counted."""
    now, counted = [0.0], []

    def run(
        scenario: Scenario, _interpreter: object, task: Any, _running: object
    ) -> tuple[int, Mapping[str, Any]]:
        now[0] += 10.0
        counted.append(scenario.id)
        return 1000 * task.samples, {"operations": 1, "proof": {}}

    monkeypatch.setattr(instructions, "_run", run)
    monkeypatch.setattr(instructions, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(instructions.os, "cpu_count", lambda: 1)
    monkeypatch.setattr(instructions, "require_valgrind", lambda: None)
    return counted


def counts_of(scenarios: Sequence[Scenario], **options: Any) -> Counts:
    return count_instructions([(one, Interpreter()) for one in scenarios], **options)


FOUR = "implementation=fake key=rsa-2048,rsa-3072,ed25519,ecdsa-secp256r1"


@pytest.mark.parametrize(
    ("budget_s", "fit"), [(0.0, 1), (60.0, 1), (119.0, 1), (120.0, 2), (239.0, 3), (240.0, 4), (math.inf, 4)]
)
def test_a_scenario_is_begun_only_if_it_ends_within_the_budget_but_for_the_first(
    scenarios_of: Find, one_at_a_time: list[str], budget_s: float, fit: int
) -> None:
    counts = counts_of(scenarios_of(FOUR), budget_s=budget_s)
    assert [isinstance(one, Count) for one in counts.results] == [True] * fit + [False] * (4 - fit)
    assert len(one_at_a_time) == 6 * fit, "what is begun is counted whole"
    assert counts.stopped_by == ("the last repetition" if fit == 4 else "time budget")
    assert counts.whole_s == 240.0


def test_how_long_it_will_take_is_said_before_it_begins_and_then_as_the_processes_tell(
    scenarios_of: Find, one_at_a_time: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instructions, "_USUAL_SECONDS", 7.0)
    seen: list[tuple[int, int, float]] = []
    counts_of(scenarios_of(FOUR), observe=lambda *how_far: seen.append(how_far), budget_s=5.0)
    assert seen[:3] == [(0, 24, 168.0), (1, 24, 230.0), (2, 24, 220.0)]


def test_an_interrupt_ends_it_before_the_next_scenario(scenarios_of: Find, one_at_a_time: list[str]) -> None:
    counts = counts_of(scenarios_of(FOUR), stop_asked=lambda: len(one_at_a_time) > 6)
    assert [isinstance(one, Count) for one in counts.results] == [True, True, False, False]
    assert counts.stopped_by == "interrupt"


@pytest.mark.parametrize("at", [9, 12])
def test_a_second_interrupt_cuts_it_and_keeps_what_was_counted(
    scenarios_of: Find, one_at_a_time: list[str], monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    waits, looks = instructions.wait, itertools.count(1)

    def interrupted(futures: Any, **options: Any) -> Any:
        if next(looks) == at:
            raise KeyboardInterrupt
        return waits(futures, **options)

    monkeypatch.setattr(instructions, "wait", interrupted)
    counts = counts_of(scenarios_of(FOUR))
    assert [isinstance(one, Count) for one in counts.results] == [True, False, False, False]
    assert counts.stopped_by == "interrupt"


def test_a_run_says_which_cells_the_budget_left_out_and_what_would_count_them(
    one_at_a_time: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "counts.json"
    command = ["run", FOUR, "--meter", "instructions", "--time-budget", "125s", "--json", str(path)]
    assert tlsbench([word for part in command for word in part.split()]) == 0
    out, err = capsys.readouterr()
    assert (
        "excluded 2: not counted within the time budget of 125 s: all 4 take about 240 s on this machine, "
        "see --time-budget" in out
    )
    assert "stopped by time budget" in out
    assert (
        "counting 0 of 24 processes, about 240 s left, more than the time budget of 125 s: not all will be "
        "counted" in err
    )
    run = read_file(path).result
    assert isinstance(run, Run)
    assert len(run.cells) == len(run.excluded) == 2
    assert run.conditions.stopped_by == "time budget"
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(files("tlsbench.results").joinpath("schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads(path.read_text()), schema)


def test_a_duel_counts_all_of_its_sides_whatever_the_budget(
    one_at_a_time: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["duel", "implementation=fake", "key=rsa-2048,ed25519", "--meter", "instructions"]
    assert tlsbench([*command, "--time-budget", "1s"]) == 0
    assert len(one_at_a_time) == 12
    assert "counting 0 of 12 processes, about 120 s left" in capsys.readouterr().err


def test_what_is_counted_copies_without_instructions_that_count_once_for_each_byte(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    names = [
        one.partition("=")[0] for one in instructions._variables(Interpreter())["GLIBC_TUNABLES"].split(":")
    ]
    assert names == ["glibc.cpu.x86_rep_movsb_threshold", "glibc.cpu.x86_rep_stosb_threshold"]
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")
    given = Interpreter(environment={"GLIBC_TUNABLES": "glibc.malloc.perturb=1", "A": "b"})
    assert instructions._variables(Interpreter())["GLIBC_TUNABLES"].endswith(":glibc.malloc.tcache_count=0")
    assert instructions._variables(given)["GLIBC_TUNABLES"].endswith(":glibc.malloc.perturb=1")
    assert instructions._variables(given)["A"] == "b"


needs_valgrind = pytest.mark.skipif(
    shutil.which("valgrind") is None, reason="valgrind is missing: apt-get install valgrind"
)


@pytest.mark.integration
@needs_valgrind
@pytest.mark.timeout(600)
def test_counts_repeat_and_one_percent_more_work_is_caught(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashing 101 KiB executes 1 % more instructions than hashing 100 KiB."""
    monkeypatch.setattr(instructions, "_WHOLE", instructions._WHOLE[:4])
    small, large = scenarios_of("workload=primitive algorithm=sha-384/digest size=100KiB,101KiB")
    seen, collected = [], []
    collect = instructions._collect

    def recorded(*arguments: Any) -> Any:
        answer = collect(*arguments)
        collected.append(answer[0])
        return answer

    monkeypatch.setattr(instructions, "_collect", recorded)
    counts = count_instructions(
        [(small, interpreter_of(small)), (large, interpreter_of(large))],
        lambda done, of, left_s: seen.append((done, of, left_s)),
    )
    a, b = counts.results
    assert isinstance(a, Count)
    assert isinstance(b, Count)
    assert max(a.spread, b.spread) < 0.0002
    if platform.machine() == "x86_64":  # elsewhere start-up is counted too, 25 times as much
        assert min(collected) < 1.5 * 10 * a.operations * a.per_operation[0]
    found = compare_paired_counts(a.per_operation, b.per_operation)
    assert found.verdict == "slower"
    assert found.ratio.median == pytest.approx(1.01, abs=0.001)
    assert [done for done, *_ in seen] == sorted({done for done, *_ in seen})
    assert {of for _, of, _ in seen} == {8}
    assert seen[0][0] == 0
    assert seen[0][2] > 0
    assert seen[-1] == (8, 8, 0.0)


@pytest.mark.integration
@needs_valgrind
def test_a_process_that_fails_is_reported_with_its_last_words(scenarios_of: Find) -> None:
    (one,) = scenarios_of("implementation=fake")
    missing = Interpreter(sys.executable, {"PYTHONPATH": "", "PYTHONHOME": "/no/such/place"})
    (answer,) = count_instructions([(one, missing)]).results
    assert isinstance(answer, MeasurementError)
    assert "counting instructions in" in str(answer)
    assert "\n" not in str(answer)
