"""Connections over IPv4 that carry what went over a link, packet by packet: TCP, or UDP for datagrams.

The bytes of TLS or QUIC are real. What carries them is made up here: a TCP connection over IPv4 between two
addresses for documentation (RFC 5737), in segments of at most 1,460 bytes, without loss; or a packet of UDP
for each datagram. Port 443 of the server lets other programs know what it is; each connection has a client's
port of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tlsbench.links import Direction
from tlsbench.tracing.recording import Piece

#: Of an Ethernet of 1,500 bytes, without options.
MSS_BYTES: Final = 1460
#: The first of the dynamic ports (RFC 6335 section 6), and how many there are.
_FIRST_PORT: Final = 49152
_CLIENT_PORTS: Final = 65536 - _FIRST_PORT
_SERVER_PORT: Final = 443
_ADDRESSES: Final = {Direction.TO_SERVER: bytes((192, 0, 2, 1)), Direction.TO_CLIENT: bytes((192, 0, 2, 2))}
_SYN, _PSH, _ACK = 0x02, 0x08, 0x10
#: The protocols of IP, and where in their headers the checksum stands.
_TCP, _UDP = 6, 17
_CHECKSUM_AT: Final = {_TCP: 16, _UDP: 6}
_WINDOW_BYTES: Final = 0xFFFF
_INITIAL_SEQUENCE: Final = {Direction.TO_SERVER: 1_000_000, Direction.TO_CLIENT: 2_000_000}


@dataclass(frozen=True, slots=True)
class Packet:
    """An IP packet and when it was sent, in nanoseconds since 1970."""

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
        acknowledged = self._sequence[receiver] if acknowledges else 0
        offset = (20 + len(options)) // 4 << 4
        ports = _ports(sender, self.number)
        fields = (*ports, self._sequence[sender], acknowledged, offset, flags, _WINDOW_BYTES)
        return Packet(self.began_ns + at_ns, _ip(sender, _TCP, _tcp(fields, options + data)))


def packets_of(pieces: Sequence[Piece], began_ns: int) -> list[Packet]:
    """The packets of one connection, from its TCP handshake on.

    :param began_ns: when the connection began, in nanoseconds since 1970.
    """
    conversation = Conversation(0, began_ns)
    return [*conversation.opening(), *conversation.carry(pieces)]


def udp_packets_of(pieces: Sequence[Piece], began_ns: int) -> list[Packet]:
    """The packets of one connection over UDP, one for each piece.

    :param began_ns: when the connection began, in nanoseconds since 1970.
    """
    return [
        Packet(began_ns + piece.at_ns, _ip(piece.direction, _UDP, _udp(piece.direction, piece.data)))
        for piece in pieces
    ]


def _ports(sender: Direction, number: int) -> tuple[int, int]:
    """The ports of a packet: its sender's and the other side's."""
    client_port = _FIRST_PORT + number % _CLIENT_PORTS
    return (client_port, _SERVER_PORT) if sender is Direction.TO_SERVER else (_SERVER_PORT, client_port)


def _udp(sender: Direction, data: bytes) -> bytes:
    """A datagram (RFC 768) whose checksum is still to come."""
    return struct.pack("!HHHH", *_ports(sender, 0), 8 + len(data), 0) + data


def _tcp(fields: tuple[int, ...], rest: bytes) -> bytes:
    """A segment (RFC 9293) whose checksum is still to come.

    :param fields: its header's up to the window; ``rest`` is its options and data.
    """
    return struct.pack("!HHIIBBHHH", *fields, 0, 0) + rest


def _ip(sender: Direction, protocol: int, segment: bytes) -> bytes:
    """An IPv4 packet (RFC 791) with a segment or a datagram, checksums and all."""
    (receiver,) = (other for other in Direction if other is not sender)
    addresses = _ADDRESSES[sender] + _ADDRESSES[receiver]
    pseudo = addresses + struct.pack("!BBH", 0, protocol, len(segment))
    at = _CHECKSUM_AT[protocol]
    checksum = _checksum(pseudo + segment) or 0xFFFF  # of UDP, 0 is none (RFC 768)
    segment = segment[:at] + struct.pack("!H", checksum) + segment[at + 2 :]
    head = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, protocol)
    return head + struct.pack("!H", _checksum(head + bytes(2) + addresses)) + addresses + segment


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    words: tuple[int, ...] = struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2))
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
