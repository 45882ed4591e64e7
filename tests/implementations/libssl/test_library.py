from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError, MeasurementError, ProofError
from tlsbench.implementations import registry
from tlsbench.implementations.gnutls import bindings as gnutls_bindings
from tlsbench.implementations.libmbedtls import bindings as libmbedtls_bindings
from tlsbench.implementations.libssl import bindings as libssl_bindings
from tlsbench.implementations.libssl import library as libssl
from tlsbench.implementations.libssl.library import LibSsl
from tlsbench.implementations.missing import Missing
from tlsbench.implementations.registry import implementations, tls_library
from tlsbench.implementations.wolfssl import bindings as wolfssl_bindings
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.workloads import prepare

Find = Callable[[str], tuple[Scenario, ...]]
NAME = libssl_bindings.find()
pytestmark = pytest.mark.skipif(NAME is None, reason="the system has no libssl 3")


def test_its_engine_is_a_version_and_a_file() -> None:
    assert NAME is not None
    assert LibSsl(NAME).engine().startswith("OpenSSL 3.") or LibSsl(NAME).engine().startswith("OpenSSL 4.")
    assert LibSsl(NAME).engine().endswith(f" in {NAME}")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_staple_is_shown_and_checked(version: str, workload_of: Callable[[str], Any]) -> None:
    cell = workload_of(f"implementation=libssl ocsp=stapled version={version}")
    cell.sample()
    assert cell.proof()["ocsp"] == "good"


@pytest.mark.parametrize(("status", "problem"), [("revoked", "says: revoked"), ("unknown", "says: unknown")])
def test_a_staple_that_is_not_good_ends_the_handshake(
    status: str, problem: str, scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libssl, "ocsp_response", lambda issuer, leaf: pki.ocsp_response(issuer, leaf, status))
    (scenario,) = scenarios_of("implementation=libssl ocsp=stapled")
    cell = prepare(scenario, implementations(), time.perf_counter_ns)
    with pytest.raises(HandshakeError, match=problem):
        cell.sample()


def test_a_server_that_staples_nothing_is_refused_by_who_wants_it(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("client=libssl server=pyopenssl ocsp=stapled")
    cell: Any = prepare(scenario, implementations(), time.perf_counter_ns)
    (plain,) = scenarios_of("client=libssl server=pyopenssl")
    cell.servers = tls_library("pyopenssl").server_context(plain, cell.peers)
    with pytest.raises(HandshakeError, match="no OCSP response is stapled"):
        cell.sample()


class Poorer:
    """A libssl that lacks some functions."""

    def __init__(self, *without: str) -> None:
        assert NAME is not None
        self._library, self._without = libssl_bindings.load(NAME), without

    def __getattr__(self, name: str) -> Any:
        if name in self._without:
            raise AttributeError(name)
        return getattr(self._library, name)

    def has(self, name: str) -> bool:
        return name not in self._without and self._library.has(name)

    def lacks(self, *names: str) -> tuple[str, ...]:
        return tuple(name for name in names if not self.has(name))

    @property
    def missing(self) -> tuple[str, ...]:
        return self.lacks(*libssl_bindings._NEEDED)


@pytest.mark.parametrize(
    ("without", "reason"),
    [
        ("SSL_read_early_data", "has no SSL_read_early_data"),
        ("SSL_set1_host", "has no SSL_set1_host"),
        ("SSL_CTX_set_num_tickets", "number of tickets that it sends cannot be set"),
        ("SSL_CTX_set_ciphersuites", "as a client of utls it gets TLS_AES_128_GCM_SHA256"),
        ("SSL_get0_verified_chain", "has no SSL_get0_verified_chain"),
    ],
)
def test_a_function_that_a_library_lacks_is_a_capability_with_its_reason(without: str, reason: str) -> None:
    assert NAME is not None
    library = LibSsl(NAME)
    library.__dict__["library"] = Poorer(without)
    assert [gap.reason for gap in library.capabilities().in_the_way() if reason in gap.reason]


@pytest.mark.parametrize(
    ("without", "version"),
    [("SSL_CTX_set_psk_use_session_callback", "1.3"), ("SSL_CTX_set_psk_server_callback", "1.2")],
)
def test_a_psk_callback_that_a_library_lacks_rules_out_only_its_version(without: str, version: str) -> None:
    assert NAME is not None
    library = LibSsl(NAME)
    library.__dict__["library"] = Poorer(without)
    able = {"libssl": library.capabilities()}
    matrix = expand([parse(["implementation=libssl resumption=external-psk cipher=*"], tuple(able))], able)
    assert {scenario.version for scenario in matrix.scenarios} == {"1.2", "1.3"} - {version}
    reasons = [one.reason for one in matrix.excluded if f"has no {without}" in one.reason]
    assert reasons


def test_a_library_that_is_not_there_is_listed_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for bindings in (libssl_bindings, gnutls_bindings, wolfssl_bindings, libmbedtls_bindings):
        monkeypatch.setattr(bindings, "find", lambda: None)
    monkeypatch.setattr(registry, "find_spec", lambda _name: None)
    members = {name: registry.load(name, entry) for name, entry in registry._entries().items()}
    missing = {name: member for name, member in members.items() if isinstance(member, Missing)}
    assert set(missing) == {
        *("libssl", "utls", "rtls", "mbedtls", "tlslite", "s2n", "gnutls", "wolfssl", "libmbedtls"),
        *("aioquic", "qh3"),
    }
    for member in missing.values():
        (gap,) = member.capabilities().gaps
        assert gap.reason.startswith("not installed: ")
        assert member.engine() == "not installed"


def test_a_name_that_nothing_has_is_no_library() -> None:
    with pytest.raises(MeasurementError, match="cannot load libnothing"):
        libssl_bindings.load("libnothing.so.9")


@pytest.mark.parametrize("tickets", ["0", "1", "4"])
@pytest.mark.parametrize("name", ["libssl", "ssl"])
def test_a_server_sends_as_many_tickets_as_it_is_told(
    name: str, tickets: str, workload_of: Callable[[str], Any]
) -> None:
    cell = workload_of(f"implementation={name} tickets={tickets}")
    cell.sample()
    cell.scenario = replace(cell.scenario, tickets="3")
    with pytest.raises(ProofError, match=f"tickets: wanted 3, got {tickets} "):
        cell.sample()


@pytest.mark.parametrize(
    "wanted",
    [
        "signature=rsa_pss_rsae_sha512 key=rsa-2048",
        "signature=rsa_pkcs1_sha384 key=rsa-2048 version=1.2",
        "signature=ecdsa_secp384r1_sha384 key=ecdsa-secp384r1 version=1.2",
        "signature=ed25519 key=ed25519",
    ],
)
def test_a_handshake_is_signed_as_it_is_told(wanted: str, workload_of: Callable[[str], Any]) -> None:
    cell = workload_of(f"implementation=libssl {wanted}")
    cell.sample()
    assert cell.proof()["signature"] == cell.scenario.signature
    cell.scenario = replace(cell.scenario, signature="rsa_pss_rsae_sha384")
    with pytest.raises(ProofError, match="signature: wanted rsa_pss_rsae_sha384, got "):
        cell.sample()


@pytest.mark.parametrize("kind", ["version=1.2 resumption=ticket", "resumption=psk", "resumption=early-data"])
def test_a_session_is_resumed_from_its_bytes(kind: str, workload_of: Callable[[str], Any]) -> None:
    cell = workload_of(f"implementation=libssl session=serialised {kind}")
    for _ in range(3):
        cell.sample()
    assert isinstance(cell._session, bytes)
    objects = workload_of(f"implementation=libssl {kind}")
    cell.clients, cell.servers, cell._session = objects.clients, objects.servers, None
    with pytest.raises(ProofError, match="session: wanted bytes, got a "):
        cell.sample()


@pytest.mark.parametrize("name", ["libssl", "ssl"])
def test_after_a_resumed_handshake_there_is_one_ticket(name: str, workload_of: Callable[[str], Any]) -> None:
    cell = workload_of(f"implementation={name} tickets=1 resumption=psk")
    cell.sample()
    with pytest.raises(AssertionError, match="OpenSSL sends one ticket"):
        workload_of(f"implementation={name} tickets=2 resumption=psk")
