from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tlsbench.errors import RequestError
from tlsbench.implementations import Operation
from tlsbench.implementations.influences import influences
from tlsbench.report.runs import report_of_run
from tlsbench.results import Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.results.reader import parse
from tlsbench.sampling import METERS, Plan, Progress
from tlsbench.sampling.yardsticks import YARDSTICKS
from tlsbench.session.run import RunRequest, measure_together, run
from tlsbench.session.selecting import matrix_of

BRIEFLY = Plan(time_budget_s=0.05, precision=0, seed=1, warm_up_s=0)


def request(*selectors: str, meter: str = "wall", noise_floor: bool = True) -> RunRequest:
    return RunRequest(
        matrix=matrix_of(selectors),
        plan=BRIEFLY,
        instrument=METERS[meter],
        command="a test",
        noise_floor=noise_floor,
    )


def test_a_run_holds_a_cell_for_each_scenario_what_was_excluded_and_how_it_was_made() -> None:
    found = run(request("implementation=fake key=rsa-2048,ed25519", "version=1.2,1.3", "cipher=TLS_AES_*"))
    assert {cell.axes["key"] for cell in found.cells} == {"rsa-2048", "ed25519"}
    assert found.excluded
    assert (found.conditions.command, found.conditions.meter) == ("a test", "wall")
    assert found.conditions.stopped_by == "time budget"
    assert "handshake" in found.noise_floor


def test_an_observer_is_given_the_run_so_far() -> None:
    seen: list[tuple[str, int]] = []

    def observe(progress: Progress, so_far: Callable[[], Run]) -> None:
        seen.append((progress.stage, len(so_far().cells)))

    run(request("implementation=fake"), observe)
    assert seen[0] == ("preparing", 0)
    assert seen[-1] == ("measuring", 1)


def test_a_run_that_is_asked_to_stop_keeps_what_it_has() -> None:
    stages: list[str] = []
    found = run(
        request("implementation=fake"),
        lambda progress, _so_far: stages.append(progress.stage),
        lambda: "measuring" in stages,
    )
    assert found.conditions.stopped_by == "interrupt"
    assert len(found.cells) == 1


def test_without_a_noise_floor_nothing_is_measured_twice() -> None:
    measured = measure_together(request("implementation=fake", noise_floor=False))
    assert len(measured.series) == 1
    assert not measured.twins


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (request("implementation=fake version=1.2 resumption=early-data"), "nothing to measure: "),
        (request("workload=memory", meter="instructions"), "workload=memory counts allocations"),
        (request("implementation=pyopenssl parts=yes", meter="instructions"), "cryptography in one"),
    ],
    ids=["excluded", "memory", "parts"],
)
def test_what_cannot_be_measured_is_refused_before_anything_is(
    wrong: RunRequest, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: "/usr/bin/valgrind")
    with pytest.raises(RequestError, match=words):
        run(wrong, lambda _progress, _so_far: pytest.fail("it began"))


@pytest.mark.slow
def test_a_run_measures_yardsticks_in_its_rounds_within_their_share() -> None:
    plan = Plan(time_budget_s=6, precision=0, seed=1, warm_up_s=0)
    found = run(replace(request("implementation=fake key=rsa-2048,ed25519"), plan=plan))
    assert {one.nature for one in found.yardsticks} > {"handshake", "interpreter"}
    assert all("fake" not in one.engines for one in found.yardsticks), "they could judge no cell here"
    assert {len(one.round_medians) for one in found.yardsticks} == {len(found.cells[0].round_sizes)}
    share = found.conditions.yardstick_share
    assert share is not None
    assert 0 < share < 0.3, "a tenth; a turn that was disturbed may cost more"


def test_a_yardstick_that_fails_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Operation:
        raise ValueError("no such thing")

    (working,) = (one for one in YARDSTICKS if one.nature == "interpreter")
    failing = replace(working, name="broken", loop=broken)
    monkeypatch.setattr("tlsbench.sampling.yardsticks.YARDSTICKS", (working, failing))
    plan = Plan(time_budget_s=1.5, precision=0, seed=1, warm_up_s=0)
    found = run(replace(request("implementation=fake"), plan=plan))
    assert [one.name for one in found.yardsticks] == [working.name]
    assert "the yardstick 'broken' failed: ValueError: no such thing" in found.conditions.warnings


def test_a_run_of_a_moment_has_no_yardsticks() -> None:
    found = run(request("implementation=fake"))
    assert found.yardsticks == []
    assert found.conditions.yardstick_share is None


def test_what_of_the_environment_changes_figures_is_kept_shown_and_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in influences():
        monkeypatch.delenv(name)
    assert run(request("implementation=fake")).conditions.variables == {}
    monkeypatch.setenv("GODEBUG", "cpu.aes=off")
    found = run(request("implementation=fake"))
    assert found.conditions.variables == {"GODEBUG": "cpu.aes=off"}
    again = parse(to_json(found, machine_info()), "again.json").result
    assert isinstance(again, Run)
    assert again.conditions.variables == {"GODEBUG": "cpu.aes=off"}
    assert "in an environment that changes figures: GODEBUG=cpu.aes=off" in report_of_run(found).notes


@pytest.mark.slow
def test_what_was_kept_from_the_processes_that_measured_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in influences():
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENSSL_ia32cap", "~0x200000200000000")
    found = run(request("implementation=fake"))
    assert found.conditions.variables == {}
    words = "set here, but not in the measuring processes, whose axes say otherwise: OPENSSL_ia32cap"
    assert words in found.conditions.warnings
