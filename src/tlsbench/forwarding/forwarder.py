"""The packets of two devices, each carried to the other over a line."""

from __future__ import annotations

import os
import select
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from hdrh.histogram import HdrHistogram

from tlsbench.links.network import Line

#: More than a packet of IPv4 can have.
_PACKET_BYTES: Final = 65_536
#: Read from one device before what is due is delivered.
_MOST_AT_ONCE: Final = 64
_IPV4: Final = 4
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


@dataclass(slots=True)
class _Way:
    """From one device to the other."""

    from_fd: int
    to_fd: int
    line: Line
    under_way: deque[tuple[float, bytes]] = field(default_factory=deque)


class Forwarder:
    """Two devices with a line each way between them.

    :param ends: their file descriptors, which do not block; each read of one is a packet, and so is each
        write. What is not IPv4 is not carried: kernels look for neighbours and routers by IPv6 unasked.
    :param lines: from the first to the second, and back.
    """

    def __init__(self, ends: tuple[int, int], lines: tuple[Line, Line]) -> None:
        self._ways = tuple(
            _Way(from_fd, to_fd, line)
            for from_fd, to_fd, line in zip(ends, reversed(ends), lines, strict=True)
        )
        #: Packets that were delivered, and those that the lines lost.
        self.packets = self.lost = 0
        #: How much later than it was due each was delivered, in nanoseconds.
        self.late_ns = HdrHistogram(_LOW_NS, _HIGH_NS, _DIGITS)

    def run(self, stop_fd: int) -> None:
        """Carry packets until a file descriptor becomes readable, and then what is under way."""
        quiet_ms = _QUIET_MS + max(way.line.network.rtt_ms for way in self._ways)
        watched = [stop_fd, *(way.from_fd for way in self._ways)]
        stopped_ms = came_ms = 0.0
        while True:
            ready = select.select(watched, [], [], self._patience_s())[0]
            for way in self._ways:
                if way.from_fd in ready:
                    self._take(way)
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

    def _take(self, way: _Way) -> None:
        for _ in range(_MOST_AT_ONCE):
            try:
                packet = os.read(way.from_fd, _PACKET_BYTES)
            except BlockingIOError:
                return
            if not packet or packet[0] >> 4 != _IPV4:
                continue
            due_ms = way.line.arrival_ms(now_ms(), len(packet))
            if due_ms is None:
                self.lost += 1
            else:
                way.under_way.append((due_ms, packet))

    def _deliver(self) -> None:
        for way in self._ways:
            while way.under_way and way.under_way[0][0] <= now_ms():
                due_ms, packet = way.under_way.popleft()
                os.write(way.to_fd, packet)
                self.packets += 1
                self.late_ns.record_value(max(_LOW_NS, int((now_ms() - due_ms) * 1e6)))
