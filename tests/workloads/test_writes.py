"""The pattern of writes derived from a flight, compared with what OpenSSL really writes to a socket."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from tlsbench.pki import peers
from tlsbench.workloads.writes import buffered, records

RECORDS = st.lists(st.binary(max_size=6000), min_size=1, max_size=8)


def record(body: bytes) -> bytes:
    return b"\x16\x03\x03" + len(body).to_bytes(2, "big") + body


@given(bodies=RECORDS, buffer_bytes=st.sampled_from([0, 64, 4096]))
def test_no_byte_is_lost_however_it_is_written(bodies: list[bytes], buffer_bytes: int) -> None:
    flight = b"".join(map(record, bodies))
    assert b"".join(buffered(flight, buffer_bytes)) == flight
    assert list(records(flight)) == [record(body) for body in bodies]


def test_a_record_that_does_not_fit_fills_the_buffer_and_the_rest_is_kept() -> None:
    flight = record(bytes(3000)) + record(bytes(2000)) + record(bytes(10))
    assert [len(data) for data in buffered(flight, 4096)] == [4096, 3005 + 2005 - 4096 + 15]


def test_the_rest_of_a_record_larger_than_the_buffer_is_written_by_itself() -> None:
    flight = record(bytes(100)) + record(bytes(9000)) + record(bytes(10))
    assert [len(data) for data in buffered(flight, 4096)] == [4096, 105 + 9005 - 4096, 15]


def test_a_library_without_a_buffer_writes_a_flight_at_once() -> None:
    assert list(buffered(record(bytes(9000)) + record(b"x"), 0)) == [record(bytes(9000)) + record(b"x")]
    assert list(buffered(b"", 0)) == []


@pytest.mark.parametrize("maximum", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
@pytest.mark.parametrize("chain_length", [1, 3])
@pytest.mark.parametrize("key", ["ecdsa-secp256r1", "rsa-4096", "ml-dsa-65"])
def test_openssl_writes_its_first_flight_in_the_pieces_that_are_derived(
    key: str, chain_length: int, maximum: int
) -> None:
    """A socket that preserves write boundaries shows them: each write is one SOCK_SEQPACKET message."""
    if key.startswith("ml-dsa") and maximum == SSL.TLS1_2_VERSION:
        pytest.skip("ML-DSA certificates need TLS 1.3")
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    with peers(key, chain_length).server.pem_file() as path:
        context.use_certificate_chain_file(str(path))
        context.use_privatekey_file(str(path))
    hello = _hello_of(maximum)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.setblocking(False)
        # OpenSSL reads the header of a record, and then its body: each read takes a whole message.
        theirs.send(hello[:5])
        theirs.send(hello[5:])
        server = SSL.Connection(context, ours)
        server.set_accept_state()
        with pytest.raises(SSL.WantReadError):
            server.do_handshake()
        theirs.setblocking(False)
        written = []
        try:
            while True:
                written.append(theirs.recv(1 << 20))
        except BlockingIOError:
            pass
    assert [len(data) for data in written] == [len(data) for data in buffered(b"".join(written), 4096)]
    assert len(written) > 1 or sum(map(len, written)) <= 4096


def _hello_of(maximum: int) -> bytes:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(maximum)
    client = SSL.Connection(context, None)
    client.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    return client.bio_read(1 << 16)
