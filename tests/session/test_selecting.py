from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tlsbench.implementations import found_files
from tlsbench.implementations.missing import NOT_INSTALLED, Missing
from tlsbench.implementations.registry import implementations
from tlsbench.results import Run
from tlsbench.scenarios.axes import MACHINE
from tlsbench.session import selecting
from tlsbench.session.selecting import matrix_of, others_that_can


def test_a_profile_takes_the_libssl_files_that_are_found_and_none_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "libssl.so"
    broken.write_text("not a library")
    monkeypatch.setattr(found_files, "libssl_files", lambda: (str(broken),))
    matrix = matrix_of(["version=1.3", "workload=handshake", "resumption=none"], "engines")
    ends = {scenario.client for scenario in matrix.scenarios}
    assert {"pyopenssl", "ssl"} <= ends
    assert f"libssl:{broken}" not in ends
    reasons = [one.reason for one in matrix.excluded if f"implementation=libssl:{broken}" in one.id]
    assert reasons
    assert all("does not load: cannot load" in reason for reason in reasons)


def test_a_profile_is_measured_where_no_libssl_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found_files, "libssl_files", tuple)
    matrix = matrix_of(["version=1.3"], "engines")
    assert "pyopenssl" in {scenario.client for scenario in matrix.scenarios}


def test_a_stored_run_gives_its_scenarios_again_and_selectors_narrow_them(
    run_of: Callable[[str], Run],
) -> None:
    run = run_of("implementation=fake version=1.2,1.3 chain_length=2")
    assert [one.id for one in matrix_of([], like=run).scenarios] == [cell.id for cell in run.cells]
    (narrowed,) = matrix_of(["version=1.3"], like=run).scenarios
    assert narrowed.id == run.cells[1].id


def test_the_machines_of_a_fleet_measured_the_same_scenario(run_of: Callable[[str], Run]) -> None:
    run = run_of("implementation=fake version=1.3")
    cells = [replace(run.cells[0], axes={**run.cells[0].axes, MACHINE: name}) for name in ("a", "b")]
    assert [one.id for one in matrix_of([], like=replace(run, cells=cells)).scenarios] == [run.cells[0].id]


def test_a_library_of_another_machine_is_excluded_with_the_reason(run_of: Callable[[str], Run]) -> None:
    run = run_of("implementation=fake version=1.2,1.3")
    elsewhere = {**run.cells[0].axes, "implementation": "libssl:/elsewhere/libssl.so.3"}
    matrix = matrix_of([], like=replace(run, cells=[replace(run.cells[0], axes=elsewhere), run.cells[1]]))
    assert [one.id for one in matrix.scenarios] == [run.cells[1].id]
    assert [one.reason for one in matrix.excluded] == ["there is no file /elsewhere/libssl.so.3"]


@pytest.fixture
def no_quic(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a plain install: the libraries with QUIC are missing."""
    there = dict(selecting.implementations())
    for name in ("aioquic", "qh3"):
        there[name] = Missing(name, "", NOT_INSTALLED, "pip install")
    monkeypatch.setattr(selecting, "implementations", lambda: there)


def test_a_refusal_for_want_of_a_name_says_which_library_can() -> None:
    words = ["workload=handshake", "resumption=early-data", "transport=quic"]
    can = others_that_can(matrix_of(words), words)
    named = [name for name in ("aioquic", "qh3") if not isinstance(implementations()[name], Missing)]
    if not named:
        pytest.skip("no library here has QUIC")
    assert can == f"; implementation={' or '.join(named)} can"
    for name in named:
        assert matrix_of([*words, f"implementation={name}"]).scenarios


@pytest.mark.usefixtures("no_quic")
def test_a_refusal_says_what_is_not_installed_where_no_library_can() -> None:
    said = others_that_can(matrix_of(["transport=quic"]), ["transport=quic"])
    assert said.startswith("; no library that is installed can, and ")
    assert "aioquic, qh3" in said
    assert said.endswith("'tlsbench list implementations' says how to install them")


@pytest.mark.parametrize(
    "words",
    [
        ["implementation=ssl", "resumption=early-data"],
        ["client=ssl", "transport=quic"],
        ["version=1.2", "resumption=psk"],
    ],
    ids=" ".join,
)
def test_a_refusal_names_no_library_if_one_was_asked_for_or_the_protocol_forbids_it(words: list[str]) -> None:
    matrix = matrix_of(words)
    assert not matrix.scenarios
    assert others_that_can(matrix, words) == ""
