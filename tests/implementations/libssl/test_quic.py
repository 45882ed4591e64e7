"""QUIC by OpenSSL itself: each handshake is proved by both ends and by the wire."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError, MeasurementError
from tlsbench.implementations import DatagramImplementation
from tlsbench.implementations.libssl.bindings import ffi
from tlsbench.implementations.libssl.endpoint import reason
from tlsbench.implementations.libssl.library import LibSsl
from tlsbench.implementations.libssl.quic import LibSslQuicEnd
from tlsbench.implementations.registry import capabilities_of, implementation
from tlsbench.links import Direction, MemoryDatagrams
from tlsbench.pki import peers_for
from tlsbench.scenarios import Scenario
from tlsbench.workloads import stream
from tlsbench.workloads.datagrams import DatagramExchange, shake_hands_by_datagrams

Workloads = Callable[[str], Any]
Find = Callable[[str], tuple[Scenario, ...]]

WAYS = [
    "key=ecdsa-secp256r1",
    "key=rsa-2048",
    "key=ed25519",
    "key=ml-dsa-65 chain_length=2",
    "key=ml-dsa-87 chain_length=3",
    "group=X25519MLKEM768",
    "group=secp384r1 cipher=TLS_CHACHA20_POLY1305_SHA256",
    "cipher=TLS_AES_128_GCM_SHA256 chain_length=5 key=rsa-4096",
    "client_auth=required chain_length=2",
    "resumption=psk",
    "resumption=psk session=serialised",
    "tickets=0",
    "tickets=3",
    "ocsp=stapled",
    "trust=150",
    "signature=ecdsa_secp256r1_sha256",
    "security_level=2",
    "group=secp256r1 hello_retry=yes",
    "address_check=yes",
    "address_check=yes resumption=psk",
    "address_check=yes key=ml-dsa-65 chain_length=2 group=X25519MLKEM768",
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.slow
def test_a_handshake_is_proved_again_and_again(way: str, openssl_35: str, workload_of: Workloads) -> None:
    cell = workload_of(f"implementation={openssl_35} transport=quic {way}")
    for _ in range(3):
        sample = cell.sample()
        assert sample.client > 0
        assert sample.server > 0
        assert sample.client + sample.server < sample.total
    assert cell.proof()["version"] == "1.3"


def test_each_flight_is_in_the_ledger_with_its_datagrams(openssl_35: str, workload_of: Workloads) -> None:
    """A ClientHello and a Finished fill a datagram each (RFC 9000 section 14.1)."""
    sample = workload_of(f"implementation={openssl_35} transport=quic key=ecdsa-secp256r1").sample()
    assert sample.ledger.round_trips == 1
    assert sample.ledger.sizes[:3] == ((1200,), (1200,), (1200,))
    assert sample.ledger.coalesced == 2


def test_a_retry_adds_a_round_trip(openssl_35: str, workload_of: Workloads) -> None:
    plain, checked = (
        workload_of(f"implementation={openssl_35} transport=quic key=ecdsa-secp256r1 address_check={value}")
        for value in ("no", "yes")
    )
    assert checked.sample().ledger.round_trips == plain.sample().ledger.round_trips + 1


def test_a_chain_beyond_three_times_the_hello_costs_a_round_trip(
    openssl_35: str, workload_of: Workloads
) -> None:
    """RFC 9000 section 8.1: until then, the server may not send more to an address that is not validated."""
    cell = workload_of(
        f"implementation={openssl_35} transport=quic key=ml-dsa-65 chain_length=2 group=x25519"
    )
    ledger = cell.sample().ledger
    assert ledger.round_trips == 2
    assert ledger.sizes[0] == (1200,)
    assert 3 * 1200 - 16 < sum(ledger.sizes[1]) <= 3 * 1200


@pytest.mark.parametrize(
    "workload", ["bulk size=16KiB", "bulk size=1KiB", "echo size=512", "echo size=64KiB"]
)
@pytest.mark.parametrize("axes", ["cipher=TLS_AES_128_GCM_SHA256", "cipher=TLS_CHACHA20_POLY1305_SHA256"])
def test_what_goes_over_a_stream_arrives(
    workload: str, axes: str, openssl_35: str, workload_of: Workloads
) -> None:
    cell = workload_of(f"implementation={openssl_35} transport=quic workload={workload} {axes}")
    for _ in range(4):
        sample = cell.sample()
        assert sample.ledger.client_datagrams > 0
        assert sample.ledger.server_datagrams > 0


@pytest.mark.parametrize("workload", ["echo size=1KiB", "bulk size=1KiB", "handshake"])
def test_without_a_loss_nobody_sleeps(
    workload: str, openssl_35: str, workload_of: Workloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a peer waits 25 ms to acknowledge is acknowledged with what it sends next."""
    slept = []

    def wait(end: LibSslQuicEnd) -> None:
        slept.append(end)

    monkeypatch.setattr(LibSslQuicEnd, "wait", wait)
    cell = workload_of(f"implementation={openssl_35} transport=quic key=ecdsa-secp256r1 workload={workload}")
    for _ in range(20):
        cell.sample()
    assert len(slept) <= 4  # those that were preempted for some ms


@pytest.mark.parametrize("transport", ["quic", "tls"])
def test_a_connection_that_was_left_alone_is_made_anew_where_an_end_has_given_it_up(
    transport: str, openssl_35: str, workload_of: Workloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSL's server closes after 30 s: tried once with such a sleep, and without the new connection."""
    of = f"implementation={openssl_35} transport={transport} version=1.3 workload=echo size=1KiB"
    cell = workload_of(of)
    cell.sample()
    first = cell._exchange
    cell.sample()
    assert cell._exchange is first
    monkeypatch.setattr(stream, "_IDLE_SECONDS", 0.0)
    cell.sample()
    assert (cell._exchange is first) == (transport == "tls")


def test_more_than_a_stream_takes_at_once_arrives_too(openssl_35: str, scenarios_of: Find) -> None:
    (scenario,) = scenarios_of(f"implementation={openssl_35} transport=quic key=ecdsa-secp256r1")
    exchange = shaken(scenario)
    data = os.urandom(1 << 21)
    for direction in Direction:
        assert exchange.pour(direction, data, 2, time.perf_counter_ns).received == 2 * data
    exchange.close()


def test_what_its_quic_lacks_is_a_gap_with_the_reason(openssl_35: str) -> None:
    reasons = " ".join(gap.reason for gap in capabilities_of(openssl_35).gaps)
    for lacking in ("no early data", "no CCM", "datagrams of 1,200 bytes"):
        assert lacking in reasons


@pytest.fixture
def library(openssl_35: str) -> LibSsl:
    member = implementation(openssl_35)
    assert isinstance(member, LibSsl)
    return member


def test_early_data_is_neither_written_nor_read_over_quic(library: LibSsl, scenarios_of: Find) -> None:
    """The statement of the gap, tested; tickets that allow it have the only number that QUIC permits."""
    (scenario,) = scenarios_of(f"implementation={library.id} transport=quic key=ecdsa-secp256r1")
    peers, lib = peers_for(scenario), library.library
    clients = library.datagram_client_context(scenario, peers)
    servers = library.datagram_server_context(scenario, peers)
    lib.SSL_CTX_set_max_early_data(servers.context, 0xFFFFFFFF)
    clock = time.perf_counter_ns
    exchange = shake_hands_by_datagrams(clients, servers, MemoryDatagrams(), clock)
    session = exchange.client.session()
    exchange.close()
    client, server = clients.connect(session), servers.accept()
    written, buffer = ffi.new("size_t *"), ffi.new("char[16]")
    assert lib.SSL_write_early_data(client.tls, b"early", 5, written) == 0
    assert lib.SSL_read_early_data(server.tls, buffer, 16, written) == 0
    assert "called a function you should not call" in reason(lib)
    with pytest.raises(HandshakeError, match="has no early data"):
        clients.connect(session, b"early")


def test_a_suite_with_ccm_is_refused_over_quic(library: LibSsl, scenarios_of: Find) -> None:
    (scenario,) = scenarios_of(f"implementation={library.id} transport=quic key=ecdsa-secp256r1")
    with pytest.raises(HandshakeError, match="quic protocol error"):
        shaken(replace(scenario, cipher="TLS_AES_128_CCM_SHA256"))


def test_a_chain_that_the_client_does_not_trust_ends_the_handshake(
    library: LibSsl, scenarios_of: Find
) -> None:
    (scenario,) = scenarios_of(f"implementation={library.id} transport=quic key=ecdsa-secp256r1")
    peers = peers_for(scenario)
    stranger = replace(peers, root=pki.root_authority("ecdsa-secp384r1"))
    with pytest.raises(HandshakeError, match="certificate verify failed"):
        shake_hands_by_datagrams(
            library.datagram_client_context(scenario, stranger),
            library.datagram_server_context(scenario, peers),
            MemoryDatagrams(),
            time.perf_counter_ns,
        )


class Losing(MemoryDatagrams):
    """Loses one datagram, by its position in the order of sending."""

    def __init__(self, lost: int) -> None:
        super().__init__()
        self._left = lost

    def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        arrived = super().carry(direction, datagram)
        self._left -= 1
        return () if self._left == -1 else arrived


@pytest.mark.parametrize("lost", range(3))
def test_waiting_for_a_timer_in_real_time_is_charged_to_nobody(
    lost: int, library: LibSsl, scenarios_of: Find
) -> None:
    """The first timer is one second, from the initial round-trip time of 333 ms (RFC 9002 section 6.2.2)."""
    (scenario,) = scenarios_of(f"implementation={library.id} transport=quic key=ecdsa-secp256r1")
    began = time.perf_counter_ns()
    exchange = shaken(scenario, Losing(lost))
    elapsed_ns = time.perf_counter_ns() - began
    assert exchange.waited_ns > 0
    assert (
        exchange.client_ns + exchange.server_ns < exchange.total_ns <= elapsed_ns - 0.9 * exchange.waited_ns
    )
    assert exchange.client.negotiated().peer_verified
    exchange.close()


@pytest.mark.parametrize("lost", range(4, 8))
def test_a_server_that_must_hold_back_waits_for_its_client(
    lost: int, library: LibSsl, scenarios_of: Find
) -> None:
    """The acknowledgement of the first 3,600 bytes is lost or late: the client's timer brings it again."""
    of = "key=ml-dsa-65 chain_length=2 group=x25519"
    (scenario,) = scenarios_of(f"implementation={library.id} transport=quic {of}")
    exchange = shaken(scenario, Losing(lost))
    assert exchange.client.negotiated().peer_verified
    exchange.close()


def shaken(scenario: Scenario, link: MemoryDatagrams | None = None) -> DatagramExchange:
    member, peers = implementation(scenario.client), peers_for(scenario)
    assert isinstance(member, DatagramImplementation)
    clients = member.datagram_client_context(scenario, peers)
    servers = member.datagram_server_context(scenario, peers)
    return shake_hands_by_datagrams(clients, servers, link or MemoryDatagrams(), time.perf_counter_ns)


class Hostile(MemoryDatagrams):
    """Tampers with one datagram, by its position in the order of sending."""

    def __init__(self, place: int, what: str) -> None:
        super().__init__()
        self._left, self._what = place, what
        self._held: tuple[bytes, ...] = ()

    def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        arrived = super().carry(direction, datagram)
        self._left -= 1
        if self._left != -1:
            return arrived
        changed = bytearray(datagram)
        changed[len(datagram) // 2] ^= 1
        return {
            "doubled": arrived * 2,
            "cut": (datagram[: len(datagram) // 2],),
            "changed": (bytes(changed),),
            "behind noise": (os.urandom(1200), b"\0", *arrived),
        }[self._what]


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("what", ["doubled", "cut", "changed", "behind noise"])
@pytest.mark.slow
def test_what_is_done_to_a_datagram_is_overcome(
    place: int, what: str, library: LibSsl, scenarios_of: Find
) -> None:
    (scenario,) = scenarios_of(
        f"implementation={library.id} transport=quic key=rsa-2048 chain_length=2 address_check=yes"
    )
    exchange = shaken(scenario, Hostile(place, what))
    assert exchange.client.negotiated().peer_verified
    assert exchange.server.negotiated().cipher == scenario.cipher
    exchange.close()


@pytest.mark.slow
def test_a_peer_that_never_answers_ends_in_a_clear_error(library: LibSsl, scenarios_of: Find) -> None:
    class Deaf(MemoryDatagrams):
        def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
            super().carry(direction, datagram)
            return ()

    (scenario,) = scenarios_of(f"implementation={library.id} transport=quic key=ecdsa-secp256r1")
    with pytest.raises(MeasurementError, match="did not end within 20 s of waiting for answers"):
        shaken(scenario, Deaf())
