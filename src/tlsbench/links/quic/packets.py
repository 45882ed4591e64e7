"""QUIC packets as they are in datagrams, read without any key: RFC 8999 and RFC 9000 section 17.

One datagram may hold several packets (RFC 9000 section 12.2). Long headers say where they end; a short header
takes the rest of its datagram. This is a reader of what well-behaved ends send, for proofs and for traces:
everything else raises :class:`~tlsbench.errors.WireError`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from tlsbench.errors import WireError
from tlsbench.links.reader import Reader

#: QUIC version 1 (RFC 9000 section 15), the only one that is read here.
VERSION_1: Final = 1
_LONG: Final = 0x80
_VERSION_NEGOTIATION: Final = 0
_INTEGRITY_TAG_BYTES: Final = 16
#: The most bytes of a connection ID in version 1 (RFC 9000 section 17.2).
_MOST_ID_BYTES: Final = 20


class PacketKind(Enum):
    """What a packet is (RFC 9000 section 17), by the name that the RFC gives it."""

    INITIAL = "Initial"
    ZERO_RTT = "0-RTT"
    HANDSHAKE = "Handshake"
    RETRY = "Retry"
    VERSION_NEGOTIATION = "Version Negotiation"
    ONE_RTT = "1-RTT"


#: By the two bits of a long header's first byte (RFC 9000 section 17.2).
_LONG_KINDS: Final = (PacketKind.INITIAL, PacketKind.ZERO_RTT, PacketKind.HANDSHAKE, PacketKind.RETRY)


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, protected as it was sent.

    :param data: all of it.
    :param version: of a long header; None of a short one, which has none.
    :param destination_id: whose connection it is for; ``b""`` of a short header, whose ID has no length.
    :param token: of an Initial or a Retry.
    :param number_at: where its packet number begins, behind the header; of a short header where the ID does.
    :param integrity_tag: of a Retry.
    """

    kind: PacketKind
    data: bytes
    version: int | None = None
    destination_id: bytes = b""
    source_id: bytes = b""
    token: bytes = b""
    number_at: int = 1
    integrity_tag: bytes = b""


def packets_of(datagram: bytes) -> Iterator[Packet]:
    """The packets of one datagram, in order; zeros behind the last are padding and no packet.

    :raises WireError: if one ends too early, or is of another version than 1.
    """
    while datagram.strip(b"\0"):
        if not datagram[0] & _LONG:
            yield Packet(PacketKind.ONE_RTT, datagram)
            return
        packet = _long(datagram)
        yield packet
        datagram = datagram[len(packet.data) :]


def take_varint(reader: Reader) -> int:
    """The next integer of variable length (RFC 9000 section 16)."""
    first = reader.number(1)
    more = (1 << (first >> 6)) - 1
    return (first & 0x3F) << (8 * more) | int.from_bytes(reader.take(more), "big")


def _long(data: bytes) -> Packet:
    reader = Reader(data)
    first, version = reader.number(1), reader.number(4)
    destination_id, source_id = reader.vector(1), reader.vector(1)
    if version == _VERSION_NEGOTIATION:
        kind = PacketKind.VERSION_NEGOTIATION
        return Packet(kind, data, version, destination_id, source_id, number_at=len(data))
    if version != VERSION_1:
        raise WireError(f"a QUIC packet has version {version:#010x}, not 1")
    if max(len(destination_id), len(source_id)) > _MOST_ID_BYTES:
        raise WireError(f"a QUIC connection ID has more than {_MOST_ID_BYTES} bytes")
    kind = _LONG_KINDS[first >> 4 & 3]
    if kind is PacketKind.RETRY:
        token, tag = data[reader.at : -_INTEGRITY_TAG_BYTES], data[-_INTEGRITY_TAG_BYTES:]
        if reader.at + _INTEGRITY_TAG_BYTES >= len(data):
            raise WireError("a Retry packet has no token")
        return Packet(kind, data, version, destination_id, source_id, token, len(data), tag)
    token = reader.take(take_varint(reader)) if kind is PacketKind.INITIAL else b""
    length = take_varint(reader)
    number_at = reader.at
    reader.take(length)
    return Packet(kind, data[: reader.at], version, destination_id, source_id, token, number_at)
