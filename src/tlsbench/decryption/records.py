"""From bytes to records: where each begins and ends (RFC 8446 section 5.1, RFC 5246 section 6.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from tlsbench.decryption.piece import Piece
from tlsbench.errors import WireError
from tlsbench.links import Direction
from tlsbench.links.dtls import dtls_records
from tlsbench.protocol.messages import (
    CONTENT_NAMES,
    DTLS_RECORD_HEADER_BYTES,
    PROTECTION_BYTES,
    RECORD_BYTES,
    RECORD_HEADER_BYTES,
)


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is on the wire.

    ``flight`` is the number, from 0, of the flight with its last byte; ``header`` has five bytes, thirteen in
    DTLS.
    """

    direction: Direction
    flight: int
    header: bytes
    fragment: bytes

    @property
    def content_type(self) -> int:
        """The type of its content, from its header."""
        return self.header[0]

    @property
    def is_dtls(self) -> bool:
        """Whether it is a DTLS record."""
        return len(self.header) == DTLS_RECORD_HEADER_BYTES

    @property
    def number(self) -> int | None:
        """Its epoch and sequence number, which a DTLS record contains (RFC 6347 section 4.1); None in TLS."""
        return int.from_bytes(self.header[3:11], "big") if self.is_dtls else None

    @property
    def wire_bytes(self) -> int:
        """Its size, header included."""
        return len(self.header) + len(self.fragment)


def flights_of(pieces: Iterable[Piece]) -> list[tuple[Piece, ...]]:
    """The pieces by flight: what one side sends before the other sends anything."""
    return [tuple(group) for _, group in groupby(pieces, key=lambda piece: piece.direction)]


def records_of(pieces: Iterable[Piece]) -> list[Record]:
    """The records of both sides, in the order in which they became complete.

    :raises WireError: if the bytes are not records, or end within one.
    """
    waiting = dict.fromkeys(Direction, b"")
    found = []
    for number, flight in enumerate(flights_of(pieces)):
        direction = flight[0].direction
        data = waiting[direction] + b"".join(piece.data for piece in flight)
        while len(data) >= RECORD_HEADER_BYTES:
            end = RECORD_HEADER_BYTES + int.from_bytes(data[3:RECORD_HEADER_BYTES], "big")
            if data[0] not in CONTENT_NAMES or data[1] != 3:
                raise WireError(f"no TLS record begins with {data[:RECORD_HEADER_BYTES].hex(' ')}")
            if end > RECORD_HEADER_BYTES + RECORD_BYTES + PROTECTION_BYTES:
                raise WireError(f"a record of {end} bytes is longer than TLS allows")
            if len(data) < end:
                break
            found.append(Record(direction, number, data[:RECORD_HEADER_BYTES], data[RECORD_HEADER_BYTES:end]))
            data = data[end:]
        waiting[direction] = data
    for direction, rest in waiting.items():
        if rest:
            raise WireError(f"the bytes {direction.value} end within a record")
    return found


def dtls_records_of(pieces: Iterable[Piece]) -> list[Record]:
    """The same for DTLS, where each piece is a datagram.

    :raises WireError: if a datagram does not consist of whole records.
    """
    found = []
    for number, flight in enumerate(flights_of(pieces)):
        for piece in flight:
            at = 0
            for one in dtls_records(piece.data):
                if one.content_type not in CONTENT_NAMES:
                    raise WireError(f"no DTLS record is of type {one.content_type}")
                header = piece.data[at : at + DTLS_RECORD_HEADER_BYTES]
                found.append(Record(piece.direction, number, header, one.fragment))
                at += len(header) + len(one.fragment)
    return found
