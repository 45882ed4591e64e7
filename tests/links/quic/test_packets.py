from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.links.quic.sealing import CLIENT_ID, RETRY, SERVER_ID, initial, varint

from tlsbench.errors import WireError
from tlsbench.links import Direction
from tlsbench.links.quic import PacketKind, packets_of
from tlsbench.links.quic.packets import take_varint
from tlsbench.links.reader import Reader

FIRST = initial(Direction.TO_SERVER, b"\x01", token=b"seen")


def kinds(datagram: bytes) -> list[PacketKind]:
    return [packet.kind for packet in packets_of(datagram)]


def test_an_initial_packet_shows_its_version_its_ids_and_its_token() -> None:
    (packet,) = packets_of(FIRST)
    assert (packet.kind, packet.version) == (PacketKind.INITIAL, 1)
    assert (packet.destination_id, packet.source_id, packet.token) == (CLIENT_ID, SERVER_ID, b"seen")
    assert packet.data == FIRST


def test_one_datagram_may_hold_several_packets_and_zeros_behind_them() -> None:
    handshake = bytes([0xE0]) + FIRST[1:5] + b"\0\0" + varint(5) + bytes(5)
    early = bytes([0xD0]) + handshake[1:]
    short = b"\x41" + bytes(30)
    assert kinds(FIRST + early + handshake + short) == [
        PacketKind.INITIAL,
        PacketKind.ZERO_RTT,
        PacketKind.HANDSHAKE,
        PacketKind.ONE_RTT,
    ]
    assert kinds(FIRST + bytes(300)) == [PacketKind.INITIAL]


def test_a_retry_has_a_token_and_a_tag() -> None:
    (packet,) = packets_of(RETRY)
    assert (packet.kind, packet.token, packet.source_id) == (PacketKind.RETRY, b"token", SERVER_ID)
    assert packet.integrity_tag.hex() == "04a265ba2eff4d829058fb3f0f2496ba"


def test_a_version_negotiation_packet_is_known_by_its_version() -> None:
    assert kinds(bytes.fromhex("ea00000000089aac5a49ba87a84908f92f4336fa951ba14547471600000001")) == [
        PacketKind.VERSION_NEGOTIATION
    ]


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        (FIRST[:1] + bytes.fromhex("6b3343cf") + FIRST[5:], "version 0x6b3343cf, not 1"),
        (FIRST[:-1], "too early"),
        (FIRST[:3], "too early"),
        (RETRY[:15] + RETRY[-16:], "no token"),
        (FIRST[:5] + bytes([21]) + bytes(40), "more than 20 bytes"),
    ],
)
def test_what_is_no_packet_of_version_1_is_an_error(datagram: bytes, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        list(packets_of(datagram))


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        ("c2197c5eff14e88c", 151288809941952652),
        ("9d7f3e7d", 494878333),
        ("7bbd", 15293),
        ("25", 37),
        ("4025", 37),
    ],
)
def test_integers_are_read_as_in_rfc_9000_appendix_a(encoded: str, value: int) -> None:
    assert take_varint(Reader(bytes.fromhex(encoded))) == value


@given(st.binary(max_size=200) | st.binary(max_size=80).map(lambda tail: FIRST[:20] + tail))
def test_any_datagram_is_packets_or_an_error(datagram: bytes) -> None:
    try:
        found = list(packets_of(datagram))
    except WireError:
        return
    assert datagram.startswith(b"".join(packet.data for packet in found))
