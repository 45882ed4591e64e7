"""``fake`` in datagrams that may be lost or duplicated: the datagram half of the contract, for tests."""

from __future__ import annotations

import itertools
import struct
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from tlsbench.errors import HandshakeError
from tlsbench.implementations import Endpoint, Negotiated
from tlsbench.implementations.registry import capabilities, spellings, tls_library
from tlsbench.links import (
    STREAM,
    Direction,
    Entry,
    MemoryDatagrams,
    Observed,
    WireReader,
    summarise_datagrams,
)
from tlsbench.links.round_trips import RoundTrips, round_trips
from tlsbench.pki import Peers, peers_for
from tlsbench.scenarios import Capabilities, Scenario, expand, parse
from tlsbench.workloads.datagrams import DatagramExchange, shake_hands_by_datagrams

#: Before each part of a flight: number of the flight, number of the part, number of parts.
_HEADER = struct.Struct("!HHH")
_HEADER_BYTES = _HEADER.size
MTU = 200
SECOND = 1_000_000_000
_MOST_TIMEOUTS = 5


class InDatagrams:
    """A datagram end on top of a stream: flights in parts, each flight repeated until it is answered."""

    def __init__(self, end: Endpoint, *, has_timer: bool = True) -> None:
        self._end = end
        self._has_timer = has_timer
        self._flight: list[bytes] = []  # the last one, until it is answered
        self._waiting: list[bytes] = []
        self._sent = self._taken = 0
        self._parts: dict[int, bytes] = {}
        self._due_ns: int | None = None
        self._timeouts = 0
        self._repeated_ns = -SECOND

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
            room = MTU - _HEADER_BYTES
            parts = [data[at : at + room] for at in range(0, len(data), room)]
            self._flight = [_HEADER.pack(self._sent, at, len(parts)) + part for at, part in enumerate(parts)]
            self._sent += 1
            self._waiting, self._timeouts = list(self._flight), 0
            self._due_ns = now_ns + SECOND if self._has_timer else None
        datagrams, self._waiting = self._waiting, []
        return datagrams

    def receive_datagram(self, datagram: bytes, now_ns: int) -> None:
        number, at, of = _HEADER.unpack_from(datagram)
        if number < self._taken:
            if now_ns > self._repeated_ns + SECOND // 2:  # once, or two that repeat themselves never end
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
        self._due_ns = now_ns + (SECOND << self._timeouts)


class Contexts:
    """Both sides of ``fake`` in datagrams."""

    def __init__(
        self, scenario: Scenario | None = None, peers: Peers | None = None, *, has_timer: bool = True
    ) -> None:
        if scenario is None:
            (scenario,) = expand([parse(["implementation=fake"], spellings())], capabilities()).scenarios
        self.scenario = scenario
        self.peers = peers or peers_for(scenario)
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
    """Loses some datagrams, by their position in the order of sending, duplicates some, and delays others."""

    def __init__(
        self, lost: Collection[int] = (), doubled: Collection[int] = (), late: Collection[int] = ()
    ) -> None:
        super().__init__()
        self._lost, self._doubled, self._late = lost, doubled, late
        self._places = itertools.count()
        self._held: tuple[Direction, bytes] | None = None

    def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        place = next(self._places)
        (arrived,) = super().carry(direction, datagram)
        if place in self._lost:
            return ()
        if place in self._late and self._held is None:
            self._held = (direction, arrived)
            return ()
        found = (arrived,) * (1 + (place in self._doubled))
        if self._held is not None and self._held[0] is direction:
            found, self._held = (*found, self._held[1]), None
        return found


def observe(entries: Iterable[Entry]) -> Observed:
    """What the first flights contain: their parts without headers, each part once."""
    stream: dict[tuple[Direction, bytes], bytes] = {}
    for direction, datagram in entries:
        stream.setdefault((direction, datagram[:_HEADER_BYTES]), datagram[_HEADER_BYTES:])
    return STREAM.observe([(direction, part) for (direction, _), part in stream.items()])


def _as_stream(entries: Iterable[Entry]) -> list[Entry]:
    return [(direction, datagram[_HEADER_BYTES:]) for direction, datagram in entries]


def _round_trips(entries: Iterable[Entry], version: str, *, early_data: bool) -> RoundTrips:
    return round_trips(_as_stream(entries), version, early_data=early_data)


READER = WireReader(
    observe,
    lambda _entries: None,
    _round_trips,
    partial(summarise_datagrams, parts=lambda _datagram: 1),
)


@dataclass(frozen=True)
class FakeInDatagrams:
    """An implementation whose ends produce such datagrams."""

    id: str = "parts"
    summary: str = "fake, in datagrams"

    def engine(self) -> str:
        return "none"

    def capabilities(self) -> Capabilities:
        return Capabilities(supports=("transport", "mtu", "resumption"))

    def datagram_client_context(self, scenario: Scenario, peers: Peers) -> Contexts:
        return Contexts(scenario, peers)

    def datagram_server_context(self, scenario: Scenario, peers: Peers) -> Contexts:
        return Contexts(scenario, peers)
