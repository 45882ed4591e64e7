"""The packets of devices, each carried to another over the line of its server."""

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

#: More than a packet of IPv4 can have.
_PACKET_BYTES: Final = 65_536
#: Read from one device before what is due is delivered.
_MOST_AT_ONCE: Final = 64
_IPV4: Final = 4
_HEADER_BYTES: Final = 20
_FROM_ADDRESS: Final = 12
_TO_ADDRESS: Final = 16
#: Of TCP and UDP: their numbers, and where the port is that a packet goes to (RFC 9293 section 3.1, RFC 768).
_WITH_PORTS: Final = (6, 17)
_TO_PORT: Final = 2
_PORT: Final = struct.Struct(">H")
#: When no more is to begin, what is under way goes on until nothing has come for this long and the line's
#: round trip: as long as a kernel waits before it sends again, at least.
_QUIET_MS: Final = 300.0
#: Whatever still comes, it ends this much later than that.
_MOST_DRAINING_MS: Final = 3000.0
#: HdrHistogram: from a microsecond to a minute, two significant digits, in nanoseconds.
_LOW_NS, _HIGH_NS, _DIGITS = 1_000, 60_000_000_000, 2


def now_ms() -> float:
    """Milliseconds of CLOCK_MONOTONIC."""
    return time.monotonic_ns() / 1e6


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a server and back.

    :param there: the file descriptor of the clients' device that leads to its address.
    :param address: the server's, of four bytes; ``port`` is its port, where others of that address have other
        lines.
    :param out: the line to it; ``back`` is that from it.
    """

    there: int
    address: bytes
    port: int
    out: Line
    back: Line


@dataclass(slots=True)
class Carried:
    """What a route has carried, both ways.

    :param packets: that were delivered; the lines lost ``lost`` more.
    :param late_ns: how much later than it was due each was delivered, in nanoseconds.
    """

    packets: int = 0
    lost: int = 0
    late_ns: HdrHistogram = field(default_factory=lambda: HdrHistogram(_LOW_NS, _HIGH_NS, _DIGITS))


@dataclass(slots=True)
class _Way:
    """From one device to another."""

    to_fd: int
    line: Line
    carried: Carried
    under_way: deque[tuple[float, bytes]] = field(default_factory=deque)


class _Ways:
    """All that lead out, or all that lead back, each by the server's end of its packets."""

    def __init__(self, at: int) -> None:
        #: Where in an IPv4 header the server's address is (RFC 791 section 3.1).
        self._at = at
        self._by_end: dict[bytes, _Way] = {}

    def add(self, route: Route, way: _Way) -> None:
        self._by_end[route.address + _PORT.pack(route.port)] = way
        self._by_end.setdefault(route.address, way)

    def of(self, packet: bytes) -> _Way | None:
        """The way of a packet; what has no ports goes the first one of its address."""
        at = self._at
        address = packet[at : at + 4]
        ports = 4 * (packet[0] & 15) + (_TO_PORT if at == _TO_ADDRESS else 0)
        is_first = not (packet[6] & 0x1F or packet[7])  # of a packet's fragments, the one with the ports
        if packet[9] in _WITH_PORTS and is_first:
            return self._by_end.get(address + packet[ports : ports + 2]) or self._by_end.get(address)
        return self._by_end.get(address)


class Forwarder:
    """Devices of clients, and one of servers, with a line each way between them for each server.

    :param here: the file descriptor of the servers' device. It and the others do not block; each read of one
        is a packet, and so is each write. What is not IPv4 is not carried: kernels look for neighbours and
        routers by IPv6 unasked.
    :param routes: one for each server.
    """

    def __init__(self, here: int, routes: Sequence[Route]) -> None:
        #: By route, what it has carried.
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
        """Carry packets until a file descriptor becomes readable, and then what is under way."""
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
        """How long to wait for packets: until one is due, or a while."""
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
