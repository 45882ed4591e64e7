from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError, ProofError, RequestError
from tlsbench.implementations.libmbedtls import bindings, endpoint, library
from tlsbench.implementations.missing import NotInstalledError
from tlsbench.implementations.registry import implementations, tls_libraries, tls_library
from tlsbench.scenarios import Scenario
from tlsbench.workloads import prepare

Find = Callable[[str], tuple[Scenario, ...]]
Cell = Callable[[str], Any]
pytestmark = pytest.mark.skipif("libmbedtls" not in tls_libraries(), reason="the system has no Mbed TLS 2.28")


def test_its_engine_is_a_version_and_a_file() -> None:
    assert library.of_the_system().engine().startswith("Mbed TLS 2.28.")


@pytest.mark.parametrize("group", ["secp256r1", "x25519", "secp384r1", "secp521r1", "x448"])
def test_it_takes_the_group_that_it_is_told(group: str, workload_of: Cell) -> None:
    cell = workload_of(f"implementation=libmbedtls version=1.2 group={group}")
    cell.sample()
    assert cell.proof()["group"] == group
    cell.scenario = replace(cell.scenario, group="secp256r1" if group != "secp256r1" else "x25519")
    with pytest.raises(ProofError, match=f"group: wanted .*, got {group}"):
        cell.sample()


@pytest.mark.parametrize("resumption", ["session-id", "ticket"])
def test_a_resumed_handshake_is_known_by_its_master_secret(
    resumption: str, workload_of: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = workload_of(f"implementation=libmbedtls version=1.2 resumption={resumption}")
    cell.sample()
    cell.clients.secrets.known.clear()
    with pytest.raises(ProofError, match=f"resumption: wanted {resumption}, got a full handshake.*client"):
        cell.sample()
    cell.servers.secrets.known.clear()
    cell.clients.secrets.known.update(dict.fromkeys(cell.clients.secrets.known))
    with pytest.raises(ProofError, match=f"resumption: wanted {resumption}, got a full handshake.*server"):
        cell.sample()


def test_two_connections_at_once_are_told_apart(workload_of: Cell) -> None:
    cell = workload_of("implementation=libmbedtls version=1.2 resumption=ticket")
    cell.sample()
    ends = [
        (cell.clients.connect(), cell.servers.accept()),
        (cell.clients.connect(cell._session), cell.servers.accept()),
    ]
    for _ in range(4):
        for both in (ends, [pair[::-1] for pair in ends]):  # the clients, then the servers
            for source, sink in both:
                source.handshake()
                sink.receive_data(source.data_to_send())
    told = [(client.negotiated().resumed, server.negotiated().resumed) for client, server in ends]
    assert told == [(False, False), (True, True)]


def test_of_the_secrets_of_many_handshakes_the_oldest_are_forgotten(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "_MOST_SECRETS", 3)
    (scenario,) = scenarios_of("implementation=libmbedtls version=1.2 resumption=ticket")
    context: Any = tls_library("libmbedtls").client_context(scenario, pki.peers_for(scenario))
    for secret in (b"a", b"b", b"a", b"c", b"d"):
        assert context.secrets.is_known(secret) == (secret == b"a" and len(context.secrets.known) > 1)
    assert list(context.secrets.known) == [b"b", b"c", b"d"]


def test_full_handshakes_alone_keep_no_secrets(workload_of: Cell) -> None:
    cell = workload_of("implementation=libmbedtls version=1.2")
    cell.sample()
    assert not cell.clients.secrets.known
    assert not cell.servers.secrets.known


def test_why_a_certificate_is_not_good_is_in_the_error(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=libmbedtls version=1.2")
    cell: Any = prepare(scenario, implementations(), time.perf_counter_ns)
    doubting = replace(cell.peers, root=pki.peers("rsa-2048", 1).root)
    cell.clients = tls_library("libmbedtls").client_context(scenario, doubting)
    with pytest.raises(
        HandshakeError, match=r"libmbedtls: .*\(-0x2700\): .*not correctly signed by the trusted CA"
    ):
        cell.sample()


def test_the_key_log_has_the_master_secret_of_each_connection(scenarios_of: Find, tmp_path: Path) -> None:
    (scenario,) = scenarios_of("implementation=libmbedtls version=1.2")
    cell: Any = prepare(scenario, implementations(), time.perf_counter_ns)
    cell.clients.log_keys(str(tmp_path / "keys"))
    cell.sample()
    label, random, secret = (tmp_path / "keys").read_text().split()
    assert (label, len(random), len(secret)) == ("CLIENT_RANDOM", 64, 96)


def test_a_system_without_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bindings, "find", lambda: None)
    with pytest.raises(NotInstalledError, match="apt-get install libmbedtls14"):
        library.of_the_system()


def test_a_build_that_exports_no_keys_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bindings, "NEEDED", ("mbedtls_of_tomorrow",))
    with pytest.raises(RequestError, match="has no mbedtls_of_tomorrow"):
        library.of_the_system().engine()
