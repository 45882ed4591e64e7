"""Every engine's own list of cipher suites, against what is measured; and the lies that must be caught."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.errors import ProofError
from tlsbench.implementations import TlsImplementation
from tlsbench.implementations.found_files import libssl_files
from tlsbench.implementations.offers import ListsCiphers
from tlsbench.implementations.registry import (
    capabilities,
    ends_of,
    implementation,
    tls_libraries,
    tls_library,
)
from tlsbench.scenarios import Scenario, ciphers, scenario_from_id
from tlsbench.session.ciphers import coverage_of
from tlsbench.workloads import prepare

#: What can be loaded here: the registry's implementations, and every libssl that a package bundles.
FOUND = [
    *(name for name, member in tls_libraries().items() if isinstance(member, ListsCiphers)),
    *(f"libssl:{path}" for path in libssl_files()),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", FOUND, ids=lambda name: name.rpartition("/")[2])
def test_every_suite_of_an_engines_own_list_is_measured_or_has_a_reason(name: str) -> None:
    able = capabilities({"implementation": (name,)})
    if not isinstance(implementation(name), ListsCiphers):
        pytest.skip("it runs in a process of its own, for another of its name is loaded here")
    found = coverage_of(implementation(name), able)
    assert len(found.offered) >= 9
    assert set(found.offered) == {*found.scenarios, *found.reasons}
    assert all(found.reasons.values())
    for scenario in found.scenarios.values():
        cell = prepare(scenario, ends_of(scenario), time.perf_counter_ns)
        cell.sample()  # proved on the wire and by both sides
        assert cell.proof()["cipher"] == scenario.cipher
        assert cell.proof()["group"] == scenario.group
        cell.close()


def test_what_is_not_measured_though_it_is_offered_needs_something_that_nobody_has_here() -> None:
    kinds = {"PSK", "anon", "DSS", "SRP", "GOST"}
    for name in (one for one in ("ssl", "pyopenssl") if one in tls_libraries()):
        found = coverage_of(implementation(name), capabilities())
        assert {ciphers.BY_NAME[suite].authentication for suite in found.reasons} <= kinds


def scenario(text: str) -> Scenario:
    return scenario_from_id(text, tuple(tls_libraries()))


def liar(truth: TlsImplementation, **otherwise: Any) -> Any:
    """A library whose two sides get a scenario other than the one requested."""
    # A copy of its attributes: since Python 3.12, isinstance() with a protocol ignores __getattr__.
    same = {name: getattr(truth, name) for name in dir(truth) if not name.startswith("_")}

    def client_context(asked: Scenario, peers: pki.Peers) -> Any:
        return truth.client_context(replace(asked, **otherwise), peers)

    def server_context(asked: Scenario, peers: pki.Peers) -> Any:
        return truth.server_context(replace(asked, **otherwise), peers)

    return SimpleNamespace(**{**same, "client_context": client_context, "server_context": server_context})


OLD = "version=1.1 cipher=TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA group=secp256r1 key=rsa-2048"
DHE = "version=1.2 cipher=TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 group=ffdhe3072 key=rsa-2048"
STATIC = "version=1.2 cipher=TLS_RSA_WITH_AES_128_GCM_SHA256 group=none key=rsa-2048"
LIES = [
    (OLD, {"version": "1.2"}, "version: wanted 1.1, got 1.2"),
    (
        OLD,
        {"cipher": "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
        "cipher: wanted TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    ),
    (DHE, {"group": "ffdhe2048"}, "group: wanted ffdhe3072, got ffdhe2048"),
    (STATIC, {"cipher": "TLS_RSA_WITH_AES_128_CCM"}, "cipher: wanted TLS_RSA_WITH_AES_128_GCM_SHA256"),
    (
        STATIC,
        {"cipher": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "group": "secp256r1"},
        "cipher: wanted TLS_RSA_WITH_AES_128_GCM_SHA256, got TLS_ECDHE_RSA",
    ),
]
ENGINES = [name for name in ("fake", "ssl", "pyopenssl", "libssl", "gnutls") if name in tls_libraries()]


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(("asked", "otherwise", "words"), LIES, ids=lambda value: str(value)[:40])
def test_another_suite_group_or_version_than_asked_for_is_an_error(
    name: str, asked: str, otherwise: dict[str, str], words: str
) -> None:
    wanted = scenario(f"implementation={name} {asked}")
    honest = prepare(wanted, {name: tls_library(name)}, time.perf_counter_ns)
    honest.sample()
    honest.close()
    cell = prepare(wanted, {name: liar(tls_library(name), **otherwise)}, time.perf_counter_ns)
    with pytest.raises(ProofError, match=words):
        cell.sample()


@pytest.fixture
def foreign_prime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers are given the next odd number instead of the prime of RFC 7919: it is not even prime."""
    from tlsbench.protocol import finite_fields

    true = finite_fields.prime_bytes
    monkeypatch.setattr(finite_fields, "prime_bytes", lambda group: true(group)[:-1] + b"\xfd")


@pytest.mark.parametrize("name", [name for name in ("fake", "libmbedtls") if name in tls_libraries()])
def test_a_prime_that_is_not_of_rfc_7919_is_no_group(name: str, foreign_prime: None) -> None:
    wanted = scenario(f"implementation={name} {DHE}")
    cell = prepare(wanted, {name: tls_library(name)}, time.perf_counter_ns)
    with pytest.raises(ProofError, match="got a prime of 3072 bits that is not in RFC 7919"):
        cell.sample()
