from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from tlsbench.errors import MeasurementError, ProofError, RequestError
from tlsbench.implementations import processor
from tlsbench.implementations.libssl import bindings as libssl_bindings
from tlsbench.implementations.libssl.own_process import LibSslInOwnProcess
from tlsbench.implementations.registry import (
    capabilities,
    capabilities_of,
    ends_of,
    implementation,
    spellings,
)
from tlsbench.sampling import Plan, measure, meter_named
from tlsbench.sampling import placement as module
from tlsbench.sampling.placement import (
    interpreter_of,
    need_workers,
    placement,
    prevailing,
    processes_for,
)
from tlsbench.sampling.remote import Worker
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.workloads.handshake import Handshake

Find = Callable[[str], tuple[Scenario, ...]]
WALL = meter_named("wall")
QUICKLY = Plan(time_budget_s=0.01, precision=0, seed=1, warm_up_s=0)
HAS_AES = "aes" in processor._features()
pytestmark = pytest.mark.slow


def test_what_needs_no_worker_is_measured_here(scenarios_of: Find) -> None:
    scenarios = scenarios_of("implementation=pyopenssl,fake")
    assert not need_workers(scenarios)
    with placement(scenarios, WALL) as place:
        assert place.processes == 1
        assert isinstance(place.make(scenarios[0]), Handshake)


@pytest.mark.skipif(not HAS_AES, reason="this processor has no AES instructions")
def test_with_one_cell_in_a_worker_all_are_and_each_is_proved(scenarios_of: Find) -> None:
    scenarios = scenarios_of("implementation=pyopenssl cpu=native,no-aes")
    with placement(scenarios, WALL) as place:
        outcome = measure(scenarios, place.make, QUICKLY)
    native, limited = outcome.series
    assert native.error is None
    assert limited.error is None
    assert "client_processor" not in native.proof
    assert processor.still_used("no-aes", str(limited.proof["server_processor"])) is None
    sample = limited.rounds[-1][-1]
    assert sample.ledger.flights == 4
    assert sample.ledger.server_bytes > 500


@pytest.mark.skipif(not HAS_AES, reason="this processor has no AES instructions")
def test_a_worker_with_another_engine_is_an_error(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of("workload=primitive algorithm=sha-256/digest cpu=no-aes")
    other = SimpleNamespace(engine=lambda: "OpenSSL 1.0")
    with placement([scenario], WALL) as place:
        monkeypatch.setattr(module, "implementation", lambda _name: other)
        with pytest.raises(ProofError, match=r"engine: wanted OpenSSL 1\.0, got OpenSSL .* in cryptography"):
            place.make(scenario)


@pytest.fixture
def copied(tmp_path: Path) -> str:
    """The id of a copy of the system's libssl, next to a copy of its libcrypto."""
    name = libssl_bindings.find()
    if name is None or sys.platform != "linux":
        pytest.skip("the system has no libssl 3, or is no Linux")
    original = libssl_bindings.load(name)
    libcrypto = Path(original.libcrypto).resolve()
    for library in ("libssl", "libcrypto"):
        found = next(libcrypto.parent.glob(f"{library}.so.[34]"))
        shutil.copy(found.resolve(), tmp_path / found.name)
    return f"libssl:{next(tmp_path.glob('libssl.so.*'))}"


def test_a_libssl_whose_libcrypto_has_a_namesake_here_is_measured_in_a_worker(
    copied: str, scenarios_of: Find, tmp_path: Path
) -> None:
    assert isinstance(implementation(copied), LibSslInOwnProcess)
    assert capabilities_of(copied).libcrypto == str(tmp_path)
    scenarios = scenarios_of(f"client=libssl,{copied} server=pyopenssl")
    assert interpreter_of(scenarios[1]).environment == {"LD_LIBRARY_PATH": str(tmp_path)}
    with placement(scenarios, WALL) as place:
        outcome = measure(scenarios, place.make, QUICKLY)
    assert [one.error for one in outcome.series] == [None, None]
    assert str(tmp_path) in implementation(copied).engine()


def test_it_cannot_meet_what_needs_the_system_s(copied: str) -> None:
    selection = parse([f"client={copied} server=ssl"], spellings())
    matrix = expand([selection], capabilities(selection))
    assert [excluded.reason.split(":")[0] for excluded in matrix.excluded] == [
        "a process can load only one libcrypto of a name"
    ]


def test_it_is_never_measured_in_this_process(copied: str, scenarios_of: Find) -> None:
    from tlsbench.workloads import prepare

    (scenario,) = scenarios_of(f"implementation={copied}")
    with pytest.raises(MeasurementError, match="needs a process of its own: LD_LIBRARY_PATH="):
        prepare(scenario, ends_of(scenario), WALL.clock)


def test_what_is_no_file_is_a_wrong_request_and_what_is_no_library_is_excluded(
    tmp_path: Path, scenarios_of: Find
) -> None:
    nothing = tmp_path / "libssl.so.3"
    with pytest.raises(RequestError, match=f"there is no file {nothing}"):
        scenarios_of(f"implementation=libssl:{nothing}")
    nothing.write_bytes(b"\x7fELF, but no more")
    selection = parse([f"implementation=libssl:{nothing}"], spellings())
    (excluded,) = expand([selection], capabilities(selection)).excluded
    assert excluded.reason == f"libssl:{nothing}: does not load: cannot load {nothing}: file too short"


def test_processes_take_turns_and_each_has_a_cell_of_its_own(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=fake")
    with placement([scenario], WALL, processes=2) as place:
        assert place.processes == 2
        workload = place.make(scenario)
        pids = []
        for number in range(4):
            place.begin_round(number)
            workload.sample()
            assert workload.proof()["version"] == "1.3"
            pids.append(workload._current._worker._process._process.pid)  # type: ignore[attr-defined]
    assert pids[0] == pids[2] != pids[1] == pids[3]


def test_a_scenario_that_one_process_refuses_leaves_the_others_in_step(scenarios_of: Find) -> None:
    good, bad = scenarios_of("implementation=fake version=1.2,1.3")
    broken = replace(bad, client="pyopenssl", cipher="TLS_NOT_A_SUITE")
    with placement([good, broken], WALL, processes=2) as place:
        with pytest.raises(MeasurementError):
            place.make(broken)
        assert place.make(good).sample().ledger.flights == good_flights(good)


def good_flights(scenario: Scenario) -> int:
    """The flights of a handshake measured in this process."""
    with placement([scenario], WALL) as place:
        return place.make(scenario).sample().ledger.flights


@pytest.mark.parametrize(("budget_s", "processes"), [(0.5, 1), (4.9, 1), (5, 2), (10, 4), (600, 4)])
def test_a_run_has_as_many_processes_as_its_budget_is_worth(budget_s: float, processes: int) -> None:
    assert processes_for(budget_s) == processes


def test_of_many_environments_fewer_processes_each(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_WORKERS", 2)
    scenarios = scenarios_of("implementation=fake")
    with placement(scenarios, WALL, processes=4) as place:
        assert place.processes == 2


def test_a_worker_finds_what_this_process_finds(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys; print('found', file=sys.stderr, flush=True)", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    (scenario,) = scenarios_of("implementation=fake")
    with placement([scenario], WALL, processes=2) as place:
        workload = place.make(scenario)
        assert workload._current._worker._process.errors() == ["found"]  # type: ignore[attr-defined]


MASK = "~0x200000200000000"


@pytest.mark.skipif(not HAS_AES, reason="this processor has no AES instructions")
def test_the_whole_processor_is_measured_in_a_shell_that_masks_it(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of("implementation=pyopenssl")
    monkeypatch.setenv("OPENSSL_ia32cap", MASK)
    assert need_workers([scenario])
    assert interpreter_of(scenario).without == {"OPENSSL_ia32cap"}
    code = "from tlsbench.implementations.pyopenssl.bindings import cpu_info; print(cpu_info())"
    told = [
        subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
        for environment in ({**os.environ}, interpreter_of(scenario).variables())
    ]
    assert processor.still_used("no-aes", told[0]) is None
    assert processor.still_used("no-aes", told[1]) is not None
    with placement([scenario], WALL) as place:
        assert measure([scenario], place.make, QUICKLY).series[0].error is None
    assert prevailing([scenario]) == {}


def test_a_worker_that_has_what_it_was_not_to_have_is_an_error(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of("implementation=fake")
    monkeypatch.setenv("OPENSSL_ia32cap", MASK)
    monkeypatch.setattr(
        module, "Worker", lambda interpreter: Worker(replace(interpreter, without=frozenset()))
    )
    with (
        placement([scenario], WALL) as place,
        pytest.raises(
            ProofError, match=f"environment: wanted no OPENSSL_ia32cap, got OPENSSL_ia32cap={MASK}"
        ),
    ):
        place.make(scenario)


def test_memory_is_counted_without_another_allocator(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenarios = scenarios_of("workload=memory,handshake implementation=pyopenssl")
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    memory, handshake = (interpreter_of(one).without for one in scenarios)
    assert memory == {"MALLOC_ARENA_MAX"}
    assert handshake == frozenset()
    assert prevailing(scenarios) == {"MALLOC_ARENA_MAX": "1"}
    assert prevailing(scenarios[:1]) == {}


def test_parts_come_from_a_worker_as_they_were_measured(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=pyopenssl parts=yes")
    with placement([scenario], WALL, processes=2) as place:
        outcome = measure([scenario], place.make, QUICKLY, turns=place)
    (series,) = outcome.series
    assert series.error is None
    for sample in (one for visit in series.rounds for one in visit):
        assert {part.side for part in sample.parts} == {"client", "server"}
        assert all(part.cost > 0 and part.source for part in sample.parts)
