"""``workload=bulk`` and ``workload=echo``: application data over an established connection."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from tlsbench.errors import ProofError
from tlsbench.implementations import Endpoint
from tlsbench.links import Direction, summarise
from tlsbench.workloads.connection import ConnectionCell
from tlsbench.workloads.exchange import Exchange, shake_hands
from tlsbench.workloads.proof import prove
from tlsbench.workloads.sample import Sample, in_a_row

#: One bulk sample writes about this much each way: well above the clock's step, and below the
#: 128 KiB from which glibc's malloc asks the kernel for fresh pages each time (M_MMAP_THRESHOLD of
#: mallopt(3)), whose faults would come and go between rounds.
_BULK_BYTES = 64 * 1024
_MOST_WRITES = 64
#: Then a new connection: far below the 2^24.5 records of one key (RFC 8446 section 5.5).
_WRITES_PER_CONNECTION = 1 << 20


@dataclass(slots=True)
class _Stream(ConnectionCell):
    _payload: bytes = field(default=b"", init=False)
    _exchange: Exchange | None = field(default=None, init=False)
    _writes: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._payload = os.urandom(self.scenario.size)

    def _ends(self, writes: int) -> tuple[Endpoint, Endpoint]:
        """The established ends, good for so many more writes."""
        self._writes += writes
        if self._exchange is None or self._writes > _WRITES_PER_CONNECTION:
            self._drop_connection()
            self._exchange = shake_hands(self.clients, self.servers, self.link, self.clock)
            self._proof = prove(self._exchange, self.scenario, self.peers, "none", reader=self.reader)
            self._writes = writes
        return self._exchange.client, self._exchange.server

    def _drop_connection(self) -> None:
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None

    def sample(self) -> Sample:
        raise NotImplementedError

    def visit(self, rewarm: int, samples: int) -> list[Sample]:
        return in_a_row(self.sample, rewarm, samples)

    def close(self) -> None:
        self._drop_connection()
        self.link.close()


@dataclass(slots=True)
class Bulk(_Stream):
    """Writes of ``size`` bytes, all of one direction before the other.

    An operation is one write each way, so that it holds two seals and two opens, one of each a side.
    """

    def sample(self) -> Sample:
        writes = max(1, min(_MOST_WRITES, _BULK_BYTES // self.scenario.size))
        client, server = self._ends(writes)
        expected = self._payload * writes
        start = self.clock()
        client_seal_ns, server_open_ns, upload = self._pour(client, server, Direction.TO_SERVER, writes)
        server_seal_ns, client_open_ns, download = self._pour(server, client, Direction.TO_CLIENT, writes)
        total_ns = self.clock() - start
        _prove_bytes("uploaded bytes", expected, upload, "server")
        _prove_bytes("downloaded bytes", expected, download, "client")
        return Sample(
            client=client_seal_ns + client_open_ns,
            server=server_seal_ns + server_open_ns,
            total=total_ns,
            operations=writes,
            ledger=summarise(self.link.take_ledger()),
            phases={
                "client_seal": client_seal_ns,
                "server_open": server_open_ns,
                "server_seal": server_seal_ns,
                "client_open": client_open_ns,
            },
        )

    def _pour(
        self, source: Endpoint, sink: Endpoint, direction: Direction, writes: int
    ) -> tuple[int, int, bytes]:
        clock, payload, write = self.clock, self._payload, source.write
        began = clock()
        for _ in range(writes):
            write(payload)
        seal_ns = clock() - began
        sink.receive_data(self.link.carry(direction, source.data_to_send()))
        began = clock()
        received = sink.read()
        open_ns = clock() - began
        return seal_ns, open_ns, received


@dataclass(slots=True)
class Echo(_Stream):
    """A request of ``size`` bytes and its echo, one after the other: the total is the latency."""

    def sample(self) -> Sample:
        client, server = self._ends(1)
        clock, link = self.clock, self.link
        start = clock()
        client.write(self._payload)
        client_ns = clock() - start
        server.receive_data(link.carry(Direction.TO_SERVER, client.data_to_send()))
        began = clock()
        request = server.read()
        server.write(request)
        server_ns = clock() - began
        client.receive_data(link.carry(Direction.TO_CLIENT, server.data_to_send()))
        began = clock()
        response = client.read()
        end = clock()
        _prove_bytes("request", self._payload, request, "server")
        _prove_bytes("response", self._payload, response, "client")
        return Sample(
            client=client_ns + end - began,
            server=server_ns,
            total=end - start,
            ledger=summarise(link.take_ledger()),
        )


def _prove_bytes(what: str, wanted: bytes, got: bytes, witness: str) -> None:
    if got == wanted:
        return
    if len(got) != len(wanted):
        raise ProofError(what, wanted=f"{len(wanted)} bytes", got=f"{len(got)} bytes", witness=witness)
    at = next(index for index, (left, right) in enumerate(zip(wanted, got, strict=True)) if left != right)
    raise ProofError(what, wanted=f"{wanted[at]:#04x} at byte {at}", got=f"{got[at]:#04x}", witness=witness)
