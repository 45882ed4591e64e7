"""The reader of DTLS, on messages made by hand."""

from __future__ import annotations

import random
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import WireError
from tlsbench.links import DTLS, Direction, Entry
from tlsbench.links.dtls import clear_messages, dtls_records, without_cookie
from tlsbench.protocol import messages as tls

RANDOM = bytes(range(32))
COOKIE = b"a cookie"
SUITE = 0xC02B


def vector(width: int, data: bytes) -> bytes:
    return len(data).to_bytes(width, "big") + data


def record(kind: int, fragment: bytes, epoch: int = 0, number: int = 0) -> bytes:
    head = bytes([kind]) + b"\xfe\xfd" + epoch.to_bytes(2, "big") + number.to_bytes(6, "big")
    return head + vector(2, fragment)


def message(kind: int, number: int, body: bytes, at: int = 0, end: int | None = None) -> bytes:
    part = body[at:end]
    return (
        bytes([kind])
        + len(body).to_bytes(3, "big")
        + number.to_bytes(2, "big")
        + at.to_bytes(3, "big")
        + vector(3, part)
    )


def client_hello(cookie: bytes = b"", session_id: bytes = b"", extensions: bytes = b"") -> bytes:
    return (
        b"\xfe\xfd" + RANDOM + vector(1, session_id) + vector(1, cookie)
        + vector(2, SUITE.to_bytes(2, "big")) + vector(1, b"\0") + vector(2, extensions)
    )  # fmt: skip


def server_hello() -> bytes:
    return b"\xfe\xfd" + RANDOM + vector(1, b"") + SUITE.to_bytes(2, "big") + b"\0"


CERTIFICATE = vector(3, vector(3, b"c" * 500) + vector(3, b"d" * 400))
KEYS = bytes([tls.NAMED_CURVE]) + (23).to_bytes(2, "big") + vector(1, b"k" * 65) + (0x0403).to_bytes(2, "big")


def handshake(mtu: int = 300, *, cookie: bool = True) -> list[Entry]:
    """A full DTLS 1.2 handshake, without the bodies that are protected."""
    # One has the number of a ChangeCipherSpec, where a reader of TLS would look for the type of a record.
    up, down, numbers = Direction.TO_SERVER, Direction.TO_CLIENT, count(tls.CHANGE_CIPHER_SPEC)
    entries = [(up, record(tls.HANDSHAKE, message(tls.CLIENT_HELLO, 0, client_hello())))]
    first = 0
    if cookie:
        ask = message(tls.HELLO_VERIFY_REQUEST, 0, b"\xfe\xfd" + vector(1, COOKIE))
        again = message(tls.CLIENT_HELLO, 1, client_hello(COOKIE))
        entries += [(down, record(tls.HANDSHAKE, ask)), (up, record(tls.HANDSHAKE, again))]
        first = 1
    flight = [(tls.SERVER_HELLO, server_hello()), (tls.CERTIFICATE, CERTIFICATE)]
    flight += [(tls.SERVER_KEY_EXCHANGE, KEYS), (14, b"")]
    for number, (kind, body) in enumerate(flight, first):
        for at in range(0, max(1, len(body)), mtu):
            part = message(kind, number, body, at, at + mtu)
            entries.append((down, record(tls.HANDSHAKE, part, number=next(numbers))))
    finished = record(tls.CHANGE_CIPHER_SPEC, b"\1") + record(tls.HANDSHAKE, b"f" * 40, epoch=1)
    exchange = record(tls.HANDSHAKE, message(16, first + 1, b"k" * 66))
    return [*entries, (up, exchange + finished), (down, finished)]


@pytest.mark.parametrize("cookie", [False, True])
def test_the_hellos_say_what_was_agreed_on(cookie: bool) -> None:
    seen = DTLS.observe(handshake(cookie=cookie))
    assert (seen.version, seen.cipher, seen.group, seen.resumption) == ("1.2", SUITE, 23, "none")
    assert (seen.certificates, seen.client_auth, seen.signature) == (2, False, 0x0403)
    assert seen.address_check is cookie


@pytest.mark.parametrize(("cookie", "trips", "flights"), [(False, 2, 4), (True, 3, 6)])
def test_a_cookie_costs_a_round_trip(cookie: bool, trips: int, flights: int) -> None:
    counted = DTLS.round_trips(handshake(cookie=cookie), "1.2", early_data=False)
    assert (counted.count, counted.flights) == (trips, flights)


def test_the_ledger_counts_datagrams_and_those_that_hold_several_records() -> None:
    entries = handshake(mtu=300)
    ledger = DTLS.summarise(entries)
    assert (ledger.client_datagrams, ledger.server_datagrams) == (3, 9)
    assert ledger.coalesced == 2
    assert ledger.client_bytes + ledger.server_bytes == sum(len(data) for _, data in entries)


@given(st.integers(0, 1000), st.integers(1, 400))
def test_messages_are_put_together_whatever_the_order_of_their_fragments(seed: int, mtu: int) -> None:
    sent = [data for direction, data in handshake(mtu) if direction is Direction.TO_CLIENT]
    shuffled = sent * 2
    random.Random(seed).shuffle(shuffled)
    assert clear_messages(shuffled) == clear_messages(sent)
    assert dict(clear_messages(sent).values())[tls.CERTIFICATE] == CERTIFICATE


def test_a_message_of_which_a_fragment_is_missing_is_not_there() -> None:
    sent = [data for direction, data in handshake(300) if direction is Direction.TO_CLIENT]
    lost = [
        data for data in sent if not (data[13] == tls.CERTIFICATE and data[13 + 6 : 13 + 9] == b"\0\1\x2c")
    ]
    assert len(lost) == len(sent) - 1
    assert tls.CERTIFICATE not in dict(clear_messages(lost).values())


def test_the_hello_without_its_cookie_is_that_of_tls() -> None:
    assert without_cookie(client_hello(COOKIE, b"id")) == without_cookie(client_hello(b"", b"id"))


@given(st.binary(max_size=200))
def test_what_is_no_dtls_is_an_error_and_no_other(data: bytes) -> None:
    entries = [(Direction.TO_SERVER, data), (Direction.TO_CLIENT, data)]
    with pytest.raises(WireError):
        DTLS.observe(entries)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_is_read_or_is_an_error(at: int, value: int) -> None:
    entries = handshake()
    place = at % sum(len(data) for _, data in entries)
    changed = []
    for direction, data in entries:
        hit = 0 <= place < len(data)
        changed.append((direction, data[:place] + bytes([value]) + data[place + 1 :] if hit else data))
        place -= len(data)
    try:
        DTLS.observe(changed)
        DTLS.round_trips(changed, "1.2", early_data=False)
        DTLS.summarise(changed)
    except WireError:
        pass


def test_records_that_end_too_early_are_an_error() -> None:
    with pytest.raises(WireError, match="too early"):
        list(dtls_records(record(tls.HANDSHAKE, b"abc")[:-1]))
