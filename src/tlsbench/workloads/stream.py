"""``workload=bulk``, ``echo`` and ``request``: application data over an established connection."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tlsbench.errors import ProofError
from tlsbench.implementations import KeepsRealTime
from tlsbench.links import Direction, Ledger
from tlsbench.workloads.connection import ConnectionCell
from tlsbench.workloads.exchange import Connection
from tlsbench.workloads.proof import prove
from tlsbench.workloads.records import prove_data_records
from tlsbench.workloads.sample import Sample, in_a_row

#: One bulk sample writes about this much each way: enough to dwarf the clock's resolution, and less than the
#: 128 KiB from which glibc's malloc maps fresh pages each time (M_MMAP_THRESHOLD of mallopt(3)), whose page
#: faults would vary between rounds.
_BULK_BYTES = 64 * 1024
_MOST_WRITES = 64
#: The path of a request.
_PATH = b"/tlsbench"
#: After this many, a new connection is made: far below the 2^24.5 records of one key (RFC 8446 section 5.5).
_WRITES_PER_CONNECTION = 1 << 20
#: An end whose timers run in real time closes a connection that is idle while others are measured: OpenSSL's
#: QUIC does after 30 s.
_IDLE_SECONDS = 10.0


@dataclass(slots=True)
class Stream(ConnectionCell):
    """A cell whose connection stays open from sample to sample."""

    #: The maximum number of writes per connection; 0 for the general limit.
    most_writes: int = field(default=0, kw_only=True)
    #: Called once, before the first connection, to prove what the wire hides.
    look: Callable[[], None] | None = field(default=None, kw_only=True)
    _payload: bytes = field(default=b"", init=False)
    _exchange: Connection | None = field(default=None, init=False)
    _writes: int = field(default=0, init=False)
    _used_at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._payload = os.urandom(self.scenario.size)

    def _connection(self, writes: int) -> Connection:
        """Return an established connection that may take this many more writes."""
        self._writes += writes
        most = self.most_writes or _WRITES_PER_CONNECTION
        if self._exchange is None or self._writes > most or self._was_left_alone():
            self._drop_connection()
            if self.look is not None:
                self.look()
                self.look = None
            self._exchange = self.shake(self.clients, self.servers, self.link, self.clock)
            self._proof = prove(self._exchange, self.scenario, self.peers, "none", reader=self.reader)
            self._writes = writes
        self._used_at = time.monotonic()
        return self._exchange

    def _was_left_alone(self) -> bool:
        """Whether an end may have closed the connection for being idle."""
        if self._exchange is None or time.monotonic() - self._used_at < _IDLE_SECONDS:
            return False
        return any(isinstance(end, KeepsRealTime) for end in (self._exchange.client, self._exchange.server))

    def _drop_connection(self) -> None:
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None

    def _ledger(self) -> Ledger:
        """Sum up what a sample carried, after checking its records against the scenario."""
        entries = self.link.take_ledger()
        prove_data_records(self.scenario, entries, self.scenario.size)
        return (self.reader.summarise_data or self.reader.summarise)(entries)

    def sample(self) -> Sample:
        raise NotImplementedError

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        return in_a_row(self.sample, rewarm, samples)

    def close(self) -> None:
        self._drop_connection()
        self.link.close()


@dataclass(slots=True)
class Bulk(Stream):
    """Writes of ``size`` bytes, all in one direction before the other.

    An operation is one write each way, so it includes a seal and an open on each side.
    """

    def sample(self) -> Sample:
        writes = max(1, min(_MOST_WRITES, _BULK_BYTES // self.scenario.size))
        pour, clock = self._connection(writes).pour, self.clock
        expected = self._payload * writes
        start = clock()
        up = pour(Direction.TO_SERVER, self._payload, writes, clock)
        down = pour(Direction.TO_CLIENT, self._payload, writes, clock)
        total_ns = clock() - start
        _prove_bytes("uploaded bytes", expected, up.received, "server")
        _prove_bytes("downloaded bytes", expected, down.received, "client")
        return Sample(
            client=up.source_ns + down.sink_ns,
            server=up.sink_ns + down.source_ns,
            total=total_ns,
            operations=writes,
            ledger=self._ledger(),
            phases={
                "client_seal": up.source_ns,
                "server_open": up.sink_ns,
                "server_seal": down.source_ns,
                "client_open": down.sink_ns,
            },
        )


@dataclass(slots=True)
class Echo(Stream):
    """A request of ``size`` bytes and its echo, one after the other: the total is the latency."""

    def sample(self) -> Sample:
        echoed = self._connection(1).echo(self._payload, self.clock)
        _prove_bytes("request", self._payload, echoed.request, "server")
        _prove_bytes("response", self._payload, echoed.response, "client")
        return Sample(
            client=echoed.client_ns,
            server=echoed.server_ns,
            total=echoed.total_ns,
            ledger=self._ledger(),
        )


@dataclass(slots=True)
class Request(Stream):
    """A GET on an open connection, and its answer of ``size`` bytes: HTTP/2 over TLS, HTTP/3 over QUIC.

    The ends are given, and return, paths and bodies; they add headers and compress them.
    """

    def sample(self) -> Sample:
        pour, clock = self._connection(1).pour, self.clock
        start = clock()
        up = pour(Direction.TO_SERVER, _PATH, 1, clock)
        down = pour(Direction.TO_CLIENT, self._payload, 1, clock)
        total_ns = clock() - start
        _prove_bytes("request", _PATH, up.received, "server")
        _prove_bytes("response", self._payload, down.received, "client")
        return Sample(
            client=up.source_ns + down.sink_ns,
            server=up.sink_ns + down.source_ns,
            total=total_ns,
            ledger=self.reader.summarise(self.link.take_ledger()),
        )


def _prove_bytes(what: str, wanted: bytes, got: bytes, witness: str) -> None:
    if got == wanted:
        return
    if len(got) != len(wanted):
        raise ProofError(what, wanted=f"{len(wanted)} bytes", got=f"{len(got)} bytes", witness=witness)
    at = next(index for index, (left, right) in enumerate(zip(wanted, got, strict=True)) if left != right)
    raise ProofError(what, wanted=f"{wanted[at]:#04x} at byte {at}", got=f"{got[at]:#04x}", witness=witness)
