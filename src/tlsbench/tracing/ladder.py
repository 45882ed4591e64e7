"""The ladder: the flights of one connection, with their records and messages, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.decryption.decoding import Message, messages_of, opening_of
from tlsbench.decryption.keylog import KeyLog
from tlsbench.decryption.piece import Piece
from tlsbench.decryption.records import Record, dtls_records_of, flights_of, records_of
from tlsbench.links import Direction
from tlsbench.protocol.messages import CONTENT_NAMES
from tlsbench.scenarios import ciphers
from tlsbench.scenarios.transports import DATAGRAMS, spoken

_NOTE: Final = (
    "One traced handshake: its times are not a benchmark. Sizes are in bytes on the wire, headers included: "
)


@dataclass(frozen=True, slots=True)
class Carrier:
    """What carries handshakes, as a ladder says it.

    :param unit: what it calls the parts that messages travel in.
    :param note: what is to be said wherever a ladder is shown.
    """

    unit: str
    note: str


#: By the value of the axis ``transport``.
CARRIERS: Final[Mapping[str, Carrier]] = {
    "tls": Carrier("record", f"{_NOTE}5 bytes for each record, 4 for each message, 4 for each extension."),
    "dtls": Carrier(
        "record",
        f"{_NOTE}13 bytes for each record, 12 for each fragment of a message, 4 for each extension; those of "
        "UDP and IP are not.",
    ),
    "quic": Carrier(
        "packet",
        f"{_NOTE}those of packets with 16 bytes of protection, 4 for each message and each extension.",
    ),
}
#: How the records of each transport that has them are found.
RECORDS_OF: Final[Mapping[str, Callable[[Sequence[Piece]], list[Record]]]] = {
    "tls": records_of,
    "dtls": dtls_records_of,
}


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record, or a packet of QUIC: what its header says, and its size with that header and protection.

    Of a packet's header, ``header_bytes`` counts what precedes its number.
    """

    number: int
    content_type: str
    wire_bytes: int
    header_bytes: int
    encrypted: bool


@dataclass(frozen=True, slots=True)
class LadderFlight:
    """What one side sends before the other does. A message belongs to the flight of its last byte.

    ``spent_ns`` is the time in its sender's library before it, ``at_ns`` when it left, since the beginning.
    ``datagrams`` are the sizes of its datagrams, over what has them.
    """

    sender: str
    wire_bytes: int
    spent_ns: int
    at_ns: int
    records: tuple[RecordLine, ...]
    messages: tuple[Message, ...]
    datagrams: tuple[int, ...] = ()


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
    def address_checks(self) -> tuple[str, ...]:
        """By what the server checked the client's address first: a cookie of DTLS, or a Retry of QUIC."""
        return tuple(name for name in ("HelloVerifyRequest", "Retry") if self._has(name))

    @property
    def carrier(self) -> Carrier:
        """What carried it."""
        return CARRIERS[self.transport]

    @property
    def protocol(self) -> str:
        """What is spoken, as people write it."""
        return spoken(self.transport, self.version)

    @property
    def note(self) -> str:
        """What is to be said wherever it is shown."""
        return self.carrier.note

    def _has(self, name: str) -> bool:
        return any(message.name == name for message in self.messages)


def ladder_of(pieces: Sequence[Piece], key_log: KeyLog, transport: str = "tls") -> Ladder:
    """The ladder of what was recorded of one connection over a transport.

    :param key_log: its secrets among others; without them what is encrypted is shown as such.
    :raises WireError: if the bytes are no TLS connection's, or the secrets not its own.
    """
    records = RECORDS_OF[transport](pieces)
    opening = opening_of(records)
    found = messages_of(records, key_log)
    suite = ciphers.BY_CODE_POINT.get(opening.server.cipher)
    flights = tuple(
        _flight(number, flight, records, found, in_datagrams=transport in DATAGRAMS)
        for number, flight in enumerate(flights_of(pieces))
    )
    return Ladder(
        version=opening.server.version,
        cipher=suite.name if suite else f"{opening.server.cipher:#06x}",
        opened=all(message.opened for message in found),
        flights=flights,
        transport=transport,
    )


def _flight(
    number: int,
    pieces: Sequence[Piece],
    records: Sequence[Record],
    found: Sequence[Message],
    *,
    in_datagrams: bool,
) -> LadderFlight:
    protected = {at for message in found if message.encrypted for at in message.records}
    lines = tuple(
        RecordLine(at, CONTENT_NAMES[one.content_type], one.wire_bytes, len(one.header), at in protected)
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
        datagrams=tuple(len(piece.data) for piece in pieces) if in_datagrams else (),
    )
