"""DTLS 1.2 with every library that has it: proved handshakes, data, resumption, and damaged datagrams."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import psutil
import pytest

from tlsbench.conformance.datagrams import DatagramConformance
from tlsbench.errors import HandshakeError, MeasurementError, ProofError
from tlsbench.implementations.libssl import datagrams as of_libssl
from tlsbench.implementations.registry import capabilities, ends_of, implementation, spellings
from tlsbench.links import Direction, MemoryDatagrams
from tlsbench.pki import peers_for
from tlsbench.scenarios import expand, parse
from tlsbench.workloads import Workload, prepare
from tlsbench.workloads.datagrams import shake_hands_by_datagrams

LIBRARIES = ("libssl", "pyopenssl", "mbedtls", "libmbedtls")
PAIRS = tuple(product(LIBRARIES, repeat=2))
Cells = Callable[[str], Any]


@pytest.fixture
def cell_of() -> Any:
    """Makes the one DTLS cell that selectors describe; skips if there is none, with its reason."""
    made: list[Workload] = []

    def make(selectors: str) -> Workload:
        asked = parse([f"transport=dtls {selectors}"], spellings())
        matrix = expand([asked], capabilities(asked))
        if not matrix.scenarios:
            pytest.skip(matrix.excluded[0].reason)
        (scenario,) = matrix.scenarios
        made.append(prepare(scenario, ends_of(scenario), time.perf_counter_ns))
        return made[-1]

    yield make
    for cell in made:
        cell.close()


def ends(client: str, server: str) -> str:
    """Their selectors; a python-mbedtls server always requests certificates."""
    auth = " client_auth=required chain_length=2" if server == "mbedtls" else ""
    return f"client={client} server={server}{auth}"


@pytest.mark.parametrize(("client", "server"), PAIRS)
@pytest.mark.parametrize("key", ["ecdsa-secp256r1", "rsa-2048"])
def test_every_pair_shakes_hands_with_proof(client: str, server: str, key: str, cell_of: Cells) -> None:
    cell = cell_of(f"{ends(client, server)} key={key}")
    ledger = cell.sample().ledger
    asked = cell.scenario.address_check == "yes"
    assert (ledger.round_trips, ledger.handshake_flights) == ((3, 6) if asked else (2, 4))
    assert cell.proof()["version"] == "1.2"
    assert cell.proof().get("address_check", False) is asked
    assert max(map(max, ledger.sizes)) <= 1200


@pytest.mark.parametrize(("client", "server"), PAIRS)
def test_a_cookie_costs_a_round_trip_and_is_proved(client: str, server: str, cell_of: Cells) -> None:
    ledger = cell_of(f"{ends(client, server)} address_check=yes").sample().ledger
    assert (ledger.round_trips, ledger.handshake_flights) == (3, 6)


@pytest.mark.parametrize(("client", "server"), PAIRS)
def test_client_certificates_are_asked_for_and_verified(client: str, server: str, cell_of: Cells) -> None:
    cell = cell_of(f"client={client} server={server} client_auth=required chain_length=2")
    cell.sample()
    assert cell.proof()["client_verified"] is True


@pytest.mark.parametrize(("client", "server"), PAIRS)
@pytest.mark.parametrize("resumption", ["ticket", "session-id"])
def test_a_session_resumes_time_and_again(client: str, server: str, resumption: str, cell_of: Cells) -> None:
    cell = cell_of(f"client={client} server={server} resumption={resumption}")
    for _ in range(3):
        ledger = cell.sample().ledger
    assert ledger.round_trips == 1
    assert cell.proof()["resumption"] == resumption


@pytest.mark.parametrize(("client", "server"), PAIRS)
@pytest.mark.parametrize("workload", ["bulk", "echo"])
@pytest.mark.parametrize("size", ["16B", "16KiB"])
def test_application_data_goes_over_in_records_that_fit(
    client: str, server: str, workload: str, size: str, cell_of: Cells
) -> None:
    cell = cell_of(f"workload={workload} size={size} {ends(client, server)}")
    for _ in range(2):
        sample = cell.sample()
    ledger = sample.ledger
    datagrams = sample.operations * -(-cell.scenario.size // (1200 - 37))
    assert (ledger.client_datagrams, ledger.server_datagrams, ledger.coalesced) == (datagrams, datagrams, 0)
    assert ledger.client_bytes <= 1200 * datagrams


@pytest.mark.parametrize("mtu", ["256", "548", "1200", "1472"])
@pytest.mark.parametrize("key", ["ecdsa-secp256r1", "rsa-4096"])
@pytest.mark.parametrize("more", ["chain_length=1", "chain_length=4", "resumption=ticket"])
@pytest.mark.slow
def test_joined_records_are_packed_as_openssl_packs_them(
    mtu: str, key: str, more: str, cell_of: Cells, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A libssl whose BIO preserves datagrams shows what those without it should produce."""
    newest = next((name for name in _libssl_files() if _keeps_datagrams(name)), None)
    if newest is None:
        pytest.skip("no libssl here has BIO_s_dgram_mem (OpenSSL 3.2)")
    real = cell_of(f"implementation={newest} key={key} mtu={mtu} {more}")
    sizes = [real.sample().ledger.sizes for _ in range(2)][-1]
    monkeypatch.setattr(of_libssl, "keeps_datagrams", lambda _lib: False)
    packed = cell_of(f"implementation={newest} key={key} mtu={mtu} {more}")
    again = [packed.sample().ledger.sizes for _ in range(2)][-1]
    assert list(map(len, again)) == list(map(len, sizes))
    # ECDSA signatures differ by a few bytes from one handshake to the next.
    flat, again_flat = ([size for flight in one for size in flight] for one in (sizes, again))
    assert all(abs(a - b) <= 8 for a, b in zip(flat, again_flat, strict=True))


def _libssl_files() -> list[str]:
    from tlsbench.implementations.found_files import libssl_files

    return [f"libssl:{path}" for path in libssl_files()]


def _keeps_datagrams(name: str) -> bool:
    member: Any = implementation(name)
    library = getattr(member, "library", None)
    return library is not None and library.has("DTLS_client_method") and library.has("BIO_s_dgram_mem")


#: A lost datagram costs a second, of real time; for libmbedtls, of virtual time.
_TRIES = {"libssl": 4, "pyopenssl": 2, "mbedtls": 3, "libmbedtls": 20}


@pytest.mark.parametrize(
    "more",
    [
        *("ocsp=stapled chain_length=2", "trust=150", "signature=rsa_pss_rsae_sha256 key=rsa-2048"),
        *("session=serialised resumption=ticket", "security_level=2", "chain_length=2 root_key=ed25519"),
        *("key=ecdsa-secp384r1", "group=x25519", "key=rsa-4096 chain_length=5 mtu=256"),
    ],
)
@pytest.mark.parametrize("library", LIBRARIES)
def test_what_other_axes_ask_for_is_proved_over_datagrams_too(
    library: str, more: str, cell_of: Cells
) -> None:
    cell_of(f"implementation={library} {more}").sample()


class TestEveryLibrary(DatagramConformance):
    @pytest.fixture(params=LIBRARIES)
    def library(self, request: pytest.FixtureRequest) -> Any:
        self.mutations = _TRIES[request.param]
        return implementation(request.param)


@pytest.mark.parametrize("resumption", ["none", "ticket", "session-id"])
@pytest.mark.parametrize("mtu", ["256", "1200"])
def test_fake_has_the_shape_of_dtls(resumption: str, mtu: str, cell_of: Cells) -> None:
    cell = cell_of(f"implementation=fake resumption={resumption} chain_length=5 mtu={mtu}")
    for _ in range(3):
        ledger = cell.sample().ledger
    assert ledger.round_trips == (2 if resumption == "none" else 1)
    assert max(map(max, ledger.sizes)) <= int(mtu)
    assert cell.proof()["resumption"] == resumption


@pytest.mark.parametrize("workload", ["bulk", "echo"])
def test_fake_brings_data_over_in_datagrams(workload: str, cell_of: Cells) -> None:
    sample = cell_of(f"workload={workload} implementation=fake size=16KiB").sample()
    assert sample.ledger.client_datagrams == sample.operations * -(-16384 // (1200 - 37))


class Noisy(MemoryDatagrams):
    """Inserts other bytes before each datagram."""

    def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        (arrived,) = super().carry(direction, datagram)
        return (b"", b"\0", b"GET / HTTP/1.1\r\n\r\n", bytes(1200), arrived)


_HANDSHAKE, _ALERT, _DATA = (bytes([kind]) + b"\xfe\xfd" + bytes(8) for kind in (22, 21, 23))
STRANGE = {
    "as large as a datagram can be": bytes(65_507),
    "a record that ends too early": _HANDSHAKE + b"\xff\xff" + bytes(65_000),
    "a record of 16 KiB": _HANDSHAKE + b"\x40\x00" + bytes(1 << 14),
    "records of nothing": (_HANDSHAKE + b"\0\0") * 4000,
    "an alert": _ALERT + b"\0\x02\x02\x28",
    "application data in the clear": _DATA + b"\0\x05hello",
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("strange", STRANGE)
def test_whatever_comes_in_a_datagram_ends_in_a_handshake_or_in_an_error(
    library: str, strange: str, cell_of: Cells
) -> None:
    class Strange(MemoryDatagrams):
        def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
            return (STRANGE[strange], *super().carry(direction, datagram))

    cell = cell_of(ends(library, library))
    plain, cell.link = cell.link, Strange()
    try:
        cell.sample()
    except (HandshakeError, MeasurementError) as error:
        assert str(error).startswith(library)
    cell.link = plain
    cell.sample()


@pytest.mark.parametrize("library", ["libssl", "pyopenssl"])
def test_bytes_that_are_no_dtls_are_passed_over(library: str, cell_of: Cells) -> None:
    cell = cell_of(ends(library, library))
    cell.link = Noisy()
    cell.sample()


@pytest.mark.parametrize("library", ["mbedtls", "libmbedtls"])
def test_a_server_of_mbed_tls_gives_up_on_what_is_no_hello(library: str, cell_of: Cells) -> None:
    """Its ClientHello is read before its record layer is consulted."""
    cell = cell_of(ends(library, library))
    cell.link = Noisy()
    with pytest.raises(HandshakeError, match="Processing of the ClientHello"):
        cell.sample()


@pytest.mark.parametrize("library", LIBRARIES)
def test_lost_application_data_is_an_error_and_not_a_number(library: str, cell_of: Cells) -> None:
    class Leaky(MemoryDatagrams):
        is_open = False

        def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
            arrived = super().carry(direction, datagram)
            return () if self.is_open else arrived

    cell = cell_of(f"workload=echo size=64B {ends(library, library)}")
    cell.link = Leaky()
    cell.sample()
    cell.link.is_open = True
    with pytest.raises(MeasurementError, match="64 bytes from client to server stalled"):
        cell.sample()


def test_a_cookie_that_nobody_asked_for_is_no_proof(cell_of: Cells) -> None:
    cell = cell_of("implementation=libssl address_check=yes")
    cell.scenario = replace(cell.scenario, address_check="no")
    with pytest.raises(ProofError, match="address_check: wanted False, got True"):
        cell.sample()


@pytest.mark.parametrize(
    "way", ["", "address_check=yes", "resumption=ticket", "client_auth=required mtu=548"]
)
@pytest.mark.slow
def test_every_libssl_that_is_found_has_dtls_or_a_reason(way: str) -> None:
    """BoringSSL too, which has no cookies."""
    for name in _libssl_files():
        asked = parse([f"implementation={name} transport=dtls {way}"], spellings())
        matrix = expand([asked], capabilities(asked))
        assert all(excluded.reason for excluded in matrix.excluded)
        for scenario in matrix.scenarios:
            if capabilities(asked)[name].libcrypto:
                continue  # it is measured in its own process
            cell = prepare(scenario, ends_of(scenario), time.perf_counter_ns)
            cell.sample()
            cell.close()


@pytest.mark.integration
def test_boringssl_has_dtls_without_cookies(cell_of: Cells) -> None:
    boringssl = next((name for name in _libssl_files() if "/android/" in name), None)
    if boringssl is None:
        pytest.skip("Debian's BoringSSL is missing: apt-get install android-libboringssl")
    assert cell_of(f"implementation={boringssl}").sample().ledger.round_trips == 2
    asked = parse([f"implementation={boringssl} transport=dtls address_check=yes"], spellings())
    (excluded,) = expand([asked], capabilities(asked)).excluded
    assert "SSL_CTX_set_cookie_generate_cb" in excluded.reason


@pytest.mark.parametrize(
    ("library", "count"), [("libssl", 300), ("pyopenssl", 300), ("mbedtls", 60), ("libmbedtls", 100)]
)
def test_handshakes_leave_no_memory_behind(library: str, count: int, cell_of: Cells) -> None:
    cell = cell_of(f"{ends(library, library)} address_check=yes mtu=548")

    def resident_bytes() -> int:
        gc.collect()
        resident: int = psutil.Process().memory_info().rss
        return resident

    for _ in range(count // 4):
        cell.sample()
    before = resident_bytes()
    for _ in range(count):
        cell.sample()
    # An SSL of OpenSSL keeps some 20 KiB, a context of Mbed TLS some 40: one for each would be far more.
    assert resident_bytes() - before <= 2**20 + 2048 * count


def test_a_server_whose_context_is_let_go_still_checks_its_cookies() -> None:
    """Its callbacks must live as long as its connections."""
    asked = parse(["implementation=libssl transport=dtls address_check=yes"], spellings())
    (scenario,) = expand([asked], capabilities()).scenarios
    member: Any = implementation("libssl")
    peers = peers_for(scenario)

    class Servers:
        def accept(self) -> Any:
            end = member.datagram_server_context(scenario, peers).accept()
            gc.collect()
            return end

    clients = member.datagram_client_context(scenario, peers)
    exchange = shake_hands_by_datagrams(clients, Servers(), MemoryDatagrams(), time.perf_counter_ns)
    assert exchange.heard == 3
