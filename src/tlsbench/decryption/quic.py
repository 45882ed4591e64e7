"""The packets of a connection over QUIC, opened, and the messages and frames that they carry.

Initial packets are protected by keys that depend on a connection ID in the clear (RFC 9001 section 5.2), so
that anyone opens them: they count as in the clear. The others need the connection's secrets, one for each
kind of packet and side. TLS messages come in CRYPTO frames, a stream of them for each kind (section 4).
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
#: Packets that have no packet number, and hold no frames.
_BARE: Final = (PacketKind.RETRY, PacketKind.VERSION_NEGOTIATION)
#: What anyone can read.
CLEAR: Final = (PacketKind.INITIAL, *_BARE)
#: 0-RTT and 1-RTT packets have their numbers in common (RFC 9000 section 12.3).
_SPACES: Final = {PacketKind.ZERO_RTT: PacketKind.ONE_RTT}
_HELLOS: Final = {
    Direction.TO_SERVER: messages.CLIENT_HELLO,
    Direction.TO_CLIENT: messages.SERVER_HELLO,
}


@dataclass(frozen=True, slots=True)
class NumberedPacket:
    """A packet as it is in a recording: its number there, and the numbers of its datagram and flight."""

    number: int
    flight: int
    direction: Direction
    packet: Packet


@dataclass(frozen=True, slots=True)
class _Whole:
    """A TLS message that is complete, or another frame, or a packet that is not opened; and its carriers."""

    packet: Packet
    direction: Direction
    carriers: tuple[int, ...]
    frame: Frame | None = None
    message: tuple[int, bytes] | None = None
    again: bool = False


def quic_messages_of(numbered: Sequence[NumberedPacket], key_log: KeyLog) -> list[Message]:
    """What the packets hold, in the order in which it was complete.

    :param key_log: with the secrets of this connection; without them the rest is not opened.
    :raises WireError: if the packets are no QUIC connection's, or the secrets not its own.
    """
    return [one.message for one in decoded_quic(numbered, key_log)]


def decoded_quic(numbered: Sequence[NumberedPacket], key_log: KeyLog) -> list[Decoded]:
    """The same with who sent it, and with the bodies of handshake messages.

    It takes and raises what :func:`quic_messages_of` does.
    """
    opening = opening_of_packets(numbered)
    keys = _keys(opening, key_log.of(opening.client_random).secrets())
    return [
        Decoded(one.direction, _shown(one), one.message[1] if one.message is not None else b"")
        for one in _Reader(keys).read(numbered)
    ]


def quic_opening_of(pieces: Sequence[Piece]) -> Opening:
    """The hellos of a connection; of two after a HelloRetryRequest the last.

    :raises WireError: if there are none.
    """
    return opening_of_packets(list(numbered_packets(pieces)))


def numbered_packets(pieces: Sequence[Piece]) -> Iterator[NumberedPacket]:
    """The packets of a recording, a datagram in each piece."""
    number = 0
    for flight, parts in enumerate(flights_of(pieces)):
        for piece in parts:
            for packet in packets_of(piece.data):
                yield NumberedPacket(number, flight, piece.direction, packet)
                number += 1


def opening_of_packets(numbered: Sequence[NumberedPacket]) -> Opening:
    """What anyone reads: the hellos in Initial packets, see :func:`quic_opening_of`."""
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
    # Behind a Retry some clients begin anew, with another random.
    return Opening(hellos[Direction.TO_SERVER][-1].random, servers[0])


_Keys = Mapping[tuple[Direction, PacketKind], PacketKeys]


def _keys(opening: Opening, secrets: Mapping[str, bytes]) -> _Keys:
    """Those that a key log gives."""
    return {
        (direction, kind): PacketKeys.of(secrets[label], opening.server.cipher)
        for direction, labels in _LABELS.items()
        for kind, label in labels.items()
        if label in secrets
    }


@dataclass(slots=True)
class _Stream:
    """The CRYPTO frames of one side in one kind of packet: what came, in order as far as it is whole."""

    waiting: bytes = b""
    taken: int = 0
    later: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    carriers: tuple[int, ...] = ()

    def take(self, frame: Frame, carrier: int) -> Iterator[tuple[tuple[int, bytes], tuple[int, ...]]]:
        """The messages that are whole with this frame, each with the packets that carry it."""
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
        """What continues the stream; what was sent again is passed over."""
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
    """Opens the packets of a connection one after another."""

    keys: _Keys
    _initial: Mapping[Direction, PacketKeys] = field(default_factory=dict, init=False)
    _original_id: bytes = field(default=b"", init=False)
    _token: bytes = field(default=b"", init=False)
    _largest: dict[tuple[Direction, PacketKind], int] = field(default_factory=dict, init=False)
    _id_bytes: dict[Direction, int] = field(default_factory=dict, init=False)
    _streams: dict[tuple[Direction, PacketKind], _Stream] = field(default_factory=dict, init=False)
    _hellos: set[bytes] = field(default_factory=set, init=False)

    def read(self, numbered: Sequence[NumberedPacket]) -> Iterator[_Whole]:
        """What the packets hold, in the order in which it was complete.

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
        """What the header says: whose ID the other side's short headers have, and the keys of Initials."""
        if packet.kind is PacketKind.ONE_RTT:
            return
        (back,) = (other for other in Direction if other is not direction)
        self._id_bytes[back] = len(packet.source_id)
        if packet.kind is PacketKind.RETRY:
            check_retry(packet, self._original_id)
            self._streams.pop((back, PacketKind.INITIAL), None)  # the client says its hello again
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
    """A line of the ladder."""
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
