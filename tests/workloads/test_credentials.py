"""Raw public keys, external PSKs and fresh tickets are proved by both libraries and by the wire."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError, MeasurementError, ProofError
from tlsbench.implementations.gnutls import bindings as gnutls
from tlsbench.implementations.libssl import bindings
from tlsbench.implementations.libssl.tickets import ServerTickets
from tlsbench.implementations.registry import capabilities, implementations, spellings, tls_library
from tlsbench.implementations.wolfssl import bindings as wolfssl
from tlsbench.links import MemoryLink
from tlsbench.pki.psk import ExternalPsk
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.workloads import aging, credentials, hidden_credentials, prepare
from tlsbench.workloads.decrypted import DecryptedHandshakes
from tlsbench.workloads.handshake import Handshake

Find = Callable[[str], tuple[Scenario, ...]]
CellOf = Callable[[str], Any]
needs_gnutls = pytest.mark.skipif(gnutls.find() is None, reason="the system has no GnuTLS")
needs_wolfssl = pytest.mark.skipif(wolfssl.find() is None, reason="the system has no wolfSSL")
needs_s2n = pytest.mark.skipif(find_spec("awscrt") is None or sys.platform != "linux", reason="no s2n-tls")
needs_mbedtls = pytest.mark.skipif(find_spec("mbedtls") is None, reason="python-mbedtls is not installed")
needs_libssl = pytest.mark.skipif(bindings.find() is None, reason="the system has no libssl 3")


def meeting(wanted: Scenario, clients_of: Scenario, servers_of: Scenario) -> Handshake:
    """A cell that wants one scenario, over contexts made for others."""
    peers = pki.peers_for(wanted)
    return Handshake(
        wanted,
        peers,
        tls_library(wanted.client).client_context(clients_of, peers),
        tls_library(wanted.server).server_context(servers_of, peers),
        MemoryLink(),
        time.perf_counter_ns,
    )


def proof_of(cell: Any) -> Any:
    try:
        for _ in range(2):
            cell.sample()
        return cell.proof()
    finally:
        cell.close()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("client_auth", ["none", "required"])
def test_a_raw_public_key_stands_in_for_a_certificate(
    version: str, client_auth: str, openssl_35: str, workload_of: CellOf
) -> None:
    cell = workload_of(
        f"implementation={openssl_35} certificate_type=raw version={version} client_auth={client_auth} "
        "key=ecdsa-secp256r1"
    )
    raw = cell.sample().ledger
    told = proof_of(cell)
    assert told["certificate_type"] == "raw_public_key"
    assert told["server_key"] == "ecdsa-secp256r1"
    assert told["server_verified"]
    assert told["client_verified"] is (client_auth == "required")
    certified = workload_of(
        f"implementation={openssl_35} version={version} client_auth={client_auth} key=ecdsa-secp256r1"
    )
    assert raw.server_bytes < certified.sample().ledger.server_bytes - 300
    certified.close()


@needs_gnutls
@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("client_auth", ["none", "required"])
@pytest.mark.parametrize("ends", ["gnutls gnutls", "gnutls openssl", "openssl gnutls"])
def test_gnutls_and_openssl_show_each_other_raw_keys(
    version: str, client_auth: str, ends: str, openssl_35: str, workload_of: CellOf
) -> None:
    client, server = ends.replace("openssl", openssl_35).split()
    told = proof_of(
        workload_of(
            f"client={client} server={server} certificate_type=raw version={version} "
            f"client_auth={client_auth} key=ecdsa-secp256r1"
        )
    )
    assert told["certificate_type"] == "raw_public_key"
    assert told["server_verified"]
    assert told["client_verified"] is (client_auth == "required")


@needs_gnutls
def test_gnutls_refuses_another_raw_key_than_the_expected_one(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=gnutls certificate_type=raw key=ed25519")
    cell = meeting(scenario, scenario, scenario)
    ours = pki.peers_for(scenario)
    cell.servers = tls_library("gnutls").server_context(scenario, replace(ours, server=ours.client))
    with pytest.raises(HandshakeError, match="certificate"):
        cell.sample()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("shown", ["x509", "raw_public_key"])
def test_another_certificate_type_than_wanted_is_an_error(
    version: str, shown: str, openssl_35: str, scenarios_of: Find
) -> None:
    """Both sides can do either; what they did is not what was wanted."""
    (raw,) = scenarios_of(f"implementation={openssl_35} certificate_type=raw version={version} key=ed25519")
    x509 = replace(raw, certificate_type="x509")
    done, wanted = (x509, raw) if shown == "x509" else (raw, x509)
    with pytest.raises(ProofError) as error:
        meeting(wanted, done, done).sample()
    assert error.value.what in {"server key", "server certificate", "chain_length"}


def test_another_key_than_the_expected_one_is_refused(openssl_35: str, scenarios_of: Find) -> None:
    (scenario,) = scenarios_of(f"implementation={openssl_35} certificate_type=raw key=ed25519")
    cell = meeting(scenario, scenario, scenario)
    ours = pki.peers_for(scenario)
    others = replace(ours, server=ours.client)
    cell.servers = tls_library(scenario.server).server_context(scenario, others)
    with pytest.raises(HandshakeError, match="no matching DANE TLSA records"):
        cell.sample()


def test_a_library_that_saw_another_key_than_the_scenarios_is_caught(
    openssl_35: str, scenarios_of: Find
) -> None:
    (scenario,) = scenarios_of(f"implementation={openssl_35} version=1.3 certificate_type=raw key=ed25519")
    cell = meeting(scenario, scenario, scenario)
    cell.peers = replace(cell.peers, server=cell.peers.client)
    with pytest.raises(ProofError, match="server key: wanted its raw public key, got another"):
        cell.sample()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_wire_that_shows_more_than_the_key_is_a_lie(
    version: str, openssl_35: str, scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both libraries report that they saw the key; the Certificate message, decrypted in 1.3, does not."""
    (raw,) = scenarios_of(f"implementation={openssl_35} certificate_type=raw version={version} key=ed25519")
    cell = prepare(raw, implementations([openssl_35]), time.perf_counter_ns)
    if version == "1.2":
        read = credentials.credentials_of
        monkeypatch.setattr(
            credentials,
            "credentials_of",
            lambda entries, wire: replace(read(entries, wire), certificate=b"\0\0\1\0"),
        )
    else:
        monkeypatch.setattr(hidden_credentials, "_shown", lambda _message: [b"\x30\x03", b"\x30\x03"])
    with pytest.raises(ProofError, match="nothing else") as error:
        cell.sample()
    assert error.value.witness == "wire"


PSK_PAIRS = [
    ("pyopenssl", "pyopenssl"),
    pytest.param("libssl", "libssl", marks=needs_libssl),
    pytest.param("libssl", "pyopenssl", marks=needs_libssl),
    pytest.param("gnutls", "gnutls", marks=needs_gnutls),
    pytest.param("gnutls", "pyopenssl", marks=needs_gnutls),
    pytest.param("pyopenssl", "gnutls", marks=needs_gnutls),
    pytest.param("wolfssl", "wolfssl", marks=needs_wolfssl),
    pytest.param("wolfssl", "pyopenssl", marks=needs_wolfssl),
    pytest.param("pyopenssl", "wolfssl", marks=needs_wolfssl),
    pytest.param("s2n", "s2n", marks=needs_s2n),
    pytest.param("s2n", "pyopenssl", marks=needs_s2n),
    pytest.param("pyopenssl", "s2n", marks=needs_s2n),
    ("tlslite", "pyopenssl"),
]


@pytest.mark.parametrize(("client", "server"), PSK_PAIRS)
def test_an_external_psk_needs_no_certificate_and_no_ticket_before(
    client: str, server: str, workload_of: CellOf
) -> None:
    cell = workload_of(f"client={client} server={server} resumption=external-psk")
    first = cell.sample()  # the very first connection of these contexts
    told = proof_of(cell)
    assert told["resumption"] == "external-psk"
    assert told["psk_identity"] == pki.external_psk().identity.decode()
    assert "server_key" not in told
    assert first.ledger.round_trips == 1
    assert first.ledger.server_bytes < 900


@pytest.mark.parametrize("name", ["pyopenssl", pytest.param("libssl", marks=needs_libssl)])
def test_a_server_that_does_not_know_the_psk_shows_its_certificate_and_is_caught(
    name: str, scenarios_of: Find
) -> None:
    (scenario,) = scenarios_of(f"implementation={name} resumption=external-psk")
    full = replace(scenario, resumption="none")
    with pytest.raises(ProofError, match="resumption: wanted external-psk, got none"):
        meeting(scenario, scenario, full).sample()
    with pytest.raises(ProofError, match="resumption: wanted none, got psk"):
        meeting(full, scenario, scenario).sample()


def test_a_psk_of_another_name_is_not_the_scenarios(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of("implementation=pyopenssl resumption=external-psk")
    cell = meeting(scenario, scenario, scenario)
    other = ExternalPsk(b"somebody else's", b"k" * 32)
    monkeypatch.setattr(credentials, "external_psk", lambda: other)
    with pytest.raises(ProofError, match="resumption: wanted external-psk, got psk"):
        cell.sample()


@pytest.mark.parametrize("resumption", ["psk", "external-psk"])
def test_psk_ke_exchanges_no_keys_and_a_handshake_that_does_is_caught(
    resumption: str, scenarios_of: Find
) -> None:
    (with_keys,) = scenarios_of(f"implementation=pyopenssl resumption={resumption}")
    without = replace(with_keys, psk_mode="psk_ke")
    told = proof_of(meeting(without, without, without))
    assert (told["psk_mode"], told["group"]) == ("psk_ke", "none")
    cell = meeting(without, with_keys, with_keys)
    with pytest.raises(ProofError, match="psk_mode: wanted no key exchange, got one"):
        cell.sample()


TICKETS = ["version=1.2 resumption=ticket", "version=1.3 resumption=psk"]


@needs_libssl
@pytest.mark.parametrize("kind", TICKETS)
@pytest.mark.parametrize(
    ("state", "ends_as"),
    [
        ("previous-key", "resumed"),
        ("unknown-key", "none"),
        pytest.param("expired", "none", marks=pytest.mark.slow),
    ],
)
def test_a_ticket_is_accepted_or_not_by_what_became_of_it(
    state: str, ends_as: str, kind: str, workload_of: CellOf
) -> None:
    told = proof_of(workload_of(f"implementation=libssl {kind} ticket_state={state} key=ecdsa-secp256r1"))
    assert told["ticket_state"] == state
    resumed = "psk" if "1.3" in kind else "ticket"
    assert told["resumption"] == (resumed if ends_as == "resumed" else "none")


@needs_libssl
@pytest.mark.parametrize("kind", TICKETS)
def test_a_ticket_that_is_taken_after_its_key_was_retired_is_an_error(
    kind: str, scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of(f"implementation=libssl {kind} ticket_state=unknown-key")
    rotate = ServerTickets.rotate
    monkeypatch.setattr(ServerTickets, "rotate", lambda keys, **_: rotate(keys, keep_previous=True))
    with pytest.raises(ProofError, match="resumption: wanted none, got (psk|ticket)"):
        meeting(scenario, scenario, scenario).sample()


@needs_libssl
@pytest.mark.parametrize("kind", TICKETS)
def test_a_ticket_that_is_refused_though_its_key_is_kept_is_an_error(
    kind: str, scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of(f"implementation=libssl {kind} ticket_state=previous-key")
    rotate = ServerTickets.rotate
    monkeypatch.setattr(ServerTickets, "rotate", lambda keys, **_: rotate(keys, keep_previous=False))
    with pytest.raises(ProofError, match="resumption: wanted (psk|ticket), got none"):
        meeting(scenario, scenario, scenario).sample()


@needs_libssl
@pytest.mark.parametrize("kind", TICKETS)
def test_keys_that_were_never_replaced_are_caught(
    kind: str, scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of(f"implementation=libssl {kind} ticket_state=previous-key")
    monkeypatch.setattr(ServerTickets, "rotate", lambda _keys, **_: None)
    with pytest.raises(ProofError, match="ticket_state: wanted previous-key, got current"):
        meeting(scenario, scenario, scenario).sample()


@needs_libssl
@pytest.mark.parametrize("kind", TICKETS)
def test_a_server_that_only_says_that_it_replaced_its_keys_is_caught_by_the_wire(
    kind: str, scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of(f"implementation=libssl {kind} ticket_state=previous-key")
    monkeypatch.setattr(ServerTickets, "rotate", lambda _keys, **_: None)
    monkeypatch.setattr(ServerTickets, "told", lambda _keys, _tls: {"ticket_state": "previous-key"})
    cell = prepare(scenario, implementations(), time.perf_counter_ns)
    with pytest.raises(ProofError, match="ticket_state: wanted previous-key, got") as error:
        cell.sample()
    assert error.value.witness == "wire"
    cell.close()


@needs_libssl
def test_a_ticket_that_did_not_expire_is_caught(scenarios_of: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    (scenario,) = scenarios_of("implementation=libssl version=1.3 resumption=psk ticket_state=expired")
    monkeypatch.setattr(aging, "_WHOLE_SECONDS_S", -1.0)
    monkeypatch.setattr("tlsbench.implementations.libssl.tickets.EXPIRING_LIFETIME_S", 300)
    with pytest.raises(ProofError, match="resumption: wanted none, got psk"):
        meeting(scenario, scenario, scenario).sample()


@pytest.mark.parametrize("kind", TICKETS)
@pytest.mark.parametrize(
    "name",
    [
        "pyopenssl",
        pytest.param("libssl", marks=needs_libssl),
        pytest.param("gnutls", marks=needs_gnutls),
        pytest.param("s2n", marks=needs_s2n),
    ],
)
def test_a_lifetime_is_read_from_the_ticket_itself(name: str, kind: str, workload_of: CellOf) -> None:
    told = proof_of(workload_of(f"implementation={name} {kind} ticket_lifetime=2h key=ecdsa-secp256r1"))
    assert told["ticket_lifetime"] == "7200"


@needs_libssl
@pytest.mark.parametrize("kind", TICKETS)
def test_another_lifetime_than_wanted_is_an_error(kind: str, scenarios_of: Find) -> None:
    (wanted,) = scenarios_of(f"implementation=libssl {kind} ticket_lifetime=7200")
    done = replace(wanted, ticket_lifetime="300")
    with pytest.raises(ProofError, match="ticket_lifetime: wanted 7200 s, got 300 s"):
        meeting(wanted, done, done).sample()


@pytest.mark.parametrize("lie", [True, False])
def test_the_hidden_lifetime_is_compared_too(
    lie: bool, scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pyOpenSSL's client does not report it: what TLS 1.3 encrypts is decrypted, once per cell."""
    (wanted,) = scenarios_of("implementation=pyopenssl version=1.3 resumption=psk ticket_lifetime=7200")
    cell = prepare(wanted, implementations(), time.perf_counter_ns)
    if lie:
        read = hidden_credentials._ticket
        monkeypatch.setattr(hidden_credentials, "_ticket", lambda body: replace(read(body), lifetime_s=300))
        with pytest.raises(ProofError, match="ticket_lifetime: wanted 7200 s, got 300 s"):
            cell.sample()
    else:
        assert proof_of(cell)["ticket_lifetime"] == "7200"


def test_what_cannot_be_decrypted_is_not_measured(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=pyopenssl version=1.3")
    reason = "the wire cannot be decrypted: no secrets are logged by pyopenssl"
    with closing(DecryptedHandshakes(scenario, object, object)) as handshakes:
        assert not handshakes.can_decrypt
        with pytest.raises(MeasurementError, match=reason), handshakes.one():
            pass


def reasons(selector: str) -> list[str]:
    selection = parse([selector], spellings())
    return [one.reason for one in expand([selection], capabilities(selection)).excluded]


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        ("certificate_type=raw implementation=pyopenssl", "pyOpenSSL does not bind SSL_CTX_set1_server_cert"),
        ("certificate_type=raw implementation=ssl", "it presents only X.509 certificates"),
        ("certificate_type=raw chain_length=2", "a raw public key has no chain"),
        ("resumption=external-psk client_auth=required", "requests no certificate"),
        ("resumption=external-psk implementation=ssl", "set_psk_client_callback()"),
        pytest.param(
            "resumption=external-psk implementation=mbedtls cipher=TLS_PSK_WITH_AES_128_CBC_SHA",
            "Mbed TLS has external PSKs, but they are not connected here",
            marks=needs_mbedtls,
        ),
        ("resumption=external-psk version=1.2 cipher=TLS_RSA_PSK_*", "no library is given both"),
        ("psk_mode=psk_ke resumption=none", "add resumption=psk or external-psk"),
        ("psk_mode=psk_ke resumption=ticket version=1.2", "only a PSK handshake has such a mode"),
        ("ticket_state=expired", "add resumption=psk or ticket"),
        ("ticket_lifetime=1h resumption=external-psk", "add resumption=psk or ticket"),
        ("ticket_state=previous-key resumption=psk implementation=pyopenssl", "does not bind"),
    ],
)
def test_what_cannot_be_is_excluded_with_a_reason(selector: str, reason: str) -> None:
    implementation = "" if "implementation=" in selector else "implementation=pyopenssl"
    found = reasons(f"{selector} {implementation}")
    assert found
    assert reason in found[0]


PSK_SUITES = (
    "TLS_PSK_WITH_AES_128_GCM_SHA256",
    "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
)


@pytest.mark.parametrize("cipher", PSK_SUITES)
@pytest.mark.parametrize(
    ("client", "server"), PSK_PAIRS[:6]
)  # those of wolfSSL and s2n-tls exist only in TLS 1.3
def test_a_psk_suite_of_tls_12_shows_no_certificate(
    cipher: str, client: str, server: str, workload_of: CellOf
) -> None:
    told = proof_of(
        workload_of(f"client={client} server={server} version=1.2 cipher={cipher} resumption=external-psk")
    )
    assert told["psk_identity"] == pki.external_psk().identity.decode()


def test_tls_12_needs_a_psk_suite_for_an_external_psk() -> None:
    found = reasons(
        "version=1.2 resumption=external-psk implementation=pyopenssl "
        "cipher=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    )
    assert found == ["before TLS 1.3 a PSK needs a cipher suite with PSK in its name (RFC 4279, RFC 5489)"]


@pytest.mark.parametrize(
    "selector",
    [
        "implementation=pyopenssl resumption=external-psk",
        "implementation=pyopenssl resumption=psk psk_mode=psk_ke",
        pytest.param(
            "implementation=libssl version=1.3 resumption=psk ticket_state=unknown-key", marks=needs_libssl
        ),
    ],
)
def test_a_network_carries_them_too(selector: str, workload_of: CellOf) -> None:
    cell = workload_of(f"workload=completion link=network rtt=50ms size=1KiB {selector}")
    sample = cell.sample()
    assert sample.ledger.round_trips == 1
    assert cell.proof()


def test_a_network_carries_raw_keys_too(openssl_35: str, workload_of: CellOf) -> None:
    told = proof_of(
        workload_of(
            f"workload=completion link=network rtt=50ms size=1KiB implementation={openssl_35} "
            "certificate_type=raw"
        )
    )
    assert told["certificate_type"] == "raw_public_key"
