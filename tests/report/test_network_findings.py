from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tlsbench.report.findings import findings
from tlsbench.report.findings.chains import sent_before_the_answer
from tlsbench.report.pictures.network import network
from tlsbench.report.pictures.shapes import Lines
from tlsbench.results import Run
from tlsbench.stats import summarise

RunOf = Callable[[str], Run]
OVER = "workload=completion implementation=pyopenssl version=1.3 group=X25519MLKEM768 size=1KiB"


@pytest.fixture
def chains(run_of: RunOf) -> Run:
    return run_of(f"{OVER} key=ecdsa-secp256r1,ml-dsa-87 rtt=20ms,150ms initcwnd=10,30")


def headlines(run: Run) -> list[str]:
    return [finding.headline for finding in findings(run)]


def test_it_is_said_which_chains_cost_a_round_trip_at_which_window(chains: Run) -> None:
    said = {finding.headline: finding.details for finding in findings(chains)}
    window = "With an initial window of 10 segments 1 of 2 chains cost a handshake more than 1 round trip"
    assert said[window][0].startswith("ml-dsa-87 × 1 (14.")
    assert "With an initial window of 30 segments none of 2 chains costs an extra round trip" in said


def test_what_0_rtt_saves_is_said_by_round_trip_time(run_of: RunOf) -> None:
    run = run_of(f"{OVER} rtt=20ms,150ms resumption=none,early-data")
    [said] = [line for line in headlines(run) if line.startswith("0-RTT")]
    assert " 20." in said
    assert "ms at rtt=20ms, 150." in said


def test_what_post_quantum_costs_is_said_in_time_and_in_bytes(run_of: RunOf) -> None:
    over = "workload=completion implementation=pyopenssl version=1.3 size=1KiB rtt=20ms,150ms"
    run = run_of(f"{over} group=x25519,X25519MLKEM768 key=ecdsa-secp256r1")
    cells = []
    for cell in run.cells:
        later = 1e6 if cell.axes["group"] == "X25519MLKEM768" else 0.0
        total = float(cell.axes["rtt"].removesuffix("ms")) * 2e6 + later
        figures = {**cell.figures, "total": summarise([[total + at * 5 % 12] for at in range(12)])}
        cells.append(
            replace(cell, figures=figures, phases={**cell.phases, "first_byte": total / 2 + later / 2})
        )
    known = replace(run, cells=cells, noise_floor={})
    [said] = [one for one in findings(known) if one.headline.startswith("X25519MLKEM768")]
    assert said.headline == (
        "X25519MLKEM768 instead of x25519: the first byte of the answer comes later, by 1.0 ms at rtt=20ms, "
        "1.0 ms at rtt=150ms"
    )
    assert said.details[0].startswith("On the wire +1,")
    [noisy] = [
        one
        for one in findings(replace(known, noise_floor={"completion": 0.5}))
        if one.headline.startswith("X25519MLKEM768")
    ]
    assert "no significant difference in the time over a network" in noisy.headline
    assert not any("congestion window" in line for line in said.details)
    sooner = [
        replace(cell, phases={**cell.phases, "first_byte": 1e6 + 1e6 * (cell.axes["group"] == "x25519")})
        for cell in known.cells
    ]
    [odd] = [
        one for one in findings(replace(known, cells=sooner)) if one.headline.startswith("X25519MLKEM768")
    ]
    assert "comes sooner, by 1.0 ms" in odd.headline
    assert any("open the server's congestion window" in line for line in odd.details)


@pytest.mark.parametrize(
    ("busy", "words"),
    [(0.1, "the network takes longer in all cells"), (0.6, "in 4 cells it takes longer than the network")],
)
def test_the_share_of_the_processors_is_said(busy: float, words: str, chains: Run) -> None:
    cells = []
    for cell in chains.cells:
        total = cell.figures["total"].median
        sides = {side: summarise([[busy * total / 2]] * 8) for side in ("client", "server")}
        cells.append(replace(cell, figures={**cell.figures, **sides}))
    [said] = [line for line in headlines(replace(chains, cells=cells)) if line.startswith("Processor time")]
    assert words in said.replace("in 8", "in 4")
    assert f"{100 * busy:.1f} % at rtt=150ms" in said


def test_the_picture_steps_up_where_a_chain_fills_the_window(chains: Run) -> None:
    picture = network(chains)
    assert picture is not None
    assert isinstance(picture.shape, Lines)
    rises = {line.name: line.y[1] / line.y[0] > 1.5 for line in picture.shape.lines}
    assert rises == {
        "rtt=20ms initcwnd=10": True,
        "rtt=20ms initcwnd=30": False,
        "rtt=150ms initcwnd=10": True,
        "rtt=150ms initcwnd=30": False,
    }


def test_a_handshake_has_no_such_findings(run_of: RunOf) -> None:
    run = run_of("implementation=fake")
    assert network(run) is None
    assert not [line for line in headlines(run) if line.startswith(("Processor", "With an"))]


def test_what_the_server_sends_is_counted_without_the_answer(run_of: RunOf) -> None:
    small, large = (
        sent_before_the_answer(run_of(OVER.replace("1KiB", size)).cells[0]) for size in ("1KiB", "16KiB")
    )
    assert abs(small - large) < 16
