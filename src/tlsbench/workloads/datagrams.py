"""One handshake over datagrams, driven by one thread in virtual time.

Time stands still while a side can go on; when neither can, it moves to the timer that is due first, so that
what is lost costs no waiting. Every call of a library is charged to its side, see
:class:`~tlsbench.implementations.DatagramEndpoint`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsbench.errors import MeasurementError
from tlsbench.implementations import DatagramClientContext, DatagramEndpoint, DatagramServerContext
from tlsbench.links import DatagramLink, Direction, Entry
from tlsbench.workloads.sample import Clock

#: More rounds than a handshake takes in which each side loses its flights a few times.
_MOST_ROUNDS = 64


@dataclass(frozen=True, slots=True)
class DatagramExchange:
    """A complete handshake over datagrams: both ends, what each spent, and what went over the link.

    ``waited_ns`` is the virtual time that was spent waiting for timers.
    """

    client: DatagramEndpoint
    server: DatagramEndpoint
    client_ns: int
    server_ns: int
    total_ns: int
    waited_ns: int
    entries: list[Entry]

    def close(self) -> None:
        """Close both ends."""
        self.client.close()
        self.server.close()


@dataclass(slots=True)
class _Side:
    """One end, and what it has spent."""

    end: DatagramEndpoint
    direction: Direction
    spent_ns: int
    is_done: bool = False
    received: bool = False

    def step(self, clock: Clock, now_ns: int) -> list[bytes]:
        """Go on with the handshake, or with what comes after it; what is to be sent."""
        began = clock()
        if not self.is_done:
            self.is_done = self.end.handshake()
        elif self.received:
            self.end.read()  # session tickets, and what was sent again
        datagrams = list(self.end.datagrams_to_send(now_ns))
        self.spent_ns += clock() - began
        self.received = False
        return datagrams

    def take(self, datagram: bytes, clock: Clock, now_ns: int) -> None:
        began = clock()
        self.end.receive_datagram(datagram, now_ns)
        self.spent_ns += clock() - began
        self.received = True

    def wait(self, clock: Clock, now_ns: int) -> None:
        due_ns = self.end.timer_ns()
        if due_ns is not None and due_ns <= now_ns:
            began = clock()
            self.end.handle_timer(now_ns)
            self.spent_ns += clock() - began


def shake_hands_by_datagrams(
    clients: DatagramClientContext, servers: DatagramServerContext, link: DatagramLink, clock: Clock
) -> DatagramExchange:
    """Run a handshake to its end, session tickets included.

    :raises HandshakeError: if a side gives up.
    :raises MeasurementError: if neither side goes on, and none has a timer.
    """
    link.take_ledger()
    start = clock()
    made = clients.connect()
    between = clock()
    client = _Side(made, Direction.TO_SERVER, between - start)
    began = clock()
    accepted = servers.accept()
    server = _Side(accepted, Direction.TO_CLIENT, clock() - began)
    now_ns = 0
    for _ in range(_MOST_ROUNDS):
        moved = False
        for side, other in ((client, server), (server, client)):
            for datagram in side.step(clock, now_ns):
                moved = True
                for arrived in link.carry(side.direction, datagram):
                    other.take(arrived, clock, now_ns)
        if moved or client.received or server.received:
            continue
        if client.is_done and server.is_done:
            total_ns = clock() - start
            return DatagramExchange(
                client.end, server.end, client.spent_ns, server.spent_ns, total_ns, now_ns, link.take_ledger()
            )
        due = [at for side in (client, server) if (at := side.end.timer_ns()) is not None]
        if not due:
            raise MeasurementError("the handshake stalled: both sides wait for the other")
        now_ns = max(now_ns, min(due))
        for side in (client, server):
            side.wait(clock, now_ns)
    raise MeasurementError(f"the handshake did not end in {_MOST_ROUNDS} rounds")
