from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tlsbench.report.findings import findings
from tlsbench.results import Cell, Run
from tlsbench.stats import summarise

RunOf = Callable[[str], Run]
#: Chains of several sizes, so that flights have several numbers of datagrams.
CHAINS = "version=1.2,1.3 key=rsa-2048 chain_length=1,2,3,4,5 group=secp256r1"


def taking(run: Run, time_of: Callable[[Cell], float]) -> Run:
    """The same run with a given time for each cell, without noise."""

    def timed(cell: Cell) -> Cell:
        return replace(cell, figures=dict.fromkeys(cell.figures, summarise([[time_of(cell)] * 20])))

    return replace(run, cells=[timed(cell) for cell in run.cells], noise_floor={})


def datagrams(cell: Cell) -> int:
    return (cell.ledger.client_datagrams or 0) + (cell.ledger.server_datagrams or 0)


def said(run: Run) -> list[str]:
    return [str(one) for one in findings(run) if "beyond its own TLS" in one.headline]


@pytest.fixture
def run(run_of: RunOf) -> Run:
    return run_of(f"implementation=pyopenssl {CHAINS.replace('1.2,1.3', '1.2')} transport=tls,dtls")


def test_what_every_handshake_and_what_each_datagram_costs_are_told_apart(run: Run) -> None:
    plain = {cell.axes["chain_length"]: 1e6 * at for at, cell in enumerate(run.cells, 1)}

    def time_of(cell: Cell) -> float:
        beyond = 50_000 + 7_000 * datagrams(cell) if cell.axes["transport"] == "dtls" else 0
        return plain[cell.axes["chain_length"]] + beyond

    (told,) = said(taking(run, time_of))
    assert told.startswith("DTLS by pyopenssl costs 50.0 µs a handshake and 7.00 µs ± ")
    assert "the line does not explain" in told
    assert "5 pairs of handshakes" in told


def test_what_datagrams_do_not_explain_is_said(run: Run) -> None:
    def time_of(cell: Cell) -> float:
        if cell.axes["transport"] == "tls":
            return 1e6
        odd = 300_000 if cell.axes["chain_length"] == "3" else 0
        return 1e6 + 50_000 + 7_000 * datagrams(cell) + odd

    (told,) = said(taking(run, time_of))
    assert any(f"{left} µs of that" in told for left in range(200, 300))


def test_too_few_sizes_make_no_finding(run: Run) -> None:
    few = [cell for cell in run.cells if cell.axes["chain_length"] in ("1", "2")]
    assert not said(replace(run, cells=few))
    assert not said(replace(run, cells=[cell for cell in run.cells if cell.axes["transport"] == "dtls"]))
