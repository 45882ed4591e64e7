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
_NOTHING_TO_OPEN: Final = "UDP opens no connection: TCP would take one more round trip before all of this."


@dataclass(frozen=True, slots=True)
class Carrier:
    """What carries handshakes, as a ladder describes it.

    :param unit: the name of the units in which messages travel.
    :param note: must accompany every ladder.
    :param opening: what it costs to open the transport, which comes before every ladder.
    """

    unit: str
    note: str
    opening: str


#: By the value of the axis ``transport``.
CARRIERS: Final[Mapping[str, Carrier]] = {
    "tls": Carrier(
        "record",
        f"{_NOTE}5 bytes for each record, 4 for each message, 4 for each extension.",
        "Opening the TCP connection takes one more round trip, before all of this.",
    ),
    "dtls": Carrier(
        "record",
        f"{_NOTE}13 bytes for each record, 12 for each fragment of a message, 4 for each extension, without "
        "those of UDP and IP.",
        _NOTHING_TO_OPEN,
    ),
    "quic": Carrier(
        "packet",
        f"{_NOTE}those of packets with 16 bytes of protection, 4 for each message and each extension.",
        _NOTHING_TO_OPEN,
    ),
}
#: What splits the pieces of a transport into records, for transports that have them.
RECORDS_OF: Final[Mapping[str, Callable[[Sequence[Piece]], list[Record]]]] = {
    "tls": records_of,
    "dtls": dtls_records_of,
}


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record, or a QUIC packet: what its header says, and its size with that header and protection.

    Of a packet's header, ``header_bytes`` counts what precedes the packet number.
    """

    number: int
    content_type: str
    wire_bytes: int
    header_bytes: int
    encrypted: bool


@dataclass(frozen=True, slots=True)
class LadderFlight:
    """What one side sends before the other sends anything. A message belongs to the flight of its last byte.

    ``spent_ns`` is the time in its sender's library before it, ``at_ns`` when it was sent, since the
    beginning. ``datagrams`` are the sizes of its datagrams, if the transport has any.
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

    ``opened`` is whether everything in it was decrypted, ``transport`` what carried it, as in a scenario.
    """

    version: str
    cipher: str
    opened: bool
    flights: tuple[LadderFlight, ...]
    transport: str = "tls"

    @property
    def messages(self) -> tuple[Message, ...]:
        """All messages, in the order in which they became complete."""
        return tuple(message for flight in self.flights for message in flight.messages)

    @property
    def hello_retry(self) -> bool:
        """Whether the server asked for another key share."""
        return self._has("HelloRetryRequest")

    @property
    def address_checks(self) -> tuple[str, ...]:
        """How the server checked the client's address first: by a DTLS cookie or a QUIC Retry."""
        return tuple(name for name in ("HelloVerifyRequest", "Retry") if self._has(name))

    @property
    def carrier(self) -> Carrier:
        """What carried it."""
        return CARRIERS[self.transport]

    @property
    def protocol(self) -> str:
        """The usual name of the protocol."""
        return spoken(self.transport, self.version)

    @property
    def note(self) -> str:
        """A note that must accompany the ladder wherever it is shown."""
        return self.carrier.note

    def _has(self, name: str) -> bool:
        return any(message.name == name for message in self.messages)


def ladder_of(pieces: Sequence[Piece], key_log: KeyLog, transport: str = "tls") -> Ladder:
    """The ladder of what was recorded of one connection over a transport.

    :param key_log: contains its secrets, maybe among others; without them, encrypted parts are shown as such.
    :raises WireError: if the bytes are not those of a TLS connection, or the secrets are not its own.
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
