"""``workload=completion`` over QUIC: the ends do TCP's work themselves, with timers in virtual time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tlsbench.implementations import DatagramClientContext, DatagramEndpoint, DatagramServerContext
from tlsbench.links import DatagramLink, Direction, Entry
from tlsbench.links.network import DatagramTurn, Network, complete_datagrams
from tlsbench.workloads.completion import NetworkCell, Talked
from tlsbench.workloads.exchange import Exchange
from tlsbench.workloads.handshake import EARLY_DATA_BYTES
from tlsbench.workloads.sample import Clock

_NS_PER_MS = 1e6


@dataclass(slots=True)
class _End:
    """One end, which takes what has arrived, computes and answers."""

    make: Callable[[], DatagramEndpoint]
    direction: Direction
    clock: Clock
    entries: list[Entry]
    sends_early: bool
    to_write: bytes
    received: bytearray = field(default_factory=bytearray)
    endpoint: DatagramEndpoint | None = None
    is_done: bool = False

    def turn(self, arrived: Sequence[bytes], now_ms: float) -> DatagramTurn:
        now_ns, began = round(now_ms * _NS_PER_MS), self.clock()
        end = self.endpoint
        if end is None:
            end = self.endpoint = self.make()
        for datagram in arrived:
            end.receive_datagram(datagram, now_ns)
        due_ns = end.timer_ns()
        if due_ns is not None and due_ns <= now_ns:
            end.handle_timer(now_ns)
        self.is_done = self.is_done or end.handshake()
        if self.is_done and arrived:
            self.received += end.read()
        spent_ns = self.clock() - began
        answers = self._may_answer(end)  # not timed
        began = self.clock()
        if answers:
            data, self.to_write = self.to_write, b""
            end.write(data)
        datagrams = list(end.datagrams_to_send(now_ns))
        spent_ns += self.clock() - began
        self.entries += [(self.direction, datagram) for datagram in datagrams]
        due_ns, is_client = end.timer_ns(), self.direction is Direction.TO_SERVER
        return DatagramTurn(
            spent_ms=spent_ns / _NS_PER_MS,
            datagrams=datagrams,
            due_ms=math.inf if due_ns is None else due_ns / _NS_PER_MS,
            may_send=is_client and (self.is_done or self.sends_early),
            answered=len(self.received) if is_client else 0,
        )

    def _may_answer(self, end: DatagramEndpoint) -> bool:
        """Whether the client may send its request, or the server has received all of it."""
        if not self.to_write:
            return False
        if self.direction is Direction.TO_SERVER:
            return self.is_done
        heard = len(end.negotiated().early_data) if self.sends_early else len(self.received)
        return heard >= EARLY_DATA_BYTES


@dataclass(slots=True)
class DatagramCompletionCell(NetworkCell):
    """A cell of exchanges over a network that carries datagrams."""

    clients: DatagramClientContext
    servers: DatagramServerContext
    link: DatagramLink

    def talk(self, network: Network, session: object | None, *, is_early: bool) -> Talked:
        early = self._request if is_early else b""
        entries: list[Entry] = []
        client = _End(
            lambda: self.clients.connect(session, early),
            Direction.TO_SERVER,
            self.clock,
            entries,
            is_early,
            b"" if is_early else self._request,
        )
        server = _End(self.servers.accept, Direction.TO_CLIENT, self.clock, entries, is_early, self._answer)
        completion = complete_datagrams(network, client, server, len(self._answer))
        ends: list[Any] = [client.endpoint, server.endpoint]  # they use datagrams, unlike an Exchange's ends
        return Talked(
            completion,
            Exchange(ends[0], ends[1], 0, 0, 0, entries),
            bytes(client.received),
            bytes(server.received),
            # Acknowledgements cross in transit, so there are no flights to count on the wire.
            replace(self.reader.summarise(entries), round_trips=completion.handshake_round_trips),
        )
