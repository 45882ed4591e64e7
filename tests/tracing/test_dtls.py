"""Traces of DTLS: the contents of datagrams, decrypted with the secrets of a library."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tlsbench.decryption.keylog import KeyLog
from tlsbench.decryption.records import dtls_records_of
from tlsbench.errors import WireError
from tlsbench.links import Direction
from tlsbench.report.ladder import ladder_text
from tlsbench.results.trace_json import trace_in, trace_to_json
from tlsbench.session.trace import Trace, trace, traced_scenario
from tlsbench.tracing import Piece, ladder_of

FULL = [
    *("ClientHello", "ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone"),
    *(
        "ClientKeyExchange",
        "ChangeCipherSpec",
        "Finished",
        "NewSessionTicket",
        "ChangeCipherSpec",
        "Finished",
    ),
]


def traced(selectors: str) -> Trace:
    return trace(traced_scenario([f"transport=dtls key=ecdsa-secp256r1 {selectors}"]))


@pytest.mark.parametrize("library", ["libssl", "pyopenssl", "libmbedtls"])
@pytest.mark.parametrize(
    "cipher",
    [
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    ],
)
def test_a_full_handshake_is_opened_message_by_message(library: str, cipher: str) -> None:
    made = traced(f"implementation={library} cipher={cipher} mtu=548 group=secp256r1")
    assert made.ladder.opened
    assert made.keys_from == library
    names = [message.name for message in made.ladder.messages]
    assert [name for name in names if name != "NewSessionTicket"] == [
        name for name in FULL if name != "NewSessionTicket"
    ]
    assert made.ladder.protocol == "DTLS 1.2"


def test_a_cookie_is_two_flights_more() -> None:
    made = traced("implementation=libssl address_check=yes")
    names = [message.name for message in made.ladder.messages]
    assert names == ["ClientHello", "HelloVerifyRequest", *FULL]
    assert "asked for its cookie" in ladder_text(made.shown)


def test_a_resumed_handshake_is_opened_too() -> None:
    made = traced("implementation=pyopenssl resumption=ticket")
    assert made.ladder.opened
    assert [message.name for message in made.ladder.messages][-4:] == ["ChangeCipherSpec", "Finished"] * 2


@pytest.mark.parametrize("mtu", ["256", "1200"])
def test_the_sizes_of_records_and_of_datagrams_come_to_those_of_the_flights(mtu: str) -> None:
    made = traced(f"implementation=libssl chain_length=3 mtu={mtu}")
    for flight in made.ladder.flights:
        assert sum(one.wire_bytes for one in flight.records) == flight.wire_bytes == sum(flight.datagrams)
        assert max(flight.datagrams) <= int(mtu)
        assert all(one.header_bytes == 13 for one in flight.records)
    certificate = next(one for one in made.ladder.messages if one.name == "Certificate")
    fragments = len(certificate.records)
    # three bytes of length for the list, and for each certificate
    assert certificate.wire_bytes == 12 * fragments + 3 + sum(
        3 + size for size in certificate.certificates_bytes
    )
    assert (fragments > 3) is (mtu == "256")


def test_a_stored_trace_is_read_back() -> None:
    shown = traced("implementation=libssl").shown
    assert trace_in(trace_to_json(shown).encode(), "a file") == shown


def test_with_the_secrets_of_another_connection_nothing_is_opened() -> None:
    one, other = traced("implementation=libssl"), traced("implementation=libssl")
    assert not ladder_of(one.pieces, other.key_log, "dtls").opened


def test_an_altered_record_is_an_error() -> None:
    made = traced("implementation=libssl")
    last = made.pieces[-1]
    altered = Piece(last.direction, last.data[:-1] + bytes([last.data[-1] ^ 1]))
    with pytest.raises(WireError, match="cannot be opened"):
        ladder_of((*made.pieces[:-1], altered), made.key_log, "dtls")


@pytest.mark.parametrize(
    "data", [b"\x16\xfe\xfd", b"\x47" + bytes(12), b"\x16\xfe\xfd" + bytes(8) + b"\xff\xff"]
)
def test_what_is_no_dtls_is_an_error(data: bytes) -> None:
    with pytest.raises(WireError):
        dtls_records_of([Piece(Direction.TO_SERVER, data)])


@pytest.mark.skipif(find_spec("mbedtls") is None, reason="python-mbedtls is not installed")
def test_without_a_key_log_what_is_encrypted_stays_so() -> None:
    made = traced("client=mbedtls server=libssl")
    assert not ladder_of(made.pieces, KeyLog(), "dtls").opened
