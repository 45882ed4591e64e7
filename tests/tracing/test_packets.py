from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from tlsbench.links import Direction
from tlsbench.tracing import Piece
from tlsbench.tracing.packets import MSS_BYTES, Conversation, packets_of

PIECES = st.lists(
    st.builds(Piece, st.sampled_from(Direction), st.binary(min_size=1, max_size=4000), st.integers(0, 10**9)),
    max_size=6,
)


def payloads(packet: bytes) -> tuple[int, int, int, bytes]:
    """The source port, the sequence and acknowledgement numbers, and the data of an IP packet."""
    port, _, sequence, acknowledged, offset = struct.unpack("!HHIIB", packet[20:33])
    return port, sequence, acknowledged, packet[20 + (offset >> 4) * 4 :]


@given(PIECES)
def test_a_receiver_puts_the_segments_together_again(pieces: list[Piece]) -> None:
    expected = {443: 2_000_001, 49152: 1_000_001}
    streams = {443: b"", 49152: b""}
    for packet in packets_of(pieces, 0)[3:]:
        port, sequence, acknowledged, data = payloads(packet.data)
        assert sequence == expected[port]
        assert acknowledged == expected[443 if port == 49152 else 49152]
        assert 0 < len(data) <= MSS_BYTES
        expected[port] += len(data)
        streams[port] += data
    for direction, port in ((Direction.TO_SERVER, 49152), (Direction.TO_CLIENT, 443)):
        assert streams[port] == b"".join(one.data for one in pieces if one.direction is direction)


def test_packets_leave_when_their_pieces_did() -> None:
    pieces = [Piece(Direction.TO_SERVER, b"a", 5), Piece(Direction.TO_CLIENT, b"b", 7)]
    assert [packet.at_ns for packet in packets_of(pieces, 100)] == [100, 100, 100, 105, 107]


@given(PIECES, st.integers(0, 6))
def test_pieces_that_come_later_make_the_same_packets(pieces: list[Piece], at: int) -> None:
    conversation = Conversation(0, 5)
    packets = [*conversation.opening(), *conversation.carry(pieces[:at]), *conversation.carry(pieces[at:])]
    assert packets == packets_of(pieces, 5)


@given(PIECES)
def test_every_checksum_is_right(pieces: list[Piece]) -> None:
    for protocol, packets in {6: packets_of(pieces, 0), 17: packets_of(pieces, 0, "quic")}.items():
        for packet in packets:
            head, segment = packet.data[:20], packet.data[20:]
            assert head[9] == protocol
            pseudo = head[12:20] + struct.pack("!BBH", 0, protocol, len(segment))
            assert folded(head) == folded(pseudo + segment) == 0xFFFF


@given(PIECES)
def test_each_piece_is_a_datagram_of_udp_between_the_ports_of_a_connection(pieces: list[Piece]) -> None:
    packets = packets_of(pieces, 100, "quic")
    assert [packet.at_ns - 100 for packet in packets] == [piece.at_ns for piece in pieces]
    for piece, packet in zip(pieces, packets, strict=True):
        source, target, length, _ = struct.unpack("!HHHH", packet.data[20:28])
        assert packet.data[28:] == piece.data
        assert length == 8 + len(piece.data)
        ports = (49152, 443) if piece.direction is Direction.TO_SERVER else (443, 49152)
        assert (source, target) == ports


def folded(data: bytes) -> int:
    """The sum of RFC 1071 over data including its checksum, which is all ones."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    return total % 0xFFFF or 0xFFFF


def test_each_connection_has_a_port_of_its_own() -> None:
    opened = [Conversation(number, 0).opening() for number in range(3)]
    assert [payloads(packets[0].data)[0] for packets in opened] == [49152, 49153, 49154]
    assert [payloads(packets[1].data)[0] for packets in opened] == [443] * 3
    assert len({packets[0].data for packets in opened}) == 3
