"""``workload=completion`` over QUIC: real ends, with timers and losses in virtual time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tlsbench.implementations import DatagramImplementation
from tlsbench.implementations.registry import capabilities, implementations, spellings
from tlsbench.scenarios import expand, parse
from tlsbench.workloads import Workload

WorkloadOf = Callable[[str], Workload]
LIBRARIES = [
    name for name in ("aioquic", "qh3") if isinstance(implementations()[name], DatagramImplementation)
]
pytestmark = pytest.mark.skipif(not LIBRARIES, reason="neither aioquic nor qh3 is installed")
OVER = "workload=completion transport=quic key=ecdsa-secp256r1 rtt=50ms size=4KiB"
MS = 1e6


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("more", "handshake", "least_rtts"),
    [("", 1, 2), ("address_check=yes", 2, 3), ("resumption=psk", 1, 2), ("resumption=early-data", 0, 1)],
)
def test_an_exchange_takes_its_round_trips_and_what_is_computed(
    library: str, more: str, handshake: int, least_rtts: int, workload_of: WorkloadOf
) -> None:
    workload = workload_of(f"{OVER} implementation={library} {more}")
    sample = workload.sample()  # this proves what was negotiated, and compares request and answer
    assert sample.phases is not None
    assert sample.phases["handshake_round_trips"] == sample.ledger.round_trips == handshake
    assert sample.phases["round_trips"] >= least_rtts
    assert sample.total >= least_rtts * 50 * MS
    assert sample.total <= sample.phases["round_trips"] * 50 * MS + sample.client + sample.server + 50 * MS
    assert "retransmissions" not in sample.phases


def test_over_a_network_quic_is_sooner_by_the_opening_of_tcp(workload_of: WorkloadOf) -> None:
    pytest.importorskip("aioquic")
    quic = workload_of(f"{OVER} implementation=aioquic").sample()
    tls = workload_of(f"{OVER} implementation=pyopenssl".replace("transport=quic", "version=1.3")).sample()
    opening = 50 * MS
    assert quic.total < tls.total + opening
    assert quic.ledger.round_trips == tls.ledger.round_trips == 1


def test_a_chain_beyond_what_a_server_may_send_costs_a_round_trip(workload_of: WorkloadOf) -> None:
    pytest.importorskip("aioquic")
    over = OVER.replace("ecdsa-secp256r1", "rsa-4096")
    small, large = (
        workload_of(f"{over} implementation=aioquic chain_length={length}").sample() for length in (1, 3)
    )
    assert large.ledger.round_trips == small.ledger.round_trips + 1 == 2  # type: ignore[operator]
    assert large.total > small.total + 25 * MS


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_lost_is_made_good_for_by_the_library(library: str, workload_of: WorkloadOf) -> None:
    workload = workload_of(f"{OVER} implementation={library} loss=5%".replace("4KiB", "64KiB"))
    for sample in workload.visit(0, 6):  # each with its own losses
        assert sample.total >= 100 * MS


@pytest.mark.parametrize("special", ["mss=1300", "initcwnd=30", "nodelay=off", "congestion=reno"])
def test_what_is_tcps_is_no_part_of_quic(special: str) -> None:
    matrix = expand([parse([f"{OVER} implementation=aioquic {special}"], spellings())], capabilities())
    assert not matrix.scenarios
    assert "applies to TCP only" in matrix.excluded[0].reason


def test_openssls_own_quic_keeps_real_time_and_says_so(openssl_35: str) -> None:
    selection = parse([f"{OVER} implementation={openssl_35}"], spellings())
    matrix = expand([selection], capabilities(selection))
    assert "real time" in matrix.excluded[0].reason
