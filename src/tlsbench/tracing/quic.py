"""The ladder of a QUIC handshake: its packets, and the messages and frames that they carry."""

from __future__ import annotations

from collections.abc import Sequence

from tlsbench.decryption.decoding import Message
from tlsbench.decryption.keylog import KeyLog
from tlsbench.decryption.piece import Piece
from tlsbench.decryption.quic import (
    CLEAR,
    NumberedPacket,
    numbered_packets,
    opening_of_packets,
    quic_messages_of,
)
from tlsbench.decryption.records import flights_of
from tlsbench.links import Direction
from tlsbench.scenarios import ciphers
from tlsbench.tracing.ladder import Ladder, LadderFlight, RecordLine


def quic_ladder_of(pieces: Sequence[Piece], key_log: KeyLog) -> Ladder:
    """The ladder of what was recorded of one connection, with one datagram in each piece.

    :param key_log: contains its secrets, maybe among others; without them, encrypted parts are shown as such.
    :raises WireError: if the datagrams are not those of a QUIC connection, or the secrets are not its own.
    """
    numbered = list(numbered_packets(pieces))
    opening, found = opening_of_packets(numbered), quic_messages_of(numbered, key_log)
    suite = ciphers.BY_CODE_POINT.get(opening.server.cipher)
    flights = tuple(
        _flight(number, flight, numbered, found) for number, flight in enumerate(flights_of(pieces))
    )
    return Ladder(
        version=opening.server.version,
        cipher=suite.name if suite else f"{opening.server.cipher:#06x}",
        opened=all(message.opened for message in found),
        flights=flights,
        transport="quic",
    )


def _flight(
    number: int, pieces: Sequence[Piece], numbered: Sequence[NumberedPacket], found: Sequence[Message]
) -> LadderFlight:
    packets = [one for one in numbered if one.flight == number]
    return LadderFlight(
        sender="client" if pieces[0].direction is Direction.TO_SERVER else "server",
        wire_bytes=sum(len(piece.data) for piece in pieces),
        spent_ns=sum(piece.spent_ns for piece in pieces),
        at_ns=pieces[0].at_ns,
        records=tuple(
            RecordLine(
                one.number,
                one.packet.kind.value,
                len(one.packet.data),
                one.packet.number_at,
                one.packet.kind not in CLEAR,
            )
            for one in packets
        ),
        messages=tuple(one for one in found if numbered[one.records[-1]].flight == number),
        datagrams=tuple(len(piece.data) for piece in pieces),
    )
