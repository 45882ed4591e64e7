"""The packets of a QUIC connection, opened, and the messages and frames that they carry.

Initial packets are protected by keys that depend on an unencrypted connection ID (RFC 9001 section 5.2), so
that anyone can open them: they count as unencrypted. The others need the connection's secrets, one for each
kind of packet and side. TLS messages come in CRYPTO frames, in one stream for each kind (section 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tlsbench.decryption.decoding import Decoded, Message, Opening, next_message
from tlsbench.decryption.keylog import KeyLog
from tlsbench.decryption.messages import hello_of, name_of, read_body
from tlsbench.decryption.piece import Piece
from tlsbench.decryption.records import flights_of
from tlsbench.errors import WireError
from tlsbench.links import Direction
from tlsbench.links.quic.frames import CRYPTO, STREAM, Frame, frames_of
from tlsbench.links.quic.packets import Packet, PacketKind, packets_of
from tlsbench.links.quic.protection import PacketKeys, check_retry, initial_keys
from tlsbench.protocol import messages
from tlsbench.protocol.messages import MESSAGE_HEADER_BYTES

#: The secrets of a key log by the packets that they protect, for each side (RFC 9001 section 5.1).
_LABELS: Final[Mapping[Direction, Mapping[PacketKind, str]]] = {
    Direction.TO_SERVER: {
        PacketKind.ZERO_RTT: "CLIENT_EARLY_TRAFFIC_SECRET",
        PacketKind.HANDSHAKE: "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        PacketKind.ONE_RTT: "CLIENT_TRAFFIC_SECRET_0",
    },
    Direction.TO_CLIENT: {
        PacketKind.HANDSHAKE: "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        PacketKind.ONE_RTT: "SERVER_TRAFFIC_SECRET_0",
    },
}
#: Packets that have no packet number, and contain no frames.
_BARE: Final = (PacketKind.RETRY, PacketKind.VERSION_NEGOTIATION)
#: Packets that anyone can read.
CLEAR: Final = (PacketKind.INITIAL, *_BARE)
#: 0-RTT and 1-RTT packets share a packet number space (RFC 9000 section 12.3).
_SPACES: Final = {PacketKind.ZERO_RTT: PacketKind.ONE_RTT}
_HELLOS: Final = {
    Direction.TO_SERVER: messages.CLIENT_HELLO,
    Direction.TO_CLIENT: messages.SERVER_HELLO,
}


@dataclass(frozen=True, slots=True)
class NumberedPacket:
    """A packet of a recording, with its number there, the number of its flight, and its direction."""

    number: int
    flight: int
    direction: Direction
    packet: Packet


@dataclass(frozen=True, slots=True)
class _Whole:
    """A complete TLS message, or another frame, or an unopened packet; and the packets that carry it."""

    packet: Packet
    direction: Direction
    carriers: tuple[int, ...]
    frame: Frame | None = None
    message: tuple[int, bytes] | None = None
    again: bool = False


def quic_messages_of(numbered: Sequence[NumberedPacket], key_log: KeyLog) -> list[Message]:
    """What the packets contain, in the order in which it became complete.

    :param key_log: contains the secrets of this connection; without them encrypted packets are not opened.
    :raises WireError: if the packets are not those of a QUIC connection, or the secrets are not its own.
    """
    return [one.message for one in decoded_quic(numbered, key_log)]


def decoded_quic(numbered: Sequence[NumberedPacket], key_log: KeyLog) -> list[Decoded]:
    """The same with the senders, and with the bodies of handshake messages.

    The parameters and exceptions are those of :func:`quic_messages_of`.
    """
    opening = opening_of_packets(numbered)
    keys = _keys(opening, key_log.of(opening.client_random).secrets())
    return [
        Decoded(one.direction, _shown(one), one.message[1] if one.message is not None else b"")
        for one in _Reader(keys).read(numbered)
    ]


def quic_opening_of(pieces: Sequence[Piece]) -> Opening:
    """The last client random and the ServerHello of a connection; a HelloRetryRequest is skipped.

    :raises WireError: if there are none.
    """
    return opening_of_packets(list(numbered_packets(pieces)))


def numbered_packets(pieces: Sequence[Piece]) -> Iterator[NumberedPacket]:
    """The packets of a recording with one datagram in each piece."""
    number = 0
    for flight, parts in enumerate(flights_of(pieces)):
        for piece in parts:
            for packet in packets_of(piece.data):
                yield NumberedPacket(number, flight, piece.direction, packet)
                number += 1


def opening_of_packets(numbered: Sequence[NumberedPacket]) -> Opening:
    """The hellos in Initial packets, which anyone can read, see :func:`quic_opening_of`."""
    initials = [one for one in numbered if one.packet.kind in CLEAR]
    hellos = {
        direction: [
            hello_of(*one.message)
            for one in _Reader({}).read(initials)
            if one.direction is direction and one.message is not None and one.message[0] == kind
        ]
        for direction, kind in _HELLOS.items()
    }
    servers = [hello for hello in hellos[Direction.TO_CLIENT] if not hello.is_retry]
    if not hellos[Direction.TO_SERVER] or not servers:
        raise WireError("the wire does not open with ClientHello and ServerHello")
    # After a Retry, some clients start over with another random.
    return Opening(hellos[Direction.TO_SERVER][-1].random, servers[0])


_Keys = Mapping[tuple[Direction, PacketKind], PacketKeys]


def _keys(opening: Opening, secrets: Mapping[str, bytes]) -> _Keys:
    """The keys that a key log provides."""
    return {
        (direction, kind): PacketKeys.of(secrets[label], opening.server.cipher)
        for direction, labels in _LABELS.items()
        for kind, label in labels.items()
        if label in secrets
    }


@dataclass(slots=True)
class _Stream:
    """The CRYPTO frames of one side in one kind of packet, put in order as far as they are complete."""

    waiting: bytes = b""
    taken: int = 0
    later: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    carriers: tuple[int, ...] = ()

    def take(self, frame: Frame, carrier: int) -> Iterator[tuple[tuple[int, bytes], tuple[int, ...]]]:
        """The messages that this frame completes, each with the packets that carry it."""
        self.later[frame.offset] = (frame.data, carrier)
        while (found := self._next()) is not None:
            data, number = found
            self.waiting += data
            self.taken += len(data)
            self.carriers += (number,)
            while (message := next_message(self.waiting)) is not None:
                yield message, self.carriers
                self.waiting = self.waiting[MESSAGE_HEADER_BYTES + len(message[1]) :]
                self.carriers = (number,) if self.waiting else ()

    def _next(self) -> tuple[bytes, int] | None:
        """What continues the stream; retransmitted data is skipped."""
        for offset in sorted(self.later):
            data, number = self.later[offset]
            if offset > self.taken:
                return None
            del self.later[offset]
            if new := data[self.taken - offset :]:
                return new, number
        return None


@dataclass(slots=True)
class _Reader:
    """Opens the packets of a connection, one after another."""

    keys: _Keys
    _initial: Mapping[Direction, PacketKeys] = field(default_factory=dict, init=False)
    _original_id: bytes = field(default=b"", init=False)
    _token: bytes = field(default=b"", init=False)
    _largest: dict[tuple[Direction, PacketKind], int] = field(default_factory=dict, init=False)
    _id_bytes: dict[Direction, int] = field(default_factory=dict, init=False)
    _streams: dict[tuple[Direction, PacketKind], _Stream] = field(default_factory=dict, init=False)
    _hellos: set[bytes] = field(default_factory=set, init=False)

    def read(self, numbered: Sequence[NumberedPacket]) -> Iterator[_Whole]:
        """What the packets contain, in the order in which it became complete.

        :raises WireError: if the secrets are not those of the connection.
        """
        for one in numbered:
            kind, direction = one.packet.kind, one.direction
            self._learn(direction, one.packet)
            keys = self._initial.get(direction) if kind is PacketKind.INITIAL else None
            keys = keys or self.keys.get((direction, kind))
            if kind in _BARE or keys is None:
                yield _Whole(one.packet, direction, (one.number,))
                continue
            space = direction, _SPACES.get(kind, kind)
            opened = keys.open(one.packet, self._largest.get(space, -1), self._id_bytes.get(direction, 0))
            self._largest[space] = max(opened.number, self._largest.get(space, -1))
            for frame in frames_of(opened.payload):
                yield from self._frame(one, frame)

    def _learn(self, direction: Direction, packet: Packet) -> None:
        """Learn from a header: how long the ID in the other side's short headers is, and the Initial keys."""
        if packet.kind is PacketKind.ONE_RTT:
            return
        (back,) = (other for other in Direction if other is not direction)
        self._id_bytes[back] = len(packet.source_id)
        if packet.kind is PacketKind.RETRY:
            check_retry(packet, self._original_id)
            self._streams.pop((back, PacketKind.INITIAL), None)  # the client repeats its hello
        elif packet.kind is PacketKind.INITIAL and direction is Direction.TO_SERVER:
            self._original_id = self._original_id or packet.destination_id
            if not self._initial or packet.token != self._token:
                self._token, self._initial = packet.token, initial_keys(packet.destination_id)

    def _frame(self, one: NumberedPacket, frame: Frame) -> Iterator[_Whole]:
        direction = one.direction
        if frame.kind != CRYPTO:
            yield _Whole(one.packet, direction, (one.number,), frame)
            return
        stream = self._streams.setdefault((direction, one.packet.kind), _Stream())
        for message, carriers in stream.take(frame, one.number):
            kind, body = message
            again = kind == messages.CLIENT_HELLO and body in self._hellos
            self._hellos.add(body)
            yield _Whole(one.packet, direction, carriers, message=message, again=again)


def _shown(one: _Whole) -> Message:
    """The message as the ladder shows it."""
    packet = one.packet
    encrypted = packet.kind not in CLEAR
    if one.message is not None:
        kind, body = one.message
        read = read_body(kind, body, "1.3")
        return Message(
            f"{name_of(kind, body)}{' (again)' * one.again}",
            MESSAGE_HEADER_BYTES + len(body),
            encrypted,
            one.carriers,
            () if one.again else read.extensions,
            read.certificates_bytes,
            kind=None if one.again else kind,
            compression=read.compression,
        )
    if one.frame is not None:
        number = "" if one.frame.kind != STREAM else f" {one.frame.stream}"
        early = " (early data)" if packet.kind is PacketKind.ZERO_RTT and one.frame.kind == STREAM else ""
        return Message(f"{one.frame.name}{number}{early}", one.frame.wire_bytes, encrypted, one.carriers)
    is_bare = packet.kind in _BARE
    return Message(packet.kind.value, len(packet.data), encrypted, one.carriers, opened=is_bare)
