"""Observing a QUIC handshake on the wire: packet headers, and the hellos in its Initial packets.

Version, packet types and tokens are in the clear. Whoever sees the client's first packet has the keys of the
Initial packets (RFC 9001 section 5.2), and so can read the hellos, which are those of TLS 1.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, zip_longest
from typing import Final

from tlsbench.errors import WireError
from tlsbench.links.ledger import Direction, Entry, flights, summarise_datagrams
from tlsbench.links.quic.frames import CONNECTION_CLOSE, CRYPTO, Frame, frames_of
from tlsbench.links.quic.packets import Packet, PacketKind, packets_of
from tlsbench.links.quic.protection import Opened, PacketKeys, check_retry, initial_keys
from tlsbench.links.round_trips import RoundTrips
from tlsbench.links.wire import Observed, WireReader, observe
from tlsbench.protocol.messages import HANDSHAKE, MESSAGE_HEADER_BYTES

_RECORD_VERSION: Final = b"\x03\x03"
_MOST_MESSAGE_BYTES: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Initials:
    """What the long headers and the Initial packets of one connection say.

    :param hellos: for each side, the whole handshake messages in its Initial packets, in order.
    :param retry_token: the token of the Retry that the client answered; ``b""`` if there was none.
    :param early_packets: the number of 0-RTT packets that the client sent.
    :param close: the CONNECTION_CLOSE in an Initial packet with which a side gave up, if any.
    """

    hellos: Mapping[Direction, Sequence[bytes]]
    retry_token: bytes
    early_packets: int
    close: Frame | None


@dataclass(slots=True)
class _Reading:
    """The state while packets are read."""

    original_id: bytes | None = None
    #: The keys from the first Initial packet, then those from each Retry.
    keys: list[Mapping[Direction, PacketKeys]] = field(default_factory=list)
    largest: dict[Direction, int] = field(default_factory=lambda: dict.fromkeys(Direction, -1))
    pieces: dict[Direction, dict[int, bytes]] = field(default_factory=lambda: {one: {} for one in Direction})
    #: The first flight may draw one Retry per datagram; the client answers the first that arrives.
    retry_tokens: list[bytes] = field(default_factory=list)
    answered_token: bytes = b""
    early_packets: int = 0
    close: Frame | None = None

    def read(self, direction: Direction, packet: Packet) -> None:
        if packet.kind is PacketKind.INITIAL:
            self._initial(direction, packet)
        elif packet.kind is PacketKind.RETRY:
            if self.original_id is None:
                raise WireError("a Retry answers no Initial packet")
            check_retry(packet, self.original_id)
            self.retry_tokens.append(packet.token)
            self.keys.append(initial_keys(packet.source_id))
        elif packet.kind is PacketKind.VERSION_NEGOTIATION:
            raise WireError("the server asks for another version of QUIC")
        elif packet.kind is PacketKind.ZERO_RTT:
            self.early_packets += 1

    def _initial(self, direction: Direction, packet: Packet) -> None:
        if self.original_id is None:
            if direction is not Direction.TO_SERVER:
                raise WireError("the server sent the first packet")
            self.original_id = packet.destination_id
            self.keys.append(initial_keys(packet.destination_id))
        if direction is Direction.TO_SERVER and packet.token:
            self.answered_token = packet.token
        opened = self._open(direction, packet)
        self.largest[direction] = max(self.largest[direction], opened.number)
        for frame in frames_of(opened.payload):
            if frame.kind == CRYPTO:
                known = self.pieces[direction].get(frame.offset, b"")
                self.pieces[direction][frame.offset] = max(known, frame.data, key=len)
            elif frame.kind == CONNECTION_CLOSE:
                self.close = frame

    def _open(self, direction: Direction, packet: Packet) -> Opened:
        *older, newest = self.keys
        for keys in older:  # what was sent before a Retry arrived
            try:
                return keys[direction].open(packet, self.largest[direction])
            except WireError:
                continue
        return newest[direction].open(packet, self.largest[direction])


def initials_of(entries: Iterable[Entry]) -> Initials:
    """Read the long headers and the Initial packets of one connection.

    :param entries: the datagrams of the connection, from the first on.
    :raises WireError: if they are not QUIC version 1, or an Initial packet cannot be opened.
    """
    reading = _Reading()
    for direction, datagram in entries:
        for packet in packets_of(datagram):
            reading.read(direction, packet)
    if reading.answered_token not in (reading.retry_tokens or [b""]):
        raise WireError("the client's token is not the one of the server's Retry")
    return Initials(
        {direction: tuple(_messages(_joined(pieces))) for direction, pieces in reading.pieces.items()},
        reading.answered_token,
        reading.early_packets,
        reading.close,
    )


def observe_quic(entries: Iterable[Entry]) -> Observed:
    """Read the hellos in the Initial packets, and whether there were a Retry and 0-RTT packets.

    :raises WireError: if they do not open a QUIC handshake.
    """
    initials = initials_of(entries)
    observed = observe(_as_records(initials.hellos))
    resumed = observed.resumption != "none"
    resumption = "early-data" if resumed and initials.early_packets else "psk" if resumed else "none"
    return replace(observed, resumption=resumption, address_check=bool(initials.retry_token))


def quic_round_trips(entries: Iterable[Entry], version: str = "1.3", *, early_data: bool) -> RoundTrips:
    """Count the round trips of a complete QUIC handshake, including those for a Retry or a full window.

    The client may send once it has sent its Finished (RFC 9001 section 4.1.1), in the last of its Handshake
    packets. Some clients send a 1-RTT packet with it, others not until they have something to send. Early
    data is sent at once.

    :param version: the TLS version; QUIC has only 1.3.
    :param early_data: whether the server accepted early data.
    :raises WireError: if the handshake is not complete.
    """
    assert version == "1.3", "a rule of the protocol says so"
    flown = flights(entries)
    kinds = [{packet.kind for part in one.parts for packet in packets_of(part)} for one in flown]
    own = [at for at, one in enumerate(flown) if one.direction is Direction.TO_SERVER]
    finished = [at for at in own if PacketKind.HANDSHAKE in kinds[at]][-1:]
    if not finished:
        raise WireError("the handshake on the wire is not complete")
    ready = [at for at in own if PacketKind.ONE_RTT in kinds[at]][:1]
    at = min(finished + ready)
    before = [one.direction for one in flown[:at]].count(Direction.TO_CLIENT)
    return RoundTrips(0 if early_data else before, at + 1)


def _joined(pieces: Mapping[int, bytes]) -> bytes:
    """The beginning of a stream, up to the first hole."""
    stream = b""
    for offset, data in sorted(pieces.items()):
        if offset > len(stream):
            break
        stream += data[len(stream) - offset :]
    return stream


def _messages(stream: bytes) -> Iterator[bytes]:
    """The whole handshake messages at the beginning of a stream, with their headers."""
    while len(stream) >= MESSAGE_HEADER_BYTES:
        end = MESSAGE_HEADER_BYTES + int.from_bytes(stream[1:MESSAGE_HEADER_BYTES], "big")
        if len(stream) < end:
            return
        yield stream[:end]
        stream = stream[end:]


def _as_records(hellos: Mapping[Direction, Sequence[bytes]]) -> Iterator[Entry]:
    """The same messages as TLS records on a stream, alternating between the sides."""
    client, server = hellos[Direction.TO_SERVER], hellos[Direction.TO_CLIENT]
    turns = zip_longest(client, server, fillvalue=b"")
    for direction, message in chain.from_iterable(
        ((Direction.TO_SERVER, ours), (Direction.TO_CLIENT, theirs)) for ours, theirs in turns
    ):
        if len(message) > _MOST_MESSAGE_BYTES:
            raise WireError(f"a hello of {len(message)} bytes is too long")
        if message:
            yield direction, bytes([HANDSHAKE]) + _RECORD_VERSION + len(message).to_bytes(2, "big") + message


def handshake_packets_bytes(entries: Iterable[Entry], direction: Direction) -> int:
    """The total size of a side's Handshake packets, which hold its messages after the hellos."""
    return sum(
        len(packet.data)
        for sender, datagram in entries
        if sender is direction
        for packet in packets_of(datagram)
        if packet.kind is PacketKind.HANDSHAKE
    )


def _count_packets(datagram: bytes) -> int:
    return sum(1 for _ in packets_of(datagram))


#: QUIC: packets in datagrams. Tickets are in protected frames, which the wire does not show.
QUIC: Final = WireReader(
    observe_quic,
    lambda _entries: None,
    round_trips=quic_round_trips,
    summarise=partial(summarise_datagrams, parts=_count_packets),
    protected_bytes=handshake_packets_bytes,
)
