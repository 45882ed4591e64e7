"""What every TLS library must do, each driven through the contract alone."""

from __future__ import annotations

import os
import time

import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError
from tlsbench.implementations import ClientContext, ServerContext, TlsImplementation
from tlsbench.implementations.registry import capabilities, implementations, spellings
from tlsbench.links import MemoryLink
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.workloads.exchange import Exchange, shake_hands

TLS = [name for name, member in implementations().items() if hasattr(member, "client_context")]
REAL = [name for name in TLS if name != "fake"]


def scenario(implementation: str, selector: str = "") -> Scenario:
    text = f"implementation={implementation} {selector}"
    matrix = expand([parse([text], spellings())], capabilities())
    if not matrix.scenarios:
        pytest.skip(matrix.excluded[0].reason)
    return matrix.scenarios[0]


def contexts(one: Scenario, peers: pki.Peers | None = None) -> tuple[ClientContext, ServerContext]:
    library: TlsImplementation = implementations()[one.client]  # type: ignore[assignment]
    who = peers or pki.peers(one.key, one.chain_length)
    return library.client_context(one, who), library.server_context(one, who)


def shake(one: Scenario, session: object | None = None) -> Exchange:
    clients, servers = contexts(one)
    return shake_hands(clients, servers, MemoryLink(), time.perf_counter_ns, session)


@pytest.mark.parametrize("name", TLS)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("key", ["rsa-2048", "ecdsa-secp256r1", "ed25519", "ml-dsa-44"])
def test_both_sides_agree_on_what_the_scenario_asks_for(name: str, version: str, key: str) -> None:
    matrix = expand(
        [parse([f"implementation={name} version={version} key={key}"], spellings())], capabilities()
    )
    for one in matrix.scenarios:
        exchange = shake(one)
        for side in (exchange.client.negotiated(), exchange.server.negotiated()):
            assert side.version == version
            assert side.cipher == one.cipher
            assert side.group in (None, one.group)
            assert not side.resumed
        seen = exchange.client.negotiated()
        assert seen.peer_verified
        assert seen.peer_certificate == pki.peers(key, 1).server.leaf_der
        exchange.close()
    assert matrix.scenarios or matrix.excluded


@pytest.mark.parametrize("name", TLS)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_client_certificate_is_asked_for_and_verified(name: str, version: str) -> None:
    one = scenario(name, f"version={version} client_auth=required chain_length=2")
    seen = shake(one).server.negotiated()
    assert seen.peer_verified
    assert seen.peer_certificate == pki.peers(one.key, 2).client.leaf_der
    assert seen.peer_chain_length in (None, 2)


@pytest.mark.parametrize("name", TLS)
def test_a_server_that_asks_for_no_certificate_sees_none(name: str) -> None:
    assert shake(scenario(name)).server.negotiated().peer_certificate == b""


@pytest.mark.parametrize("name", TLS)
@pytest.mark.parametrize("resumption", ["session-id", "ticket", "psk"])
def test_a_session_resumes_on_both_sides(name: str, resumption: str) -> None:
    one = scenario(name, f"resumption={resumption}")
    clients, servers = contexts(one)
    link = MemoryLink()
    session = None
    for round_ in range(4):
        exchange = shake_hands(clients, servers, link, time.perf_counter_ns, session)
        assert exchange.client.negotiated().resumed is (round_ > 0)
        assert exchange.server.negotiated().resumed is (round_ > 0)
        session = exchange.client.session()
        assert session is not None
        exchange.close()


@pytest.mark.parametrize("name", TLS)
def test_early_data_reaches_the_server(name: str) -> None:
    one = scenario(name, "resumption=early-data")
    clients, servers = contexts(one)
    link = MemoryLink()
    first = shake_hands(clients, servers, link, time.perf_counter_ns)
    session = first.client.session()
    first.close()
    second = shake_hands(clients, servers, link, time.perf_counter_ns, session, b"GET / HTTP/1.1\r\n\r\n")
    assert second.server.negotiated().early_data == b"GET / HTTP/1.1\r\n\r\n"


@pytest.mark.parametrize("name", TLS)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("length", [1, 16384, 16385, 1_000_000])
def test_application_data_arrives_whole_both_ways(name: str, version: str, length: int) -> None:
    exchange = shake(scenario(name, f"version={version}"))
    payload = os.urandom(min(length, 100_000) if name == "tlslite" else length)  # pure Python takes its time
    length = len(payload)
    for source, sink in ((exchange.client, exchange.server), (exchange.server, exchange.client)):
        source.write(payload)
        sealed = source.data_to_send()
        assert len(sealed) > length
        sink.receive_data(sealed)
        assert sink.read() == payload
        assert sink.read() == b""


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_root_that_the_client_does_not_trust_ends_the_handshake(name: str, version: str) -> None:
    one = scenario(name, f"version={version}")
    clients, _ = contexts(one, pki.peers("rsa-2048", 1))  # trusts another root
    _, servers = contexts(one)
    with pytest.raises(HandshakeError, match="(?i)certificate"):
        shake_hands(clients, servers, MemoryLink(), time.perf_counter_ns)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_certificate_for_another_host_ends_the_handshake(name: str, version: str) -> None:
    one = scenario(name, f"version={version}")
    peers = pki.peers(one.key, 1)
    # The client's identity is for another name, and not for servers either: either is enough.
    other = pki.Peers(root=peers.root, issuer=peers.issuer, server=peers.client, client=peers.client)
    clients, servers = contexts(one, other)
    with pytest.raises(HandshakeError):
        shake_hands(clients, servers, MemoryLink(), time.perf_counter_ns)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_client_without_a_certificate_is_turned_away(name: str, version: str) -> None:
    one = scenario(name, f"version={version} client_auth=required chain_length=2")
    clients, _ = contexts(scenario(name, f"version={version} chain_length=2"))
    _, servers = contexts(one)
    with pytest.raises(HandshakeError):
        shake_hands(clients, servers, MemoryLink(), time.perf_counter_ns)


@pytest.mark.parametrize("name", TLS)
def test_garbage_in_place_of_a_hello_is_an_error_of_ours(name: str) -> None:
    _, servers = contexts(scenario(name))
    server = servers.accept()
    server.receive_data(b"GET / HTTP/1.0\r\n\r\n")
    with pytest.raises(HandshakeError):
        server.handshake()


@pytest.mark.parametrize("name", REAL)
def test_an_altered_record_is_an_error_of_ours(name: str) -> None:
    exchange = shake(scenario(name))
    exchange.client.write(b"pay 1 euro")
    sealed = bytearray(exchange.client.data_to_send())
    sealed[-1] ^= 1
    exchange.server.receive_data(bytes(sealed))
    with pytest.raises(HandshakeError):
        exchange.server.read()


@pytest.mark.parametrize("name", list(implementations()))
def test_an_implementation_says_who_it_is(name: str) -> None:
    member = implementations()[name]
    assert member.id == name
    assert member.summary
    assert member.engine()
    assert all(gap.reason for gap in member.capabilities().gaps)


@pytest.mark.parametrize("group", ["x25519", "secp384r1", "X25519MLKEM768", "MLKEM768"])
def test_pyopenssl_takes_the_group_that_it_is_told(group: str) -> None:
    one = scenario("pyopenssl", f"group={group}")
    exchange = shake(one)
    assert exchange.client.negotiated().group == exchange.server.negotiated().group == group
