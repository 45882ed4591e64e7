"""Servers that send only the leaf of a chain: proved, and each way to lie about it is caught."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError, ProofError
from tlsbench.implementations.registry import implementations, tls_library
from tlsbench.links import STREAM, Direction, MemoryLink, protected_records
from tlsbench.scenarios import Scenario
from tlsbench.workloads import prepare
from tlsbench.workloads.exchange import shake_hands
from tlsbench.workloads.handshake import Handshake
from tlsbench.workloads.sent_chains import prove_chain

Find = Callable[[str], tuple[Scenario, ...]]
LIBRARIES = ("pyopenssl", "ssl", "fake")


def cell_of(scenario: Scenario, client: pki.Peers, server: pki.Peers) -> Handshake:
    """A cell whose two sides were given peers other than the scenario's."""
    library: Any = tls_library(scenario.client)
    return Handshake(
        scenario,
        pki.peers_for(scenario),
        library.client_context(scenario, client),
        library.server_context(scenario, server),
        MemoryLink(),
        time.perf_counter_ns,
    )


@pytest.mark.parametrize("sent", ["leaf", "leaf-anchored"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("name", LIBRARIES)
def test_a_leaf_alone_is_sent_and_saves_what_the_intermediates_weigh(
    name: str, version: str, sent: str, scenarios_of: Find
) -> None:
    text = f"implementation={name} version={version} key=ecdsa-secp256r1 chain_length=3"
    (full,) = scenarios_of(text)
    (suppressed,) = scenarios_of(f"{text} chain_sent={sent}")
    whole, less = (
        prepare(scenario, implementations(), time.perf_counter_ns).sample().ledger.server_bytes
        for scenario in (full, suppressed)
    )
    left_out = pki.peers_for(full).server.certificates[1:]
    weight = sum(len(certificate.public_bytes(pki.identity.Encoding.DER)) for certificate in left_out)
    if name == "fake" and version == "1.2":
        weight = 0  # its chain is empty in the clear
    assert whole - less >= weight - 16  # ECDSA signatures differ by a few bytes


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("name", LIBRARIES)
def test_a_server_that_sends_its_intermediates_after_all_is_caught(
    name: str, version: str, scenarios_of: Find
) -> None:
    (scenario,) = scenarios_of(f"implementation={name} version={version} chain_length=3 chain_sent=leaf")
    told = pki.peers_for(replace(scenario, chain_sent="full"))
    client = pki.peers_for(scenario)
    if name == "fake":  # it believes what it was given
        client = replace(client, server=told.server, known=())
    with pytest.raises(ProofError, match="chain_length: wanted 1, got 3"):
        cell_of(scenario, client, told).sample()


@pytest.mark.parametrize("name", ["pyopenssl", "ssl"])
@pytest.mark.parametrize("key", ["ecdsa-secp256r1", "rsa-2048", "ed25519"])
def test_the_wire_of_tls_1_3_alone_tells_a_chain_from_a_leaf(name: str, key: str, scenarios_of: Find) -> None:
    (scenario,) = scenarios_of(f"implementation={name} version=1.3 key={key} chain_length=2 chain_sent=leaf")
    peers = pki.peers_for(scenario)
    told = pki.peers_for(replace(scenario, chain_sent="full"))
    for server, is_lie in ((peers, False), (told, True)):
        cell = cell_of(scenario, peers, server)
        exchange = shake_hands(cell.clients, cell.servers, cell.link, cell.clock)
        wire = STREAM.observe(exchange.entries)
        blind = replace(exchange.client.negotiated(), peer_chain_length=None, verified_length=3)
        if is_lie:
            with pytest.raises(ProofError, match=r"chain_sent: wanted a leaf alone.*seen by the wire"):
                prove_chain(exchange.entries, scenario, peers, wire, blind)
        else:
            prove_chain(exchange.entries, scenario, peers, wire, blind)
            assert protected_records(exchange.entries, Direction.TO_CLIENT)


@pytest.mark.parametrize("name", ["pyopenssl", "ssl"])
def test_a_client_that_does_not_know_the_intermediates_refuses_a_leaf(name: str, scenarios_of: Find) -> None:
    (scenario,) = scenarios_of(f"implementation={name} version=1.3 chain_length=2 chain_sent=leaf")
    peers = pki.peers_for(scenario)
    with pytest.raises(HandshakeError, match=r"(?i)certificate.verify.failed|unable to get"):
        cell_of(scenario, replace(peers, known=()), peers).sample()


@pytest.mark.parametrize("name", ["pyopenssl", "ssl"])
def test_a_client_that_trusts_an_intermediate_has_not_verified_up_to_the_root(
    name: str, scenarios_of: Find
) -> None:
    (scenario,) = scenarios_of(f"implementation={name} version=1.3 chain_length=2 chain_sent=leaf")
    (anchored,) = scenarios_of(f"implementation={name} version=1.3 chain_length=2 chain_sent=leaf-anchored")
    library: Any = tls_library(name)
    cell = cell_of(scenario, pki.peers_for(scenario), pki.peers_for(scenario))
    cell.clients = library.client_context(anchored, pki.peers_for(anchored))
    with pytest.raises(ProofError, match="verified chain: wanted one of 3, got one of 2"):
        cell.sample()


def test_a_client_that_does_not_tell_how_far_it_verified_proves_nothing(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=fake version=1.3 chain_length=2 chain_sent=leaf")
    peers = pki.peers_for(scenario)
    cell = cell_of(scenario, peers, peers)
    exchange = shake_hands(cell.clients, cell.servers, cell.link, cell.clock)
    silent = replace(exchange.client.negotiated(), verified_length=None)
    wire = STREAM.observe(exchange.entries)
    with pytest.raises(ProofError, match="a client that does not say"):
        prove_chain(exchange.entries, scenario, peers, wire, silent)


def test_an_anchored_leaf_is_verified_by_its_issuer_alone(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("version=1.3 chain_length=3 chain_sent=leaf-anchored")
    peers = pki.peers_for(scenario)
    assert peers.known == ()
    assert peers.root.certificate == peers.issuer.certificate
    assert peers.root.certificate.subject != peers.root.certificate.issuer


def test_suppressed_peers_survive_the_way_to_another_process(scenarios_of: Find) -> None:
    for sent in ("leaf", "leaf-anchored"):
        (scenario,) = scenarios_of(f"version=1.3 chain_length=3 chain_sent={sent}")
        peers = pki.peers_for(scenario)
        there = pki.Peers.from_pem(peers.to_pem())
        assert (there.known, there.root.certificate) == (peers.known, peers.root.certificate)
        assert there.server.certificates == peers.server.certificates
