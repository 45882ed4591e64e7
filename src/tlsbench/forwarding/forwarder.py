"""Forwarding of packets from one device to another, over the line of the server they belong to."""

from __future__ import annotations

import os
import select
import struct
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from hdrh.histogram import HdrHistogram

from tlsbench.links.network import Line

#: More than an IPv4 packet can have.
_PACKET_BYTES: Final = 65_536
#: Packets read from one device before due packets are delivered.
_MOST_AT_ONCE: Final = 64
_IPV4: Final = 4
_HEADER_BYTES: Final = 20
_FROM_ADDRESS: Final = 12
_TO_ADDRESS: Final = 16
#: TCP and UDP: protocol numbers, and the offset of the destination port (RFC 9293 section 3.1, RFC 768).
_WITH_PORTS: Final = (6, 17)
_TO_PORT: Final = 2
_PORT: Final = struct.Struct(">H")
#: After the stop, forwarding goes on until no packet has arrived for this long plus the line's round trip: at
#: least as long as a kernel waits before it retransmits.
_QUIET_MS: Final = 300.0
#: Even if packets still arrive, it ends this much later.
_MOST_DRAINING_MS: Final = 3000.0
#: HdrHistogram, in nanoseconds: from a microsecond to a minute, with two significant digits.
_LOW_NS, _HIGH_NS, _DIGITS = 1_000, 60_000_000_000, 2


def now_ms() -> float:
    """CLOCK_MONOTONIC, in milliseconds."""
    return time.monotonic_ns() / 1e6


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a server and back.

    :param there: the file descriptor of the clients' device that leads to the server's address.
    :param address: the server's address, as four bytes; ``port`` is its port if servers on other ports of
        that address have other lines.
    :param out: the line to the server; ``back`` is the line from it.
    """

    there: int
    address: bytes
    port: int
    out: Line
    back: Line


@dataclass(slots=True)
class Carried:
    """What a route has carried, in both directions.

    :param packets: packets that were delivered; the lines lost ``lost`` more.
    :param late_ns: the delay of each delivery beyond its due time, in nanoseconds.
    """

    packets: int = 0
    lost: int = 0
    late_ns: HdrHistogram = field(default_factory=lambda: HdrHistogram(_LOW_NS, _HIGH_NS, _DIGITS))


@dataclass(slots=True)
class _Way:
    """The way from one device to another."""

    to_fd: int
    line: Line
    carried: Carried
    under_way: deque[tuple[float, bytes]] = field(default_factory=deque)


class _Ways:
    """All ways out, or all ways back, by the server's address and port."""

    def __init__(self, at: int) -> None:
        #: The offset of the server's address in the IPv4 header (RFC 791 section 3.1).
        self._at = at
        self._by_end: dict[bytes, _Way] = {}

    def add(self, route: Route, way: _Way) -> None:
        self._by_end[route.address + _PORT.pack(route.port)] = way
        self._by_end.setdefault(route.address, way)

    def of(self, packet: bytes) -> _Way | None:
        """The way of a packet; a packet without ports takes the first one to or from its server's address."""
        at = self._at
        address = packet[at : at + 4]
        ports = 4 * (packet[0] & 15) + (_TO_PORT if at == _TO_ADDRESS else 0)
        is_first = not (packet[6] & 0x1F or packet[7])  # the fragment of a packet that has the ports
        if packet[9] in _WITH_PORTS and is_first:
            return self._by_end.get(address + packet[ports : ports + 2]) or self._by_end.get(address)
        return self._by_end.get(address)


class Forwarder:
    """A forwarder between the clients' devices and the servers' device, with two lines for each server.

    Only IPv4 is carried: kernels solicit neighbours and routers over IPv6 of their own accord.

    :param here: the file descriptor of the servers' device. It and the others are non-blocking; each read
        and each write is one packet.
    :param routes: one for each server.
    """

    def __init__(self, here: int, routes: Sequence[Route]) -> None:
        #: What each route has carried.
        self.carried = [Carried() for _ in routes]
        out, back = _Ways(_TO_ADDRESS), _Ways(_FROM_ADDRESS)
        self._ways: list[_Way] = []
        for route, carried in zip(routes, self.carried, strict=True):
            ways = _Way(here, route.out, carried), _Way(route.there, route.back, carried)
            out.add(route, ways[0])
            back.add(route, ways[1])
            self._ways += ways
        self._ways_from = {**{route.there: out for route in routes}, here: back}

    def run(self, stop_fd: int) -> None:
        """Carry packets until a file descriptor becomes readable, and then those in flight."""
        quiet_ms = _QUIET_MS + max(way.line.network.rtt_ms for way in self._ways)
        watched = [stop_fd, *self._ways_from]
        stopped_ms = came_ms = 0.0
        while True:
            ready = select.select(watched, [], [], self._patience_s())[0]
            for from_fd, ways in self._ways_from.items():
                if from_fd in ready:
                    self._take(from_fd, ways)
                    came_ms = now_ms()
            self._deliver()
            if stop_fd in ready:
                watched.remove(stop_fd)
                stopped_ms = came_ms = now_ms()
            if stopped_ms:
                is_empty = not any(way.under_way for way in self._ways)
                is_quiet = is_empty and now_ms() - came_ms >= quiet_ms
                if is_quiet or now_ms() - stopped_ms >= quiet_ms + _MOST_DRAINING_MS:
                    return

    def _patience_s(self) -> float:
        """How long to wait for packets: until one is due, or for a while if none is in flight."""
        due = [way.under_way[0][0] for way in self._ways if way.under_way]
        return max(0.0, min(due) - now_ms()) / 1e3 if due else _QUIET_MS / 1e3

    @staticmethod
    def _take(from_fd: int, ways: _Ways) -> None:
        for _ in range(_MOST_AT_ONCE):
            try:
                packet = os.read(from_fd, _PACKET_BYTES)
            except BlockingIOError:
                return
            if len(packet) < _HEADER_BYTES or packet[0] >> 4 != _IPV4 or (way := ways.of(packet)) is None:
                continue
            due_ms = way.line.arrival_ms(now_ms(), len(packet))
            if due_ms is None:
                way.carried.lost += 1
            else:
                way.under_way.append((due_ms, packet))

    def _deliver(self) -> None:
        for way in self._ways:
            while way.under_way and way.under_way[0][0] <= now_ms():
                due_ms, packet = way.under_way.popleft()
                os.write(way.to_fd, packet)
                way.carried.packets += 1
                way.carried.late_ns.record_value(max(_LOW_NS, int((now_ms() - due_ms) * 1e6)))
