"""One connection over datagrams, driven by one thread in virtual time.

What one side sends arrives a moment later. Time stands still while a side can go on; when neither can, it
jumps to the next timer, so that neither losses nor a sender's pacing cost any waiting. Every library call is
charged to its side, see :class:`~tlsbench.implementations.DatagramEndpoint`.

Rounds and waiting are limited, so it always ends, whatever happens to the datagrams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from tlsbench.errors import MeasurementError
from tlsbench.implementations import (
    DatagramClientContext,
    DatagramEndpoint,
    DatagramServerContext,
    KeepsRealTime,
)
from tlsbench.links import DatagramLink, Direction, Entry
from tlsbench.workloads.exchange import Echoed, Poured
from tlsbench.workloads.sample import Clock

_NS_PER_S: Final = 1_000_000_000
#: The one-way delay of a local network.
_TRANSIT_NS: Final = 50_000
#: More rounds than a handshake takes even if each side's flights are lost a few times.
_MOST_ROUNDS: Final = 64
#: Each round of application data carries at least this much: QUIC's smallest window is two datagrams.
_BYTES_A_ROUND: Final = 1024
#: For all timers together: a side that has resent its flight after 1, 2, 4 and 8 s will get no answer.
_MOST_WAIT_NS: Final = 20 * _NS_PER_S
#: Once both sides are done, whatever follows the handshake is held back no longer than this: paced datagrams
#: and delayed acknowledgements (25 ms by default, RFC 9000 section 18.2).
_SETTLING_NS: Final = _NS_PER_S // 10


@dataclass(slots=True)
class _Side:
    """One end, and the time that it has spent.

    ``arrived`` is the application data that it has read, ``after_ns`` the time it spent on reading once its
    handshake was complete, ``heard`` the number of flights that it received before that.
    """

    end: DatagramEndpoint
    direction: Direction
    spent_ns: int
    is_done: bool = False
    received: bool = False
    stirred: bool = True
    heard: int = 0
    after_ns: int = 0
    arrived: bytearray = field(default_factory=bytearray)
    keeps_real_time: bool = field(init=False)

    def __post_init__(self) -> None:
        self.keeps_real_time = isinstance(self.end, KeepsRealTime)

    def step(self, clock: Clock, now_ns: int) -> list[bytes]:
        """Continue the handshake, or what comes after it; return the datagrams to send."""
        began = clock()
        if not self.is_done:
            if self.received or self.stirred:
                self.heard += self.received
                self.is_done = self.end.handshake()
        elif self.received:
            self.arrived += self.end.read()  # also reads session tickets and retransmissions
            self.after_ns += clock() - began
        datagrams = list(self.end.datagrams_to_send(now_ns))
        self.spent_ns += clock() - began
        self.received = self.stirred = False
        return datagrams

    def take(self, datagrams: Iterable[bytes], clock: Clock, now_ns: int) -> None:
        receive = self.end.receive_datagram
        began = clock()
        for datagram in datagrams:
            receive(datagram, now_ns)
        spent_ns = clock() - began
        self.spent_ns += spent_ns
        if self.is_done:
            self.after_ns += spent_ns
        self.received = True

    def write(self, data: bytes, times: int, clock: Clock) -> None:
        write = self.end.write
        began = clock()
        for _ in range(times):
            write(data)
        self.spent_ns += clock() - began

    def wait(self, clock: Clock, now_ns: int) -> int:
        """Handle the timer, if it is due; return the time slept, which is charged to neither side."""
        due_ns = self.end.timer_ns()
        if due_ns is None or due_ns > now_ns:
            return 0
        slept_ns = 0
        if isinstance(self.end, KeepsRealTime):
            began = clock()
            self.end.wait()
            slept_ns = clock() - began
        began = clock()
        self.end.handle_timer(now_ns)
        self.spent_ns += clock() - began
        self.stirred = True
        return slept_ns


@dataclass(slots=True)
class _Conversation:
    """Two ends, the link that carries their datagrams, and their virtual time.

    ``slept_ns`` is the real time spent sleeping for timers that run in real time.
    """

    client: _Side
    server: _Side
    link: DatagramLink
    now_ns: int = 0
    waited_ns: int = 0
    slept_ns: int = 0

    def go_on(
        self, clock: Clock, is_over: Callable[[], bool], what: str, most_rounds: int = _MOST_ROUNDS
    ) -> None:
        """Exchange datagrams until ``is_over`` holds and nothing more is due soon."""
        waited_before_ns = self.waited_ns
        for _ in range(most_rounds):
            if self._exchange(clock):
                continue
            over = is_over()
            due_ns = self._due_ns(over=over)
            wait_ns = None if due_ns is None else max(0, due_ns - self.now_ns)
            if over and (wait_ns is None or wait_ns > _SETTLING_NS):
                return
            if wait_ns is None:
                raise MeasurementError(f"{what} stalled: each side is waiting for the other")
            self.waited_ns += wait_ns
            if self.waited_ns - waited_before_ns > _MOST_WAIT_NS:
                seconds = _MOST_WAIT_NS // _NS_PER_S
                raise MeasurementError(f"{what} did not end within {seconds} s of waiting for answers")
            self.now_ns += wait_ns
            for side in (self.client, self.server):
                self.slept_ns += side.wait(clock, self.now_ns)
        raise MeasurementError(f"{what} did not end within {most_rounds} rounds")

    def _due_ns(self, *, over: bool) -> int | None:
        """When the next timer is due; once it is over, real-time timers (delayed ACKs) are not waited for."""
        sides = [side for side in (self.client, self.server) if not (over and side.keeps_real_time)]
        return min((at for side in sides if (at := side.end.timer_ns()) is not None), default=None)

    def _exchange(self, clock: Clock) -> bool:
        """Let each side continue and send; return whether anything happened."""
        moved = False
        for side, other in ((self.client, self.server), (self.server, self.client)):
            datagrams = side.step(clock, self.now_ns)
            if not datagrams:
                continue
            moved = True
            self.now_ns += _TRANSIT_NS
            carry, direction = self.link.carry, side.direction
            arrived = [one for datagram in datagrams for one in carry(direction, datagram)]
            if arrived:
                other.take(arrived, clock, self.now_ns)
        return moved or self.client.received or self.server.received


@dataclass(frozen=True, slots=True)
class DatagramExchange:
    """A connection over datagrams, see :class:`~tlsbench.workloads.exchange.Connection`.

    ``waited_ns`` is the virtual time that the handshake spent waiting for timers.
    """

    client: DatagramEndpoint
    server: DatagramEndpoint
    client_ns: int
    server_ns: int
    total_ns: int
    entries: list[Entry]
    heard: int
    client_tickets_ns: int
    client_made_ns: int
    server_made_ns: int
    waited_ns: int
    _conversation: _Conversation

    def pour(self, direction: Direction, data: bytes, writes: int, clock: Clock) -> Poured:
        talk = self._conversation
        ends = (talk.client, talk.server)
        source, sink = ends if direction is Direction.TO_SERVER else ends[::-1]
        before_ns, sink_before_ns, wanted = source.spent_ns, sink.spent_ns, len(data) * writes
        source.write(data, writes, clock)
        talk.go_on(
            clock,
            lambda: len(sink.arrived) >= wanted,
            f"{wanted} bytes {direction.value}",
            _MOST_ROUNDS + wanted // _BYTES_A_ROUND,
        )
        received = bytes(sink.arrived)
        sink.arrived.clear()
        return Poured(source.spent_ns - before_ns, sink.spent_ns - sink_before_ns, received)

    def echo(self, data: bytes, clock: Clock) -> Echoed:
        start = clock()
        up = self.pour(Direction.TO_SERVER, data, 1, clock)
        down = self.pour(Direction.TO_CLIENT, up.received, 1, clock)
        total_ns = clock() - start
        client_ns, server_ns = up.source_ns + down.sink_ns, up.sink_ns + down.source_ns
        return Echoed(client_ns, server_ns, total_ns, up.received, down.received)

    def close(self) -> None:
        self.client.close()
        self.server.close()


def shake_hands_by_datagrams(  # noqa: PLR0917 - same as shake_hands
    clients: DatagramClientContext,
    servers: DatagramServerContext,
    link: DatagramLink,
    clock: Clock,
    session: object | None = None,
    early_data: bytes = b"",
) -> DatagramExchange:
    """Run a handshake to its end, session tickets included.

    :raises HandshakeError: if a side gives up.
    :raises MeasurementError: if neither side can continue and none has a timer, or it takes too long.
    """
    link.take_ledger()
    start = clock()
    made = clients.connect(session, early_data)
    between = clock()
    client_made_ns = between - start
    client = _Side(made, Direction.TO_SERVER, client_made_ns)
    began = clock()
    accepted = servers.accept()
    server_made_ns = clock() - began
    server = _Side(accepted, Direction.TO_CLIENT, server_made_ns)
    talk = _Conversation(client, server, link)
    talk.go_on(clock, lambda: client.is_done and server.is_done, "the handshake")
    total_ns = clock() - start - talk.slept_ns
    return DatagramExchange(
        made,
        accepted,
        client.spent_ns,
        server.spent_ns,
        total_ns,
        link.take_ledger(),
        client.heard,
        client.after_ns,
        client_made_ns,
        server_made_ns,
        talk.waited_ns,
        talk,
    )
