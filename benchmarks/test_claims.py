"""What README and docs claim of speed, as ratios within one interleaved run.

pytest benchmarks/test_claims.py
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tlsbench.implementations.registry import capabilities, implementations, spellings
from tlsbench.results import Cell, cell_from_series
from tlsbench.sampling import Plan, measure, meter_named
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.stats import paired_ratio
from tlsbench.workloads import Sample, Workload, prepare
from tlsbench.workloads.sample import in_a_row

_PLAN = Plan(time_budget_s=6.0, precision=0.01, seed=1)

#: The part of a sample that is charged to a side, by id: the median of the samples' own parts, because the
#: medians of client, server and total are of different samples where a busy machine interrupts some.
_SHARES: dict[str, float] = {}


def _measured(*selectors: str) -> Mapping[tuple[str, ...], Cell]:
    """The cells of one run, by implementation, version, group, key and resumption."""
    selections = [parse([selector], spellings()) for selector in selectors]
    matrix = expand(selections, capabilities())
    assert not matrix.excluded
    clock = meter_named("wall").clock
    outcome = measure(matrix.scenarios, lambda scenario: prepare(scenario, implementations(), clock), _PLAN)
    axes = ("implementation", "version", "group", "key", "resumption")
    cells = [cell_from_series(series) for series in outcome.series]
    for series in outcome.series:
        samples = [sample for visit in series.rounds for sample in visit]
        charged = [(sample.client_ns + sample.server_ns) / sample.total_ns for sample in samples]
        _SHARES[series.scenario.id] = median(charged)
    return {tuple(cell.axes[axis] for axis in axes): cell for cell in cells}


def _total(cell: Cell) -> float:
    return cell.times["total"].median_ns


def _ratio(cell: Cell, base: Cell) -> float:
    """The total over the base's, within rounds, so that what slows a whole round cancels."""
    ours, theirs = (one.times["total"].round_medians_ns for one in (cell, base))
    return paired_ratio(ours, theirs).median


@pytest.fixture(scope="module")
def quick() -> Mapping[tuple[str, ...], Cell]:
    return _measured(
        "implementation=fake,ssl,pyopenssl version=1.2 key=rsa-2048,ecdsa-secp256r1 resumption=none,ticket",
        "implementation=fake,ssl,pyopenssl version=1.3 key=rsa-2048,ecdsa-secp256r1 resumption=none,psk",
    )


@pytest.mark.parametrize("name", ["ssl", "pyopenssl"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("key", ["rsa-2048", "ecdsa-secp256r1"])
def test_the_libraries_take_most_of_a_full_handshake(
    name: str, version: str, key: str, quick: Mapping[tuple[str, ...], Cell]
) -> None:
    cell = quick[name, version, "secp256r1", key, "none"]
    share = _SHARES[cell.id]
    print(f"\n{name} TLS {version} {key}: {share:.1%} of the total is charged to a side")
    assert share >= 0.92


def test_the_harness_is_small_beside_a_real_handshake(quick: Mapping[tuple[str, ...], Cell]) -> None:
    floor_ns = quick["fake", "1.3", "secp256r1", "ecdsa-secp256r1", "none"].times["harness"].median_ns
    fastest = min(_total(cell) for key, cell in quick.items() if key[0] != "fake" and key[-1] == "none")
    print(f"\nharness: {floor_ns / 1e3:.2f} µs, {floor_ns / fastest:.2%} of the fastest full handshake")
    assert floor_ns / fastest < 0.03


def test_resumption_gains_more_in_tls_1_2_than_in_1_3(quick: Mapping[tuple[str, ...], Cell]) -> None:
    for name in ("ssl", "pyopenssl"):
        for key in ("rsa-2048", "ecdsa-secp256r1"):
            full_12, full_13 = (quick[name, v, "secp256r1", key, "none"] for v in ("1.2", "1.3"))
            gain_12 = _ratio(full_12, quick[name, "1.2", "secp256r1", key, "ticket"])
            gain_13 = _ratio(full_13, quick[name, "1.3", "secp256r1", key, "psk"])
            print(f"\n{name} {key}: resumed {gain_12:.1f} times as fast in 1.2, {gain_13:.1f} in 1.3")
            assert gain_12 > 1.5 * gain_13 > 1.5


def test_rsa_loads_the_server_and_p256_the_client(quick: Mapping[tuple[str, ...], Cell]) -> None:
    for version in ("1.2", "1.3"):
        rsa, ecdsa = (
            quick["pyopenssl", version, "secp256r1", key, "none"].times
            for key in ("rsa-2048", "ecdsa-secp256r1")
        )
        assert rsa["server"].median_ns > 1.2 * rsa["client"].median_ns
        assert ecdsa["client"].median_ns > 1.2 * ecdsa["server"].median_ns


def test_a_hybrid_group_costs_resumed_handshakes_relatively_more() -> None:
    cells = _measured("group=x25519,X25519MLKEM768 resumption=none,psk")

    def cell(group: str, resumption: str) -> Cell:
        return cells["pyopenssl", "1.3", group, "ecdsa-secp256r1", resumption]

    full, resumed = (
        _ratio(cell("X25519MLKEM768", resumption), cell("x25519", resumption))
        for resumption in ("none", "psk")
    )
    print(f"\nX25519MLKEM768 takes {full:.2f} times as long in full handshakes, {resumed:.2f} in resumed")
    assert resumed > full > 1
    for resumption in ("none", "psk"):
        hybrid, classical = cell("X25519MLKEM768", resumption), cell("x25519", resumption)
        assert 1050 < hybrid.client_bytes - classical.client_bytes < 1250
        assert 1050 < hybrid.server_bytes - classical.server_bytes < 1250


@dataclass(frozen=True)
class Native:
    """The same handshake in C, on the contexts of a cell of ``libssl`` that was proved before."""

    function: Any
    cell: Any

    @property
    def scenario(self) -> Scenario:
        return self.cell.scenario

    def sample(self) -> Sample:
        times_ns = (ctypes.c_int64 * 3)()
        clients, servers = (_address(one._context) for one in (self.cell.clients, self.cell.servers))
        assert self.function(clients, servers, b"localhost", times_ns) == 1
        return Sample(client_ns=times_ns[0], server_ns=times_ns[1], total_ns=times_ns[2])

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        return in_a_row(self.sample, rewarm, samples)

    def proof(self) -> Mapping[str, object]:
        return self.cell.proof()

    def close(self) -> None:
        self.cell.close()


def _address(pointer: Any) -> ctypes.c_void_p:
    from tlsbench.implementations.libssl.bindings import ffi

    return ctypes.c_void_p(int(ffi.cast("uintptr_t", pointer)))


@pytest.fixture
def native(tmp_path: Path) -> Any:
    """The C loop of benchmarks/native, compiled; skipped where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None or not Path("/usr/include/openssl/ssl.h").exists():
        pytest.skip("no C compiler, or no headers of OpenSSL: apt-get install gcc libc6-dev libssl-dev")
    source, target = Path(__file__).parent / "native/handshakes.c", tmp_path / "handshakes.so"
    command = [compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", target, source]
    subprocess.run([*command, "-lssl", "-lcrypto"], check=True)
    return ctypes.CDLL(str(target)).handshake


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_libssl_costs_what_a_plain_c_loop_costs(version: str, native: Any) -> None:
    """What is charged to the sides, in one interleaved run; beside it a second cell of the same in Python."""
    selection = parse([f"implementation=libssl version={version}"], spellings())
    (scenario,) = expand([selection], capabilities()).scenarios
    clock = meter_named("wall").clock

    def cell() -> Workload:
        return prepare(scenario, implementations(), clock)

    proved = cell()
    proved.sample()
    makers = iter([cell, cell, lambda: Native(native, proved)])
    outcome = measure([scenario] * 3, lambda _scenario: next(makers)(), _PLAN)
    charged = [
        [median(sample.client_ns + sample.server_ns for sample in visit) for visit in series.rounds]
        for series in outcome.series
    ]
    python, again, c = charged
    equal, ratio = paired_ratio(again, python), paired_ratio(python, c)
    print(
        f"\nTLS {version}: libssl takes {ratio.median:.3f} times what C takes "
        f"({ratio.low:.3f} to {ratio.high:.3f})"
    )
    print(f"and itself {equal.median:.3f} times; {median(python) / 1e3:.0f} and {median(c) / 1e3:.0f} µs")
    assert abs(ratio.median - 1) <= 0.05
