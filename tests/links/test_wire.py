from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import WireError
from tlsbench.links import Direction, Entry, Observed, count_tickets, observe, observed
from tlsbench.links.hello import asks_to_retry
from tlsbench.pki import peers
from tlsbench.scenarios import signatures


def seen(client_flight: bytes, server_flight: bytes) -> Observed:
    entries: list[Entry] = [(Direction.TO_SERVER, client_flight), (Direction.TO_CLIENT, server_flight)]
    return observe(entries)


def first_flights(maximum: ssl.TLSVersion) -> tuple[bytes, bytes]:
    """The first flights of a real handshake by the ssl module."""
    identity = peers("ecdsa-secp256r1", 2)
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with identity.server.pem_file() as path:
        server_context.load_cert_chain(path)
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.maximum_version = maximum
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(down, up, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    client_flight = up.read()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    incoming.write(client_flight)
    server = server_context.wrap_bio(incoming, outgoing, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        server.do_handshake()
    return client_flight, outgoing.read()


TLS13 = first_flights(ssl.TLSVersion.TLSv1_3)
TLS12 = first_flights(ssl.TLSVersion.TLSv1_2)


def test_a_tls_1_3_handshake_shows_version_cipher_and_group() -> None:
    observed = seen(*TLS13)
    assert observed == Observed(
        version="1.3",
        cipher=0x1302,
        group=observed.group,
        resumption="none",
        hello_retry=False,
        certificates=None,
        client_auth=None,
        stapled=None,
        signature=None,
        server_name="localhost",
    )
    assert observed.group is not None


def test_a_tls_1_2_handshake_shows_its_certificates_too() -> None:
    observed = seen(*TLS12)
    assert (observed.version, observed.resumption) == ("1.2", "none")
    assert (observed.certificates, observed.client_auth) == (2, False)
    assert observed.signature in signatures.BY_CODE_POINT


@pytest.mark.parametrize(("taken", "asks_again"), [("X25519", False), ("prime256v1", True)])
def test_a_hello_retry_request_is_known_by_its_random(taken: str, asks_again: bool) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.set_ecdh_curve(taken)
    with peers("ecdsa-secp256r1", 1).server.pem_file() as path:
        server.load_cert_chain(path)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # it sends a key share for its first group only
    to_server, to_client, unused = ssl.MemoryBIO(), ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        client.wrap_bio(unused, to_server, server_hostname="localhost").do_handshake()
    with pytest.raises(ssl.SSLWantReadError):
        server.wrap_bio(to_server, to_client, server_side=True).do_handshake()
    flight = to_client.read()
    assert asks_to_retry(flight) is asks_again
    assert not asks_to_retry(b"\x17" + flight[1:])


@given(st.binary(max_size=60))
def test_no_bytes_are_an_error_where_a_hello_retry_request_is_looked_for(data: bytes) -> None:
    assert not asks_to_retry(data)


def test_a_ticket_is_a_record_behind_the_servers_first_flight() -> None:
    record, alert = b"\x17\x03\x03\x00\x01x", b"\x16\x03\x03\x00\x00"
    entries: list[Entry] = [
        (Direction.TO_SERVER, alert),
        (Direction.TO_CLIENT, record),
        (Direction.TO_SERVER, record),
        (Direction.TO_CLIENT, record + alert),
        (Direction.TO_CLIENT, record),
    ]
    assert count_tickets(entries) == 2
    assert count_tickets(entries[:2]) == 0
    with pytest.raises(WireError, match="end within a record"):
        count_tickets([*entries, (Direction.TO_CLIENT, record[:-1])])


def test_behind_a_hello_retry_request_what_the_server_protects_next_are_no_tickets() -> None:
    protected, clear = b"\x17\x03\x03\x00\x01x", b"\x16\x03\x03\x00\x00"
    handshake: list[Entry] = [
        (Direction.TO_SERVER, clear),
        (Direction.TO_CLIENT, clear),
        (Direction.TO_SERVER, clear),
        (Direction.TO_CLIENT, clear + 4 * protected),
        (Direction.TO_SERVER, protected),
    ]
    assert count_tickets(handshake) == 0
    assert count_tickets([*handshake, (Direction.TO_CLIENT, 2 * protected)]) == 2


def test_a_record_may_be_cut_into_writes_anywhere() -> None:
    client_flight, server_flight = TLS13
    cut: list[Entry] = [(Direction.TO_SERVER, bytes([byte])) for byte in client_flight]
    assert observe([*cut, (Direction.TO_CLIENT, server_flight)]) == seen(*TLS13)


@given(st.binary(max_size=600), st.binary(max_size=600))
def test_garbage_is_an_error_and_nothing_else(client_flight: bytes, server_flight: bytes) -> None:
    with pytest.raises(WireError):
        seen(client_flight, server_flight)


@given(st.data())
def test_a_broken_flight_is_read_or_refused(data: st.DataObject) -> None:
    client_flight, server_flight = data.draw(st.sampled_from([TLS12, TLS13]))
    broken = bytearray(server_flight[: data.draw(st.integers(0, len(server_flight)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if broken:
            broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        observed = seen(client_flight, bytes(broken))
    except WireError as error:
        assert "\n" not in str(error)
    else:
        assert observed.resumption in ("none", "session-id", "ticket", "psk", "early-data")


def test_a_cut_message_is_told_as_such() -> None:
    with pytest.raises(WireError, match="end within a record"):
        seen(TLS13[0], TLS13[1][:40])


def test_a_flight_that_is_no_hello_is_told_as_such() -> None:
    with pytest.raises(WireError, match="ClientHello"):
        seen(b"", TLS13[1])


def client_hello_with(extensions: bytes) -> Observed:
    """What is seen of a TLS 1.3 handshake whose ClientHello has these extensions."""
    hello = b"\x03\x03" + bytes(32) + b"\0" + b"\0\x02\x13\x01" + b"\x01\0"
    hello += len(extensions).to_bytes(2, "big") + extensions
    answer = b"\x03\x03" + bytes(32) + b"\0" + b"\x13\x01\0" + b"\0\x06\0\x2b\0\x02\x03\x04"
    return observed({1: hello}, {2: answer})


def test_a_client_hello_shows_the_compressions_that_it_takes() -> None:
    assert client_hello_with(b"\0\x1b\0\x07\x06\0\x01\0\x02\0\x03").compressions == (1, 2, 3)
    assert client_hello_with(b"").compressions == ()


def test_a_client_hello_shows_the_host_that_it_names() -> None:
    assert client_hello_with(b"\0\0\0\x0a\0\x08\0\0\x05a.b.c").server_name == "a.b.c"
    assert client_hello_with(b"\0\0\0\x06\0\x04\0\0\x01\xff").server_name == "\\xff"
    assert not client_hello_with(b"").server_name


def test_a_client_hello_shows_whether_it_has_an_encrypted_one() -> None:
    assert client_hello_with(b"\xfe\x0d\0\x01\0").ech
    assert not client_hello_with(b"").ech


@pytest.mark.parametrize(
    "extension", [b"\0\x1b\0\x02\x06\0", b"\0\x1b\0\x02\x01\0", b"\0\0\0\x02\0\x08", b"\0\0\0\x02\0\0"]
)
def test_a_torn_extension_is_an_error(extension: bytes) -> None:
    with pytest.raises(WireError):
        client_hello_with(extension)
