"""One connection over a stream, driven by one thread, with each half-step charged to the side that took it.

:mod:`tlsbench.workloads.datagrams` does the same over datagrams; the workloads see either as a
:class:`Connection`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from tlsbench.errors import MeasurementError
from tlsbench.implementations import ClientContext, End, Endpoint, ServerContext
from tlsbench.links import Direction, Entry, Link, MemoryLink
from tlsbench.workloads.sample import Clock

#: More steps than any TLS handshake takes; a library that needs more is going round in circles.
_MOST_STEPS = 32


@dataclass(frozen=True, slots=True)
class Poured:
    """The time that each side took to transfer application data, and what arrived."""

    source_ns: int
    sink_ns: int
    received: bytes


@dataclass(frozen=True, slots=True)
class Echoed:
    """The time of each side, and in total, for a request and its echo, and what arrived at either end."""

    client_ns: int
    server_ns: int
    total_ns: int
    request: bytes
    response: bytes


class Connection(Protocol):
    """A complete handshake: both ends, the time that each spent, and what went over the link.

    ``heard`` is the number of server flights that the client had received when its library reported that it
    was done. ``client_tickets_ns`` is the part of the client's time spent reading what came after that:
    session tickets. ``client_made_ns`` and ``server_made_ns`` are the part of each side's time spent making
    its end.
    """

    @property
    def client(self) -> End: ...
    @property
    def server(self) -> End: ...
    @property
    def client_ns(self) -> int: ...
    @property
    def server_ns(self) -> int: ...
    @property
    def total_ns(self) -> int: ...
    @property
    def entries(self) -> list[Entry]: ...
    @property
    def heard(self) -> int: ...
    @property
    def client_tickets_ns(self) -> int: ...
    @property
    def client_made_ns(self) -> int: ...
    @property
    def server_made_ns(self) -> int: ...

    def pour(self, direction: Direction, data: bytes, writes: int, clock: Clock) -> Poured:
        """Write ``data`` ``writes`` times on one side, and read all of it on the other.

        :raises HandshakeError: if a side gives up.
        :raises MeasurementError: if it does not arrive.
        """

    def echo(self, data: bytes, clock: Clock) -> Echoed:
        """Write ``data`` on the client's side, and have the server write back what it reads.

        Raises the same errors as :meth:`pour`.
        """

    def close(self) -> None:
        """Close both ends."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A connection over a stream, see :class:`Connection`."""

    client: Endpoint
    server: Endpoint
    client_ns: int
    server_ns: int
    total_ns: int
    entries: list[Entry]
    heard: int = 0
    client_tickets_ns: int = 0
    client_made_ns: int = 0
    server_made_ns: int = 0
    link: Link = field(default_factory=MemoryLink)

    def pour(self, direction: Direction, data: bytes, writes: int, clock: Clock) -> Poured:
        ends = (self.client, self.server)
        source, sink = ends if direction is Direction.TO_SERVER else ends[::-1]
        write = source.write
        began = clock()
        for _ in range(writes):
            write(data)
        source_ns = clock() - began
        sink.receive_data(self.link.carry(direction, source.data_to_send()))
        began = clock()
        received = sink.read()
        return Poured(source_ns, clock() - began, received)

    def echo(self, data: bytes, clock: Clock) -> Echoed:
        client, server, carry = self.client, self.server, self.link.carry
        start = clock()
        client.write(data)
        client_ns = clock() - start
        server.receive_data(carry(Direction.TO_SERVER, client.data_to_send()))
        began = clock()
        request = server.read()
        server.write(request)
        server_ns = clock() - began
        client.receive_data(carry(Direction.TO_CLIENT, server.data_to_send()))
        began = clock()
        response = client.read()
        end = clock()
        return Echoed(client_ns + end - began, server_ns, end - start, request, response)

    def close(self) -> None:
        """Close both ends."""
        self.client.close()
        self.server.close()


def shake_hands(  # noqa: PLR0917 - two of everything, each with its own name
    clients: ClientContext,
    servers: ServerContext,
    link: Link,
    clock: Clock,
    session: object | None = None,
    early_data: bytes = b"",
) -> Exchange:
    """Run a handshake to its end, session tickets included.

    Making each end is part of its side's time. Moving bytes in and out of the libraries and over the link
    counts towards the total only.

    :raises HandshakeError: if a side gives up.
    :raises MeasurementError: if neither side can continue, or it takes too many steps.
    """
    link.take_ledger()
    start = clock()
    client = clients.connect(session, early_data)
    made = clock()
    server = servers.accept()
    began = clock()
    client_ns, server_ns = client_made_ns, server_made_ns = made - start, began - made
    client_done = server_done = tickets = False
    heard = 0
    for _ in range(_MOST_STEPS):
        if not client_done:
            began = clock()
            client_done = client.handshake()
            client_ns += clock() - began
        to_server = client.data_to_send()
        if to_server:
            server.receive_data(link.carry(Direction.TO_SERVER, to_server))
        if not server_done:
            began = clock()
            server_done = server.handshake()
            server_ns += clock() - began
        to_client = server.data_to_send()
        if to_client:
            client.receive_data(link.carry(Direction.TO_CLIENT, to_client))
            tickets = client_done
            heard += not client_done
        if client_done and server_done:
            break
        if not to_server and not to_client:
            raise MeasurementError("the handshake stalled: each side is waiting for the other")
    else:
        raise MeasurementError(f"the handshake did not end within {_MOST_STEPS} steps")
    taken_ns = 0
    if tickets:  # what TLS 1.3 sends after the handshake is part of its cost
        began = clock()
        client.read()
        taken_ns = clock() - began
    total_ns = clock() - start
    return Exchange(
        client,
        server,
        client_ns + taken_ns,
        server_ns,
        total_ns,
        link.take_ledger(),
        heard,
        taken_ns,
        client_made_ns,
        server_made_ns,
        link,
    )
