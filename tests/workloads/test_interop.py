from __future__ import annotations

import pytest

from tlsbench.implementations.pyopenssl import library as pyopenssl
from tlsbench.implementations.registry import capabilities, implementations
from tlsbench.workloads.interop import pairs

WAYS = [
    "",
    "key=rsa-2048",
    "key=ed25519",
    "key=ml-dsa-44",
    "chain_length=3 root_key=rsa-2048",
    "client_auth=required chain_length=2",
    "group=X25519MLKEM768",
    "group=x25519 key=rsa-2048",
    "resumption=ticket",
    "resumption=session-id",
    "resumption=psk",
    "workload=bulk size=64KiB",
    "workload=echo link=tcp",
]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_every_pair_meets_with_proof_or_has_a_reason(way: str) -> None:
    met = list(pairs(implementations(), capabilities(), way))
    assert not [pair for pair in met if pair.failed], "what cannot be must be a capability"
    assert all(pair.reason for pair in met if pair.scenario is None)


@pytest.mark.slow
def test_every_library_meets_pyopenssl_as_a_client_and_as_a_server() -> None:
    met = [
        pair
        for way in ("", WAYS[5])
        for pair in pairs(implementations(), capabilities(), way, transports=("tls", "dtls"))
    ]
    libraries = {pair.client for pair in met} - {"fake"}
    clients = {pair.client for pair in met if pair.scenario and pair.server == "pyopenssl"}
    servers = {pair.server for pair in met if pair.scenario and pair.client == "pyopenssl"}
    assert clients == servers == libraries


QUIC_WAYS = [
    "",
    "key=rsa-2048 chain_length=3",
    "key=ml-dsa-65 chain_length=2 group=X25519MLKEM768",
    "client_auth=required chain_length=2",
    "group=X25519MLKEM768",
    "group=x25519 key=rsa-2048",
    "group=secp384r1",
    "resumption=psk",
    "resumption=early-data",
    "address_check=yes group=X25519MLKEM768",
    "hello_retry=yes group=secp256r1",
    "workload=bulk size=64KiB",
    "workload=echo",
    "workload=request",
]


@pytest.mark.parametrize("way", QUIC_WAYS)
def test_every_pair_with_openssl_s_own_quic_meets_with_proof_or_has_a_reason(
    way: str, openssl_35: str
) -> None:
    named = (openssl_35,)
    everyone, able = implementations(named), capabilities({"implementation": named})
    met = [
        pair
        for pair in pairs(everyone, able, way, transports=("quic",))
        if openssl_35 in (pair.client, pair.server)
    ]
    assert (openssl_35, openssl_35) in {(pair.client, pair.server) for pair in met}
    assert not [pair for pair in met if pair.failed], "what cannot be must be a capability"
    assert all(pair.reason for pair in met if pair.scenario is None)


@pytest.mark.slow
def test_a_pair_that_fails_without_a_reason_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyopenssl, "group_list", lambda _scenario: "secp384r1")
    failed = [pair for pair in pairs(implementations(), capabilities()) if pair.failed]
    assert {("pyopenssl", "pyopenssl"), ("ssl", "pyopenssl")} <= {
        (pair.client, pair.server) for pair in failed
    }
    assert all(pair.reason for pair in failed)


def test_datagrams_are_tried_between_all_that_have_them_and_no_others() -> None:
    libraries = {
        name: member for name, member in implementations().items() if name in ("ssl", "libssl", "tlslite")
    }
    met = [pair for pair in pairs(libraries, capabilities()) if pair.transport == "dtls"]
    assert {(pair.client, pair.server) for pair in met} == {("libssl", "libssl")}
    by_version = {pair.version: pair for pair in met}
    assert by_version["1.2"].scenario is not None
    assert not by_version["1.2"].failed
    assert by_version["1.2"].protocol == "DTLS 1.2"
    assert "has no DTLS 1.3" in by_version["1.3"].reason
