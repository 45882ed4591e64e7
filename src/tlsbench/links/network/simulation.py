"""One exchange over a network in virtual time: real ends, simulated TCP.

Nothing here waits or reads a clock: time is a number that jumps from event to event, so the same ends over
the same network give the same completion. Each end reports the processor time that its turns take.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import Final

from tlsbench.links.network.line import Line
from tlsbench.links.network.receiver import Receiver
from tlsbench.links.network.segments import Packet
from tlsbench.links.network.sender import Sender
from tlsbench.links.network.timeline import Milestones, Timeline
from tlsbench.links.network.values import HEADER_BYTES, Completion, End, Network, Turn

#: A limit; a megabyte in segments of 536 bytes with every second one lost takes fewer events.
_MOST_EVENTS: Final = 2_000_000


@dataclass(slots=True)
class _Host:
    """One end, its TCP, and its line to the other."""

    end: End
    is_client: bool
    sender: Sender
    receiver: Receiver
    line: Line
    peer: _Host | None = None
    busy_until_ms: float = 0.0
    spent_ms: float = 0.0
    arrived: bytearray = field(default_factory=bytearray)
    is_woken: bool = False


@dataclass(slots=True)
class _Simulation:
    milestones: Milestones
    timeline: Timeline = field(default_factory=Timeline)
    hosts: list[_Host] = field(default_factory=list)
    sent_until_done: list[tuple[int, int]] = field(default_factory=list)

    def take_turn(self, host: _Host, *, first: bool = False) -> None:
        """Let an end process what has arrived; it writes when it has finished."""
        host.is_woken = False
        data = bytes(host.arrived)
        host.arrived.clear()
        turn = host.end.start() if first else host.end.receive(data)
        depth = host.receiver.depth
        host.spent_ms += turn.spent_ms
        host.busy_until_ms = self.timeline.now_ms + turn.spent_ms
        if host.is_client:
            self._note(host, turn, depth)
        if turn.writes:
            self.timeline.at(host.busy_until_ms, lambda: self._write(host, turn, depth))

    def _wake(self, host: _Host) -> None:
        """Schedule an end's next turn for as soon as it is idle."""
        if not host.is_woken:
            host.is_woken = True
            self.timeline.at(max(self.timeline.now_ms, host.busy_until_ms), lambda: self.take_turn(host))

    def _note(self, host: _Host, turn: Turn, depth: int) -> None:
        was_done = self.milestones.done_ms is not None
        self.milestones.note(host.busy_until_ms, depth, may_send=turn.may_send, answered=turn.answered)
        if self.milestones.done_ms is not None and not was_done:
            self.sent_until_done = [(one.sender.segments, one.sender.retransmissions) for one in self.hosts]

    def _write(self, host: _Host, turn: Turn, depth: int) -> None:
        for data in turn.writes:
            host.sender.write(data)
            self._send(host, depth)

    def _send(self, host: _Host, depth: int) -> None:
        """Send what may be sent, and schedule the timer.

        :param depth: the depth of the packet that made it possible.
        """
        for segment in host.sender.to_send(self.timeline.now_ms):
            self._put(host, segment.start, segment.data, depth)
        self._watch(host)

    def _watch(self, host: _Host) -> None:
        due_ms = host.sender.timer_ms
        if due_ms < math.inf:
            self.timeline.at(due_ms, lambda: self._time_out(host, due_ms))

    def _time_out(self, host: _Host, due_ms: float) -> None:
        if host.sender.timer_ms == due_ms:  # the timer has not been reset in the meantime
            host.sender.time_out(self.timeline.now_ms)
            self._send(host, host.receiver.depth)

    def _put(self, host: _Host, start: int, data: bytes, depth: int) -> None:
        """Put a packet on the line."""
        acknowledged = host.receiver.acknowledges(self.timeline.now_ms, with_data=bool(data))
        packet = Packet(start, data, acknowledged, host.receiver.arrived_behind, depth + 1)
        arrival_ms = host.line.arrival_ms(self.timeline.now_ms, len(data) + HEADER_BYTES)
        peer = host.peer
        assert peer is not None
        if arrival_ms is not None:
            self.timeline.at(arrival_ms, lambda: self._arrive(peer, packet))

    def _arrive(self, host: _Host, packet: Packet) -> None:
        host.sender.acknowledge(packet.acknowledged, packet.arrived_behind, self.timeline.now_ms)
        in_order, at_once = host.receiver.take(packet, self.timeline.now_ms) if packet.data else (b"", False)
        self._send(host, packet.depth)  # whatever it sends also acknowledges this packet
        if in_order:
            host.arrived += in_order
            self._wake(host)
        if not host.receiver.owes or not packet.data:
            return
        if at_once:
            self._put(host, 0, b"", packet.depth)
        else:
            due_ms = host.receiver.timer_ms
            self.timeline.at(due_ms, lambda: self._acknowledge_late(host, due_ms, packet.depth))

    def _acknowledge_late(self, host: _Host, due_ms: float, depth: int) -> None:
        if host.receiver.timer_ms == due_ms:  # it has not been acknowledged in the meantime
            self._put(host, 0, b"", depth)


def complete(network: Network, client: End, server: End, answer_bytes: int = 1) -> Completion:
    """Run a client and a server over a network until neither has anything left to send.

    :param answer_bytes: bytes of the answer that the client waits for, as its turns count them.
    :raises MeasurementError: if the exchange ends before the client has its answer.
    """
    chance = random.Random(network.seed)  # noqa: S311 - must be repeatable, not secret
    simulation = _Simulation(Milestones(answer_bytes))
    ends = [
        _Host(end, end is client, Sender(network), Receiver(network), Line(network, chance))
        for end in (client, server)
    ]
    ends[0].peer, ends[1].peer = ends[1], ends[0]
    simulation.hosts = ends
    for host in ends:
        simulation.take_turn(host, first=True)
    for _ in range(_MOST_EVENTS):
        if not simulation.timeline.go_on(math.inf):
            break
    return simulation.milestones.completion(
        segments=sum(segments for segments, _ in simulation.sent_until_done),
        retransmissions=sum(again for _, again in simulation.sent_until_done),
        client_ms=ends[0].spent_ms,
        server_ms=ends[1].spent_ms,
    )
