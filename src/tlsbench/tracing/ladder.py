"""The ladder: the flights of one connection, with their records and messages, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.links import Direction
from tlsbench.protocol.messages import CONTENT_NAMES, RECORD_HEADER_BYTES
from tlsbench.scenarios import ciphers
from tlsbench.tracing.decoding import Message, messages_of, opening_of
from tlsbench.tracing.keylog import KeyLog
from tlsbench.tracing.recording import Piece
from tlsbench.tracing.records import Record, flights_of, records_of

_NOTE: Final = (
    "One traced handshake: its times are not a benchmark. Sizes are in bytes on the wire, headers included: "
)


@dataclass(frozen=True, slots=True)
class Carrier:
    """What carries handshakes, as a ladder says it.

    :param protocol: its name, around the version of TLS.
    :param unit: what it calls the parts that messages travel in.
    :param note: what is to be said wherever a ladder is shown.
    """

    protocol: str
    unit: str
    note: str


#: By the value of the axis ``transport``.
CARRIERS: Final[Mapping[str, Carrier]] = {
    "tls": Carrier(
        "TLS {version}",
        "record",
        f"{_NOTE}5 bytes for each record, 4 for each message, 4 for each extension.",
    ),
    "quic": Carrier(
        "QUIC version 1 with TLS {version}",
        "packet",
        f"{_NOTE}those of packets with 16 bytes of protection, 4 for each message and each extension.",
    ),
}


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record, or a packet of QUIC: what its header says, and its size with that header and protection.

    Of a packet's header, ``header_bytes`` counts what stands before its number.
    """

    number: int
    content_type: str
    wire_bytes: int
    header_bytes: int
    encrypted: bool


@dataclass(frozen=True, slots=True)
class LadderFlight:
    """What one side sends before the other does. A message stands in the flight of its last byte.

    ``spent_ns`` is the time in its sender's library before it, ``at_ns`` when it left, since the beginning.
    ``datagrams_bytes`` are the sizes of its datagrams, over what has them.
    """

    sender: str
    wire_bytes: int
    spent_ns: int
    at_ns: int
    records: tuple[RecordLine, ...]
    messages: tuple[Message, ...]
    datagrams_bytes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ladder:
    """One handshake, flight by flight.

    ``opened`` is whether nothing in it stayed encrypted, ``transport`` what carried it, as in a scenario.
    """

    version: str
    cipher: str
    opened: bool
    flights: tuple[LadderFlight, ...]
    transport: str = "tls"

    @property
    def messages(self) -> tuple[Message, ...]:
        """All of them, in the order in which they were complete."""
        return tuple(message for flight in self.flights for message in flight.messages)

    @property
    def hello_retry(self) -> bool:
        """Whether the server asked for another key share."""
        return self._has("HelloRetryRequest")

    @property
    def retry(self) -> bool:
        """Whether a server of QUIC sent a Retry packet first."""
        return self._has("Retry")

    @property
    def carrier(self) -> Carrier:
        """What carried it."""
        return CARRIERS[self.transport]

    @property
    def protocol(self) -> str:
        """What was spoken."""
        return self.carrier.protocol.format(version=self.version)

    def _has(self, name: str) -> bool:
        return any(message.name == name for message in self.messages)


def ladder_of(pieces: Sequence[Piece], key_log: KeyLog) -> Ladder:
    """The ladder of what was recorded of one connection.

    :param key_log: its secrets among others; without them what is encrypted is shown as such.
    :raises WireError: if the bytes are no TLS connection's, or the secrets not its own.
    """
    records = records_of(pieces)
    opening = opening_of(records)
    found = messages_of(records, key_log)
    suite = ciphers.BY_CODE_POINT.get(opening.server.cipher)
    flights = tuple(
        _flight(number, flight, records, found) for number, flight in enumerate(flights_of(pieces))
    )
    return Ladder(
        version=opening.server.version,
        cipher=suite.name if suite else f"{opening.server.cipher:#06x}",
        opened=all(message.opened for message in found),
        flights=flights,
    )


def _flight(
    number: int, pieces: Sequence[Piece], records: Sequence[Record], found: Sequence[Message]
) -> LadderFlight:
    protected = {at for message in found if message.encrypted for at in message.records}
    lines = tuple(
        RecordLine(at, CONTENT_NAMES[one.content_type], one.wire_bytes, RECORD_HEADER_BYTES, at in protected)
        for at, one in enumerate(records)
        if one.flight == number
    )
    return LadderFlight(
        sender="client" if pieces[0].direction is Direction.TO_SERVER else "server",
        wire_bytes=sum(len(piece.data) for piece in pieces),
        spent_ns=sum(piece.spent_ns for piece in pieces),
        at_ns=pieces[0].at_ns,
        records=lines,
        messages=tuple(message for message in found if records[message.records[-1]].flight == number),
    )
