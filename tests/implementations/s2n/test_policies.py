"""The table of security policies matches how s2n-tls applies them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.implementations.registry import capabilities, tls_libraries, tls_library
from tlsbench.implementations.s2n import library as s2n
from tlsbench.implementations.s2n import policies
from tlsbench.implementations.s2n.policies import POLICIES, Policy, Wanted, agreed, of_both, of_one
from tlsbench.links.reader import Reader
from tlsbench.protocol import groups as group_names
from tlsbench.protocol.messages import VERSIONS
from tlsbench.scenarios import Scenario, ciphers, expand, groups, parse, scenario_from_id
from tlsbench.scenarios.groups import PRIMES

needs_s2n = pytest.mark.skipif("s2n" not in tls_libraries(), reason="awscrt is not installed")
SUPPORTED_GROUPS, SUPPORTED_VERSIONS, KEY_SHARE, SIGNATURE_ALGORITHMS = 10, 43, 51, 13
BY_NAME = {policy.name: policy for policy in POLICIES}


def scenario(text: str) -> Scenario:
    return scenario_from_id(text, tuple(tls_libraries()))


def numbers(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def extensions(hello: Reader) -> dict[int, bytes]:
    found, rest = {}, Reader(hello.vector(2))
    while rest:
        kind = rest.number(2)
        found[kind] = rest.vector(2)
    return found


def shares(data: bytes) -> list[int]:
    found, rest = [], Reader(Reader(data).vector(2))
    while rest:
        found.append(rest.number(2))
        rest.vector(2)
    return found


def known(names: list[int]) -> tuple[str, ...]:
    return tuple(
        group_names.NAMES[number] for number in names if group_names.NAMES.get(number) in groups.BY_NAME
    )


def offered(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> Policy:
    """A policy as the first flight of its client shows it."""
    monkeypatch.setattr(s2n, "_policy_of", lambda _scenario, _side: policy)
    asked = scenario("implementation=s2n version=1.2 group=secp256r1 key=rsa-2048")
    client = tls_library("s2n").client_context(asked, pki.peers_for(asked)).connect()
    client.handshake()
    hello = Reader(client.data_to_send()[9:])  # after the headers of record and message
    hello.take(2 + 32)
    hello.vector(1)
    suites = [ciphers.BY_CODE_POINT[one] for one in numbers(hello.vector(2)) if one in ciphers.BY_CODE_POINT]
    told = policies.SUITES if policy == policies.EVERYTHING else policies.LISTED
    suites = [suite for suite in suites if suite.name in told]
    hello.vector(1)
    found = extensions(hello)
    versions = numbers(found[SUPPORTED_VERSIONS][1:]) if SUPPORTED_VERSIONS in found else [0x0303]
    return Policy(
        policy.name,
        tuple(VERSIONS[one] for one in versions if VERSIONS.get(one) in ("1.2", "1.3")),
        tuple(suite.name for suite in suites),
        known(numbers(found[SUPPORTED_GROUPS][2:])),
        known(shares(found[KEY_SHARE])) if KEY_SHARE in found else (),
        signs_ml_dsa=0x0904 in numbers(found[SIGNATURE_ALGORITHMS][2:]),
    )


@needs_s2n
@pytest.mark.parametrize("policy", [*POLICIES, policies.EVERYTHING], ids=lambda policy: policy.name)
def test_a_client_offers_what_the_table_says_of_its_policy(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert offered(policy, monkeypatch) == policy


def wishes() -> list[Wanted]:
    return [
        Wanted(version, suite.name, group, key)
        for version, key in (("1.3", "ecdsa-secp256r1"), ("1.3", "ml-dsa-44"), ("1.2", "ecdsa-secp256r1"))
        for suite in ciphers.CIPHER_SUITES
        if suite.name in policies.SUITES and suite.version == version and suite.authentication != "RSA"
        for group in groups.BY_NAME
        if group not in PRIMES
    ]


@needs_s2n
@pytest.mark.parametrize(
    "wanted",
    [one for one in wishes() if of_both(one)],
    ids=lambda one: f"{one.version}-{one.cipher}-{one.group}-{one.key}",
)
def test_two_of_them_agree_on_what_their_policies_are_taken_for(wanted: Wanted, workload_of: Any) -> None:
    cell = workload_of(
        f"implementation=s2n version={wanted.version} cipher={wanted.cipher} group={wanted.group} "
        f"key={wanted.key}"
    )
    cell.sample()  # proved
    assert cell.proof()["group"] == wanted.group


def test_a_server_prefers_and_a_client_limits() -> None:
    old, new = BY_NAME["20240501"], BY_NAME["20240603"]
    both = agreed(old, new, "ecdsa-secp256r1")
    assert both == Wanted("1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "x25519", "ecdsa-secp256r1")
    assert agreed(old, BY_NAME["20250414"], "ecdsa-secp256r1") is None  # no version in common
    assert agreed(new, new, "ml-dsa-44") is None
    unknown = replace(new, shares=("secp521r1",), groups=("secp521r1",))
    assert agreed(unknown, BY_NAME["20190802"], "rsa-2048") is None  # a HelloRetryRequest would not help


def test_in_tls_1_2_no_policy_serves_that_puts_the_curve_of_the_certificate_first() -> None:
    """The other side lists that curve too, after the group that is wanted."""
    suite = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    assert of_one(Wanted("1.2", suite, "secp521r1", "ecdsa-secp256r1"), "server") is None
    found = of_one(Wanted("1.2", suite, "x25519", "ecdsa-secp256r1"), "server")
    assert found is not None
    assert found.groups.index("x25519") < found.groups.index("secp256r1")


def test_of_several_the_one_is_taken_that_prefers_what_is_wanted() -> None:
    found = of_one(Wanted("1.3", "TLS_AES_256_GCM_SHA384", "x25519", "rsa-2048"), "server")
    assert found is not None
    assert (found.suites[0], found.groups[0]) == ("TLS_AES_256_GCM_SHA384", "x25519")
    assert policies.of_one(Wanted("1.3", "TLS_AES_128_CCM_SHA256", "x25519", "rsa-2048"), "server") is None


OLD = {
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384": "secp256r1",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "secp521r1",
    "TLS_RSA_WITH_AES_128_GCM_SHA256": "none",
}


@needs_s2n
@pytest.mark.parametrize("ends", ["client=s2n server=pyopenssl", "client=pyopenssl server=s2n"])
@pytest.mark.parametrize("cipher", OLD)
def test_what_only_the_policy_for_tests_has_is_agreed_on_with_a_peer_that_has_nothing_else(
    cipher: str, ends: str, workload_of: Any
) -> None:
    cell = workload_of(f"{ends} version=1.2 cipher={cipher} group={OLD[cipher]}")
    cell.sample()  # proved
    assert cell.proof()["group"] == OLD[cipher]


def test_what_another_policy_has_is_not_taken_from_the_one_for_tests() -> None:
    def taken(cipher: str) -> Policy | None:
        return of_one(Wanted("1.2", f"TLS_ECDHE_RSA_WITH_{cipher}", "x25519", "rsa-2048"), "client")

    assert taken("AES_256_CBC_SHA") == policies.EVERYTHING
    assert taken("AES_128_CBC_SHA") in POLICIES


@needs_s2n
@pytest.mark.parametrize(
    ("ends", "suite", "reason"),
    [
        ("implementation=s2n", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "use another library at one end"),
        ("client=pyopenssl server=s2n", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "needs parameters for DHE"),
        ("client=s2n server=pyopenssl", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "not always get DHE right"),
    ],
)
def test_why_an_old_suite_is_not_measured_is_said(ends: str, suite: str, reason: str) -> None:
    able = capabilities(parse([ends], tuple(tls_libraries())))
    matrix = expand([parse([f"{ends} version=1.2 cipher={suite}"], tuple(able))], able)
    assert not matrix.scenarios
    assert any(reason in one.reason for one in matrix.excluded)
