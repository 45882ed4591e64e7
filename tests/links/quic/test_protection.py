from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.links.quic.sealing import CLIENT_ID, RETRY, initial

from tlsbench.errors import WireError
from tlsbench.links import Direction
from tlsbench.links.key_schedule import expand_label
from tlsbench.links.quic import (
    Packet,
    PacketKeys,
    check_retry,
    frames_of,
    initial_keys,
    initial_secrets,
    packets_of,
)

#: RFC 9001 appendix A.3: the server's first packet, number 1, and what is in it.
SERVER_INITIAL = bytes.fromhex(
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a9"
    "9f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd9"
    "3795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee"
)
SERVER_PAYLOAD = bytes.fromhex(
    "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200130100"
    "002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00020304"
)
#: RFC 9001 appendix A.5: a packet with a short header and an empty ID, protected by ChaCha20-Poly1305.
CHACHA20_SECRET = bytes.fromhex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b")
CHACHA20_PACKET = bytes.fromhex("4cfe4189655e5cd55c41f69080575d7999c25a5bfb")
CHACHA20_NUMBER = 654360564


def one(datagram: bytes) -> Packet:
    (packet,) = packets_of(datagram)
    return packet


@pytest.mark.parametrize(
    ("direction", "key", "iv", "header_protection"),
    [
        (
            Direction.TO_SERVER,
            "1f369613dd76d5467730efcbe3b1a22d",
            "fa044b2f42a3fd3b46fb255c",
            "9f50449e04a0e810283a1e9933adedd2",
        ),
        (
            Direction.TO_CLIENT,
            "cf3a5331653c364c88f0f379b6067e37",
            "0ac1493ca1905853b0bba03e",
            "c206b8d9b9f0f37644430b490eeaa314",
        ),
    ],
)
def test_initial_secrets_give_the_keys_of_rfc_9001_appendix_a(
    direction: Direction, key: str, iv: str, header_protection: str
) -> None:
    secret = initial_secrets(CLIENT_ID)[direction]
    assert expand_label(secret, "quic key", 16, "sha256").hex() == key
    assert expand_label(secret, "quic iv", 12, "sha256").hex() == iv
    assert expand_label(secret, "quic hp", 16, "sha256").hex() == header_protection


def test_the_servers_initial_packet_of_rfc_9001_is_opened() -> None:
    opened = initial_keys(CLIENT_ID)[Direction.TO_CLIENT].open(one(SERVER_INITIAL))
    assert (opened.number, opened.payload) == (1, SERVER_PAYLOAD)
    assert opened.header.hex() == "c1000000010008f067a5502a4262b50040750001"
    assert [frame.name for frame in frames_of(opened.payload)] == ["ACK", "CRYPTO"]


def test_the_short_header_packet_of_rfc_9001_is_opened_once_the_number_before_it_is_known() -> None:
    keys = PacketKeys.of(CHACHA20_SECRET, 0x1303)
    opened = keys.open(one(CHACHA20_PACKET), CHACHA20_NUMBER - 1)
    assert (opened.number, opened.payload) == (CHACHA20_NUMBER, b"\x01")
    with pytest.raises(WireError, match="cannot be opened"):
        keys.open(one(CHACHA20_PACKET))


@pytest.mark.parametrize(
    ("largest", "number"),
    [(-1, 0), (69_990, 70_000), (70_000, 69_000), (65_530, 65_540), (65_540, 65_530)],
)
def test_a_number_is_read_by_the_largest_before_it(largest: int, number: int) -> None:
    packet = one(initial(Direction.TO_SERVER, b"\x01", number))
    assert initial_keys(CLIENT_ID)[Direction.TO_SERVER].open(packet, largest).number == number


def test_the_retry_of_rfc_9001_answers_its_client_and_no_other() -> None:
    check_retry(one(RETRY), CLIENT_ID)
    with pytest.raises(WireError, match="integrity"):
        check_retry(one(RETRY), CLIENT_ID[::-1])


def test_quic_has_no_suite_of_tls_1_2() -> None:
    with pytest.raises(WireError, match="no cipher suite 0xc02b"):
        PacketKeys.of(bytes(32), 0xC02B)


@given(st.integers(0, len(SERVER_INITIAL) - 1), st.integers(1, 255))
def test_a_packet_with_one_byte_changed_is_not_opened(at: int, change: int) -> None:
    changed = bytearray(SERVER_INITIAL)
    changed[at] ^= change
    keys = initial_keys(CLIENT_ID)[Direction.TO_CLIENT]
    with pytest.raises(WireError):
        list(map(keys.open, packets_of(bytes(changed))))
