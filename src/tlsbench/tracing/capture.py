"""A traced connection as a capture file, for Wireshark and tshark: pcapng with its secrets, or pcap.

The TLS bytes are those that went over the link. What carries them is made up here: a TCP connection over
IPv4 between two addresses for documentation (RFC 5737), in segments of at most 1,460 bytes, without loss. The
formats are those of draft-ietf-opsawg-pcapng and draft-ietf-opsawg-pcap, in nanoseconds, of raw IP packets.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tlsbench.links import Direction
from tlsbench.tracing.keylog import KeyLog
from tlsbench.tracing.recording import Piece

#: Of an Ethernet of 1,500 bytes, without options.
MSS_BYTES: Final = 1460
#: The ports and addresses of the client and the server.
_PORTS: Final = {Direction.TO_SERVER: 49152, Direction.TO_CLIENT: 443}
_ADDRESSES: Final = {Direction.TO_SERVER: bytes((192, 0, 2, 1)), Direction.TO_CLIENT: bytes((192, 0, 2, 2))}
_SYN, _PSH, _ACK = 0x02, 0x08, 0x10
_TCP: Final = 6
_WINDOW_BYTES: Final = 0xFFFF
_INITIAL_SEQUENCE: Final = {Direction.TO_SERVER: 1_000_000, Direction.TO_CLIENT: 2_000_000}

_LINKTYPE_RAW: Final = 101
_SNAP_BYTES: Final = 1 << 18
_PCAP_MAGIC_NS: Final = 0xA1B23C4D
_SECTION, _INTERFACE, _PACKET, _SECRETS = 0x0A0D0D0A, 1, 6, 10
_BYTE_ORDER_MAGIC: Final = 0x1A2B3C4D
_UNKNOWN_LENGTH: Final = (1 << 64) - 1
_TLS_KEY_LOG: Final = 0x544C534B
_OPTION_COMMENT, _OPTION_RESOLUTION = 1, 9
_NANOSECONDS: Final = 9


@dataclass(frozen=True, slots=True)
class Packet:
    """An IP packet and when it was sent, in nanoseconds since 1970."""

    at_ns: int
    data: bytes


def packets_of(pieces: Sequence[Piece], began_ns: int) -> list[Packet]:
    """The packets that carry what was recorded, behind a TCP handshake.

    :param began_ns: when the connection began, in nanoseconds since 1970.
    """
    return list(_packets(pieces, began_ns))


def pcapng(packets: Sequence[Packet], key_log: KeyLog, comment: str) -> bytes:
    """A pcapng file, with the secrets in a Decryption Secrets Block before the packets.

    :param comment: what the file says of itself.
    """
    section = struct.pack("<IHHQ", _BYTE_ORDER_MAGIC, 1, 0, _UNKNOWN_LENGTH)
    interface = struct.pack("<HHI", _LINKTYPE_RAW, 0, _SNAP_BYTES)
    blocks = [
        _block(_SECTION, section + _options(_OPTION_COMMENT, comment.encode("utf-8"))),
        _block(_INTERFACE, interface + _options(_OPTION_RESOLUTION, bytes([_NANOSECONDS]))),
    ]
    if key_log:
        secrets = key_log.text().encode("ascii")
        blocks.append(_block(_SECRETS, struct.pack("<II", _TLS_KEY_LOG, len(secrets)) + _padded(secrets)))
    for packet in packets:
        length = len(packet.data)
        high, low = divmod(packet.at_ns, 1 << 32)
        head = struct.pack("<IIIII", 0, high, low, length, length)
        blocks.append(_block(_PACKET, head + _padded(packet.data)))
    return b"".join(blocks)


def pcap(packets: Sequence[Packet]) -> bytes:
    """A pcap file, which holds no secrets."""
    parts = [struct.pack("<IHHiIII", _PCAP_MAGIC_NS, 2, 4, 0, 0, _SNAP_BYTES, _LINKTYPE_RAW)]
    for packet in packets:
        seconds, ns = divmod(packet.at_ns, 10**9)
        parts += (struct.pack("<IIII", seconds, ns, len(packet.data), len(packet.data)), packet.data)
    return b"".join(parts)


def _packets(pieces: Sequence[Piece], began_ns: int) -> Iterator[Packet]:
    client, server = Direction.TO_SERVER, Direction.TO_CLIENT
    sequence = dict(_INITIAL_SEQUENCE)
    maximum = struct.pack("!BBH", 2, 4, MSS_BYTES)
    yield Packet(began_ns, _segment(client, sequence[client], 0, _SYN, b"", maximum))
    sequence[client] += 1
    yield Packet(began_ns, _segment(server, sequence[server], sequence[client], _SYN | _ACK, b"", maximum))
    sequence[server] += 1
    yield Packet(began_ns, _segment(client, sequence[client], sequence[server], _ACK, b""))
    for piece in pieces:
        sender = piece.direction
        other = server if sender is client else client
        for at in range(0, len(piece.data), MSS_BYTES):
            data = piece.data[at : at + MSS_BYTES]
            last = at + MSS_BYTES >= len(piece.data)
            flags = _ACK | _PSH if last else _ACK
            segment = _segment(sender, sequence[sender], sequence[other], flags, data)
            yield Packet(began_ns + piece.at_ns, segment)
            sequence[sender] += len(data)


def _segment(  # noqa: PLR0917 - the fields of a header
    sender: Direction, sequence: int, acknowledged: int, flags: int, data: bytes, options: bytes = b""
) -> bytes:
    """An IPv4 packet with a TCP segment (RFC 791, RFC 9293), checksums and all."""
    (receiver,) = (other for other in Direction if other is not sender)
    source, destination = _ADDRESSES[sender], _ADDRESSES[receiver]
    offset = (20 + len(options)) // 4 << 4

    def tcp(checksum: int) -> bytes:
        head = struct.pack(
            "!HHIIBBHHH",
            _PORTS[sender],
            _PORTS[receiver],
            sequence,
            acknowledged,
            offset,
            flags,
            _WINDOW_BYTES,
            checksum,
            0,
        )
        return head + options + data

    length = len(tcp(0))
    pseudo = source + destination + struct.pack("!BBH", 0, _TCP, length)
    segment = tcp(_checksum(pseudo + tcp(0)))

    def ip(checksum: int) -> bytes:
        fields = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0x4000, 64, _TCP, checksum)
        return fields + source + destination

    return ip(_checksum(ip(0))) + segment


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    words: tuple[int, ...] = struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2))
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _options(code: int, value: bytes) -> bytes:
    """One option, and the end of options."""
    return struct.pack("<HH", code, len(value)) + _padded(value) + bytes(4)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
