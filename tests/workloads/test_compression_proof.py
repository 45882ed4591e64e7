"""Compressed certificates: true ones are accepted with their sizes, and every lie about them is caught."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tlsbench.errors import MeasurementError, ProofError
from tlsbench.implementations import TlsImplementation
from tlsbench.implementations.registry import ends_of
from tlsbench.scenarios import Scenario
from tlsbench.workloads import prepare
from tlsbench.workloads.handshake import Handshake

Find = Callable[[str], tuple[Scenario, ...]]
Cell = Callable[..., Handshake]


@pytest.fixture
def compressed(openssl_35: str, scenarios_of: Find) -> Scenario:
    (scenario,) = scenarios_of(f"implementation={openssl_35} chain_length=3 certificate_compression=zlib")
    return scenario


@pytest.fixture
def cell() -> Iterator[Cell]:
    """A cell of a scenario, whose contexts may be those of others."""
    made = []

    def make(
        wanted: Scenario, clients_of: Scenario | None = None, servers_of: Scenario | None = None
    ) -> Handshake:
        found = prepare(wanted, ends_of(wanted), time.perf_counter_ns)
        assert isinstance(found, Handshake)
        made.append(found)
        client, server = (ends_of(wanted)[end] for end in (wanted.client, wanted.server))
        assert isinstance(client, TlsImplementation)
        assert isinstance(server, TlsImplementation)
        if clients_of is not None:
            found.clients = client.client_context(clients_of, found.peers)
        if servers_of is not None:
            found.servers = server.server_context(servers_of, found.peers)
        return found

    yield make
    for found in made:
        found.close()


def without(scenario: Scenario) -> Scenario:
    return replace(scenario, certificate_compression="none")


def test_a_compressed_chain_is_recorded_with_its_sizes(compressed: Scenario, cell: Cell) -> None:
    found = cell(compressed)
    (sample,) = found.visit(0, 1)
    (plain,) = cell(without(compressed)).visit(0, 1)
    proof = found.proof()
    assert proof["certificate_compression"] == "zlib"
    before, after = proof["certificate_message_bytes"], proof["compressed_certificate_message_bytes"]
    assert isinstance(before, int)
    assert isinstance(after, int)
    signatures = 16  # their lengths vary by a few bytes
    saved = plain.ledger.server_bytes - sample.ledger.server_bytes
    assert abs(saved - (before - after)) < signatures
    assert saved > 100


def test_what_is_not_asked_for_is_not_compressed(compressed: Scenario, cell: Cell) -> None:
    found = cell(without(compressed))
    found.visit(0, 1)
    assert "certificate_compression" not in found.proof()


@pytest.mark.parametrize("key", ["ml-dsa-44", "rsa-2048"])
def test_a_client_compresses_its_certificates_too(
    key: str, openssl_35: str, scenarios_of: Find, cell: Cell
) -> None:
    (scenario,) = scenarios_of(
        f"implementation={openssl_35} key={key} chain_length=2 client_auth=required "
        "certificate_compression=zlib"
    )
    (sample,) = cell(scenario).visit(0, 1)
    (plain,) = cell(without(scenario)).visit(0, 1)
    assert sample.ledger.client_bytes < plain.ledger.client_bytes
    assert sample.ledger.server_bytes < plain.ledger.server_bytes


def test_over_quic_it_is_seen_in_the_opened_packets(openssl_35: str, scenarios_of: Find, cell: Cell) -> None:
    (scenario,) = scenarios_of(
        f"implementation={openssl_35} transport=quic chain_length=2 certificate_compression=zlib"
    )
    found = prepare(scenario, ends_of(scenario), time.perf_counter_ns)
    try:
        found.visit(0, 1)
        assert found.proof()["certificate_compression"] == "zlib"
    finally:
        found.close()


def test_a_client_that_does_not_offer_it_is_an_error(compressed: Scenario, cell: Cell) -> None:
    with pytest.raises(ProofError, match="wanted an offer of zlib, got no offer") as caught:
        cell(compressed, clients_of=without(compressed)).visit(0, 1)
    assert caught.value.witness == "wire"


def test_a_measured_server_that_does_not_compress_is_an_error(compressed: Scenario, cell: Cell) -> None:
    """It is offered, and a decrypted handshake has it: the measured one is too long."""
    with pytest.raises(ProofError, match="protected bytes from server to client") as caught:
        cell(compressed, servers_of=without(compressed)).visit(0, 1)
    assert caught.value.witness == "wire"


def test_a_single_sample_is_held_against_an_opened_handshake_too(compressed: Scenario, cell: Cell) -> None:
    found = cell(compressed)
    found.sample()
    server = ends_of(compressed)[compressed.server]
    assert isinstance(server, TlsImplementation)
    found.servers = server.server_context(without(compressed), found.peers)
    with pytest.raises(ProofError, match="protected bytes"):
        found.sample()


def test_an_opened_handshake_without_it_is_an_error(compressed: Scenario, cell: Cell) -> None:
    """As if both kinds of contexts were made wrong: an offer alone is not a proof."""
    found = cell(compressed, servers_of=without(compressed))
    assert found.witness is not None
    server = ends_of(compressed)[compressed.server]
    assert isinstance(server, TlsImplementation)
    found.witness.handshakes.make_servers = lambda: server.server_context(without(compressed), found.peers)
    with pytest.raises(ProofError, match="certificates from server to client compressed by zlib, got none"):
        found.visit(0, 1)


def test_a_client_certificate_that_comes_as_it_is_is_an_error(compressed: Scenario, cell: Cell) -> None:
    mutual = replace(compressed, client_auth="required")
    found = cell(mutual)
    assert found.witness is not None
    client = ends_of(mutual)[mutual.client]
    assert isinstance(client, TlsImplementation)

    class Careless:
        """It offers what it does not do itself: SSL_OP_NO_TX_CERTIFICATE_COMPRESSION."""

        def __call__(self) -> object:
            context = client.client_context(mutual, found.peers)
            context._lib.SSL_CTX_set_options(context.context, 1 << 32)  # type: ignore[attr-defined]
            return context

    found.witness.handshakes.make_clients = Careless()
    with pytest.raises(ProofError, match="from client to server compressed by zlib, got none"):
        found.visit(0, 1)


def test_certificates_that_are_compressed_unasked_are_an_error(compressed: Scenario, cell: Cell) -> None:
    lie = cell(without(compressed), clients_of=compressed, servers_of=compressed)
    with pytest.raises(
        ProofError, match="wanted uncompressed certificates, got .* fewer than its certificates"
    ):
        lie.visit(0, 1)


def test_ends_that_give_no_secrets_cannot_be_proved(compressed: Scenario, cell: Cell) -> None:
    found = cell(compressed)
    assert found.witness is not None
    found.witness.handshakes.make_clients = found.witness.handshakes.make_servers = object
    with pytest.raises(MeasurementError, match="the wire cannot be decrypted: no secrets are logged by "):
        found.visit(0, 1)


def test_its_key_log_is_gone_when_the_cell_is_closed(compressed: Scenario, cell: Cell) -> None:
    found = cell(compressed)
    found.visit(0, 1)
    assert found.witness is not None
    path = found.witness.handshakes._path
    assert path is not None
    assert path.stat().st_mode & 0o077 == 0
    found.close()
    assert not path.exists()


def test_tlslite_compresses_against_openssl_and_says_so(
    openssl_35: str, scenarios_of: Find, cell: Cell
) -> None:
    for ends in (f"client=tlslite server={openssl_35}", f"client={openssl_35} server=tlslite"):
        (scenario,) = scenarios_of(f"{ends} certificate_compression=zlib client_auth=required")
        found = cell(scenario)
        found.visit(0, 1)
        assert found.proof()["certificate_compression"] == "zlib"


def test_a_library_that_says_otherwise_is_an_error(openssl_35: str, scenarios_of: Find, cell: Cell) -> None:
    """The tlslite client accepts what OpenSSL's server, to which it is offered, does not compress."""
    (scenario,) = scenarios_of(f"client=tlslite server={openssl_35} certificate_compression=zlib")
    with pytest.raises(ProofError, match="wanted zlib, got none") as caught:
        cell(scenario, servers_of=without(scenario)).visit(0, 1)
    assert caught.value.witness == "client"


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        ("version=1.2", "only in TLS 1.3"),
        ("resumption=psk", "no certificate to compress"),
        ("ocsp=stapled", "no OCSP response"),
        ("parts=yes", "parts do not cover"),
        ("certificate_type=raw_public_key", "a raw public key is sent as it is"),
    ],
)
def test_what_excludes_it_says_why(selector: str, reason: str, openssl_35: str) -> None:
    from tlsbench.session.selecting import matrix_of

    matrix = matrix_of([f"implementation={openssl_35} certificate_compression=zlib {selector}"])
    assert not matrix.scenarios
    assert reason in matrix.excluded[0].reason


def test_tlslite_compresses_nothing_of_itself(openssl_35: str, scenarios_of: Find, cell: Cell) -> None:
    """It would, with whatever is available, and reports so for each connection."""
    for ends in (f"client=tlslite server={openssl_35}", f"client={openssl_35} server=tlslite"):
        (scenario,) = scenarios_of(f"{ends} client_auth=required")
        found = cell(scenario)
        found.visit(0, 1)
        assert found._proof is not None
        assert "none" in (
            found._proof.client.certificate_compression,
            found._proof.server.certificate_compression,
        )
        assert not found._proof.wire.compressions
