from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tlsbench.report.findings import findings
from tlsbench.report.pictures import Dots, Lines
from tlsbench.report.pictures.runs import pictures_of_run
from tlsbench.results import Cell, Run
from tlsbench.scenarios.profiles import TRANSPORTS

RunOf = Callable[[str], Run]
Taking = Callable[[Run, Callable[[Cell], float]], Run]
pytest.importorskip("aioquic")
BESIDE = "version=1.3 group=secp256r1 key=ecdsa-secp256r1 address_check=no"


def by_transport(cell: Cell) -> float:
    return 1e6 if cell.axes["transport"] == "quic" else 5e5


def said(run: Run, start: str) -> list[str]:
    return [str(finding) for finding in findings(run) if finding.headline.startswith(start)]


def test_quic_saves_the_round_trip_that_opens_tcp(run_of: RunOf, taking: Taking) -> None:
    run = taking(run_of(f"implementation=pyopenssl,aioquic {BESIDE}"), by_transport)
    [told] = said(run, "QUIC by aioquic instead of TLS by pyopenssl")
    assert "×2.0 [2.0, 2.0] in the time of a handshake" in told
    assert "1 round trip until the client may send instead of 2, because TCP is not opened first" in told
    assert "datagrams, over TLS" in told


def test_round_trips_are_said_where_times_cannot_be_told_apart(run_of: RunOf, taking: Taking) -> None:
    run = taking(run_of(f"implementation=pyopenssl,aioquic {BESIDE}"), lambda _cell: 1e6)
    [told] = said(run, "QUIC by aioquic instead of TLS by pyopenssl")
    assert told.endswith("no significant difference in the time of a handshake")


def test_what_a_byte_costs_has_an_interval(run_of: RunOf, taking: Taking) -> None:
    run = run_of(f"workload=bulk implementation=pyopenssl,aioquic {BESIDE} size=1KiB")
    [told] = said(taking(run, by_transport), "QUIC by aioquic")
    assert "×2.0 [2.0, 2.0] in the time of a byte of bulk data" in told
    assert "244 ns [244, 24" in told
    assert "489 ns [488, 4" in told
    assert " a byte, sealed and opened; client ×2.0 [2.0, 2.0]" in told


def test_a_library_is_compared_with_its_own_tls_where_it_has_one(run_of: RunOf, taking: Taking) -> None:
    same = "version=1.2 group=secp256r1 key=ecdsa-secp256r1 size=1KiB"
    run = run_of(f"workload=bulk implementation=libssl,pyopenssl transport=tls,dtls {same}")
    run = taking(run, lambda cell: 1e6 if cell.axes["transport"] == "dtls" else 9e5)
    for library in ("libssl", "pyopenssl"):
        assert len(said(run, f"DTLS by {library} instead of TLS: +11 %")) == 1


@pytest.mark.slow
def test_chains_beyond_three_times_what_came_cost_a_round_trip(run_of: RunOf) -> None:
    run = run_of("implementation=aioquic transport=quic key=ecdsa-secp256r1,rsa-4096 chain_length=1,3")
    [told] = said(run, "A QUIC server sends at most 3 times")
    assert "with aioquic 1 of 4 chains cost a handshake more than 1 round trip" in told
    assert "rsa-4096 × 3 (3,600 bytes sent for 1,200 received" in told
    assert told.endswith("2 round trips)")


@pytest.mark.slow
def test_chains_with_keys_of_other_types_are_chains_of_their_own(run_of: RunOf) -> None:
    run = run_of(
        "implementation=aioquic transport=quic key=ecdsa-secp256r1 chain_length=5 "
        "intermediate_key=same,rsa-4096"
    )
    [told] = said(run, "A QUIC server sends at most 3 times")
    assert "1 of 2 chains cost a handshake more" in told
    assert "ecdsa-secp256r1 under rsa-4096 × 5" in told


def test_of_small_chains_it_is_said_that_none_costs_one(run_of: RunOf) -> None:
    run = run_of("implementation=aioquic transport=quic key=ecdsa-secp256r1 chain_length=1,2")
    [told] = said(run, "A QUIC server sends at most 3 times")
    assert told.endswith("with aioquic none of 2 chains costs an extra round trip")


def test_a_retry_adds_a_round_trip(run_of: RunOf, taking: Taking) -> None:
    run = run_of("implementation=aioquic transport=quic key=ecdsa-secp256r1 address_check=no,yes")
    run = taking(run, lambda cell: 1e6 if cell.axes["address_check"] == "yes" else 9e5)
    [told] = said(run, "A check of the client's address")
    assert "and 1 round trip more (1 → 2)" in told


OVER = "workload=completion version=1.3 group=secp256r1 rtt=20ms,150ms size=1KiB"


def test_over_a_network_quic_is_sooner_by_the_opening_of_tcp(run_of: RunOf) -> None:
    run = run_of(f"{OVER} implementation=pyopenssl,aioquic key=ecdsa-secp256r1")

    def at_once(cell: Cell) -> Cell:
        first = 2 * float(cell.axes["rtt"].removesuffix("ms")) * 1e6
        return replace(cell, phases={**cell.phases, "first_byte": first})

    [told] = said(replace(run, cells=[at_once(cell) for cell in run.cells]), "QUIC by aioquic")
    assert "sooner by 20.0 ms at rtt=20ms, 150.0 ms at rtt=150ms" in told


@pytest.mark.slow
def test_over_a_network_long_chains_cost_a_round_trip_too(run_of: RunOf) -> None:
    run = run_of(f"{OVER} implementation=pyopenssl,aioquic key=rsa-4096 chain_length=1,3")
    [told] = said(run, "A QUIC server sends at most 3 times")
    assert "with aioquic over a network 1 of 2 chains" in told
    [of_tcp] = said(run, "With an initial window of 10 segments")
    assert "none of 2 chains" in of_tcp
    one_over_tls = [
        cell for cell in run.cells if cell.axes["transport"] == "quic" or cell.axes["chain_length"] == "1"
    ]
    assert not said(replace(run, cells=one_over_tls), "With an initial window"), "QUIC's are no part of it"


def test_the_picture_has_a_point_for_each_workload_and_library(run_of: RunOf, taking: Taking) -> None:
    run = run_of(f"workload=handshake,bulk implementation=pyopenssl,aioquic {BESIDE} size=1KiB")
    run = taking(run, by_transport)
    [picture] = (one for one in pictures_of_run(run) if one.kind == "transports")
    assert isinstance(picture.shape, Dots)
    assert picture.shape.labels == ["QUIC by aioquic, handshake", "QUIC by aioquic, bulk"]
    assert picture.shape.values == pytest.approx([2.0, 2.0])
    assert picture.shape.kinds == ["slower", "slower"]
    over_tls = [cell for cell in run.cells if cell.axes["transport"] == "tls"]
    assert not [one for one in pictures_of_run(replace(run, cells=over_tls)) if one.kind == "transports"]


@pytest.mark.slow
def test_the_picture_of_a_network_has_lines_of_each_transport(run_of: RunOf) -> None:
    run = run_of(f"{OVER} implementation=pyopenssl,aioquic key=rsa-4096 chain_length=1,3")
    [picture] = (one for one in pictures_of_run(run) if one.kind == "network")
    assert isinstance(picture.shape, Lines)
    assert {line.name for line in picture.shape.lines} == {
        f"transport={transport} rtt={rtt}" for transport in ("tls", "quic") for rtt in ("20ms", "150ms")
    }


def test_the_profile_has_each_transport_beside_tls() -> None:
    words = {word for line in TRANSPORTS.selections for word in line.split()}
    assert {"transport=tls,quic", "transport=tls,dtls", "workload=bulk,echo,request"} <= words
