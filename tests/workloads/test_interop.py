from __future__ import annotations

import pytest

from tlsbench.implementations import pyopenssl
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


@pytest.mark.parametrize("way", WAYS)
def test_every_pair_meets_with_proof_or_has_a_reason(way: str) -> None:
    met = list(pairs(implementations(), capabilities(), way))
    assert not [pair for pair in met if pair.failed], "what cannot be must be a capability"
    assert all(pair.reason for pair in met if pair.scenario is None)


def test_most_pairs_of_real_libraries_meet() -> None:
    met = [
        pair for pair in pairs(implementations(), capabilities()) if "fake" not in (pair.client, pair.server)
    ]
    assert met
    assert all(pair.scenario is not None for pair in met)


def test_a_pair_that_fails_without_a_reason_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyopenssl, "group_list", lambda _scenario: "secp384r1")
    failed = [pair for pair in pairs(implementations(), capabilities()) if pair.failed]
    assert {("pyopenssl", "pyopenssl"), ("ssl", "pyopenssl")} <= {
        (pair.client, pair.server) for pair in failed
    }
    assert all(pair.reason for pair in failed)
