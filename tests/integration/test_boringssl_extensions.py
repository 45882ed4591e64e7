"""BoringSSL by path: certificates that its callers compress, Encrypted ClientHello, and external PSKs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from cffi import FFI

from tlsbench import pki
from tlsbench.errors import HandshakeError, ProofError
from tlsbench.implementations import certificate_compressors
from tlsbench.implementations.libssl import ech as libssl_ech
from tlsbench.implementations.libssl import library as libssl_library
from tlsbench.implementations.registry import ends_of
from tlsbench.links import MemoryLink
from tlsbench.pki import SERVER_NAME, Template, ech
from tlsbench.pki.keys import private_key
from tlsbench.report.ladder import ladder_text
from tlsbench.scenarios import Scenario
from tlsbench.session.trace import trace
from tlsbench.workloads import prepare
from tlsbench.workloads.exchange import shake_hands
from tlsbench.workloads.handshake import Handshake

pytestmark = pytest.mark.integration
Find = Callable[[str], tuple[Scenario, ...]]
CellOf = Callable[..., Handshake]


@pytest.fixture
def cell_of() -> Iterator[CellOf]:
    """A cell, with the contexts of other scenarios if given."""
    made = []

    def make(wanted: Scenario, **others: Scenario) -> Handshake:
        found = prepare(wanted, ends_of(wanted), time.perf_counter_ns)
        assert isinstance(found, Handshake)
        made.append(found)
        members: Any = ends_of(wanted)
        if "clients" in others:
            found.clients = members[wanted.client].client_context(others["clients"], found.peers)
        if "servers" in others:
            found.servers = members[wanted.server].server_context(others["servers"], found.peers)
        return found

    yield make
    for found in made:
        found.close()


@pytest.mark.parametrize("algorithm", certificate_compressors.algorithms())
def test_its_callers_compress_certificates(
    algorithm: str, boringssl: str, scenarios_of: Find, cell_of: CellOf
) -> None:
    (scenario,) = scenarios_of(
        f"implementation={boringssl} chain_length=3 certificate_compression={algorithm}"
    )
    found = cell_of(scenario)
    found.visit(1, 2)
    proof = found.proof()
    assert proof["certificate_compression"] == algorithm
    assert int(str(proof["compressed_certificate_message_bytes"])) < int(
        str(proof["certificate_message_bytes"])
    )


def test_another_algorithm_than_wanted_is_an_error(
    boringssl: str, scenarios_of: Find, cell_of: CellOf
) -> None:
    (zlib,) = scenarios_of(f"implementation={boringssl} certificate_compression=zlib")
    lie = replace(zlib, certificate_compression="brotli")
    with pytest.raises(ProofError, match="wanted an offer of zlib, got an offer of brotli"):
        cell_of(zlib, clients=lie, servers=lie).visit(0, 1)


def test_its_client_says_of_each_connection_whether_it_decompressed(
    boringssl: str, scenarios_of: Find, cell_of: CellOf
) -> None:
    """Even if the memory of one that did is reused."""
    (zlib,) = scenarios_of(f"implementation={boringssl} certificate_compression=zlib")
    found = cell_of(zlib)
    found.visit(3, 1)
    found.servers = cell_of(zlib, servers=replace(zlib, certificate_compression="none")).servers
    with pytest.raises(ProofError, match="wanted zlib, got none") as caught:
        found.visit(0, 1)
    assert caught.value.witness == "client"


def test_what_is_not_as_long_as_it_says_fails_the_handshake(
    boringssl: str, scenarios_of: Find, cell_of: CellOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    (zlib,) = scenarios_of(f"implementation={boringssl} certificate_compression=zlib")
    real = certificate_compressors.compressor("zlib")
    torn = replace(real, compress=lambda message: real.compress(message[:-1]))
    found = cell_of(zlib)
    monkeypatch.setattr(certificate_compressors, "compressor", lambda _algorithm: torn)
    found.servers = cell_of(zlib).servers
    with pytest.raises(HandshakeError, match="libssl"):
        found.visit(0, 1)


@pytest.mark.parametrize("selector", ["", "resumption=psk", "hello_retry=yes", "client_auth=required"])
def test_encrypted_client_hello_is_accepted(
    selector: str, boringssl: str, scenarios_of: Find, cell_of: CellOf
) -> None:
    (scenario,) = scenarios_of(f"implementation={boringssl} ech=on {selector}")
    found = cell_of(scenario)
    found.visit(0, 2)
    assert found.proof()["ech"] == "accepted"


@pytest.mark.parametrize("client", ["rtls", "utls"])
def test_it_accepts_that_of_other_libraries(
    client: str, boringssl: str, scenarios_of: Find, cell_of: CellOf
) -> None:
    (scenario,) = scenarios_of(f"client={client} server={boringssl} ech=on")
    found = cell_of(scenario)
    found.visit(0, 1)
    assert found.proof()["ech"] == "accepted"


def test_it_is_opened_with_the_secrets_that_go_by_the_hello_within(
    boringssl: str, scenarios_of: Find
) -> None:
    (scenario,) = scenarios_of(f"implementation={boringssl} ech=on certificate_compression=zlib")
    ladder = trace(scenario).ladder
    assert ladder.opened
    (compressed,) = [one for one in ladder.messages if one.name == "CompressedCertificate"]
    assert compressed.compression is not None
    assert compressed.compression.algorithm == "zlib"
    text = ladder_text(trace(scenario).shown)
    assert f"zlib, of {compressed.compression.uncompressed_bytes:,} bytes" in text
    assert "encrypted_client_hello" in text


def test_grease_is_as_long_as_what_it_imitates_and_hides_nothing(
    boringssl: str, scenarios_of: Find, cell_of: CellOf
) -> None:
    sizes, proofs = [], []
    for scenario in scenarios_of(f"implementation={boringssl} ech=default,grease,on"):
        found = cell_of(scenario)
        sizes.append(found.visit(0, 1)[0].ledger.client_bytes)
        proofs.append(found.proof().get("ech"))
    assert proofs == [None, "grease", "accepted"]
    assert sizes[0] < min(sizes[1:])
    assert abs(sizes[1] - sizes[2]) <= 64  # GREASE pads to the length of a name


@pytest.mark.parametrize(
    ("wanted", "done", "got"),
    [
        ("on", "default", "got no such extension"),
        ("grease", "default", "got no such extension"),
        ("on", "grease", "localhost in the clear"),
        ("grease", "on", "public.tlsbench.test in the clear"),
        ("default", "on", "an ECH that was accepted"),
    ],
)
def test_another_client_hello_than_wanted_is_an_error(
    wanted: str, done: str, got: str, boringssl: str, scenarios_of: Find, cell_of: CellOf
) -> None:
    (scenario,) = scenarios_of(f"implementation={boringssl} ech={wanted}")
    lie = replace(scenario, ech=done)
    with pytest.raises(ProofError, match=got):
        cell_of(scenario, clients=lie, servers=lie).visit(0, 1)


def test_a_rejection_is_an_error_that_says_what_the_server_gave(
    boringssl: str, scenarios_of: Find, cell_of: CellOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's key has been replaced; its certificate is also for the public name."""
    (scenario,) = scenarios_of(f"implementation={boringssl} ech=on")
    found = cell_of(scenario)
    peers = found.peers
    named = Template(names=(SERVER_NAME, ech.PUBLIC_NAME))
    peers = replace(peers, server=peers.issuer.issue(named, private_key(scenario.key, "server")))
    other = ech.new_ech_key()
    monkeypatch.setattr(libssl_library, "ech_key", lambda: other)
    members: Any = ends_of(scenario)
    servers = members[scenario.server].server_context(scenario, peers)
    with pytest.raises(
        HandshakeError,
        match=rf"ECH_REJECTED \(the server gave another .* to try, of {len(other.config_list)} bytes",
    ):
        shake_hands(found.clients, servers, MemoryLink(), time.perf_counter_ns)
    none = members[scenario.server].server_context(replace(scenario, ech="default"), peers)
    with pytest.raises(HandshakeError, match=r"ECH_REJECTED \(the server has no Encrypted ClientHello\)"):
        shake_hands(found.clients, none, MemoryLink(), time.perf_counter_ns)


def test_a_rejected_client_verifies_the_public_name(
    boringssl: str, scenarios_of: Find, cell_of: CellOf
) -> None:
    (scenario,) = scenarios_of(f"implementation={boringssl} ech=on")
    with pytest.raises(HandshakeError, match="[Hh]ostname mismatch"):
        cell_of(scenario, servers=replace(scenario, ech="default")).visit(0, 1)


def test_the_configuration_is_the_one_that_it_makes_itself(boringssl: str) -> None:
    native = FFI()
    native.cdef("""
        typedef struct evp_hpke_key_st KEY; typedef struct evp_hpke_kem_st KEM;
        KEY *EVP_HPKE_KEY_new(void); const KEM *EVP_hpke_x25519_hkdf_sha256(void);
        int EVP_HPKE_KEY_init(KEY *key, const KEM *kem, const unsigned char *secret, size_t length);
        int SSL_marshal_ech_config(unsigned char **out, size_t *length, unsigned char id, const KEY *key,
            const char *public_name, size_t most_name_bytes);
    """)
    lib: Any = native.dlopen(boringssl.partition(":")[2])
    ours = ech.new_ech_key()
    key = lib.EVP_HPKE_KEY_new()
    lib.EVP_HPKE_KEY_init(key, lib.EVP_hpke_x25519_hkdf_sha256(), ours.secret, len(ours.secret))
    out, length = native.new("unsigned char **"), native.new("size_t *")
    assert lib.SSL_marshal_ech_config(out, length, 1, key, ech.PUBLIC_NAME.encode(), 64)
    assert bytes(native.buffer(out[0], length[0])) == ours.config


def test_a_refused_key_is_an_error(
    boringssl: str, scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of(f"implementation={boringssl} ech=on")
    broken = replace(ech.ech_key(), config=b"nonsense")
    members: Any = ends_of(scenario)
    monkeypatch.setattr(libssl_library, "ech_key", lambda: broken)
    with pytest.raises(HandshakeError, match="the key of Encrypted ClientHello"):
        members[scenario.server].server_context(scenario, pki.peers_for(scenario))
    monkeypatch.setattr(libssl_ech, "ech_key", lambda: broken)
    with pytest.raises(HandshakeError, match="ECHConfigList"):
        members[scenario.client].client_context(scenario, pki.peers_for(scenario)).connect()


@pytest.mark.parametrize("ends", ["boringssl boringssl", "boringssl pyopenssl", "pyopenssl boringssl"])
@pytest.mark.parametrize(
    "cipher",
    [
        "TLS_PSK_WITH_AES_128_CBC_SHA",
        "TLS_PSK_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
    ],
)
def test_its_suites_with_a_psk_need_none_of_the_callbacks_for_tls_13(
    cipher: str, ends: str, boringssl: str, scenarios_of: Find, cell_of: CellOf
) -> None:
    client, server = ends.replace("boringssl", boringssl).split()
    (scenario,) = scenarios_of(
        f"client={client} server={server} version=1.2 cipher={cipher} resumption=external-psk"
    )
    cell = cell_of(scenario)
    cell.sample()  # proved
    assert cell.proof()["psk_identity"] == pki.external_psk().identity.decode()
