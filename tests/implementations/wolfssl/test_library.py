from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError, MeasurementError, ProofError, RequestError
from tlsbench.implementations.missing import NotInstalledError
from tlsbench.implementations.registry import tls_libraries, tls_library
from tlsbench.implementations.wolfssl import bindings, library
from tlsbench.scenarios import Scenario

Find = Callable[[str], tuple[Scenario, ...]]
Cell = Callable[[str], Any]
pytestmark = pytest.mark.skipif("wolfssl" not in tls_libraries(), reason="the system has no wolfSSL")


def test_its_engine_is_a_version_and_a_file() -> None:
    engine = library.of_the_system().engine()
    assert engine.startswith("wolfSSL ")
    assert "libwolfssl" in engine


@pytest.mark.parametrize(
    "wanted",
    [
        "group=x25519",
        "group=x448",
        "group=secp521r1 key=rsa-2048 version=1.2",
        "cipher=TLS_CHACHA20_POLY1305_SHA256",
        "cipher=TLS_AES_128_CCM_SHA256",
        "cipher=TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA version=1.2 key=rsa-2048",
        "key=ed25519 chain_length=3 client_auth=required",
    ],
)
def test_it_takes_what_it_is_told_and_says_so(wanted: str, workload_of: Cell) -> None:
    cell = workload_of(f"implementation=wolfssl {wanted}")
    cell.sample()  # proved
    told = cell._take().exchange.client.negotiated()
    assert (told.cipher, told.group) == (cell.scenario.cipher, cell.scenario.group)
    assert told.peer_chain_length == cell.scenario.chain_length


def test_a_group_that_is_not_the_wanted_one_is_seen(workload_of: Cell) -> None:
    cell = workload_of("implementation=wolfssl group=x25519")
    cell.scenario = replace(cell.scenario, group="secp256r1")
    with pytest.raises(ProofError, match="group: wanted secp256r1, got x25519"):
        cell.sample()


@pytest.mark.parametrize("kind", ["version=1.2 resumption=ticket", "resumption=psk"])
def test_a_session_is_resumed_from_its_bytes(kind: str, workload_of: Cell) -> None:
    cell = workload_of(f"implementation=wolfssl session=serialised {kind}")
    for _ in range(3):
        cell.sample()
    assert isinstance(cell._session, bytes)


@pytest.mark.skipif("utls" not in tls_libraries(), reason="utls is not installed")
def test_a_server_that_resumes_by_session_ids_gives_no_ticket_to_a_client_that_takes_some(
    workload_of: Cell,
) -> None:
    cell = workload_of("client=utls server=wolfssl version=1.2 resumption=session-id")
    cell.sample()
    assert cell.proof()["resumption"] == "session-id"


@pytest.mark.parametrize("tickets", ["0", "1", "4"])
def test_a_server_sends_as_many_tickets_as_it_is_told(tickets: str, workload_of: Cell) -> None:
    cell = workload_of(f"implementation=wolfssl tickets={tickets}")
    cell.sample()
    cell.scenario = replace(cell.scenario, tickets="3")
    with pytest.raises(ProofError, match=f"tickets: wanted 3, got {tickets} "):
        cell.sample()


def test_an_error_has_its_name_and_reason(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=wolfssl")
    server = tls_library("wolfssl").server_context(scenario, pki.peers_for(scenario)).accept()
    server.receive_data(b"GET / HTTP/1.0\r\n\r\n" * 1000)
    with pytest.raises(HandshakeError, match="wolfssl: [A-Za-z]"):
        server.handshake()


def test_it_logs_no_keys_and_says_why(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=wolfssl")
    context: Any = tls_library("wolfssl").client_context(scenario, pki.peers_for(scenario))
    with pytest.raises(MeasurementError, match="has no SSL_CTX_set_keylog_callback"):
        context.log_keys("/nowhere")


def test_every_function_of_a_libssl_is_declared_by_its_own_name() -> None:
    declared = "".join(bindings._functions())
    assert "SSL_CTX *wolfSSL_CTX_new(const SSL_METHOD *method);" in declared
    assert "wolfTLS_client_method(void);" in declared
    assert "wolfSSL_SSL_do_handshake(SSL *ssl);" in declared
    assert not re.search(r"\bSSL_\w+\(", declared)
    assert "dladdr" not in declared


def test_a_system_without_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bindings, "find", lambda: None)
    with pytest.raises(NotInstalledError, match="apt-get install libwolfssl35"):
        library.of_the_system()


def test_a_build_without_the_openssl_layer_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bindings.Library, "missing", ("SSL_set1_host",))
    with pytest.raises(RequestError, match="has no SSL_set1_host: a build without its OpenSSL layer"):
        library.of_the_system().engine()
