from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
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
from tlsbench.sampling.placement import interpreter_of, need_workers, placement
from tlsbench.sampling.remote import RemoteWorkload
from tlsbench.scenarios import Scenario, expand, parse

Find = Callable[[str], tuple[Scenario, ...]]
WALL = meter_named("wall")
QUICKLY = Plan(time_budget_s=0.01, precision=0, seed=1, warm_up_s=0)
HAS_AES = "aes" in processor._features()
pytestmark = pytest.mark.slow


def test_what_needs_no_worker_is_measured_here(scenarios_of: Find) -> None:
    scenarios = scenarios_of("implementation=pyopenssl,fake")
    assert not need_workers(scenarios)
    with placement(scenarios, WALL) as make:
        assert not isinstance(make(scenarios[0]), RemoteWorkload)


@pytest.mark.skipif(not HAS_AES, reason="this processor has no AES instructions")
def test_with_one_cell_in_a_worker_all_are_and_each_is_proved(scenarios_of: Find) -> None:
    scenarios = scenarios_of("implementation=pyopenssl cpu=native,no-aes")
    with placement(scenarios, WALL) as make:
        outcome = measure(scenarios, make, QUICKLY)
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
    with placement([scenario], WALL) as make:
        monkeypatch.setattr(module, "implementation", lambda _name: other)
        with pytest.raises(ProofError, match=r"engine: wanted OpenSSL 1\.0, got OpenSSL .* in cryptography"):
            make(scenario)


@pytest.fixture
def copied(tmp_path: Path) -> str:
    """The id of a copy of the system's libssl, beside a copy of its libcrypto."""
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
    with placement(scenarios, WALL) as make:
        outcome = measure(scenarios, make, QUICKLY)
    assert [one.error for one in outcome.series] == [None, None]
    assert str(tmp_path) in implementation(copied).engine()


def test_it_cannot_meet_what_needs_the_system_s(copied: str) -> None:
    selection = parse([f"client={copied} server=ssl"], spellings())
    matrix = expand([selection], capabilities(selection))
    assert [excluded.reason.split(":")[0] for excluded in matrix.excluded] == [
        "a process holds one libcrypto of a name"
    ]


def test_it_is_never_measured_in_this_process(copied: str, scenarios_of: Find) -> None:
    from tlsbench.workloads import prepare

    (scenario,) = scenarios_of(f"implementation={copied}")
    with pytest.raises(MeasurementError, match="needs a process of its own: LD_LIBRARY_PATH="):
        prepare(scenario, ends_of(scenario), WALL.clock)


def test_what_is_no_library_is_a_wrong_request(tmp_path: Path, scenarios_of: Find) -> None:
    nothing = tmp_path / "libssl.so.3"
    with pytest.raises(RequestError, match=f"there is no file {nothing}"):
        scenarios_of(f"implementation=libssl:{nothing}")
    nothing.write_bytes(b"\x7fELF, but no more")
    with pytest.raises(RequestError, match=f"cannot load {nothing}: .*"):
        scenarios_of(f"implementation=libssl:{nothing}")
