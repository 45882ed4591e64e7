"""Servers that share ticket keys resume each other's sessions; those that do not, do not."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from tlsbench.implementations import SharesTickets
from tlsbench.implementations.registry import tls_libraries, tls_library
from tlsbench.loading import LoadPlan, LoadTally, Target, run_load
from tlsbench.pki import peers_for
from tlsbench.scenarios import Scenario
from tlsbench.serving import ServerPlan, Serving
from tlsbench.session.serve import served_groups, served_scenario
from tlsbench.session.ticket_keys import BYTES

_KEYS = [secrets.token_bytes(BYTES) for _ in range(2)]


def scenario_of(library: str, version: str) -> Scenario:
    if library not in tls_libraries():
        pytest.skip(f"{library} is not installed")
    return served_scenario([f"implementation={library}", f"version={version}", "key=ecdsa-secp256r1"])


def shake(clients: Any, servers: Any, session: object = None) -> tuple[bool, object]:
    """Do a handshake and read a message: whether both sides say that it resumed, and the client's session."""
    client, server = clients.connect(session), servers.accept()
    is_done, has_spoken, read = [False, False], False, b""
    for _ in range(20):
        for at, (end, other) in enumerate(((client, server), (server, client))):
            is_done[at] = is_done[at] or end.handshake()
            other.receive_data(end.data_to_send())
        if all(is_done) and not has_spoken:
            server.write(b"hello")
            has_spoken = True
        elif has_spoken and (read := client.read()):
            break
    assert read == b"hello"
    said = {end.negotiated().resumed for end in (client, server)}
    session = client.session()
    for end in (client, server):
        end.close()
    (resumed,) = said
    return resumed, session


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("library", ["libssl", "gnutls"])
def test_what_a_server_issued_is_resumed_by_those_that_have_its_keys_alone(
    library: str, version: str
) -> None:
    scenario = scenario_of(library, version)
    peers, implementation = peers_for(scenario), tls_library(library)
    resumption = "psk" if version == "1.3" else "ticket"
    clients = implementation.client_context(replace(scenario, resumption=resumption), peers)

    def server(keys: bytes) -> Any:
        context = implementation.server_context(scenario, peers)
        assert isinstance(context, SharesTickets)
        context.set_ticket_keys(keys)
        return context

    same, alike, other = (server(keys) for keys in (_KEYS[0], _KEYS[0], _KEYS[1]))
    for to, resumes in ((same, True), (alike, True), (other, False)):
        is_resumed, session = shake(clients, same)
        assert not is_resumed
        assert session is not None
        assert shake(clients, to, session)[0] is resumes


@pytest.mark.slow
def test_a_pool_and_the_processes_of_each_server_resume_each_others_sessions() -> None:
    """Each of ten clients has one full handshake, and so do those started before the last of them."""
    selectors = ["implementation=libssl", "version=1.3", "key=ecdsa-secp256r1"]
    scenario = scenario_of("libssl", "1.3")
    plan = ServerPlan(
        scenario=scenario.id,
        peers=peers_for(scenario).to_pem(),
        groups=served_groups(selectors, scenario),
        processes=2,
        ticket_keys=_KEYS[0].hex(),
    )
    clients, wanted, seen = 10, 60, [0]
    with ExitStack() as stack:
        servers = [stack.enter_context(Serving(one)) for one in (plan, replace(plan, processes=1))]
        first, second = (Target(*server.address) for server in servers)
        load_plan = LoadPlan(
            target=first,
            others=(second,),
            connections=2,
            duration_s=120.0,
            warm_up_s=0.0,
            resume=1.0,
            clients=clients,
            version="1.3",
        )
        load_plan.check(unbounded=False)

        def observe(_at: float, tally: LoadTally) -> None:
            seen[0] = tally.handshakes

        load = run_load(load_plan, observe, lambda: seen[0] >= wanted)
    assert load.tally.handshakes >= wanted
    resumed = [
        sum(count for what, count in server.tally().negotiated.items() if what.endswith(" resumed"))
        for server in servers
    ]
    assert [one.tally.resumed for one in load.backends] == resumed
    assert load.tally.handshakes - sum(resumed) <= clients + load_plan.connections
