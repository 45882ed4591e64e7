"""A scenario with a client and a server, at least one of which is the library under test."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tlsbench import pki
from tlsbench.implementations import ClientContext, ServerContext, TlsImplementation
from tlsbench.implementations.ssl_shaped.stdlib import STDLIB
from tlsbench.links import MemoryLink
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.workloads.exchange import Exchange, shake_hands


@dataclass(frozen=True)
class Meeting:
    """A scenario with everything that is needed to run it."""

    scenario: Scenario
    peers: pki.Peers
    clients: ClientContext
    servers: ServerContext

    def shake(self, link: MemoryLink | None = None) -> Exchange:
        return shake_hands(self.clients, self.servers, link or MemoryLink(), time.perf_counter_ns)


def meeting_of(library: TlsImplementation, selector: str, against: str = "") -> Meeting:
    """A client and a server of the library, or one of them (``against``) with Python's ssl module.

    If the scenario is impossible without client certificates, it has them.
    """
    members = {STDLIB.id: STDLIB, library.id: library}
    abilities = {name: member.capabilities() for name, member in members.items()}
    ends = f"implementation={library.id}"
    if against:
        client, server = (library.id, STDLIB.id) if against == "client" else (STDLIB.id, library.id)
        ends = f"client={client} server={server}"
    reasons: Sequence[str] = ()
    for auth in ("", "client_auth=required chain_length=2"):
        if auth and "client_auth" in selector:
            break
        matrix = expand([parse([f"{ends} {selector} {auth}"], tuple(members))], abilities)
        if matrix.scenarios:
            scenario = matrix.scenarios[0]
            peers = pki.peers_for(scenario)
            client_of, server_of = members[scenario.client], members[scenario.server]
            return Meeting(
                scenario,
                peers,
                client_of.client_context(scenario, peers),
                server_of.server_context(scenario, peers),
            )
        reasons = reasons or [excluded.reason for excluded in matrix.excluded]
    pytest.skip(reasons[0])  # excluded by the capabilities, which is not a failure of the library
