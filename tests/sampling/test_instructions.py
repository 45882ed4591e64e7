from __future__ import annotations

import shutil
import sys
from collections.abc import Callable

import pytest

from tlsbench import pki
from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import MeasurementError, RequestError
from tlsbench.processes import Interpreter
from tlsbench.results.cell import cell_from_count
from tlsbench.sampling import instructions
from tlsbench.sampling.instructions import Count, count_instructions, require_valgrind
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
    monkeypatch.setattr(instructions, "_REPEATS", 2)
    small, large = scenarios_of("workload=primitive algorithm=sha-384/digest size=100KiB,101KiB")
    seen = []
    counts = count_instructions(
        [(small, interpreter_of(small)), (large, interpreter_of(large))],
        lambda done, of: seen.append((done, of)),
    )
    a, b = counts
    assert isinstance(a, Count)
    assert isinstance(b, Count)
    assert max(a.spread, b.spread) < 0.002
    found = compare_paired_counts(a.per_operation, b.per_operation)
    assert found.verdict == "slower"
    assert found.ratio.median == pytest.approx(1.01, abs=0.001)
    assert [done for done, _ in seen] == [4, 8]


@pytest.mark.integration
@needs_valgrind
def test_a_process_that_fails_is_reported_with_its_last_words(scenarios_of: Find) -> None:
    (one,) = scenarios_of("implementation=fake")
    missing = Interpreter(sys.executable, {"PYTHONPATH": "", "PYTHONHOME": "/no/such/place"})
    (answer,) = count_instructions([(one, missing)])
    assert isinstance(answer, MeasurementError)
    assert "counting instructions in" in str(answer)
    assert "\n" not in str(answer)
