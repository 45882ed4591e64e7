"""Lies: anything other than what the scenario says must end as an error that names wanted and got."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError, ProofError
from tlsbench.implementations import Negotiated
from tlsbench.implementations.fake import Fake
from tlsbench.implementations.pyopenssl import library as pyopenssl
from tlsbench.implementations.pyopenssl.library import PyOpenSsl
from tlsbench.implementations.registry import implementations
from tlsbench.links import MemoryLink
from tlsbench.scenarios import Scenario
from tlsbench.workloads import prepare
from tlsbench.workloads.exchange import Exchange, shake_hands
from tlsbench.workloads.handshake import Handshake
from tlsbench.workloads.proof import prove

Find = Callable[[str], tuple[Scenario, ...]]


def handshake(wanted: Scenario, done: Scenario, library: Any) -> Handshake:
    """A cell that wants one scenario, over contexts made for another."""
    peers = pki.peers_for(done)
    return Handshake(
        wanted,
        pki.peers_for(wanted),
        library.client_context(done, peers),
        library.server_context(done, peers),
        MemoryLink(),
        time.perf_counter_ns,
    )


@pytest.mark.parametrize("library", [Fake(), PyOpenSsl()], ids=lambda library: library.id)
@pytest.mark.parametrize(
    ("change", "what", "wanted", "got"),
    [
        ({"group": "secp384r1"}, "group", "secp256r1", "secp384r1"),
        ({"cipher": "TLS_AES_128_GCM_SHA256"}, "cipher", "TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"),
        ({"key": "rsa-2048"}, "server certificate", "ecdsa-secp256r1", "rsa-2048"),
        ({"chain_length": 3}, "server certificate", "serial number", "serial number"),
        (
            {"version": "1.2", "cipher": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
            "version",
            "1.3",
            "1.2",
        ),
    ],
)
def test_another_parameter_than_wanted_is_an_error(
    library: Any, change: dict[str, Any], what: str, wanted: str, got: str, scenarios_of: Find
) -> None:
    (scenario,) = scenarios_of(f"implementation={library.id}")
    with pytest.raises(ProofError) as error:
        handshake(scenario, replace(scenario, **change), library).sample()
    assert what in error.value.what
    assert wanted in str(error.value.wanted)
    assert got in str(error.value.got)
    assert str(error.value.wanted) in str(error.value)
    assert str(error.value.got) in str(error.value)


@pytest.mark.parametrize("name", ["ssl", "pyopenssl", "fake"])
def test_a_handshake_that_did_not_resume_is_no_resumed_handshake(name: str, scenarios_of: Find) -> None:
    (scenario,) = scenarios_of(f"implementation={name} resumption=psk")
    cell = prepare(scenario, implementations(), time.perf_counter_ns)
    assert isinstance(cell, Handshake)
    cell.sample()
    stranger = prepare(scenario, implementations(), time.perf_counter_ns)
    assert isinstance(stranger, Handshake)
    cell.servers = stranger.servers  # it has never seen the client's session
    with pytest.raises(ProofError, match="resumption: wanted psk, got none"):
        cell.sample()


@pytest.mark.parametrize("name", ["ssl", "pyopenssl"])
def test_a_resumed_handshake_is_no_full_one(name: str, scenarios_of: Find) -> None:
    (scenario,) = scenarios_of(f"implementation={name} resumption=psk")
    cell = prepare(scenario, implementations(), time.perf_counter_ns)
    assert isinstance(cell, Handshake)
    cell.sample()
    exchange = shake_hands(cell.clients, cell.servers, cell.link, cell.clock, cell._session)
    with pytest.raises(ProofError, match="resumption: wanted none, got psk"):
        prove(exchange, scenario, cell.peers, "none")


def test_resumption_by_ticket_is_not_resumption_by_session_id(scenarios_of: Find) -> None:
    (wanted,) = scenarios_of("implementation=pyopenssl resumption=session-id")
    (done,) = scenarios_of("implementation=pyopenssl resumption=ticket")
    with pytest.raises(ProofError, match="resumption: wanted session-id, got ticket"):
        handshake(wanted, done, PyOpenSsl()).sample()


def test_early_data_that_is_refused_is_an_error(scenarios_of: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    (scenario,) = scenarios_of("implementation=pyopenssl resumption=early-data")
    cell = prepare(scenario, implementations(), time.perf_counter_ns)
    assert isinstance(cell, Handshake)
    cell.sample()

    class Refusing:
        """The real server, which leaves early data unread."""

        def accept(self) -> Any:
            endpoint = servers.accept()
            endpoint._early_data = None
            return endpoint

    servers: Any = cell.servers
    cell.servers = Refusing()
    with pytest.raises(ProofError, match="early data: wanted 512 bytes accepted, got none: it was rejected"):
        cell.sample()


def test_a_chain_that_nobody_verified_is_an_error(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of("implementation=pyopenssl")
    monkeypatch.setattr(pyopenssl.SSL, "VERIFY_PEER", 0)  # what a careless client would set
    cell = prepare(scenario, implementations(), time.perf_counter_ns)
    monkeypatch.undo()
    with pytest.raises(ProofError, match="wanted a verified chain, got an unverified chain"):
        cell.sample()


def test_a_group_found_by_a_second_try_is_an_error(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=pyopenssl group=x25519")
    peers = pki.peers(scenario.key, 1)
    both: Any = replace(scenario, group="secp384r1:x25519")
    library = PyOpenSsl()
    cell = Handshake(
        scenario,
        peers,
        library.client_context(both, peers),
        library.server_context(scenario, peers),
        MemoryLink(),
        time.perf_counter_ns,
    )
    with pytest.raises(ProofError, match="group: wanted x25519 at once, got a HelloRetryRequest"):
        cell.sample()


def test_a_hello_retry_request_that_does_not_come_is_an_error(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=pyopenssl group=secp256r1 hello_retry=yes")
    done = replace(scenario, hello_retry="no")
    with pytest.raises(ProofError, match="wanted a HelloRetryRequest for secp256r1, got no HelloRetry"):
        handshake(scenario, done, PyOpenSsl()).sample()


def test_the_group_behind_a_hello_retry_request_is_proved(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=pyopenssl group=secp256r1 hello_retry=yes")
    cell = prepare(scenario, implementations(), time.perf_counter_ns)
    assert isinstance(cell, Handshake)
    cell.scenario = replace(scenario, group="secp384r1")
    with pytest.raises(ProofError, match="group: wanted secp384r1, got secp256r1"):
        cell.sample()


class Liar:
    """An end whose library reports something other than what happened."""

    def __init__(self, end: Any, **lies: Any) -> None:
        self._end, self._lies = end, lies

    def negotiated(self) -> Negotiated:
        return replace(self._end.negotiated(), **self._lies)


@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize(
    ("lie", "message"),
    [
        ({"version": "1.2"}, "version: wanted 1.3, got 1.2"),
        ({"cipher": "TLS_AES_128_GCM_SHA256"}, "cipher: wanted TLS_AES_256_GCM_SHA384, got TLS_AES_128"),
        ({"group": "x25519"}, "group: wanted secp256r1, got x25519"),
        ({"resumed": True}, "resumption: wanted none, got a resumed handshake"),
    ],
)
def test_both_libraries_must_say_the_same_as_the_wire(
    side: str, lie: dict[str, Any], message: str, scenarios_of: Find
) -> None:
    (scenario,) = scenarios_of("implementation=fake")
    peers = pki.peers(scenario.key, 1)
    clients, servers = Fake().client_context(scenario, peers), Fake().server_context(scenario, peers)
    exchange = shake_hands(clients, servers, MemoryLink(), time.perf_counter_ns)
    prove(exchange, scenario, peers, "none")
    lying: Exchange = replace(exchange, **{side: Liar(getattr(exchange, side), **lie)})
    with pytest.raises(ProofError, match=message) as error:
        prove(lying, scenario, peers, "none")
    assert error.value.witness == side


def test_a_client_certificate_that_was_not_shown_is_an_error(scenarios_of: Find) -> None:
    (wanted,) = scenarios_of("implementation=fake client_auth=required")
    (done,) = scenarios_of("implementation=fake")
    with pytest.raises(ProofError, match="client certificate: wanted ecdsa-secp256r1.*, got none"):
        handshake(wanted, done, Fake()).sample()


def test_a_missing_intermediate_is_an_error(scenarios_of: Find) -> None:
    (wanted,) = scenarios_of("implementation=fake version=1.2 chain_length=2")
    (scenario,) = scenarios_of("implementation=fake version=1.2")
    cell = handshake(wanted, replace(wanted, chain_length=2), Fake())
    exchange = shake_hands(cell.clients, cell.servers, cell.link, cell.clock)
    with pytest.raises(ProofError, match="chain_length: wanted 1, got 2"):
        prove(exchange, scenario, cell.peers, "none")


class Unstapling:
    """A server whose implementation forgets the staple, or staples what ``response`` returns."""

    def __init__(self, response: bytes) -> None:
        self._response = response

    def __call__(self, *_: object) -> bytes:
        return self._response


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("response", ["none", "revoked", "of another"])
def test_a_client_refuses_what_is_stapled_unless_it_is_good(
    version: str, response: str, scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of(f"ocsp=stapled version={version}")
    peers = pki.peers_for(scenario)
    staples = {
        "none": b"",
        "revoked": pki.ocsp_response(peers.issuer, peers.server.leaf, "revoked"),
        "of another": pki.ocsp_response(peers.issuer, peers.client.leaf),
    }
    monkeypatch.setattr(pyopenssl, "ocsp_response", Unstapling(staples[response]))
    cell = prepare(scenario, implementations(), time.perf_counter_ns)
    with pytest.raises(HandshakeError, match="invalid status response"):
        cell.sample()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_staple_that_the_client_did_not_check_is_an_error(version: str, scenarios_of: Find) -> None:
    (wanted,) = scenarios_of(f"ocsp=stapled version={version}")
    (done,) = scenarios_of(f"version={version}")
    with pytest.raises(ProofError, match="ocsp: wanted"):
        handshake(wanted, done, PyOpenSsl()).sample()


@pytest.mark.parametrize(
    ("selectors", "tickets"),
    [
        ("implementation=ssl version=1.3", 2),
        ("implementation=pyopenssl version=1.3", 2),
        ("implementation=pyopenssl version=1.3 resumption=psk", 1),
        ("implementation=libssl version=1.3 tickets=0", 0),
        ("implementation=libssl version=1.3 tickets=4", 4),
        ("implementation=libssl version=1.3 tickets=2 hello_retry=yes", 2),
        ("implementation=pyopenssl version=1.3 workload=bulk size=1KiB", 2),
        ("implementation=fake version=1.3", 1),
        ("implementation=pyopenssl version=1.2", None),
        ("implementation=pyopenssl version=1.3 workload=completion rtt=1ms size=1KiB", None),
    ],
)
def test_the_record_has_the_tickets_of_tls_1_3(
    selectors: str, tickets: int | None, scenarios_of: Find
) -> None:
    (scenario,) = scenarios_of(selectors)
    cell = prepare(scenario, implementations(), time.perf_counter_ns)
    cell.sample()
    assert cell.proof().get("tickets") == tickets
    cell.close()


def test_the_record_of_tls_1_2_has_the_signature_that_the_wire_shows(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=ssl version=1.2")
    cell = prepare(scenario, implementations(), time.perf_counter_ns)
    cell.sample()
    assert cell.proof()["signature"] == "ecdsa_secp256r1_sha256"
    cell.close()
