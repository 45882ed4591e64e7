"""Read our captures strictly: every block is complete, every connection's bytes are in order."""

from __future__ import annotations

import struct
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tlsbench.links import Direction
from tlsbench.tracing import KeyLog, Ladder, Piece, ladder_of

SECTION, INTERFACE, SECRETS, PACKET = 0x0A0D0D0A, 1, 10, 6


def blocks(data: bytes) -> list[tuple[int, bytes]]:
    """The types and bodies of the blocks of a pcapng file, which must be complete."""
    found = []
    while data:
        kind, length = struct.unpack("<II", data[:8])
        assert len(data) >= length >= 12
        assert struct.unpack("<I", data[length - 4 : length]) == (length,)
        found.append((kind, data[8 : length - 4]))
        data = data[length:]
    return found


@dataclass
class Captured:
    """A capture: the pieces of each connection by its client's port, when they were sent, and the secrets."""

    pieces: dict[int, list[Piece]] = field(default_factory=lambda: defaultdict(list))
    log: KeyLog = field(default_factory=KeyLog)

    def ladders(self) -> list[Ladder]:
        """The ladder of each connection."""
        return [ladder_of(pieces, self.log) for pieces in self.pieces.values()]


def read_capture(path: Path) -> Captured:
    """Read the contents of a pcapng file."""
    found = Captured()
    for kind, body in blocks(path.read_bytes()):
        if kind == SECRETS:
            length = struct.unpack("<I", body[4:8])[0]
            more = KeyLog.parse(body[8 : 8 + length].decode("ascii"))
            found.log = KeyLog((*found.log.lines, *more.lines))
        if kind == PACKET:
            _, high, low, size, _ = struct.unpack("<IIIII", body[:20])
            packet = body[20 : 20 + size]
            source, target = struct.unpack("!HH", packet[20:24])
            data = packet[20 + (packet[32] >> 4) * 4 :]
            if data:
                way = Direction.TO_SERVER if target == 443 else Direction.TO_CLIENT
                at_ns = (high << 32) + low
                found.pieces[target if source == 443 else source].append(Piece(way, data, at_ns))
    return found
