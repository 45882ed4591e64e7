"""TCP connections and UDP datagrams over IPv4 that carry what went over a link, packet by packet.

The bytes of TLS are real. What carries them is made up: a TCP connection over IPv4 between two addresses for
documentation (RFC 5737), in segments of at most 1,460 bytes, without loss; for DTLS and QUIC, a UDP datagram
for each one sent. The server's port tells other programs the protocol: 443, or 4433 for DTLS; each TCP
connection has a client port of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tlsbench.decryption.piece import Piece
from tlsbench.links import Direction

#: For an Ethernet MTU of 1,500 bytes, without options.
MSS_BYTES: Final = 1460
#: The first of the dynamic ports (RFC 6335 section 6), and how many there are.
_FIRST_PORT: Final = 49152
_CLIENT_PORTS: Final = 65536 - _FIRST_PORT
_SERVER_PORT: Final = 443
_SERVER_PORTS_OF_UDP: Final = {"dtls": 4433, "quic": 443}
_ADDRESSES: Final = {Direction.TO_SERVER: bytes((192, 0, 2, 1)), Direction.TO_CLIENT: bytes((192, 0, 2, 2))}
_SYN, _PSH, _ACK = 0x02, 0x08, 0x10
_TCP, _UDP = 6, 17
#: The offset of the checksum in a segment, and in a datagram.
_TCP_CHECKSUM_AT, _UDP_CHECKSUM_AT = 16, 6
_WINDOW_BYTES: Final = 0xFFFF
_INITIAL_SEQUENCE: Final = {Direction.TO_SERVER: 1_000_000, Direction.TO_CLIENT: 2_000_000}


@dataclass(frozen=True, slots=True)
class Packet:
    """An IP packet, and when it was sent, in nanoseconds since 1970."""

    at_ns: int
    data: bytes


@dataclass(slots=True)
class Conversation:
    """A TCP connection whose packets are made one after another.

    :param number: which of a capture's connections it is, from 0.
    :param began_ns: when it began, in nanoseconds since 1970.
    """

    number: int
    began_ns: int
    _sequence: dict[Direction, int] = field(default_factory=lambda: dict(_INITIAL_SEQUENCE), init=False)

    def opening(self) -> list[Packet]:
        """The TCP handshake."""
        client, server = Direction.TO_SERVER, Direction.TO_CLIENT
        maximum = struct.pack("!BBH", 2, 4, MSS_BYTES)
        first = self._packet(client, _SYN, options=maximum, acknowledges=False)
        self._sequence[client] += 1
        second = self._packet(server, _SYN | _ACK, options=maximum)
        self._sequence[server] += 1
        return [first, second, self._packet(client, _ACK)]

    def carry(self, pieces: Sequence[Piece]) -> list[Packet]:
        """The packets of the next pieces; their times count from the beginning of the connection."""
        packets = []
        for piece in pieces:
            for at in range(0, len(piece.data), MSS_BYTES):
                data = piece.data[at : at + MSS_BYTES]
                flags = _ACK | _PSH if at + MSS_BYTES >= len(piece.data) else _ACK
                packets.append(self._packet(piece.direction, flags, data, at_ns=piece.at_ns))
                self._sequence[piece.direction] += len(data)
        return packets

    def _packet(
        self,
        sender: Direction,
        flags: int,
        data: bytes = b"",
        *,
        options: bytes = b"",
        at_ns: int = 0,
        acknowledges: bool = True,
    ) -> Packet:
        (receiver,) = (other for other in Direction if other is not sender)
        ports = _ports(self.number, _SERVER_PORT, sender)
        acknowledged = self._sequence[receiver] if acknowledges else 0
        offset = (20 + len(options)) // 4 << 4
        fields = (*ports, self._sequence[sender], acknowledged, offset, flags, _WINDOW_BYTES)
        segment = _tcp(fields, options + data)
        return Packet(self.began_ns + at_ns, _ip(sender, receiver, segment, _TCP, _TCP_CHECKSUM_AT))


def packets_of(pieces: Sequence[Piece], began_ns: int, transport: str = "tls") -> list[Packet]:
    """The packets of one connection, over TCP from its handshake on.

    :param began_ns: when the connection began, in nanoseconds since 1970.
    :param transport: a value of the axis ``transport``.
    """
    if transport in _SERVER_PORTS_OF_UDP:
        return [_datagram(piece, began_ns, _SERVER_PORTS_OF_UDP[transport]) for piece in pieces]
    conversation = Conversation(0, began_ns)
    return [*conversation.opening(), *conversation.carry(pieces)]


def _datagram(piece: Piece, began_ns: int, server_port: int) -> Packet:
    """A UDP datagram (RFC 768)."""
    sender = piece.direction
    (receiver,) = (other for other in Direction if other is not sender)
    ports = _ports(0, server_port, sender)
    datagram = struct.pack("!HHHH", *ports, 8 + len(piece.data), 0) + piece.data
    return Packet(began_ns + piece.at_ns, _ip(sender, receiver, datagram, _UDP, _UDP_CHECKSUM_AT))


def _ports(number: int, server_port: int, sender: Direction) -> tuple[int, int]:
    """The ports of a connection, the sender's first."""
    client_port = _FIRST_PORT + number % _CLIENT_PORTS
    return (client_port, server_port) if sender is Direction.TO_SERVER else (server_port, client_port)


def _tcp(fields: tuple[int, ...], rest: bytes) -> bytes:
    """A segment (RFC 9293), with no checksum yet.

    :param fields: those of its header up to the window; ``rest`` is its options and data.
    """
    return struct.pack("!HHIIBBHHH", *fields, 0, 0) + rest


def _ip(sender: Direction, receiver: Direction, segment: bytes, protocol: int, checksum_at: int) -> bytes:
    """An IPv4 packet (RFC 791) around a segment or datagram, with all checksums."""
    addresses = _ADDRESSES[sender] + _ADDRESSES[receiver]
    pseudo = addresses + struct.pack("!BBH", 0, protocol, len(segment))
    checksum = struct.pack("!H", _checksum(pseudo + segment))
    segment = segment[:checksum_at] + checksum + segment[checksum_at + 2 :]
    head = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, protocol)
    return head + struct.pack("!H", _checksum(head + bytes(2) + addresses)) + addresses + segment


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    words: tuple[int, ...] = struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2))
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
