from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError, ProofError, RequestError
from tlsbench.implementations.registry import implementations, tls_libraries
from tlsbench.implementations.s2n import bindings, library, policies
from tlsbench.implementations.s2n.endpoint import Session
from tlsbench.implementations.s2n.library import S2n
from tlsbench.scenarios import Scenario
from tlsbench.workloads import prepare

Find = Callable[[str], tuple[Scenario, ...]]
pytestmark = pytest.mark.skipif("s2n" not in tls_libraries(), reason="awscrt is not installed")


def test_its_engine_is_the_package_that_carries_it() -> None:
    assert S2n().engine().startswith("s2n-tls and AWS-LC in awscrt ")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_staple_is_shown_and_checked(version: str, workload_of: Callable[[str], Any]) -> None:
    cell = workload_of(f"implementation=s2n ocsp=stapled version={version}")
    cell.sample()
    assert cell.proof()["ocsp"] == "good"


def test_a_staple_that_is_not_good_ends_the_handshake(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        library, "ocsp_response", lambda issuer, leaf: pki.ocsp_response(issuer, leaf, "revoked")
    )
    (scenario,) = scenarios_of("implementation=s2n ocsp=stapled")
    cell = prepare(scenario, implementations(), time.perf_counter_ns)
    with pytest.raises(HandshakeError, match="(?i)certificate"):
        cell.sample()


@pytest.mark.parametrize("tickets", ["0", "1", "3"])
def test_a_server_sends_as_many_tickets_as_it_is_told(
    tickets: str, workload_of: Callable[[str], Any]
) -> None:
    cell = workload_of(f"implementation=s2n tickets={tickets}")
    cell.sample()
    cell.scenario = replace(cell.scenario, tickets="4")
    with pytest.raises(ProofError, match=f"tickets: wanted 4, got {tickets} "):
        cell.sample()


@pytest.mark.parametrize("kind", ["version=1.2 resumption=ticket", "version=1.3 resumption=psk"])
def test_a_session_keeps_the_certificate_that_was_verified_when_it_was_made(
    kind: str, workload_of: Callable[[str], Any]
) -> None:
    cell = workload_of(f"implementation=s2n {kind}")
    cell.sample()
    assert isinstance(cell._session, Session)
    assert cell._session.certificate == cell.peers.server.leaf_der
    cell._session = replace(cell._session, certificate=b"")
    with pytest.raises(ProofError, match="server certificate: wanted .*, got none"):
        cell.sample()


def test_a_session_that_is_none_is_refused(workload_of: Callable[[str], Any]) -> None:
    cell = workload_of("implementation=s2n resumption=psk")
    cell._session, cell._session_until = Session(b"no session", b""), float("inf")
    with pytest.raises(HandshakeError, match="s2n: "):
        cell.sample()


def test_what_no_security_policy_has_is_refused_by_a_context(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=s2n version=1.3")
    impossible = replace(scenario, cipher="TLS_AES_128_CCM_SHA256")
    with pytest.raises(RequestError, match="no security policy for 1.3, TLS_AES_128_CCM_SHA256"):
        S2n().server_context(impossible, pki.peers_for(scenario))


def test_an_awscrt_without_s2n_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_path: str) -> bindings.Library:
        raise AttributeError("undefined symbol: s2n_init")

    monkeypatch.setattr(bindings, "load", load)
    with pytest.raises(RequestError, match="awscrt has no s2n-tls here .*only on Linux"):
        S2n().engine()


def test_an_awscrt_that_is_too_old_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bindings, "NEEDED", ("s2n_connection_get_key_exchange_group", "s2n_of_tomorrow"))
    tomorrow = replace(policies.POLICIES[0], name="20991231")
    monkeypatch.setattr(policies, "POLICIES", (*policies.POLICIES, tomorrow))
    with pytest.raises(RequestError, match="has no s2n_of_tomorrow, 20991231"):
        S2n().engine()
