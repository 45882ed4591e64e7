"""Connections over datagrams that may be lost or duplicated, driven in virtual time."""

from __future__ import annotations

import dataclasses
import itertools
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.workloads import in_datagrams
from tests.workloads.in_datagrams import (
    MTU,
    READER,
    SECOND,
    Contexts,
    FakeInDatagrams,
    InDatagrams,
    Unreliable,
)

from tlsbench.errors import HandshakeError, MeasurementError, ProofError
from tlsbench.links import MemoryDatagrams, flights, summarise
from tlsbench.scenarios import expand, parse
from tlsbench.workloads import Workload, prepare, transports
from tlsbench.workloads.datagrams import DatagramExchange
from tlsbench.workloads.proof import prove


def near(virtual_ns: int) -> Any:
    """A time of which the network's part is small."""
    return pytest.approx(virtual_ns, rel=1e-3)


@pytest.fixture(scope="module")
def contexts() -> Contexts:
    return Contexts()


def proved(exchange: DatagramExchange, contexts: Contexts) -> DatagramExchange:
    prove(exchange, contexts.scenario, contexts.peers, "none", reader=READER)
    exchange.close()
    return exchange


def test_a_handshake_is_proved_and_its_flights_are_counted_from_datagrams(contexts: Contexts) -> None:
    exchange = proved(contexts.shake(MemoryDatagrams()), contexts)
    assert summarise(exchange.entries).flights == 4
    assert all(len(datagram) <= MTU for _, datagram in exchange.entries)
    assert [len(flight.parts) for flight in flights(exchange.entries)] == [1, 4, 1, 1]
    assert exchange.waited_ns == 0
    assert exchange.client.session() is not None


@pytest.mark.parametrize("place", range(6))
def test_whatever_single_datagram_is_lost_a_timer_brings_it_again(place: int, contexts: Contexts) -> None:
    whole = contexts.shake(MemoryDatagrams())
    exchange = proved(contexts.shake(Unreliable(lost={place})), contexts)
    assert exchange.waited_ns == near(SECOND)
    assert len(exchange.entries) > len(whole.entries)


def test_a_flight_that_is_lost_twice_is_waited_for_twice_as_long_the_second_time(contexts: Contexts) -> None:
    assert proved(contexts.shake(Unreliable(lost={0, 1})), contexts).waited_ns == near(3 * SECOND)


def test_time_moves_to_the_timer_that_is_due_first() -> None:
    class Patient(InDatagrams):
        def timer_ns(self) -> int | None:
            return None if self._due_ns is None else self._due_ns + 5 * SECOND

    class PatientServers(Contexts):
        def accept(self) -> InDatagrams:
            return Patient(self._servers.accept())

    contexts = PatientServers()
    assert proved(contexts.shake(Unreliable(lost={1})), contexts).waited_ns == near(SECOND)


def test_virtual_time_costs_no_real_time(contexts: Contexts) -> None:
    began = time.monotonic_ns()
    exchange = contexts.shake(Unreliable(lost={0, 1, 2, 3}))
    assert exchange.waited_ns > time.monotonic_ns() - began


@given(
    lost=st.sets(st.integers(0, 30), max_size=8),
    doubled=st.sets(st.integers(0, 30), max_size=8),
    late=st.sets(st.integers(0, 30), max_size=4),
)
def test_whatever_is_lost_doubled_or_late_it_ends_in_a_proof_or_in_an_error(
    lost: set[int], doubled: set[int], late: set[int]
) -> None:
    contexts = Contexts()
    try:
        exchange = contexts.shake(Unreliable(lost, doubled, late))
    except MeasurementError:
        assert len(lost | late) > 4, "with fewer, one of five tries brings each flight over"
        return
    proved(exchange, contexts)


def test_a_library_that_gets_no_answer_gives_up(contexts: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_datagrams, "_MOST_TIMEOUTS", 2)
    with pytest.raises(HandshakeError, match="does not answer"):
        contexts.shake(Unreliable(lost=range(1000)))


def test_no_handshake_waits_for_answers_longer_than_its_limit(contexts: Contexts) -> None:
    with pytest.raises(MeasurementError, match="did not end within 20 s of waiting for answers"):
        contexts.shake(Unreliable(lost=range(1000)))


def test_without_a_timer_a_loss_is_a_stall() -> None:
    with pytest.raises(MeasurementError, match="stalled"):
        Contexts(has_timer=False).shake(Unreliable(lost={0}))


def test_a_timer_that_brings_nothing_on_ends_the_rounds(contexts: Contexts) -> None:
    class Restless(InDatagrams):
        def handle_timer(self, now_ns: int) -> None:
            self._due_ns = now_ns + 1

    class Both(Contexts):
        def connect(self, session: object | None = None, early_data: bytes = b"") -> InDatagrams:
            return Restless(self._clients.connect(session, early_data))

    with pytest.raises(MeasurementError, match="did not end within"):
        Both().shake(Unreliable(lost={0}))


def test_each_side_is_charged_for_its_own_calls_alone(contexts: Contexts) -> None:
    ticks = itertools.count()
    exchange = contexts.shake(Unreliable(lost={0}), ticks.__next__)
    assert exchange.client_ns > 0
    assert exchange.server_ns > 0
    assert exchange.client_ns + exchange.server_ns < exchange.total_ns


@pytest.mark.parametrize("call", ["receive_datagram", "datagrams_to_send", "handshake", "read"])
def test_whatever_an_end_does_is_charged_to_its_side(call: str) -> None:
    clock_ns = [0]

    class Slow(InDatagrams):
        pass

    def slow(self: InDatagrams, *arguments: Any) -> Any:
        clock_ns[0] += 1_000_000
        return getattr(InDatagrams, call)(self, *arguments)

    setattr(Slow, call, slow)

    class SlowClients(Contexts):
        def connect(self, session: object | None = None, early_data: bytes = b"") -> InDatagrams:
            return Slow(self._clients.connect(session, early_data))

    exchange = SlowClients().shake(MemoryDatagrams(), lambda: clock_ns[0])
    assert exchange.client_ns == clock_ns[0] == exchange.total_ns >= 1_000_000
    assert exchange.server_ns == 0
    assert (exchange.client_tickets_ns > 0) is (call in ("receive_datagram", "read"))


def test_the_proof_is_of_this_very_scenario(contexts: Contexts) -> None:
    exchange = contexts.shake(MemoryDatagrams())
    with pytest.raises(ProofError, match="resumption: wanted psk, got none"):
        prove(exchange, contexts.scenario, contexts.peers, "psk", reader=READER)


@pytest.fixture
def workload_in_parts(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A cell of ``fake`` in datagrams, as a library with its own transport would have it."""
    parts = FakeInDatagrams()
    row = transports.TRANSPORTS["dtls"]
    changed = dataclasses.replace(row, reader=READER, reader_of_joined=READER)
    monkeypatch.setitem(transports.TRANSPORTS, "dtls", changed)  # type: ignore[arg-type]

    def make(selectors: str) -> Workload:
        asked = parse([f"implementation=parts transport=dtls {selectors}"], ("parts",))
        matrix = expand([asked], {"parts": parts.capabilities()})
        assert not matrix.excluded
        return prepare(matrix.scenarios[0], {"parts": parts}, time.perf_counter_ns)

    return make


@pytest.mark.parametrize(
    ("selectors", "datagrams"),
    [("", (2, 5)), ("version=1.2", (2, 5)), ("resumption=psk", (2, 2))],
)
def test_a_handshake_has_a_ledger_of_its_datagrams(
    selectors: str, datagrams: tuple[int, int], workload_in_parts: Any
) -> None:
    cell = workload_in_parts(selectors)
    for _ in range(3):
        ledger = cell.sample().ledger
    assert (ledger.client_datagrams, ledger.server_datagrams) == datagrams
    assert ledger.sizes is not None
    assert sum(map(len, ledger.sizes)) == sum(datagrams)
    assert sum(map(sum, ledger.sizes)) == ledger.client_bytes + ledger.server_bytes
    assert ledger.round_trips in (1, 2)


@pytest.mark.parametrize("size", ["1B", "1KiB", "1MiB"])
@pytest.mark.parametrize("workload", ["bulk", "echo"])
def test_bulk_and_echo_bring_every_byte_over_in_datagrams(
    workload: str, size: str, workload_in_parts: Any
) -> None:
    cell = workload_in_parts(f"workload={workload} size={size}")
    for _ in range(2):
        sample = cell.sample()
    assert sample.ledger.client_datagrams >= sample.ledger.client_bytes / MTU
    assert sample.ledger.sizes is None
    assert sample.client > 0 < sample.server
    assert sample.client + sample.server <= sample.total


@pytest.mark.parametrize("workload", ["bulk", "echo"])
def test_application_data_that_is_lost_without_a_timer_is_an_error(
    workload: str, workload_in_parts: Any
) -> None:
    cell = workload_in_parts(f"workload={workload} size=1KiB")
    cell.link = Unreliable()
    cell.sample()
    cell.link._lost = range(100_000)
    for side in (cell._exchange.client, cell._exchange.server):
        side._has_timer = False
    with pytest.raises(MeasurementError, match="bytes from client to server"):
        cell.sample()
