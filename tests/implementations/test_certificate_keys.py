"""The rarer key types: libraries accept what they claim to accept, and are right to refuse the others."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError, MeasurementError, ProofError
from tlsbench.implementations.certificate_keys import BRAINPOOL, ED448, RSA_PSS, SECP521R1, SLH_DSA
from tlsbench.implementations.registry import capabilities, ends_of, implementations, spellings, tls_library
from tlsbench.links import MemoryLink
from tlsbench.scenarios import Scenario, expand, keys, parse
from tlsbench.workloads import prepare
from tlsbench.workloads.handshake import Handshake

Find = Callable[[str], tuple[Scenario, ...]]
#: One of each kind; for RSA, the one that is quickest to generate.
RARE = (*SECP521R1, *BRAINPOOL[:1], *RSA_PSS[:1], *ED448)
LIBRARIES = ("pyopenssl", "ssl", "libssl", "fake")


def why_not(text: str) -> list[str]:
    by = parse([text], spellings())
    return [one.reason for one in expand([by], capabilities(by)).excluded]


def proof_of(scenario: Scenario) -> dict[str, object]:
    cell = prepare(scenario, ends_of(scenario), time.perf_counter_ns)
    cell.sample()
    return dict(cell.proof())


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("key", RARE)
@pytest.mark.parametrize("name", LIBRARIES)
def test_a_key_that_a_library_takes_is_in_the_handshake(name: str, key: str, version: str) -> None:
    text = f"implementation={name} version={version} key={key}"
    if refused := why_not(text):
        assert len(refused) == 1
        assert "brainpool" in refused[0] or "it is the certificate's" in refused[0]
        return
    by = parse([text], spellings())
    (scenario,) = expand([by], capabilities(by)).scenarios
    assert proof_of(scenario)["server_key"] == key


@pytest.mark.parametrize("axis", ["root_key", "intermediate_key"])
@pytest.mark.parametrize("key", ["slh-dsa-sha2-128f", "rsa-pss-2048", "ed448"])
def test_such_keys_sign_the_certificate_of_another_leaf(key: str, axis: str, scenarios_of: Find) -> None:
    (scenario,) = scenarios_of(
        f"implementation=pyopenssl version=1.3 key=ecdsa-secp256r1 chain_length=2 {axis}={key}"
    )
    assert proof_of(scenario)["server_key"] == "ecdsa-secp256r1"


def test_a_leaf_under_another_root_than_the_one_that_signed_is_refused(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=pyopenssl version=1.3 root_key=slh-dsa-sha2-128f")
    peers, library = pki.peers_for(scenario), tls_library("pyopenssl")
    other = pki.Authority.new(pki.authority_template("tlsbench root"), pki.new_key("slh-dsa-sha2-128f"))
    cell = Handshake(
        scenario,
        peers,
        library.client_context(scenario, replace(peers, root=other)),
        library.server_context(scenario, peers),
        MemoryLink(),
        time.perf_counter_ns,
    )
    with pytest.raises(HandshakeError, match="certificate verify failed"):
        cell.sample()


def test_an_rsa_certificate_is_no_rsa_pss_certificate(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=pyopenssl version=1.3 key=rsa-pss-2048")
    plain = replace(scenario, key="rsa-2048")
    peers, library = pki.peers_for(plain), tls_library("pyopenssl")
    cell = Handshake(
        scenario,
        pki.peers_for(scenario),
        library.client_context(plain, peers),
        library.server_context(plain, peers),
        MemoryLink(),
        time.perf_counter_ns,
    )
    with pytest.raises(ProofError, match="server certificate: wanted rsa-pss-2048 .*got rsa-2048"):
        cell.sample()


def test_openssl_indeed_refuses_a_leaf_of_slh_dsa(scenarios_of: Find) -> None:
    (reason,) = why_not("implementation=pyopenssl version=1.3 key=slh-dsa-sha2-128f")
    assert "signs no handshakes with it" in reason
    (usual,) = scenarios_of("implementation=pyopenssl version=1.3 key=ecdsa-secp256r1")
    tried = replace(usual, key="slh-dsa-sha2-128f")
    with pytest.raises(MeasurementError, match="unknown certificate type"):
        prepare(tried, implementations(), time.perf_counter_ns)


def test_every_key_of_no_library_has_its_reason_on_every_axis() -> None:
    for axis in keys.KEY_AXES:
        (reason,) = why_not(f"implementation=pyopenssl version=1.3 {axis}=composite chain_length=2")
        assert "no release of an engine here has them" in reason
    assert len(SLH_DSA) == 12
