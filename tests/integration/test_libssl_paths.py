"""A libssl of another kind, by its path: Debian's BoringSSL and the system's OpenSSL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tlsbench.implementations.found_files import libssl_files
from tlsbench.implementations.libssl.library import LibSsl
from tlsbench.implementations.registry import capabilities, capabilities_of, implementation, spellings
from tlsbench.scenarios import expand, parse

pytestmark = pytest.mark.integration


def test_it_is_found_out_to_be_another_engine(boringssl: str) -> None:
    assert implementation(boringssl).engine().startswith("BoringSSL in /usr/lib/")


@pytest.mark.parametrize("peer", ["itself", "libssl", "pyopenssl"])
@pytest.mark.parametrize(
    "way",
    [
        "version=1.2",
        "version=1.3",
        "version=1.2 resumption=ticket",
        "version=1.2 resumption=session-id",
        "version=1.3 resumption=psk",
        "version=1.3 resumption=psk session=serialised",
        "version=1.3 client_auth=required chain_length=2 key=rsa-2048",
        "version=1.3 group=x25519 key=ecdsa-secp384r1",
        "version=1.3 key=rsa-2048 signature=rsa_pss_rsae_sha512",
        "workload=bulk version=1.2",
    ],
)
def test_both_of_its_sides_do_what_the_scenario_asks_for(
    peer: str, way: str, boringssl: str, workload_of: Callable[[str], Any]
) -> None:
    other = boringssl if peer == "itself" else peer
    for client, server in {(boringssl, other), (other, boringssl)}:
        selector = f"client={client} server={server} {way}"
        selection = parse([selector], spellings())
        matrix = expand([selection], capabilities(selection))
        if not matrix.scenarios:  # what a peer cannot do, such as report how a handshake was signed
            assert all(peer in excluded.reason for excluded in matrix.excluded)
            continue
        cell = workload_of(selector)
        cell.sample()
        cell.sample()
        assert cell.proof()["version"] == cell.scenario.version


def test_what_it_lacks_is_a_capability_with_its_reason(boringssl: str) -> None:
    reasons = " ".join(gap.reason for gap in capabilities_of(boringssl).gaps)
    for lacking in ("SSL_get0_verified_chain", "SSL_CTX_set_max_early_data", "does not know the group"):
        assert lacking in reasons


@pytest.mark.parametrize(
    "algorithm",
    [
        *("x25519/keygen", "secp256r1/keygen", "x25519/exchange", "secp256r1/exchange", "sha-384/digest"),
        *("hmac-sha-256/sign", "hkdf-sha-256/derive", "hkdf-sha-256/expand", "ed25519/sign"),
        *("aes-128-gcm/encrypt", "aes-256-gcm/decrypt", "chacha20-poly1305/encrypt", "rsa-2048/verify"),
        *("ecdsa-secp256r1/sign", "ecdsa-secp256r1/verify", "rsa-2048/sign", "ed25519/verify"),
    ],
)
def test_its_single_operations_are_those_of_its_own_libcrypto(
    algorithm: str, boringssl: str, workload_of: Callable[[str], Any]
) -> None:
    workload_of(f"workload=primitive implementation={boringssl} algorithm={algorithm}").sample()


def test_its_handshakes_are_taken_apart(boringssl: str, workload_of: Callable[[str], Any]) -> None:
    for selector in ("group=x25519", "group=secp256r1 key=rsa-2048", "version=1.2", "resumption=psk"):
        cell = workload_of(f"implementation={boringssl} parts=yes {selector}")
        for sample in cell.visit(1, 1):
            assert all(part.cost > 0 for part in sample.parts)
            assert {"key schedule", "records", "hashing", "allocation"} <= {one.part for one in sample.parts}


@pytest.fixture(scope="module")
def post_quantum() -> str:
    """A libssl bundled with a package that has ML-KEM; it may be absent, since nothing depends on it."""
    for path in libssl_files():
        name = f"libssl:{path}"
        member = implementation(name)
        if isinstance(member, LibSsl) and member.library.has("EVP_PKEY_encapsulate"):
            gaps = [gap for gap in capabilities_of(name).gaps if gap.when.keys() == {"group"}]
            if all("X25519MLKEM768" not in gap.when["group"] for gap in gaps):
                return name
    pytest.skip("no libssl with ML-KEM is found: pip install psycopg-binary")


@pytest.mark.parametrize(
    "algorithm",
    ["ml-kem-768/keygen", "ml-kem-768/encapsulate", "ml-kem-768/decapsulate", "ml-kem-1024/decapsulate"],
)
def test_a_kem_is_that_of_its_own_libcrypto(
    algorithm: str, post_quantum: str, workload_of: Callable[[str], Any]
) -> None:
    workload_of(f"workload=primitive implementation={post_quantum} algorithm={algorithm}").sample()


def test_a_hybrid_group_and_ml_dsa_are_taken_apart(
    post_quantum: str, workload_of: Callable[[str], Any]
) -> None:
    cell = workload_of(f"implementation={post_quantum} parts=yes group=X25519MLKEM768 key=ml-dsa-65")
    (sample,) = cell.visit(0, 1)
    costs = {(part.side, part.operation): part.cost for part in sample.parts}
    assert costs["server", "ml-kem-768/encapsulate"] > 0
    assert costs["client", "ml-kem-768/decapsulate"] > 0
    assert costs["server", "ml-dsa-65/sign"] > 0
