from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError, ProofError, RequestError
from tlsbench.implementations.gnutls import bindings, endpoint, library, names
from tlsbench.implementations.gnutls.library import GnuTls
from tlsbench.implementations.libssl import library as libssl
from tlsbench.implementations.missing import NotInstalledError
from tlsbench.implementations.registry import implementations, tls_libraries, tls_library
from tlsbench.scenarios import Scenario
from tlsbench.workloads import prepare

EARLY_DATA = 1 << 10  # GNUTLS_SFLAGS_EARLY_DATA
Find = Callable[[str], tuple[Scenario, ...]]
Cell = Callable[[str], Any]
pytestmark = pytest.mark.skipif("gnutls" not in tls_libraries(), reason="the system has no GnuTLS")


def test_its_engine_is_a_version_and_a_file() -> None:
    assert library.of_the_system().engine().startswith("GnuTLS 3.")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_staple_is_shown_and_checked(version: str, workload_of: Cell) -> None:
    cell = workload_of(f"implementation=gnutls ocsp=stapled version={version}")
    cell.sample()
    assert cell.proof()["ocsp"] == "good"


def test_a_staple_that_says_revoked_ends_the_handshake(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GnuTLS as a server does not even load such a response; OpenSSL's server staples it."""
    monkeypatch.setattr(
        libssl, "ocsp_response", lambda issuer, leaf: pki.ocsp_response(issuer, leaf, "revoked")
    )
    (scenario,) = scenarios_of("client=gnutls server=libssl ocsp=stapled")
    cell = prepare(scenario, implementations(), time.perf_counter_ns)
    with pytest.raises(HandshakeError, match="revoked"):
        cell.sample()


def test_a_server_that_staples_nothing_is_refused_by_who_wants_it(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("client=gnutls server=libssl ocsp=stapled")
    cell: Any = prepare(scenario, implementations(), time.perf_counter_ns)
    (plain,) = scenarios_of("client=gnutls server=libssl")
    cell.servers = tls_library("libssl").server_context(plain, cell.peers)
    with pytest.raises(HandshakeError, match="no OCSP response is stapled"):
        cell.sample()


@pytest.mark.parametrize("kind", ["", "resumption=psk"])
@pytest.mark.parametrize("tickets", ["1", "3"])
def test_a_server_sends_as_many_tickets_as_it_is_told(tickets: str, kind: str, workload_of: Cell) -> None:
    cell = workload_of(f"implementation=gnutls tickets={tickets} {kind}")
    cell.sample()
    cell.scenario = replace(cell.scenario, tickets="4")
    with pytest.raises(ProofError, match=f"tickets: wanted 4, got {tickets} "):
        cell.sample()


@pytest.mark.parametrize(
    "wanted",
    [
        "signature=rsa_pss_rsae_sha512 key=rsa-2048",
        "signature=rsa_pkcs1_sha384 key=rsa-2048 version=1.2",
        "signature=ecdsa_secp256r1_sha256 version=1.2",
        "signature=ecdsa_secp384r1_sha384 key=ecdsa-secp384r1 version=1.3",
        "signature=ed25519 key=ed25519",
    ],
)
def test_a_handshake_is_signed_as_it_is_told(wanted: str, workload_of: Cell) -> None:
    cell = workload_of(f"implementation=gnutls {wanted}")
    cell.sample()
    assert cell.proof()["signature"] == cell.scenario.signature
    cell.scenario = replace(cell.scenario, signature="rsa_pss_rsae_sha384")
    with pytest.raises(ProofError, match="signature: wanted rsa_pss_rsae_sha384, got "):
        cell.sample()


def test_early_data_is_taken_once_and_a_replay_of_it_is_not(workload_of: Cell) -> None:
    cell = workload_of("implementation=gnutls resumption=early-data")
    cell.sample()
    client, servers = cell.clients.connect(cell._session, b"pay 1 euro"), []
    client.handshake()
    flight = client.data_to_send()
    for _ in range(2):
        server = cell.servers.accept()
        server.receive_data(flight)
        server.handshake()
        servers.append(server)
    lib = library.of_the_system().library
    taken = [lib.gnutls_session_get_flags(one.session_t) & EARLY_DATA for one in servers]
    assert taken == [EARLY_DATA, 0]


def test_what_is_known_of_earlier_early_data_is_forgotten_when_it_expires(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(endpoint, "time", SimpleNamespace(time=lambda: now))
    replays = endpoint.Replays(library.of_the_system().library)

    def add(hello: bytes) -> int:
        key, _memory = bindings.datum(hello)
        return replays.add(None, int(now) + 10, key, None)

    assert [add(b"one"), add(b"two"), add(b"one")] == [0, 0, bindings.E_DB_ENTRY_EXISTS]
    now += 11
    assert [add(b"one"), len(replays._expires)] == [0, 1]


def test_why_a_certificate_is_not_good_is_in_the_error(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=gnutls")
    cell: Any = prepare(scenario, implementations(), time.perf_counter_ns)
    doubting = replace(cell.peers, root=pki.peers("rsa-2048", 1).root)
    cell.clients = tls_library("gnutls").client_context(scenario, doubting)
    with pytest.raises(HandshakeError, match="gnutls: .*certificate.*issuer is unknown"):
        cell.sample()


def test_an_alert_of_the_other_side_is_in_the_error(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=gnutls version=1.2")
    client = tls_library("gnutls").client_context(scenario, pki.peers_for(scenario)).connect()
    client.handshake()
    client.receive_data(bytes((21, 3, 3, 0, 2, 2, 40)))
    with pytest.raises(HandshakeError, match="alert.*Handshake failed"):
        client.handshake()


def test_priorities_hold_what_a_scenario_asks_for_and_nothing_else(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=gnutls version=1.2 group=x25519 key=ecdsa-secp256r1")
    suite = names.Suite("TLS_ECDHE_ECDSA_AES_256_GCM_SHA384", "ECDHE-ECDSA", "AES-256-GCM", "AEAD")
    assert names.priorities(scenario, suite, "x25519:secp256r1") == (
        "NONE:+VERS-TLS1.2:+ECDHE-ECDSA:+AES-256-GCM:+AEAD:+GROUP-X25519:+GROUP-SECP256R1:+SIGN-ALL"
    )


def test_priorities_that_it_does_not_take_are_named(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of("implementation=gnutls")
    monkeypatch.setattr(names, "priorities", lambda _scenario, _suite, _groups: "NONE:+VERS-TLS9.9")
    with pytest.raises(HandshakeError, match=r"NONE:\+VERS-TLS9.9 from '\+VERS-TLS9.9' on"):
        library.of_the_system().client_context(scenario, pki.peers_for(scenario))


def test_a_system_without_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bindings, "find", lambda: None)
    with pytest.raises(NotInstalledError, match="apt-get install libgnutls30"):
        library.of_the_system()


def test_one_that_is_too_old_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bindings, "NEEDED", ("gnutls_of_tomorrow",))
    with pytest.raises(RequestError, match="has no gnutls_of_tomorrow"):
        GnuTls(library.of_the_system().path).engine()
