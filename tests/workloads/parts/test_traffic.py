from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import WireError
from tlsbench.links import Direction, Entry
from tlsbench.scenarios.ciphers import BY_NAME
from tlsbench.workloads.parts import Traffic, traffic_of

TO_SERVER, TO_CLIENT = Direction.TO_SERVER, Direction.TO_CLIENT
SPEC, HANDSHAKE, DATA = 20, 22, 23
GCM = BY_NAME["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]


def record(kind: int, length: int) -> bytes:
    return bytes([kind, 3, 3]) + length.to_bytes(2, "big") + bytes(length)


def test_what_is_sealed_in_tls_1_3_is_without_its_tag_and_hashed_without_its_type() -> None:
    entries: list[Entry] = [
        (TO_SERVER, record(HANDSHAKE, 200)),
        (TO_CLIENT, record(HANDSHAKE, 100) + record(SPEC, 1) + record(DATA, 500 + 17)),
        (TO_SERVER, record(SPEC, 1) + record(DATA, 36 + 17)),
        (TO_CLIENT, record(DATA, 250 + 17) + record(DATA, 251 + 17)),
    ]
    found = traffic_of(entries, "1.3", GCM)
    assert found == Traffic(200 + 100 + 500 + 36, (37,), (501, 251, 252), tickets=2)


def test_early_data_is_sealed_and_not_hashed() -> None:
    entries: list[Entry] = [
        (TO_SERVER, record(HANDSHAKE, 300) + record(DATA, 512 + 17)),
        (TO_CLIENT, record(HANDSHAKE, 100) + record(DATA, 60 + 17)),
        (TO_SERVER, record(DATA, 4 + 17) + record(DATA, 36 + 17)),
    ]
    found = traffic_of(entries, "1.3", GCM)
    assert found.by_client == (513, 5, 37)
    assert found.transcript_bytes == 300 + 100 + 60 + 4 + 36
    assert found.tickets == 0


def test_a_hello_retry_request_is_no_first_flight() -> None:
    entries: list[Entry] = [
        (TO_SERVER, record(HANDSHAKE, 200)),
        (TO_CLIENT, record(HANDSHAKE, 90)),
        (TO_SERVER, record(HANDSHAKE, 210)),
        (TO_CLIENT, record(HANDSHAKE, 100) + record(DATA, 40 + 17)),
        (TO_SERVER, record(DATA, 36 + 17)),
    ]
    found = traffic_of(entries, "1.3", GCM)
    assert found.tickets == 0
    assert found.transcript_bytes == 200 + 90 + 210 + 100 + 40 + 36


def test_in_tls_1_2_what_follows_a_change_of_cipher_spec_is_sealed_and_may_bring_a_nonce() -> None:
    entries: list[Entry] = [
        (TO_SERVER, record(HANDSHAKE, 200)),
        (TO_CLIENT, record(HANDSHAKE, 800)),
        (TO_SERVER, record(HANDSHAKE, 70) + record(SPEC, 1) + record(HANDSHAKE, 16 + 24)),
        (TO_CLIENT, record(HANDSHAKE, 180) + record(SPEC, 1) + record(HANDSHAKE, 16 + 24)),
    ]
    found = traffic_of(entries, "1.2", GCM)
    assert found == Traffic(200 + 800 + 70 + 16 + 180 + 16, (16,), (16,))
    chacha = BY_NAME["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"]
    assert traffic_of(entries, "1.2", chacha).by_client == (24,), "ChaCha20 sends none"
    ccm_8 = BY_NAME["TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"]
    assert traffic_of(entries, "1.2", ccm_8).by_client == (24,), "the tag is half as long"


@given(
    st.lists(st.tuples(st.sampled_from(Direction), st.binary(max_size=60)), max_size=6),
    st.sampled_from(["1.2", "1.3"]),
)
def test_whatever_was_sent_is_read_or_refused(entries: list[Entry], version: str) -> None:
    with contextlib.suppress(WireError):
        traffic_of(entries, version, GCM)


@given(st.lists(st.integers(17, 3000), min_size=1, max_size=5), st.lists(st.integers(17, 500), max_size=3))
def test_records_are_whole_however_the_writes_cut_them(server: list[int], tickets: list[int]) -> None:
    flights: list[Entry] = [
        (TO_SERVER, record(HANDSHAKE, 200)),
        (TO_CLIENT, record(HANDSHAKE, 90) + b"".join(record(DATA, length) for length in server)),
        (TO_SERVER, record(DATA, 53)),
        *([(TO_CLIENT, b"".join(record(DATA, length) for length in tickets))] if tickets else []),
    ]
    cut: list[Entry] = [
        (direction, data[at : at + 7]) for direction, data in flights for at in range(0, len(data), 7)
    ]
    whole, found = (traffic_of(one, "1.3", GCM) for one in (flights, cut))
    assert found == whole
    assert whole.by_server == tuple(length - 16 for length in (*server, *tickets))
    assert whole.tickets == len(tickets)
