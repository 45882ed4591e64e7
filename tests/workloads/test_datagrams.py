"""The datagram half of the contract, driven by ``fake`` in datagrams that may be lost or doubled."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import HandshakeError, MeasurementError, ProofError
from tlsbench.implementations import Endpoint, Negotiated
from tlsbench.implementations.registry import capabilities, spellings, tls_library
from tlsbench.links import (
    STREAM,
    Direction,
    Entry,
    MemoryDatagrams,
    Observed,
    WireReader,
    flights,
    summarise,
)
from tlsbench.pki import peers_for
from tlsbench.scenarios import expand, parse
from tlsbench.workloads.datagrams import DatagramExchange, shake_hands_by_datagrams
from tlsbench.workloads.proof import prove

#: Number of the flight, of the part, and of parts: before each part of a flight.
_HEADER_BYTES = 3
_MTU = 200
_SECOND = 1_000_000_000
_MOST_TIMEOUTS = 5


class InDatagrams:
    """An end over a stream, in datagrams: parts of flights, each flight sent again until it is answered."""

    def __init__(self, end: Endpoint, *, has_timer: bool = True) -> None:
        self._end = end
        self._has_timer = has_timer
        self._flight: list[bytes] = []  # the last, until it is answered
        self._waiting: list[bytes] = []
        self._sent = self._taken = 0
        self._parts: dict[int, bytes] = {}
        self._due_ns: int | None = None
        self._timeouts = 0
        self._repeated_ns = 0

    def handshake(self) -> bool:
        return self._end.handshake()

    def write(self, data: bytes) -> None:
        self._end.write(data)

    def read(self) -> bytes:
        return self._end.read()

    def negotiated(self) -> Negotiated:
        return self._end.negotiated()

    def session(self) -> object | None:
        return self._end.session()

    def close(self) -> None:
        self._end.close()

    def datagrams_to_send(self, now_ns: int) -> Sequence[bytes]:
        if data := self._end.data_to_send():
            room = _MTU - _HEADER_BYTES
            parts = [data[at : at + room] for at in range(0, len(data), room)]
            self._flight = [bytes((self._sent, at, len(parts))) + part for at, part in enumerate(parts)]
            self._sent += 1
            self._waiting, self._timeouts = list(self._flight), 0
            self._due_ns = now_ns + _SECOND if self._has_timer else None
        datagrams, self._waiting = self._waiting, []
        return datagrams

    def receive_datagram(self, datagram: bytes, now_ns: int) -> None:
        number, at, of = datagram[:_HEADER_BYTES]
        if number < self._taken:
            if now_ns > self._repeated_ns:  # once, or two who repeat themselves never end
                self._waiting, self._repeated_ns = list(self._flight), now_ns  # the answer to it was lost
            return
        self._parts[at] = datagram[_HEADER_BYTES:]
        if len(self._parts) == of:
            self._end.receive_data(b"".join(part for _, part in sorted(self._parts.items())))
            self._parts, self._taken, self._due_ns = {}, number + 1, None

    def timer_ns(self) -> int | None:
        return self._due_ns

    def handle_timer(self, now_ns: int) -> None:
        self._timeouts += 1
        if self._timeouts > _MOST_TIMEOUTS:
            raise HandshakeError("the other side does not answer")
        self._waiting = list(self._flight)
        self._due_ns = now_ns + (_SECOND << self._timeouts)


class Contexts:
    """Both sides of ``fake`` in datagrams."""

    def __init__(self, *, has_timer: bool = True) -> None:
        matrix = expand([parse(["implementation=fake"], spellings())], capabilities())
        (self.scenario,) = matrix.scenarios
        self.peers = peers_for(self.scenario)
        fake = tls_library("fake")
        self._clients = fake.client_context(self.scenario, self.peers)
        self._servers = fake.server_context(self.scenario, self.peers)
        self._has_timer = has_timer

    def connect(self, session: object | None = None, early_data: bytes = b"") -> InDatagrams:
        return InDatagrams(self._clients.connect(session, early_data), has_timer=self._has_timer)

    def accept(self) -> InDatagrams:
        return InDatagrams(self._servers.accept(), has_timer=self._has_timer)

    def shake(
        self, link: MemoryDatagrams, clock: Callable[[], int] = time.perf_counter_ns
    ) -> DatagramExchange:
        return shake_hands_by_datagrams(self, self, link, clock)


class Unreliable(MemoryDatagrams):
    """Loses some of the datagrams, by their place in the order of sending, and doubles others."""

    def __init__(self, lost: Collection[int] = (), doubled: Collection[int] = ()) -> None:
        super().__init__()
        self._lost, self._doubled = lost, doubled
        self._places = itertools.count()

    def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        place = next(self._places)
        arrived = super().carry(direction, datagram)
        return () if place in self._lost else arrived * (1 + (place in self._doubled))


def observe(entries: Iterable[Entry]) -> Observed:
    """What the first flights say: their parts without headers, each part once."""
    stream: dict[tuple[Direction, bytes], bytes] = {}
    for direction, datagram in entries:
        stream.setdefault((direction, datagram[:_HEADER_BYTES]), datagram[_HEADER_BYTES:])
    return STREAM.observe([(direction, part) for (direction, _), part in stream.items()])


READER = WireReader(observe, lambda _entries: 0)


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
    assert all(len(datagram) <= _MTU for _, datagram in exchange.entries)
    assert [len(flight.parts) for flight in flights(exchange.entries)] == [1, 4, 1, 1]
    assert exchange.waited_ns == 0
    assert exchange.client.session() is not None


@pytest.mark.parametrize("place", range(6))
def test_whatever_single_datagram_is_lost_a_timer_brings_it_again(place: int, contexts: Contexts) -> None:
    whole = contexts.shake(MemoryDatagrams())
    exchange = proved(contexts.shake(Unreliable(lost={place})), contexts)
    assert exchange.waited_ns == _SECOND
    assert len(exchange.entries) > len(whole.entries)


def test_a_flight_that_is_lost_twice_is_waited_for_twice_as_long_the_second_time(contexts: Contexts) -> None:
    assert proved(contexts.shake(Unreliable(lost={0, 1})), contexts).waited_ns == 3 * _SECOND


def test_time_moves_to_the_timer_that_is_due_first() -> None:
    class Patient(InDatagrams):
        def timer_ns(self) -> int | None:
            return None if self._due_ns is None else self._due_ns + 5 * _SECOND

    class PatientServers(Contexts):
        def accept(self) -> InDatagrams:
            return Patient(self._servers.accept())

    contexts = PatientServers()
    assert proved(contexts.shake(Unreliable(lost={1})), contexts).waited_ns == _SECOND


def test_virtual_time_costs_no_real_time(contexts: Contexts) -> None:
    began = time.monotonic_ns()
    exchange = contexts.shake(Unreliable(lost={0, 1, 2, 3}))
    assert exchange.waited_ns > time.monotonic_ns() - began


@given(
    lost=st.sets(st.integers(0, 30), max_size=8),
    doubled=st.sets(st.integers(0, 30), max_size=8),
)
def test_any_loss_and_any_doubling_ends_in_a_proof_or_in_an_error(lost: set[int], doubled: set[int]) -> None:
    contexts = Contexts()
    try:
        exchange = contexts.shake(Unreliable(lost, doubled))
    except MeasurementError:
        assert len(lost) > 4, "with fewer, one of six tries brings each flight over"
        return
    proved(exchange, contexts)


def test_who_gets_no_answer_gives_up(contexts: Contexts) -> None:
    with pytest.raises(HandshakeError, match="does not answer"):
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

    with pytest.raises(MeasurementError, match="did not end in"):
        Both().shake(Unreliable(lost={0}))


def test_each_side_is_charged_for_its_own_calls_alone(contexts: Contexts) -> None:
    ticks = itertools.count()
    exchange = contexts.shake(Unreliable(lost={0}), ticks.__next__)
    assert exchange.client_ns > 0
    assert exchange.server_ns > 0
    assert exchange.client_ns + exchange.server_ns < exchange.total_ns


def test_the_proof_is_of_this_very_scenario(contexts: Contexts) -> None:
    exchange = contexts.shake(MemoryDatagrams())
    with pytest.raises(ProofError, match="resumption: wanted psk, got none"):
        prove(exchange, contexts.scenario, contexts.peers, "psk", reader=READER)
