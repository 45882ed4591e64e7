from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tlsbench.report.findings import findings
from tlsbench.results import Cell, Run

RunOf = Callable[[str], Run]
Taking = Callable[[Run, Callable[[Cell], float]], Run]
BESIDE = "version=1.3 group=secp256r1"


def said(run: Run) -> dict[str, tuple[str, ...]]:
    return {
        finding.headline: finding.details
        for finding in findings(run)
        if finding.headline.startswith("Certificates compressed")
    }


def with_sizes(run: Run, after: int) -> Run:
    """The same run, with chains of 1,000 bytes before compression, and that many after."""
    sizes: dict[str, Any] = {
        "certificate_message_bytes": 1000,
        "compressed_certificate_message_bytes": after,
    }

    def sized(cell: Cell) -> Cell:
        asked = cell.axes["certificate_compression"] != "none"
        return replace(cell, negotiated={**cell.negotiated, **sizes}) if asked else cell

    return replace(run, cells=[sized(cell) for cell in run.cells])


_KEPT: dict[str, Run] = {}


@pytest.fixture
def chains(run_of: RunOf, openssl_35: str) -> Run:
    if "chains" not in _KEPT:
        _KEPT["chains"] = run_of(
            f"implementation={openssl_35} {BESIDE} key=ecdsa-secp256r1,ml-dsa-65 chain_length=2,3 "
            "certificate_compression=none,zlib"
        )
    return _KEPT["chains"]


@pytest.mark.slow
def test_what_shrinks_is_said_by_kind_of_chain(chains: Run) -> None:
    [(headline, details)] = said(chains).items()
    assert headline.startswith("Certificates compressed by zlib: ecdsa-secp256r1: ")
    # 1.9 to 2.9 % as a rule: keys and signatures are random.
    assert re.search(r"; ml-dsa-65: [123]\.\d to [234]\.\d % smaller$", headline)
    assert sum("the Certificate message has" in one for one in details) == 4
    assert any("ml-dsa-65 × 3: the Certificate message has 16,8" in one for one in details)
    assert (
        "With ml-dsa-65 nearly everything is random (keys, signatures): only names and extensions shrink"
        in details
    )


def test_it_is_said_whose_time_has_no_compressing_in_it(chains: Run, taking: Taking) -> None:
    [details] = said(taking(chains, lambda _cell: 1e6)).values()
    assert details[-2:] == (
        "No significant difference in time in 4 of 4 cells",
        "OpenSSL's server compresses once, before the first connection: no time here includes that",
    )


def test_what_it_costs_is_said_of_the_cell_that_pays_most(chains: Run, taking: Taking) -> None:
    def time_of(cell: Cell) -> float:
        pays = cell.axes["certificate_compression"] == "zlib" and cell.axes["chain_length"] == "3"
        return 1.5e6 if pays and cell.axes["key"] == "ml-dsa-65" else 1e6

    [details] = said(taking(chains, time_of)).values()
    [paid] = [one for one in details if one.startswith("It costs the most time for ml-dsa-65 × 3: +50 % [")]
    assert "; client +50 % [" in paid
    assert ", server +50 % [" in paid
    assert "No significant difference in time in 3 of 4 cells" in details


@pytest.mark.parametrize(
    ("after", "words"),
    [(900, "10.0 % smaller"), (1050, "5.0 % larger"), (1000, "0.0 % smaller")],
)
def test_what_grows_is_called_larger(after: int, words: str, run_of: RunOf, openssl_35: str) -> None:
    run = run_of(
        f"implementation={openssl_35} {BESIDE} key=ecdsa-secp256r1 certificate_compression=none,zlib"
    )
    [headline] = said(with_sizes(run, after))
    assert headline == f"Certificates compressed by zlib: ecdsa-secp256r1: {words}"


def test_over_a_network_the_round_trips_are_counted(run_of: RunOf, openssl_35: str) -> None:
    """A chain of 15.4 kB needs just over 11 segments, and just under when compressed."""
    run = run_of(
        f"workload=completion implementation={openssl_35} {BESIDE} key=ml-dsa-65 chain_length=2,3 "
        "certificate_compression=none,zlib initcwnd=11 rtt=50ms size=1KiB"
    )
    [(headline, (sooner,))] = said(run).items()
    assert headline == (
        "Certificates compressed by zlib, over the network: round trips change in 1 of 2 cells "
        "(ml-dsa-65 × 2 with initcwnd=11: 2 → 1)"
    )
    assert sooner.endswith(" ms at rtt=50ms")


def test_where_none_is_saved_that_is_said(run_of: RunOf, openssl_35: str) -> None:
    run = run_of(
        f"workload=completion implementation={openssl_35} {BESIDE} key=ecdsa-secp256r1 "
        "certificate_compression=none,zlib rtt=50ms size=1KiB"
    )
    assert list(said(run)) == [
        "Certificates compressed by zlib, over the network: no round trip is saved in any of 1 cells"
    ]


def test_nothing_is_said_where_nothing_is_compressed(run_of: RunOf) -> None:
    assert not said(run_of("implementation=fake"))
