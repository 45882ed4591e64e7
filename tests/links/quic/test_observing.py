from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.links.quic.sealing import RETRY, SERVER_ID, crypto, initial, varint
from tests.links.test_wire import TLS13

from tlsbench.errors import WireError
from tlsbench.links import Direction, Entry
from tlsbench.links.quic import initials_of, observe_quic, quic_round_trips

UP, DOWN = Direction.TO_SERVER, Direction.TO_CLIENT


def message(flight: bytes) -> bytes:
    """The first handshake message of a flight of records."""
    return flight[5 : 5 + int.from_bytes(flight[3:5], "big")]


CLIENT_HELLO, SERVER_HELLO = map(message, TLS13)
CLIENT_FIRST = initial(UP, crypto(CLIENT_HELLO))
SERVER_FIRST = initial(DOWN, crypto(SERVER_HELLO), destination=b"", source=b"chosen")
EARLY = bytes([0xD0]) + CLIENT_FIRST[1:5] + b"\0\0" + varint(30) + bytes(30)
HANDSHAKE = bytes([0xE0]) + EARLY[1:]
ONE_RTT = b"\x41" + bytes(30)


def test_the_hellos_in_initial_packets_show_version_suite_and_group() -> None:
    observed = observe_quic([(UP, CLIENT_FIRST), (DOWN, SERVER_FIRST + HANDSHAKE)])
    assert (observed.version, observed.cipher, observed.resumption) == ("1.3", 0x1302, "none")
    assert not observed.address_check


def test_a_hello_in_pieces_and_out_of_order_is_put_together() -> None:
    half = len(CLIENT_HELLO) // 2
    entries: list[Entry] = [
        (UP, initial(UP, crypto(CLIENT_HELLO[half:], half))),
        (UP, initial(UP, crypto(CLIENT_HELLO[: half + 9]), 1)),
        (DOWN, SERVER_FIRST),
    ]
    assert initials_of(entries).hellos[UP] == (CLIENT_HELLO,)


def test_a_hole_in_a_hello_is_no_handshake() -> None:
    entries: list[Entry] = [(UP, initial(UP, crypto(CLIENT_HELLO[50:], 50))), (DOWN, SERVER_FIRST)]
    with pytest.raises(WireError, match="does not open with"):
        observe_quic(entries)


def retried(token: bytes) -> list[Entry]:
    again = initial(UP, crypto(CLIENT_HELLO), 1, keys_of=SERVER_ID, destination=SERVER_ID, token=token)
    answer = initial(DOWN, crypto(SERVER_HELLO), keys_of=SERVER_ID, destination=b"")
    return [(UP, CLIENT_FIRST), (DOWN, RETRY), (UP, again), (DOWN, answer)]


def test_a_retry_changes_the_keys_and_is_answered_with_its_token() -> None:
    assert initials_of(retried(b"token")).retry_token == b"token"
    assert observe_quic(retried(b"token")).address_check
    with pytest.raises(WireError, match="token is not the one"):
        observe_quic(retried(b"taken"))


def test_what_a_client_sends_again_before_a_retry_arrives_is_opened_with_the_keys_before_it() -> None:
    first, *rest = retried(b"token")
    assert observe_quic([first, rest[0], (UP, initial(UP, crypto(CLIENT_HELLO), 1)), *rest[1:]]).address_check


def test_a_retry_that_answers_another_packet_is_an_error() -> None:
    other = initial(UP, crypto(CLIENT_HELLO), destination=b"another!", keys_of=b"another!")
    with pytest.raises(WireError, match="integrity"):
        initials_of([(UP, other), (DOWN, RETRY)])


def test_a_side_that_gives_up_says_why() -> None:
    close = b"\x1c" + varint(0x178) + b"\0" + varint(2) + b"no"
    found = initials_of([(UP, CLIENT_FIRST), (DOWN, initial(DOWN, close))]).close
    assert found is not None
    assert (found.error, found.data) == (0x178, b"no")


def test_round_trips_end_with_the_clients_first_packet_of_1_rtt() -> None:
    whole: list[Entry] = [
        (UP, CLIENT_FIRST),
        (DOWN, SERVER_FIRST + HANDSHAKE),
        (UP, HANDSHAKE),
        (DOWN, HANDSHAKE),
        (UP, HANDSHAKE + ONE_RTT),
        (DOWN, ONE_RTT),
    ]
    counted = quic_round_trips(whole, early_data=False)
    assert (counted.count, counted.flights) == (2, 5)
    assert quic_round_trips(whole, early_data=True).count == 0
    with pytest.raises(WireError, match="not complete"):
        quic_round_trips(whole[:2], early_data=False)


def test_they_end_with_its_last_handshake_packet_if_it_has_nothing_to_say_in_1_rtt_yet() -> None:
    whole: list[Entry] = [
        (UP, CLIENT_FIRST),
        (DOWN, SERVER_FIRST + HANDSHAKE),
        (UP, HANDSHAKE),
        (DOWN, HANDSHAKE),
        (UP, HANDSHAKE),
        (DOWN, ONE_RTT),
        (UP, ONE_RTT),
    ]
    counted = quic_round_trips(whole, early_data=False)
    assert (counted.count, counted.flights) == (2, 5)


def test_the_server_does_not_speak_first() -> None:
    with pytest.raises(WireError, match="sent the first packet"):
        initials_of([(DOWN, SERVER_FIRST)])


@given(st.lists(st.tuples(st.sampled_from(Direction), st.binary(max_size=60)), max_size=4))
def test_whatever_else_is_sent_is_an_error_of_the_wire(entries: list[Entry]) -> None:
    with pytest.raises(WireError):
        observe_quic([(UP, CLIENT_FIRST), *entries])


@given(st.integers(0, len(CLIENT_FIRST) - 1), st.binary(min_size=1, max_size=8))
def test_a_hello_that_was_changed_is_an_error_of_the_wire(at: int, change: bytes) -> None:
    changed = CLIENT_FIRST[:at] + change + CLIENT_FIRST[at + len(change) :]
    if changed == CLIENT_FIRST:
        return
    with pytest.raises(WireError):
        observe_quic([(UP, changed), (DOWN, SERVER_FIRST)])
