"""The QUIC packets in a datagram, read without any keys: RFC 8999 and RFC 9000 section 17.

One datagram may hold several packets (RFC 9000 section 12.2). A long header states the length of its packet;
a packet with a short header takes the rest of the datagram. This module reads what well-behaved ends send,
for proofs and traces: everything else raises :class:`~tlsbench.errors.WireError`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from tlsbench.errors import WireError
from tlsbench.links.reader import Reader

#: QUIC version 1 (RFC 9000 section 15), the only one supported here.
VERSION_1: Final = 1
_LONG: Final = 0x80
_VERSION_NEGOTIATION: Final = 0
_INTEGRITY_TAG_BYTES: Final = 16
#: The maximum length of a connection ID in version 1 (RFC 9000 section 17.2).
_MOST_ID_BYTES: Final = 20


class PacketKind(Enum):
    """Packet types (RFC 9000 section 17), by their names in the RFC."""

    INITIAL = "Initial"
    ZERO_RTT = "0-RTT"
    HANDSHAKE = "Handshake"
    RETRY = "Retry"
    VERSION_NEGOTIATION = "Version Negotiation"
    ONE_RTT = "1-RTT"


#: Indexed by the two type bits in a long header's first byte (RFC 9000 section 17.2).
_LONG_KINDS: Final = (PacketKind.INITIAL, PacketKind.ZERO_RTT, PacketKind.HANDSHAKE, PacketKind.RETRY)


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, still protected as it was sent.

    :param data: the whole packet.
    :param version: the version in a long header; None for a short header, which has none.
    :param destination_id: the destination connection ID; ``b""`` for a short header, which does not state
        its length.
    :param token: the token of an Initial or a Retry.
    :param number_at: the offset of the packet number; for a short header, that of the connection ID.
    :param integrity_tag: the integrity tag of a Retry.
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
    """The packets of one datagram, in order; zeros after the last are padding.

    :raises WireError: if one ends too early, or its version is not 1.
    """
    while datagram.strip(b"\0"):
        if not datagram[0] & _LONG:
            yield Packet(PacketKind.ONE_RTT, datagram)
            return
        packet = _long(datagram)
        yield packet
        datagram = datagram[len(packet.data) :]


def take_varint(reader: Reader) -> int:
    """Take the next variable-length integer (RFC 9000 section 16)."""
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
