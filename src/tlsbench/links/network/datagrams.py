"""One exchange over a network in virtual time between ends that send datagrams: QUIC.

The network has the rate, delay and losses of that in :mod:`.simulation`. What TCP does there, congestion
control included, the ends do here, with timers that expire in virtual time.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from tlsbench.links.network.line import Line
from tlsbench.links.network.timeline import Milestones, Timeline
from tlsbench.links.network.values import Completion, Network

#: UDP and IPv4 headers, which every datagram carries over the line.
UDP_HEADER_BYTES: Final = 28
_MOST_EVENTS: Final = 200_000
#: In virtual time; an end that has no answer by then has given up.
_LONGEST_MS: Final = 120_000.0


@dataclass(frozen=True, slots=True)
class DatagramTurn:
    """What an end does when it is called: it computes, then sends.

    :param spent_ms: processor time from the call to the datagrams.
    :param due_ms: when its timer expires; infinity if it has none.
    :param may_send: on a client, whether it may now send application data.
    :param answered: on a client, how many bytes of the answer it has received so far.
    """

    spent_ms: float = 0.0
    datagrams: Sequence[bytes] = ()
    due_ms: float = math.inf
    may_send: bool = False
    answered: int = 0


class DatagramEnd(Protocol):
    """A client or a server that sends datagrams."""

    def turn(self, arrived: Sequence[bytes], now_ms: float) -> DatagramTurn:
        """Take a turn: to start, to process the datagrams that have arrived, or because the timer expired."""


@dataclass(slots=True)
class _Host:
    """One end and its line to the other; ``depth`` is the length of the chain of packets that led here."""

    end: DatagramEnd
    is_client: bool
    line: Line
    arrived: list[bytes] = field(default_factory=list)
    depth: int = 0
    busy_until_ms: float = 0.0
    spent_ms: float = 0.0
    due_ms: float = math.inf
    is_woken: bool = False
    sent: int = 0


@dataclass(slots=True)
class _Simulation:
    milestones: Milestones
    hosts: tuple[_Host, _Host]
    timeline: Timeline = field(default_factory=Timeline)
    sent_until_done: int = 0

    def wake(self, host: _Host) -> None:
        """Schedule an end's next turn for as soon as it is idle."""
        if not host.is_woken:
            host.is_woken = True
            self.timeline.at(max(self.timeline.now_ms, host.busy_until_ms), lambda: self._turn(host))

    def _turn(self, host: _Host) -> None:
        host.is_woken = False
        arrived, host.arrived = host.arrived, []
        turn = host.end.turn(arrived, self.timeline.now_ms)
        host.spent_ms += turn.spent_ms
        host.busy_until_ms = self.timeline.now_ms + turn.spent_ms
        if turn.datagrams:
            self.timeline.at(host.busy_until_ms, lambda: self._send(host, turn.datagrams, host.depth + 1))
        host.due_ms = max(turn.due_ms, host.busy_until_ms)
        if host.due_ms < math.inf:
            due_ms = host.due_ms
            self.timeline.at(due_ms, lambda: self._time_out(host, due_ms))
        if host.is_client:
            self._note(turn, host)

    def _time_out(self, host: _Host, due_ms: float) -> None:
        if host.due_ms == due_ms:  # the timer has not been reset in the meantime
            self.wake(host)

    def _send(self, host: _Host, datagrams: Sequence[bytes], depth: int) -> None:
        peer = self.hosts[host.is_client]
        for datagram in datagrams:
            host.sent += 1
            arrival_ms = host.line.arrival_ms(self.timeline.now_ms, len(datagram) + UDP_HEADER_BYTES)
            if arrival_ms is not None:
                self.timeline.at(arrival_ms, lambda one=datagram: self._arrive(peer, one, depth))  # type: ignore[misc]

    def _arrive(self, host: _Host, datagram: bytes, depth: int) -> None:
        host.arrived.append(datagram)
        host.depth = max(host.depth, depth)
        self.wake(host)

    def _note(self, turn: DatagramTurn, host: _Host) -> None:
        was_done = self.milestones.done_ms is not None
        self.milestones.note(host.busy_until_ms, host.depth, may_send=turn.may_send, answered=turn.answered)
        if self.milestones.done_ms is not None and not was_done:
            self.sent_until_done = sum(one.sent for one in self.hosts)


def complete_datagrams(
    network: Network, client: DatagramEnd, server: DatagramEnd, answer_bytes: int = 1
) -> Completion:
    """Run a client and a server over a network until the client has its answer, and a little longer.

    Whatever comes after the answer, such as a ticket, has two round trips to arrive.

    :param answer_bytes: bytes of the answer that the client waits for, as its turns count them.
    :raises MeasurementError: if the answer is not complete before the exchange stalls or two minutes of
        virtual time are over.
    """
    chance = random.Random(network.seed)  # noqa: S311 - must be repeatable, not secret
    hosts = (
        _Host(client, is_client=True, line=Line(network, chance)),
        _Host(server, is_client=False, line=Line(network, chance)),
    )
    simulation = _Simulation(Milestones(answer_bytes), hosts)
    for host in hosts:
        simulation.wake(host)
    for _ in range(_MOST_EVENTS):
        done_ms = simulation.milestones.done_ms
        if not simulation.timeline.go_on(_LONGEST_MS if done_ms is None else done_ms + 2 * network.rtt_ms):
            break
    return simulation.milestones.completion(
        segments=simulation.sent_until_done,
        retransmissions=None,
        client_ms=hosts[0].spent_ms,
        server_ms=hosts[1].spent_ms,
    )
