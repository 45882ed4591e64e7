"""``workload=completion``: a handshake, a request and its answer over a network in virtual time.

The ends are real: their computation takes the time that was measured. The network's time is computed by
:mod:`tlsbench.links.network`, so a round trip of 150 ms takes no time to measure.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tlsbench.errors import MeasurementError, ProofError
from tlsbench.implementations import ClientContext, Endpoint, ServerContext
from tlsbench.links import Direction, Entry, Ledger, Link, round_trips, summarise
from tlsbench.links.network import Completion, Network, Turn, complete
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.networks import read_bandwidth, read_loss, read_rtt
from tlsbench.units import VIRTUAL_NANOSECONDS
from tlsbench.workloads.credentials import resumes, wanted_resumption
from tlsbench.workloads.exchange import Connection, Exchange
from tlsbench.workloads.handshake import EARLY_DATA_BYTES, Handshake
from tlsbench.workloads.proof import prove
from tlsbench.workloads.records import prove_data_records
from tlsbench.workloads.sample import Clock, Sample
from tlsbench.workloads.writes import buffered, records

_NS_PER_MS = 1e6


@dataclass(slots=True)
class _End:
    """One end over TCP, which takes what arrives, computes and writes."""

    make: Callable[[], Endpoint]
    direction: Direction
    clock: Clock
    entries: list[Entry]
    buffer_bytes: int
    version: str
    sends_early: bool = False
    to_write: bytes = b""
    received: bytearray = field(default_factory=bytearray)
    endpoint: Endpoint = field(init=False)
    is_done: bool = False

    def start(self) -> Turn:
        began = self.clock()
        self.endpoint = self.make()
        return self._go_on(self.clock() - began)

    def receive(self, data: bytes) -> Turn:
        self.endpoint.receive_data(data)
        return self._go_on(0)

    def _go_on(self, spent_ns: int) -> Turn:
        endpoint, clock = self.endpoint, self.clock
        writes: list[bytes] = []
        was_done = self.is_done
        if not was_done:
            began = clock()
            self.is_done = endpoint.handshake()
            spent_ns += clock() - began
            flight = endpoint.data_to_send()
            is_tickets = self.is_done and self.direction is Direction.TO_CLIENT and self.version == "1.3"
            writes += records(flight) if is_tickets else buffered(flight, self.buffer_bytes)
        began = clock()
        if self.is_done:
            self.received += endpoint.read()
        answer = self._answer()
        if answer:
            endpoint.write(answer)
        spent_ns += clock() - began
        writes += records(endpoint.data_to_send())
        self.entries += [(self.direction, data) for data in writes]
        is_client = self.direction is Direction.TO_SERVER
        return Turn(
            spent_ms=spent_ns / _NS_PER_MS,
            writes=writes,
            may_send=is_client and (self.is_done or self.sends_early),
            answered=len(self.received) if is_client else 0,
        )

    def _answer(self) -> bytes:
        """Return the data to write now: the client's request, or the server's answer to it."""
        is_client = self.direction is Direction.TO_SERVER
        has_request = len(self.received) >= EARLY_DATA_BYTES or self._has_early_data()
        if not (self.is_done if is_client else has_request):
            return b""
        data, self.to_write = self.to_write, b""
        return data

    def _has_early_data(self) -> bool:
        return self.sends_early and bool(self.entries) and bool(self.endpoint.negotiated().early_data)


@dataclass(frozen=True, slots=True)
class Talked:
    """An exchange over a network: when it was complete, and what the ends and the wire say about it.

    :param answer: what the client received.
    :param request: what the server received, without early data.
    """

    completion: Completion
    exchange: Connection
    answer: bytes
    request: bytes
    ledger: Ledger


@dataclass(slots=True)
class NetworkCell(Handshake):
    """A cell of exchanges over a network, with different random losses in each sample.

    Whatever the meter, the ends' computation is measured in the thread's processor time.
    """

    _request: bytes = field(default=b"", init=False)
    _answer: bytes = field(default=b"", init=False)
    _taken: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        # Time during which the thread is switched out would distort the simulated network.
        self.clock = time.thread_time_ns
        self._request = os.urandom(EARLY_DATA_BYTES)
        self._answer = os.urandom(self.scenario.size)

    def sample(self) -> Sample:
        return self.visit(0, 1)[0]

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        for _ in range(rewarm):
            self._sample(0)
        found = []
        for _ in range(samples):
            found.append(self._sample(self._taken))
            self._taken += 1
        return found

    def talk(self, network: Network, session: object | None, *, is_early: bool) -> Talked:
        """Run a handshake, a request and its answer between two new ends over a network.

        :raises MeasurementError: if the exchange does not complete.
        """
        raise NotImplementedError

    def _sample(self, seed: int) -> Sample:
        is_early = self.scenario.resumption == "early-data"
        session = self._usable_session() if resumes(self.scenario) else None
        talked = self.talk(network_of(self.scenario, seed), session, is_early=is_early)
        completion, exchange = talked.completion, talked.exchange
        self._keep_session(exchange)
        early, has_session = self._request if is_early else b"", session is not None
        wanted = wanted_resumption(self.scenario, has_session=has_session)
        self._proof = prove(
            exchange, self.scenario, self.peers, wanted, early, reader=self.reader, has_session=has_session
        )
        self._look_once()
        self._prove_answer(talked.answer, early if is_early else talked.request)
        # The client's request is smaller than most record limits, so the answer is checked.
        answered = (entry for entry in exchange.entries if entry[0] is Direction.TO_CLIENT)
        prove_data_records(self.scenario, answered, self.scenario.size)
        self._look([exchange.entries])
        exchange.close()
        return Sample(
            client=round(completion.client_ms * _NS_PER_MS),
            server=round(completion.server_ms * _NS_PER_MS),
            total=round(completion.done_ms * _NS_PER_MS),
            ledger=talked.ledger,
            phases=_phases(completion),
            unit=VIRTUAL_NANOSECONDS,
        )

    def _prove_answer(self, answer: bytes, request: bytes) -> None:
        for what, wanted, got, witness in (
            ("answer", self._answer, answer, "client"),
            ("request", self._request, request, "server"),
        ):
            if wanted != got:
                raise ProofError(
                    what, wanted=f"{len(wanted)} bytes as sent", got=f"{len(got)} bytes", witness=witness
                )


@dataclass(slots=True)
class CompletionCell(NetworkCell):
    """A cell of exchanges over TCP."""

    clients: ClientContext
    servers: ServerContext
    link: Link

    #: For each side, the size in bytes of the buffer through which its handshake is written.
    buffers: tuple[int, int] = (0, 0)

    def talk(self, network: Network, session: object | None, *, is_early: bool) -> Talked:
        version, early = self.scenario.version, self._request if is_early else b""
        entries: list[Entry] = []
        client = _End(
            lambda: self.clients.connect(session, early),
            Direction.TO_SERVER,
            self.clock,
            entries,
            self.buffers[0],
            version,
            sends_early=is_early,
            to_write=b"" if is_early else self._request,
        )
        server = _End(
            self.servers.accept,
            Direction.TO_CLIENT,
            self.clock,
            entries,
            self.buffers[1],
            version,
            sends_early=is_early,
            to_write=self._answer,
        )
        completion = complete(network, client, server, len(self._answer))
        counted = round_trips(entries, version, early_data=is_early)
        if completion.handshake_round_trips < counted.count:
            raise MeasurementError("the network was faster than the handshake's round trips")
        return Talked(
            completion,
            Exchange(client.endpoint, server.endpoint, 0, 0, 0, entries),
            bytes(client.received),
            bytes(server.received),
            replace(summarise(entries), round_trips=counted.count, handshake_flights=counted.flights),
        )


def _phases(completion: Completion) -> dict[str, int]:
    return {
        "handshake": round(completion.handshake_ms * _NS_PER_MS),
        "first_byte": round(completion.first_byte_ms * _NS_PER_MS),
        "handshake_round_trips": completion.handshake_round_trips,
        "round_trips": completion.round_trips,
        "segments": completion.segments,
        **({} if completion.retransmissions is None else {"retransmissions": completion.retransmissions}),
    }


def network_of(scenario: Scenario, seed: int = 0) -> Network:
    """Return the network that a scenario describes."""
    return Network(
        rtt_ms=read_rtt(scenario.rtt),
        bandwidth_mbit=read_bandwidth(scenario.bandwidth),
        loss=read_loss(scenario.loss),
        mss=int(scenario.mss),
        initcwnd=int(scenario.initcwnd),
        nodelay=scenario.nodelay == "on",
        congestion=scenario.congestion,
        seed=seed,
    )
