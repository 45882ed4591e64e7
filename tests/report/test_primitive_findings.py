"""What a run of primitives says about those that could replace another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from tlsbench.report.findings.primitives import CONTRASTS, primitive_findings
from tlsbench.results import Cell, Run
from tlsbench.scenarios.algorithms import BY_NAME
from tlsbench.stats import summarise

RunOf = Callable[[str], Run]
HASHES = "sha-256/digest,sha3-256/digest,blake2b/digest"
SIGNATURES = "rsa-2048/sign,rsa-2048/sign_pkcs1"


def timed(run: Run, times_ns: Mapping[str, float], floor: float = 0.01) -> Run:
    """The run with these times by algorithm."""

    def with_times(cell: Cell) -> Cell:
        time_ns = times_ns[cell.axes["algorithm"]]
        rounds = [[time_ns * (1 + step / 1e4)] for step in range(10)]
        return replace(cell, figures={**cell.figures, cell.instrument.main: summarise(rounds)})

    return replace(run, cells=[with_times(cell) for cell in run.cells], noise_floor={"primitive": floor})


@pytest.fixture
def hashes(run_of: RunOf) -> Run:
    return run_of(f"workload=primitive implementation=cryptography,libssl size=16KiB algorithm={HASHES}")


def test_each_contrast_is_of_two_primitives_that_do_the_same() -> None:
    for contrast in CONTRASTS:
        usual, other = BY_NAME[contrast.usual], BY_NAME[contrast.other]
        assert usual.subject.kind == other.subject.kind or "not authenticated" in contrast.words
        assert usual.sized == other.sized


def test_what_sha_3_costs_is_said_of_each_engine(hashes: Run) -> None:
    sha_3, blake2 = primitive_findings(
        timed(hashes, {"sha-256/digest": 1e4, "sha3-256/digest": 2.5e4, "blake2b/digest": 1e4})
    )
    assert sha_3.headline == "SHA3-256 instead of SHA-256"
    assert [detail.partition(":")[0] for detail in sha_3.details] == ["cryptography 16KiB", "libssl 16KiB"]
    assert all("time ×2.5 [2.5, 2.5]" in detail for detail in sha_3.details)
    assert all("no significant difference" in detail for detail in blake2.details)


def test_less_time_is_said_as_such(run_of: RunOf) -> None:
    run = run_of(f"workload=primitive implementation=cryptography algorithm={SIGNATURES}")
    (finding,) = primitive_findings(timed(run, {"rsa-2048/sign": 0.9e6, "rsa-2048/sign_pkcs1": 1e6}))
    assert finding.headline == "RSA-PSS instead of PKCS #1, signing with RSA-2048"
    assert finding.details[0].startswith("cryptography: time −10 %")


def test_a_difference_below_the_floor_is_none(run_of: RunOf) -> None:
    run = run_of(f"workload=primitive implementation=cryptography algorithm={SIGNATURES}")
    times = {"rsa-2048/sign": 1.05e6, "rsa-2048/sign_pkcs1": 1e6}
    (finding,) = primitive_findings(timed(run, times, floor=0.2))
    assert finding.details == ("cryptography: no significant difference",)


def test_nothing_is_said_where_one_of_two_is_missing(run_of: RunOf) -> None:
    run = run_of("workload=primitive implementation=cryptography size=16KiB algorithm=sha3-256/digest")
    assert not list(primitive_findings(run))


def test_of_password_hashes_time_rate_and_memory_are_said(run_of: RunOf) -> None:
    """They stand in for other derivations, so that nothing slow is run."""
    names = ("argon2id-7mib-t5-p1/derive", "scrypt-n15-r8-p3/derive", "pbkdf2-sha-512-210000/derive")
    quick = ",".join(f"hkdf-{name}/derive" for name in ("sha-256", "sha-384", "sha-512"))
    run = run_of(f"workload=primitive implementation=cryptography algorithm={quick}")
    cells = [
        replace(cell, axes={**cell.axes, "algorithm": name})
        for cell, name in zip(run.cells, names, strict=True)
    ]
    times = dict(zip(names, (25e6, 200e6, 80e6), strict=True))
    (finding,) = primitive_findings(timed(replace(run, cells=cells), times))
    assert "argon2id-7mib-t5-p1: 25 ms, 40.0 a second, 7 MiB of memory each" in finding.details[0]
    assert "200 ms, 5.0 a second, 32 MiB of memory each" in finding.details[1]
    assert finding.details[2].endswith("almost no memory")
