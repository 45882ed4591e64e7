"""aioquic and qh3 behind the contract: what they can do, with each other and under bad conditions."""

from __future__ import annotations

import gc
import itertools
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import psutil
import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError, MeasurementError, ProofError
from tlsbench.implementations import DatagramImplementation
from tlsbench.implementations.quic_shaped.endpoint import QuicServerEnd
from tlsbench.implementations.registry import capabilities, implementation, implementations, spellings
from tlsbench.links import Direction, MemoryDatagrams
from tlsbench.links.quic import QUIC, initials_of
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.workloads import Workload, prepare
from tlsbench.workloads.datagrams import DatagramExchange, shake_hands_by_datagrams
from tlsbench.workloads.proof import prove

LIBRARIES: Final = [
    name for name in ("aioquic", "qh3") if isinstance(implementations()[name], DatagramImplementation)
]
PAIRS: Final = list(itertools.product(LIBRARIES, LIBRARIES))
pytestmark = pytest.mark.skipif(not LIBRARIES, reason="neither aioquic nor qh3 is installed")


def scenario_of(selector: str) -> Scenario:
    """The first scenario of a selector; skipped if a capability rules it out."""
    matrix = expand([parse([f"transport=quic {selector}"], spellings())], capabilities())
    if not matrix.scenarios:
        pytest.skip(matrix.excluded[0].reason)
    return matrix.scenarios[0]


def cell(selector: str) -> Workload:
    return prepare(scenario_of(selector), implementations(), time.perf_counter_ns)


class Meeting:
    """A scenario with everything needed to run it."""

    def __init__(self, selector: str, change: Callable[[pki.Peers], pki.Peers] = lambda peers: peers) -> None:
        self.scenario = scenario_of(selector)
        self.peers = pki.peers_for(self.scenario)
        client, server = implementation(self.scenario.client), implementation(self.scenario.server)
        assert isinstance(client, DatagramImplementation)
        assert isinstance(server, DatagramImplementation)
        self.clients = client.datagram_client_context(self.scenario, change(self.peers))
        self.servers = server.datagram_server_context(self.scenario, self.peers)

    def shake(self, link: MemoryDatagrams | None = None) -> DatagramExchange:
        return shake_hands_by_datagrams(
            self.clients, self.servers, link or MemoryDatagrams(), time.perf_counter_ns
        )


@pytest.mark.parametrize(("client", "server"), PAIRS)
@pytest.mark.parametrize("key", ["rsa-2048", "ecdsa-secp256r1", "ecdsa-secp384r1", "ed25519"])
def test_every_pair_shakes_hands_or_says_why_not(client: str, server: str, key: str) -> None:
    workload = cell(f"client={client} server={server} key={key}")
    sample = workload.sample()  # proved by both libraries and the wire
    assert sample.client > 0
    assert sample.server > 0
    assert sample.harness > 0
    assert workload.proof()["server_verified"] is True
    workload.close()


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_handshake_takes_one_round_trip_and_one_more_with_a_retry(library: str) -> None:
    without, checked = (cell(f"implementation={library} address_check={check}") for check in ("no", "yes"))
    assert without.sample().ledger.round_trips == 1
    assert checked.sample().ledger.round_trips == 2
    assert checked.proof()["address_check"] is True


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_token_of_a_retry_comes_back_in_the_next_initial_packet(library: str) -> None:
    exchange = Meeting(f"implementation={library} address_check=yes").shake()
    initials = initials_of(exchange.entries)
    assert initials.retry_token
    assert len(initials.hellos[Direction.TO_SERVER]) == 1


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("resumption", ["psk", "early-data"])
def test_a_session_resumes_time_and_again(library: str, resumption: str) -> None:
    workload = cell(f"implementation={library} resumption={resumption}")
    for _ in range(4):
        sample = workload.sample()
    assert workload.proof()["resumption"] == resumption
    assert workload.proof()["early_data_bytes"] == (512 if resumption == "early-data" else 0)
    assert sample.ledger.round_trips == (0 if resumption == "early-data" else 1)
    workload.close()


@pytest.mark.parametrize("library", LIBRARIES)
def test_early_data_is_proved_by_packets_on_the_wire_and_by_what_the_server_got(library: str) -> None:
    meeting = Meeting(f"implementation={library} resumption=early-data")
    session = meeting.shake().client.session()
    early = bytes(range(256))
    link = MemoryDatagrams()
    exchange = shake_hands_by_datagrams(
        meeting.clients, meeting.servers, link, time.perf_counter_ns, session, early
    )
    assert initials_of(exchange.entries).early_packets > 0
    assert exchange.server.negotiated().early_data == early
    prove(exchange, meeting.scenario, meeting.peers, "early-data", early, reader=QUIC)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_ticket_is_for_one_use(library: str) -> None:
    meeting = Meeting(f"implementation={library} resumption=psk")
    session = meeting.shake().client.session()

    def again() -> DatagramExchange:
        return shake_hands_by_datagrams(
            meeting.clients, meeting.servers, MemoryDatagrams(), time.perf_counter_ns, session
        )

    assert again().server.negotiated().resumed
    assert not again().server.negotiated().resumed


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("chain_length", [1, 2, 3])
def test_chains_are_sent_and_counted(library: str, chain_length: int) -> None:
    workload = cell(f"implementation={library} chain_length={chain_length}")
    workload.sample()
    workload.close()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("workload", ["bulk", "echo"])
@pytest.mark.parametrize("size", ["1B", "1KiB", "256KiB"])
def test_application_data_arrives_whole_both_ways(library: str, workload: str, size: str) -> None:
    made = cell(f"implementation={library} workload={workload} size={size}")
    for _ in range(3):
        sample = made.sample()  # it compares the bytes
    assert sample.client > 0
    assert sample.server > 0
    made.close()


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_root_that_the_client_does_not_trust_ends_the_handshake(library: str) -> None:
    stranger = pki.peers("rsa-2048", 1).root
    with pytest.raises(HandshakeError, match=library):
        Meeting(f"implementation={library}", lambda peers: replace(peers, root=stranger)).shake()


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_certificate_for_another_host_ends_the_handshake(library: str) -> None:
    meeting = Meeting(f"implementation={library}")
    other = meeting.peers.issuer.issue(pki.Template(names=("elsewhere.example",)))
    server = implementation(library)
    assert isinstance(server, DatagramImplementation)
    meeting.servers = server.datagram_server_context(meeting.scenario, replace(meeting.peers, server=other))
    with pytest.raises(HandshakeError, match=library):
        meeting.shake()


class Bad(MemoryDatagrams):
    """Flips, truncates, duplicates, swaps and drops datagrams at random."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self._held: tuple[Direction, bytes] | None = None

    def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        (arrived,) = super().carry(direction, datagram)
        return self._chance.choice(
            (self._same, self._same, self._flip, self._cut, self._double, self._drop, self._swap)
        )(direction, arrived)

    def _same(self, _direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        return (datagram,)

    def _flip(self, _direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        at = self._chance.randrange(len(datagram))
        return (datagram[:at] + bytes([datagram[at] ^ self._chance.randrange(1, 256)]) + datagram[at + 1 :],)

    def _cut(self, _direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        return (datagram[: self._chance.randrange(1, len(datagram) + 1)],)

    def _double(self, _direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        return (datagram, datagram)

    def _drop(self, _direction: Direction, _datagram: bytes) -> tuple[bytes, ...]:
        return ()

    def _swap(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        """Hold a datagram back until the next in its direction has passed."""
        held, self._held = self._held, (direction, datagram)
        return (held[1],) if held is not None and held[0] is direction else ()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("selector", ["", "address_check=yes"])
def test_bad_datagrams_end_in_a_handshake_or_in_an_error_and_never_hang(library: str, selector: str) -> None:
    meeting = Meeting(f"implementation={library} {selector}")
    chance, ended = random.Random(library + selector), {True: 0, False: 0}
    for _ in range(40):
        try:
            exchange = meeting.shake(Bad(chance))
        except MeasurementError as error:
            assert str(error)
            ended[False] += 1
        else:
            assert exchange.client.negotiated().peer_verified
            ended[True] += 1
    assert ended[True] > 0, "QUIC repairs what is lost"


class BadLater(Bad):
    """Such a link, after a given time."""

    is_bad = False

    def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        return (
            super().carry(direction, datagram)
            if self.is_bad
            else MemoryDatagrams.carry(self, direction, datagram)
        )


@pytest.mark.parametrize("library", LIBRARIES)
def test_data_over_bad_datagrams_arrives_whole_or_is_an_error_and_never_hangs(library: str) -> None:
    chance, ended = random.Random(library), {True: 0, False: 0}
    data = chance.randbytes(20_000)
    meeting = Meeting(f"implementation={library}")
    for _ in range(15):
        link = BadLater(chance)
        exchange = meeting.shake(link)
        link.is_bad = True
        try:
            poured = exchange.pour(Direction.TO_SERVER, data, 1, time.perf_counter_ns)
        except MeasurementError as error:
            assert str(error)
            ended[False] += 1
        else:
            assert poured.received == data
            ended[True] += 1
    assert ended[True] > 0, "QUIC repairs what is lost"


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("place", range(6))
def test_whatever_single_datagram_is_lost_is_made_good_for(library: str, place: int) -> None:
    class Losing(MemoryDatagrams):
        def __init__(self) -> None:
            super().__init__()
            self._places = itertools.count()

        def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
            arrived = super().carry(direction, datagram)
            return () if next(self._places) == place else arrived

    meeting = Meeting(f"implementation={library}")
    exchange = meeting.shake(Losing())
    prove(exchange, meeting.scenario, meeting.peers, "none", reader=QUIC)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "garbage", [b"", b"\0" * 1200, b"GET / HTTP/1.0\r\n\r\n" * 100, b"\xc0" + bytes(1300), b"\x40"]
)
def test_garbage_makes_no_connection_and_no_foreign_error(library: str, garbage: bytes) -> None:
    meeting = Meeting(f"implementation={library}")
    for end in (meeting.servers.accept(), meeting.clients.connect()):
        try:
            end.receive_datagram(garbage, 1)
            assert not end.handshake()
        except HandshakeError as error:
            assert library in str(error)


def test_the_engine_says_which_library_and_what_is_below_it() -> None:
    for library in LIBRARIES:
        assert implementation(library).engine().startswith(library)


def test_a_quic_library_has_no_tls_over_a_stream_and_says_so() -> None:
    for library in LIBRARIES:
        matrix = expand([parse([f"implementation={library} transport=tls"], spellings())], capabilities())
        assert not matrix.scenarios
        assert "QUIC" in matrix.excluded[0].reason


def sizes(entries: Sequence[tuple[Direction, bytes]]) -> list[int]:
    return [len(datagram) for _, datagram in entries]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("mtu", [1200, 1400])
def test_no_datagram_is_larger_than_the_mtu(library: str, mtu: int) -> None:
    exchange = Meeting(f"implementation={library} mtu={mtu} key=rsa-2048 chain_length=3").shake()
    # qh3 leaves a little room if a datagram may be larger.
    assert max(sizes(exchange.entries)) == mtu or 1200 < max(sizes(exchange.entries)) < mtu


@pytest.mark.skipif("qh3" not in LIBRARIES, reason="qh3 is not installed")
def test_no_made_up_version_is_taken_for_that_of_tls() -> None:
    """Both ends of qh3 list one of 16 made-up versions, and its server picks a version that both list."""
    meeting = Meeting("implementation=qh3")
    for _ in range(100):
        assert QUIC.observe(meeting.shake().entries).version == "1.3"


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("selector", ["", "resumption=psk"])
def test_handshakes_leave_no_memory_behind(library: str, selector: str) -> None:
    workload = cell(f"implementation={library} {selector}")
    for _ in range(40):
        workload.sample()
    before = resident_bytes()
    for _ in range(200):
        workload.sample()
    assert resident_bytes() - before < 2**20 + 256 * 200
    workload.close()


def resident_bytes() -> int:
    gc.collect()
    resident: int = psutil.Process().memory_info().rss
    return resident


@pytest.mark.skipif(len(LIBRARIES) < 2, reason="one of aioquic and qh3 is not installed")
@pytest.mark.parametrize(
    "selector",
    [
        "client=aioquic server=qh3",
        "implementation=qh3 key=rsa-2048 chain_length=5",
        "implementation=qh3 key=rsa-3072 chain_length=4",
        "implementation=qh3 key=rsa-4096 chain_length=4 mtu=1400",
        "implementation=qh3 key=rsa-4096 chain_length=3",
    ],
)
def test_the_reason_why_qh3_needs_the_address_first_is_what_happens_without(selector: str) -> None:
    meeting = Meeting(f"{selector} address_check=yes")
    meeting.shake()
    meeting.scenario = replace(meeting.scenario, address_check="no")
    server = implementation("qh3")
    assert isinstance(server, DatagramImplementation)
    meeting.servers = server.datagram_server_context(meeting.scenario, meeting.peers)
    with pytest.raises(HandshakeError, match="packet builder capacity exhausted"):
        meeting.shake()
    matrix = expand([parse([f"transport=quic {selector} address_check=no"], spellings())], capabilities())
    assert "packet builder capacity exhausted" in matrix.excluded[0].reason


@pytest.mark.parametrize(("client", "server"), PAIRS)
def test_the_group_that_a_pair_takes_is_the_only_one_that_it_can_be_asked_for(
    client: str, server: str
) -> None:
    meeting = Meeting(f"client={client} server={server}")
    prove(meeting.shake(), meeting.scenario, meeting.peers, "none", reader=QUIC)
    other = replace(meeting.scenario, group="secp384r1")
    with pytest.raises(ProofError, match="group"):
        prove(meeting.shake(), other, meeting.peers, "none", reader=QUIC)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_connection_that_was_closed_in_the_meantime_is_no_proof(library: str) -> None:
    exchange = Meeting(f"implementation={library}").shake()
    assert isinstance(exchange.server, QuicServerEnd)
    exchange.server.connection.close(error_code=7, reason_phrase="enough")
    later_ns = 10**9
    for datagram in exchange.server.datagrams_to_send(later_ns):
        exchange.client.receive_datagram(datagram, later_ns)
    exchange.client.handle_timer(60 * later_ns)
    with pytest.raises(HandshakeError, match="enough"):
        exchange.client.negotiated()
