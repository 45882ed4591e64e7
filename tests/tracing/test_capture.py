from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from tlsbench.links import Direction
from tlsbench.tracing import KeyLog, Piece
from tlsbench.tracing.capture import MSS_BYTES, packets_of, pcap, pcapng

LOG = KeyLog.parse(f"CLIENT_RANDOM {'01' * 32} {'ab' * 48}\n")
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


@given(PIECES)
def test_the_blocks_of_a_pcapng_follow_each_other_with_the_secrets_before_the_packets(
    pieces: list[Piece],
) -> None:
    packets = packets_of(pieces, 1)
    data, kinds = pcapng(packets, LOG, "a comment"), []
    while data:
        kind, length = struct.unpack("<II", data[:8])
        assert length % 4 == 0
        assert struct.unpack("<I", data[length - 4 : length]) == (length,)
        kinds.append(kind)
        data = data[length:]
    assert kinds == [0x0A0D0D0A, 1, 10] + [6] * len(packets)


def test_the_secrets_are_in_a_pcapng_and_not_in_a_pcap() -> None:
    packets = packets_of([Piece(Direction.TO_SERVER, b"hello")], 0)
    secrets = LOG.text().encode()
    assert struct.pack("<II", 0x544C534B, len(secrets)) + secrets in pcapng(packets, LOG, "")
    assert secrets not in pcap(packets)
    assert len(pcapng(packets, KeyLog(), "")) < len(pcapng(packets, LOG, "")) - len(secrets)


def test_packets_leave_when_their_pieces_did() -> None:
    pieces = [Piece(Direction.TO_SERVER, b"a", 5), Piece(Direction.TO_CLIENT, b"b", 7)]
    assert [packet.at_ns for packet in packets_of(pieces, 100)] == [100, 100, 100, 105, 107]
