"""What every TLS library must do behind the contract, as tests for pytest, for third parties too.

In a test file::

    from tlsbench.conformance import Conformance

    class TestMine(Conformance):
        @pytest.fixture
        def library(self):
            return MyLibrary()

A library that joins by an entry point of the group ``tlsbench.implementations`` is
``tlsbench.implementations.registry.tls_library("mine")``.

What the library's capabilities exclude is skipped with the reason that they give; what they do not exclude
must work. tlsbench's own implementations are held to the same tests.
"""

from __future__ import annotations

import gc
import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import psutil
import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError, MeasurementError
from tlsbench.implementations import ClientContext, Endpoint, ServerContext, TlsImplementation
from tlsbench.implementations.ssl_shaped.stdlib import STDLIB
from tlsbench.links import Direction, MemoryLink
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.workloads import prepare
from tlsbench.workloads.exchange import Exchange, shake_hands
from tlsbench.workloads.prepare import lanes_of
from tlsbench.workloads.proof import prove
from tlsbench.workloads.scaling.threads import Threads

_VERSIONS = ("1.2", "1.3")
_KEYS = ("rsa-2048", "ecdsa-secp256r1", "ed25519", "ml-dsa-44")
_RESUMPTIONS = ("session-id", "ticket", "psk", "early-data")
_RECORDS = ("padding=512", "record_size=1435", "max_fragment_length=512", "record_size_limit=512")
_MOST_FLIGHTS = 8
#: Threads that share contexts, and for how long.
_THREADS, _TURN_NS = 4, 50_000_000
_LENGTHS = (0, 1, 16384, 16385, 100_000)
#: Not TLS, and longer than the record that its first bytes announce: some libraries wait for that.
_GARBAGE = b"GET / HTTP/1.0\r\n\r\n" * 1000
#: Resident memory may grow by this much in any case, and by this much more for each handshake: allocators
#: keep what they were given, and the least that a library leaks of a connection is several KiB.
_SLACK_BYTES = 2**20
_LEAK_BYTES = 256


class Conformance:
    """The suite. Override :meth:`library`; it may be parametrised."""

    #: Whether the library has no cryptography at all, and is there for the harness alone.
    is_fake = False
    #: How many handshakes must leave no memory behind.
    handshakes = 10_000
    #: How many handshakes have bytes changed on their way.
    mutations = 100

    @pytest.fixture
    def library(self) -> TlsImplementation:
        """The library that is tested."""
        raise NotImplementedError("a subclass gives the library, see tlsbench.conformance")

    def test_it_says_who_it_is_and_why_it_cannot_do_what_it_cannot(self, library: TlsImplementation) -> None:
        assert library.id
        assert library.summary
        assert library.engine()
        assert all(gap.reason for gap in library.capabilities().gaps)

    @pytest.mark.parametrize("version", _VERSIONS)
    @pytest.mark.parametrize("key", _KEYS)
    def test_a_full_handshake_is_what_both_sides_and_the_wire_say(
        self, library: TlsImplementation, version: str, key: str
    ) -> None:
        meeting = _meeting(library, f"version={version} key={key}")
        exchange = meeting.shake()
        proof = prove(exchange, meeting.scenario, meeting.peers, "none")
        assert proof.client.peer_certificate == meeting.peers.server.leaf_der
        assert proof.client.peer_verified
        exchange.close()

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_a_complete_handshake_stays_complete_when_it_is_asked_again(
        self, library: TlsImplementation, version: str
    ) -> None:
        exchange = _meeting(library, f"version={version}").shake()
        for end in (exchange.client, exchange.server):
            told = end.negotiated()
            assert end.handshake()
            assert end.data_to_send() == b""
            assert end.negotiated() == told

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_a_client_certificate_is_asked_for_and_verified(
        self, library: TlsImplementation, version: str
    ) -> None:
        meeting = _meeting(library, f"version={version} client_auth=required chain_length=2")
        seen = prove(meeting.shake(), meeting.scenario, meeting.peers, "none").server
        assert seen.peer_verified
        assert seen.peer_certificate == meeting.peers.client.leaf_der

    @pytest.mark.parametrize("resumption", _RESUMPTIONS)
    def test_a_session_resumes_time_and_again(self, library: TlsImplementation, resumption: str) -> None:
        meeting = _meeting(library, f"resumption={resumption}")
        cell = prepare(meeting.scenario, {library.id: library}, time.perf_counter_ns, meeting.peers)
        for _ in range(4):  # each sample is proved
            cell.sample()
        assert cell.proof()["resumption"] == resumption
        cell.close()

    def test_a_client_that_is_asked_for_a_key_of_another_group_sends_it(
        self, library: TlsImplementation
    ) -> None:
        meeting = _meeting(library, "version=1.3 hello_retry=yes")
        cell = prepare(meeting.scenario, {library.id: library}, time.perf_counter_ns, meeting.peers)
        cell.sample()  # which is proved
        assert cell.proof()["hello_retry"] is True
        cell.close()

    @pytest.mark.parametrize("version", _VERSIONS)
    @pytest.mark.parametrize("asked", _RECORDS)
    @pytest.mark.parametrize("workload", ["bulk size=4KiB", "handshake"])
    def test_records_are_cut_and_padded_as_they_are_asked_to_be(
        self, library: TlsImplementation, workload: str, asked: str, version: str
    ) -> None:
        meeting = _meeting(library, f"workload={workload} version={version} {asked}")
        cell = prepare(meeting.scenario, {library.id: library}, time.perf_counter_ns, meeting.peers)
        cell.sample()  # which is proved
        cell.close()

    @pytest.mark.parametrize("asked", ["update_requested", "update_not_requested"])
    def test_a_key_update_changes_the_keys_that_it_says(self, library: TlsImplementation, asked: str) -> None:
        meeting = _meeting(library, f"workload=key_update request_update={asked}")
        cell = prepare(meeting.scenario, {library.id: library}, time.perf_counter_ns, meeting.peers)
        cell.visit(0, 20)  # each is proved
        cell.close()

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_threads_may_use_its_contexts_at_once(self, library: TlsImplementation, version: str) -> None:
        meeting = _meeting(library, f"workload=scaling version={version} threads={_THREADS}")
        makers = lanes_of(meeting.scenario, {library.id: library}, meeting.peers).makers(_THREADS)
        threads = Threads(_THREADS)
        lanes = threads.each(list(makers))
        threads.turn([lane.operate for lane in lanes], _TURN_NS)
        threads.each([lane.prove for lane in lanes])
        threads.each([lane.close for lane in lanes])
        threads.close()

    def test_without_a_session_nothing_resumes(self, library: TlsImplementation) -> None:
        meeting = _meeting(library, "resumption=ticket,psk")
        for _ in range(2):
            exchange = meeting.shake()
            assert not exchange.client.negotiated().resumed
            assert not exchange.server.negotiated().resumed
            exchange.close()

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_application_data_arrives_whole_both_ways(self, library: TlsImplementation, version: str) -> None:
        exchange = _meeting(library, f"version={version}").shake()
        for source, sink in ((exchange.client, exchange.server), (exchange.server, exchange.client)):
            for length in _LENGTHS:
                payload = os.urandom(length)
                source.write(payload)
                if sealed := source.data_to_send():  # an empty write may be no record at all
                    sink.receive_data(sealed)
                assert len(sealed) > length or not length
                assert sink.read() == payload
                assert sink.read() == b""

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_many_writes_are_one_stream(self, library: TlsImplementation, version: str) -> None:
        exchange = _meeting(library, f"version={version}").shake()
        pieces = [bytes([number]) * number for number in range(1, 100)]
        for piece in pieces:
            exchange.client.write(piece)
        exchange.server.receive_data(exchange.client.data_to_send())
        assert exchange.server.read() == b"".join(pieces)

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_a_handshake_and_a_record_may_come_byte_by_byte(
        self, library: TlsImplementation, version: str
    ) -> None:
        self._only_if_real()
        meeting = _meeting(library, f"version={version}")
        client, server = _Slowly(meeting.clients.connect()), _Slowly(meeting.servers.accept())
        for _ in range(_MOST_FLIGHTS):
            client.go_on()
            client.give_to(server)
            server.give_to(client)
        assert client.done
        assert server.done
        client.end.write(b"slowly")
        for byte in client.end.data_to_send():
            assert server.end.read() == b""
            server.end.receive_data(bytes([byte]))
        assert server.end.read() == b"slowly"

    @pytest.mark.parametrize("version", _VERSIONS)
    @pytest.mark.parametrize("direction", list(Direction))
    def test_half_a_flight_is_waited_for_and_is_no_handshake(
        self, library: TlsImplementation, version: str, direction: Direction
    ) -> None:
        self._only_if_real()
        meeting = _meeting(library, f"version={version}")
        with pytest.raises(MeasurementError, match="stalled"):
            meeting.shake(_Cut(direction))

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_garbage_in_place_of_an_answer_is_an_error(
        self, library: TlsImplementation, version: str
    ) -> None:
        meeting = _meeting(library, f"version={version}")
        server, client = meeting.servers.accept(), meeting.clients.connect()
        client.handshake()
        for end in (server, client):
            end.receive_data(_GARBAGE)
            with pytest.raises(HandshakeError):
                end.handshake()

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_a_peer_that_sends_what_is_wrong_ends_in_an_error(
        self, library: TlsImplementation, version: str
    ) -> None:
        """Bytes are changed, cut out or doubled: a library gives up or waits, and its process lives on."""
        self._only_if_real()
        meeting = _meeting(library, f"version={version}")
        chance, errors = random.Random(version), 0  # noqa: S311 - the same bytes each time
        for _ in range(self.mutations):
            try:
                _and_a_word(meeting.shake(_Fuzzed(chance)))
            except (HandshakeError, MeasurementError):
                errors += 1
        assert errors > self.mutations // 2, "the bytes that were changed are taken for good"

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_an_altered_record_is_an_error(self, library: TlsImplementation, version: str) -> None:
        self._only_if_real()
        exchange = _meeting(library, f"version={version}").shake()
        exchange.client.write(b"pay 1 euro")
        sealed = bytearray(exchange.client.data_to_send())
        sealed[-1] ^= 1
        exchange.server.receive_data(bytes(sealed))
        with pytest.raises(HandshakeError):
            exchange.server.read()

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_a_root_that_the_client_does_not_trust_ends_the_handshake(
        self, library: TlsImplementation, version: str
    ) -> None:
        self._only_if_real()
        meeting = _meeting(library, f"version={version}")
        root = pki.peers("rsa-2048", 1).root
        doubting = replace(meeting.peers, root=root)
        clients = library.client_context(meeting.scenario, doubting)
        with pytest.raises(HandshakeError, match=r"(?i)certificate"):
            replace(meeting, clients=clients).shake()

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_a_certificate_for_another_host_ends_the_handshake(
        self, library: TlsImplementation, version: str
    ) -> None:
        self._only_if_real()
        meeting = _meeting(library, f"version={version}")
        template = pki.Template(names=("elsewhere.example",))
        other = meeting.peers.issuer.issue(template)
        servers = library.server_context(meeting.scenario, replace(meeting.peers, server=other))
        with pytest.raises(HandshakeError):
            replace(meeting, servers=servers).shake()

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_a_client_without_a_certificate_is_turned_away(
        self, library: TlsImplementation, version: str
    ) -> None:
        self._only_if_real()
        meeting = _meeting(library, f"version={version} client_auth=required chain_length=2")
        bare = replace(meeting.scenario, client_auth="none")
        clients = library.client_context(bare, meeting.peers)
        with pytest.raises(HandshakeError):
            _and_a_word(replace(meeting, clients=clients).shake())

    @pytest.mark.parametrize("version", _VERSIONS)
    @pytest.mark.parametrize("side", ["client", "server"])
    def test_close_notify_ends_the_stream_without_an_error(
        self, library: TlsImplementation, version: str, side: str
    ) -> None:
        """The other side is Python's ssl module, whose ``close()`` sends it (RFC 8446 section 6.1)."""
        meeting = _meeting(library, f"version={version}", against=side)
        exchange = meeting.shake()
        ours, theirs = exchange.client, exchange.server
        if side == "server":
            ours, theirs = theirs, ours
        theirs.write(b"goodbye")
        theirs.close()
        ours.receive_data(theirs.data_to_send())
        assert ours.read() == b"goodbye"
        assert ours.read() == b""

    @pytest.mark.parametrize(
        "selector",
        ["version=1.2", "version=1.3", "resumption=ticket", "resumption=psk", "resumption=early-data"],
    )
    def test_handshakes_leave_no_memory_behind(self, library: TlsImplementation, selector: str) -> None:
        meeting = _meeting(library, selector)
        cell = prepare(meeting.scenario, {library.id: library}, time.perf_counter_ns, meeting.peers)
        for _ in range(max(20, self.handshakes // 10)):
            cell.sample()
        before = _resident_bytes()
        for _ in range(self.handshakes):
            cell.sample()
        grown = _resident_bytes() - before
        cell.close()
        assert grown <= _SLACK_BYTES + _LEAK_BYTES * self.handshakes, f"{grown} bytes more than before"

    def _only_if_real(self) -> None:
        if self.is_fake:
            pytest.skip("there is no cryptography, and messages come in one piece")


@dataclass(frozen=True)
class _Meeting:
    """A scenario with all that it takes to run it."""

    scenario: Scenario
    peers: pki.Peers
    clients: ClientContext
    servers: ServerContext

    def shake(self, link: MemoryLink | None = None) -> Exchange:
        return shake_hands(self.clients, self.servers, link or MemoryLink(), time.perf_counter_ns)


def _meeting(library: TlsImplementation, selector: str, against: str = "") -> _Meeting:
    """A client and a server of the library, or one of it as ``against`` and one of Python's ssl module.

    Where it cannot be without client certificates, it is with them.
    """
    members = {STDLIB.id: STDLIB, library.id: library}
    abilities = {name: member.capabilities() for name, member in members.items()}
    ends = f"implementation={library.id}"
    if against:
        client, server = (library.id, STDLIB.id) if against == "client" else (STDLIB.id, library.id)
        ends = f"client={client} server={server}"
    reasons: Sequence[str] = ()
    for auth in ("", "client_auth=required chain_length=2"):
        if auth and "client_auth" in selector:
            break
        matrix = expand([parse([f"{ends} {selector} {auth}"], tuple(members))], abilities)
        if matrix.scenarios:
            scenario = matrix.scenarios[0]
            peers = pki.peers_for(scenario)
            client_of, server_of = members[scenario.client], members[scenario.server]
            return _Meeting(
                scenario,
                peers,
                client_of.client_context(scenario, peers),
                server_of.server_context(scenario, peers),
            )
        reasons = reasons or [excluded.reason for excluded in matrix.excluded]
    pytest.skip(reasons[0])


class _Slowly:
    """An end that goes on after each byte that it is given."""

    def __init__(self, end: Endpoint) -> None:
        self.end = end
        self.done = False

    def go_on(self) -> None:
        self.done = self.done or self.end.handshake()

    def give_to(self, other: _Slowly) -> None:
        for byte in self.end.data_to_send():
            other.end.receive_data(bytes([byte]))
            other.go_on()


class _Cut(MemoryLink):
    """A link that loses the second half of the first flight of one direction."""

    def __init__(self, direction: Direction) -> None:
        super().__init__()
        self._direction: Direction | None = direction

    def carry(self, direction: Direction, data: bytes) -> bytes:
        if direction is self._direction:
            self._direction = None
            data = data[: len(data) // 2]
        return super().carry(direction, data)


class _Fuzzed(MemoryLink):
    """A link that changes something in one of the first flights: bytes are flipped, cut out or doubled."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self._flight = chance.randrange(3)

    def carry(self, direction: Direction, data: bytes) -> bytes:
        self._flight -= 1
        return super().carry(direction, self._changed(data) if self._flight == -1 else data)

    def _changed(self, data: bytes) -> bytes:
        start = self._chance.randrange(len(data))
        end = min(len(data), start + self._chance.choice((1, 2, 4, 64)))
        flipped = bytes(byte ^ self._chance.randrange(1, 256) for byte in data[start:end])
        piece = self._chance.choice((flipped, flipped, flipped, b"", data[start:end] * 2))
        return data[:start] + piece + data[end:]


def _and_a_word(exchange: Exchange) -> None:
    """In TLS 1.3 a client is done before the server looks at its certificate: it learns of that later."""
    exchange.client.write(b"let me in")
    exchange.server.receive_data(exchange.client.data_to_send())
    exchange.server.read()


def _resident_bytes() -> int:
    gc.collect()
    resident: int = psutil.Process().memory_info().rss
    return resident
