"""The bill of a handshake, according to the RFCs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tlsbench import pki
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.algorithms import BY_NAME
from tlsbench.workloads.parts import PARTS, REST, Traffic, bill

Find = Callable[[str], tuple[Scenario, ...]]
TRAFFIC = Traffic(1500, (53,), (10, 900, 96, 53, 250, 250), tickets=2)


@pytest.fixture
def bill_of(scenarios_of: Find) -> Callable[..., Counter[tuple[str, str, str]]]:
    """How often each operation is on a bill, by side and part."""

    def count(
        selector: str, *, traffic: Traffic = TRAFFIC, exchanges_keys: bool = True
    ) -> Counter[tuple[str, str, str]]:
        (one,) = scenarios_of(f"implementation=pyopenssl parts=yes {selector}")
        steps = bill(one, pki.peers_for(one), traffic, exchanges_keys=exchanges_keys)
        found: Counter[tuple[str, str, str]] = Counter()
        for step in steps:
            found[step.side, step.part, step.operation] += len(step.sizes)
        return found

    return count


Count = Callable[..., Counter[tuple[str, str, str]]]


def test_a_full_handshake_of_tls_1_3_is_what_rfc_8446_says(bill_of: Count) -> None:
    found = bill_of("group=x25519 cipher=aes-128-gcm")
    for side in ("client", "server"):
        assert found[side, "key share", "x25519/keygen"] == 1
        assert found[side, "agreement", "x25519/exchange"] == 1
        assert found[side, "key schedule", "hkdf-sha-256/expand"] == 3 + 18 + 2, "3 extracts, and 2 tickets"
        assert found[side, "key schedule", "hmac-sha-256/sign"] == 2, "both Finished"
        assert found[side, "hashing", "sha-256/digest"] == 1 + 5
        assert found[side, "allocation", ""] == 1
    assert found["server", "signature", "ecdsa-secp256r1/sign"] == 1
    assert found["client", "verification", "ecdsa-secp256r1/verify"] == 2, (
        "the handshake, and one certificate"
    )
    assert found["client", "signature", "ecdsa-secp256r1/sign"] == 0
    assert found["server", "verification", "ecdsa-secp256r1/verify"] == 0
    assert (
        found["server", "records", "aes-128-gcm/encrypt"]
        == found["client", "records", "aes-128-gcm/decrypt"]
        == 6
    )
    assert (
        found["client", "records", "aes-128-gcm/encrypt"]
        == found["server", "records", "aes-128-gcm/decrypt"]
        == 1
    )


@pytest.mark.parametrize(
    ("group", "client", "server"),
    [
        (
            "X25519MLKEM768",
            {"x25519/keygen", "ml-kem-768/keygen", "x25519/exchange", "ml-kem-768/decapsulate"},
            {"x25519/keygen", "x25519/exchange", "ml-kem-768/encapsulate"},
        ),
        ("MLKEM768", {"ml-kem-768/keygen", "ml-kem-768/decapsulate"}, {"ml-kem-768/encapsulate"}),
        ("secp256r1", {"secp256r1/keygen", "secp256r1/exchange"}, {"secp256r1/keygen", "secp256r1/exchange"}),
    ],
)
def test_a_group_is_what_it_is_made_of(
    group: str, client: set[str], server: set[str], bill_of: Count
) -> None:
    found = bill_of(f"group={group}")
    for side, wanted in (("client", client), ("server", server)):
        assert {one for of, part, one in found if of == side and part in {"key share", "agreement"}} == wanted


def test_a_certificate_is_verified_by_the_key_of_its_issuer(bill_of: Count) -> None:
    found = bill_of("key=ecdsa-secp256r1 chain_length=3 intermediate_key=rsa-2048 root_key=ed25519")
    assert found["client", "verification", "ecdsa-secp256r1/verify"] == 1, "the handshake"
    assert found["client", "verification", "rsa-2048/verify"] == 2, "the leaf, and the first intermediate"
    assert found["client", "verification", "ed25519/verify"] == 1


def test_a_client_certificate_has_the_server_verify_and_the_client_sign(bill_of: Count) -> None:
    found, without = bill_of("key=rsa-2048 client_auth=required"), bill_of("key=rsa-2048")
    assert found["client", "signature", "rsa-2048/sign"] == 1
    assert found["server", "verification", "rsa-2048/verify"] == 2
    digests = "server", "hashing", "sha-384/digest"
    assert found[digests] == without[digests] + 2


def test_a_resumed_handshake_has_no_certificates_and_a_binder(bill_of: Count) -> None:
    full, resumed = bill_of(""), bill_of("resumption=psk")
    assert not [one for one in resumed if one[1] in {"signature", "verification"}]
    assert resumed["server", "key share", "secp256r1/keygen"] == 1
    expands, macs = (
        ("client", "key schedule", "hkdf-sha-384/expand"),
        ("client", "key schedule", "hmac-sha-384/sign"),
    )
    assert resumed[expands] == full[expands] + 2
    assert resumed[macs] == full[macs] + 1
    assert bill_of("resumption=early-data")[expands] == resumed[expands] + 4


def test_without_a_key_exchange_there_is_none_on_the_bill(bill_of: Count) -> None:
    found = bill_of("resumption=psk", exchanges_keys=False)
    assert not [one for one in found if one[1] in {"key share", "agreement"}]


def test_a_client_that_is_asked_again_makes_two_keys(bill_of: Count) -> None:
    found = bill_of("group=secp256r1 hello_retry=yes")
    assert (
        found["client", "key share", "x25519/keygen"] == found["client", "key share", "secp256r1/keygen"] == 1
    )
    assert found["server", "key share", "x25519/keygen"] == 0


@pytest.mark.parametrize(
    ("cipher", "hashed", "macs"),
    [
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "sha-256", 4 + 4 + 2 + 2),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "sha-384", 2 + 4 + 2 + 2),
        ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "sha-256", 4 + 6 + 2 + 2),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_CCM", "sha-256", 4 + 6 + 2 + 2),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", "sha-256", 4 + 4 + 2 + 2),
    ],
)
def test_the_key_schedule_of_tls_1_2_is_four_outputs_of_its_prf(
    cipher: str, hashed: str, macs: int, bill_of: Count
) -> None:
    """RFC 5246 section 5: two HMACs for each block; a resumed handshake has no new master secret."""
    traffic = Traffic(1500, (16,), (16,))
    found = bill_of(f"version=1.2 cipher={cipher}", traffic=traffic)
    assert found["server", "key schedule", f"hmac-{hashed}/sign"] == macs
    resumed = bill_of(f"version=1.2 cipher={cipher} resumption=ticket", traffic=traffic, exchanges_keys=False)
    first = 4 if hashed == "sha-256" else 2
    assert resumed["server", "key schedule", f"hmac-{hashed}/sign"] == macs - first


@pytest.mark.parametrize(
    "every",
    ["version=* group=* key=* resumption=* client_auth=*", "version=* cipher=* key=* group=secp256r1"],
)
def test_every_step_is_an_operation_that_is_measured_with_a_source_and_in_order(every: str) -> None:
    for one in scenarios_of_all(every):
        steps = bill(one, pki.peers("ecdsa-secp256r1", 2), TRAFFIC, exchanges_keys=True)
        assert {step.operation for step in steps} - {""} <= set(BY_NAME)
        assert all(step.source and step.sizes for step in steps)
        assert [step.side for step in steps] == sorted(step.side for step in steps)
        for side in ("client", "server"):
            order = [PARTS.index(step.part) for step in steps if step.side == side]
            assert order == sorted(order)
            assert PARTS.index(REST) not in order


def scenarios_of_all(selector: str) -> tuple[Scenario, ...]:
    from tlsbench.implementations.registry import capabilities, spellings
    from tlsbench.scenarios import expand, parse

    selection = parse([f"implementation=pyopenssl parts=yes {selector}"], spellings())
    found = expand([selection], capabilities(selection)).scenarios
    assert len(found) > 50
    return found


def test_what_cannot_be_priced_is_denied_with_a_reason(scenarios_of: Find) -> None:
    from tlsbench.implementations.registry import capabilities, spellings
    from tlsbench.scenarios import expand, parse

    for selector, words in (
        ("implementation=ssl", "the single operations of its engine cannot be called"),
        ("implementation=pyopenssl group=MLKEM512", "the primitive of its key agreement"),
        (
            "implementation=pyopenssl version=1.2 cipher=TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
            "the primitive that encrypts its records",
        ),
        ("implementation=pyopenssl ocsp=stapled", "checked outside"),
    ):
        selection = parse([f"{selector} parts=yes"], spellings())
        matrix = expand([selection], capabilities(selection))
        assert not matrix.scenarios
        assert words in matrix.excluded[0].reason
