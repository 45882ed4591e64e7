"""Lanes: what one thread repeats, handshakes or bulk transfers, with contexts that it may share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from tlsbench.errors import MeasurementError, ProofError
from tlsbench.implementations import ClientContext, Endpoint, JoinsEnds, ServerContext
from tlsbench.links import Entry, MemoryLink, WireReader
from tlsbench.pki import Peers
from tlsbench.scenarios import Scenario
from tlsbench.workloads.exchange import Exchange, shake_hands
from tlsbench.workloads.handshake import Handshake
from tlsbench.workloads.proof import prove
from tlsbench.workloads.scaling.turns import Lane

#: More steps than any TLS handshake takes.
_MOST_STEPS = 32
#: The most that is written at once to joined ends: they buffer no more for each other.
_MOST_JOINED_BYTES = 64 * 1024
#: After this many, a new connection is made: far below the 2^24.5 records of one key (RFC 8446 section 5.5).
_MOST_WRITES = 1 << 20


@dataclass(frozen=True, slots=True)
class Lanes:
    """Makes the lanes of a scenario.

    :param make_clients: makes a client context.
    :param make_servers: makes a server context.
    :param reader: reads the wire, in the way that the server's library requires.
    """

    scenario: Scenario
    peers: Peers
    make_clients: Callable[[], ClientContext]
    make_servers: Callable[[], ServerContext]
    reader: WireReader

    def makers(self, count: int) -> Iterator[Callable[[], Lane]]:
        """Yield the makers of ``count`` lanes, each to be called in the thread that will use the lane."""
        if self.scenario.context == "own":
            yield from [self._with_its_own] * count
            return
        clients, servers = self.make_clients(), self.make_servers()
        yield from [partial(self._on, clients, servers)] * count

    def _with_its_own(self) -> Lane:
        return self._on(self.make_clients(), self.make_servers())

    def _on(self, clients: ClientContext, servers: ServerContext) -> Lane:
        kind = BulkLane if self.scenario.task == "bulk" else HandshakeLane
        return kind(
            self.scenario,
            self.peers,
            clients,
            servers,
            MemoryLink(),
            time.perf_counter_ns,
            reader=self.reader,
        )


@dataclass(slots=True)
class _OverMemory(Handshake):
    """TLS handshakes in memory."""

    clients: ClientContext
    servers: ServerContext
    link: MemoryLink


@dataclass(slots=True)
class HandshakeLane(_OverMemory):
    """Handshakes, full or resumed, each with new ends, which the next one frees.

    If the library can, it joins the ends internally, which hides the wire: the first handshake of a lane is
    not joined, and its wire serves as the witness for those that are.
    """

    _seen: list[list[Entry]] = field(default_factory=list, init=False)
    _last: Exchange | None = field(default=None, init=False)
    _of_the_first: list[Entry] = field(default_factory=list, init=False)
    _joins: JoinsEnds | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.operate()
        assert self._last is not None
        self._of_the_first = self._last.entries
        self.prove()
        self._joins = joiner_of(self.scenario, self.clients)

    def operate(self) -> None:
        if self._last is not None:
            self._last.close()
        resumes = self.scenario.resumption != "none"
        session = self._usable_session() if resumes else None
        exchange = self._meet(session)
        if resumes and self.scenario.version == "1.3":
            self._session = self._session_of(exchange)
        if self._joins is None:
            self._seen.append(exchange.entries)
        self._last = exchange

    def _meet(self, session: object | None) -> Exchange:
        if self._joins is None:
            return shake_hands(self.clients, self.servers, self.link, self.clock, session)
        client, server = joined(self._joins, self.servers, session)
        if self.scenario.version == "1.3":
            client.read()  # session tickets
        return Exchange(client, server, 0, 0, 0, self._of_the_first)

    def prove(self) -> None:
        wanted = self.scenario.resumption
        for entries in self._seen:
            if (found := self.reader.observe(entries).resumption) != wanted:
                raise ProofError("resumption", wanted=wanted, got=found, witness="wire")
        self._seen.clear()
        assert self._last is not None
        self._proof = prove(self._last, self.scenario, self.peers, wanted, reader=self.reader)

    def left(self) -> object:
        return self._last

    def record(self) -> dict[str, object]:
        return {**self.proof(), "ends": "joined" if self._joins is not None else "through Python"}

    def close(self) -> None:
        if self._last is not None:
            self._last.close()
            self._last = None
        self.link.close()


@dataclass(slots=True)
class BulkLane(_OverMemory):
    """Writes of ``size`` bytes over a connection that stays open, one each way per operation."""

    _payload: bytes = field(default=b"", init=False)
    _ends: tuple[Endpoint, Endpoint] | None = field(default=None, init=False)
    _joins: JoinsEnds | None = field(default=None, init=False)
    _writes: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._payload = os.urandom(self.scenario.size)
        self._joins = joiner_of(self.scenario, self.clients)
        self.sample()  # a handshake, which is proved

    def _open(self) -> tuple[Endpoint, Endpoint]:
        self._drop()
        self._writes = 0
        if self._joins is not None:
            client, server = joined(self._joins, self.servers, None)
            client.read()
            return client, server
        exchange = shake_hands(self.clients, self.servers, self.link, self.clock)
        self._proof = prove(exchange, self.scenario, self.peers, "none", reader=self.reader)
        return exchange.client, exchange.server

    def operate(self) -> None:
        if self._ends is None or self._writes >= _MOST_WRITES:
            self._ends = self._open()
        self._writes += 1
        client, server = self._ends
        self._pour(client, server, "server")
        self._pour(server, client, "client")

    def _pour(self, source: Endpoint, sink: Endpoint, witness: str) -> None:
        source.write(self._payload)
        if self._joins is None:
            sink.receive_data(source.data_to_send())
        received = sink.read()
        if received != self._payload:
            got = f"{len(received)} bytes"
            raise ProofError("bytes", wanted=f"{len(self._payload)} as sent", got=got, witness=witness)

    def prove(self) -> None:
        """Do nothing: every operation has compared what it wrote with what was read."""

    def left(self) -> None:
        pass

    def record(self) -> dict[str, object]:
        return {**self.proof(), "ends": "joined" if self._joins is not None else "through Python"}

    def _drop(self) -> None:
        if self._ends is not None:
            for end in self._ends:
                end.close()
            self._ends = None

    def close(self) -> None:
        self._drop()
        self.link.close()


def joiner_of(scenario: Scenario, clients: ClientContext) -> JoinsEnds | None:
    """The client context, if it can join its ends with those of the server; otherwise None."""
    if scenario.client != scenario.server or scenario.size > _MOST_JOINED_BYTES:
        return None
    return clients if isinstance(clients, JoinsEnds) and clients.joins else None


def joined(clients: JoinsEnds, servers: ServerContext, session: object | None) -> tuple[Endpoint, Endpoint]:
    """Return two joined ends after a handshake, which is resumed if there is a session, and otherwise full.

    :raises HandshakeError: if a side gives up.
    :raises MeasurementError: if the handshake does not end.
    :raises ProofError: if the handshake was of the other kind.
    """
    client, server = clients.join(servers, session)
    client_done = server_done = False
    for _ in range(_MOST_STEPS):
        client_done = client_done or client.handshake()
        server_done = server_done or server.handshake()
        if client_done and server_done:
            break
    else:
        raise MeasurementError(f"the handshake did not end within {_MOST_STEPS} steps")
    if client.is_resumed() is not (session is not None):
        wanted, got = ("a full handshake", "a resumed one")[:: 1 if session is None else -1]
        raise ProofError("resumption", wanted=wanted, got=got, witness="client")
    return client, server
