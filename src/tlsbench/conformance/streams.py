"""Tests of what every TLS library must do over a stream."""

from __future__ import annotations

import gc
import os
import random
import time
from dataclasses import replace

import psutil
import pytest

from tlsbench import pki
from tlsbench.conformance.meetings import meeting_of
from tlsbench.conformance.spoiling import Cut, Fuzzed, Slowly
from tlsbench.errors import HandshakeError, MeasurementError
from tlsbench.implementations import TlsImplementation
from tlsbench.links import Direction
from tlsbench.workloads import prepare
from tlsbench.workloads.exchange import Exchange
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
#: Not TLS, and longer than the record that its first bytes announce, as some libraries wait for all of it.
_GARBAGE = b"GET / HTTP/1.0\r\n\r\n" * 1000
#: How much resident memory may grow in any case, and how much more for each handshake: allocators keep
#: memory, and a library that leaks a connection leaks several KiB at least.
_SLACK_BYTES = 2**20
_LEAK_BYTES = 256


class Conformance:
    """The test suite. Override :meth:`library`, which may be parametrised."""

    #: Whether the library has no cryptography at all, and exists for the harness alone.
    is_fake = False
    #: How many handshakes must leave no memory behind.
    handshakes = 10_000
    #: How many handshakes have bytes changed in transit.
    mutations = 100

    @pytest.fixture
    def library(self) -> TlsImplementation:
        """The library under test."""
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
        meeting = meeting_of(library, f"version={version} key={key}")
        exchange = meeting.shake()
        proof = prove(exchange, meeting.scenario, meeting.peers, "none")
        assert proof.client.peer_certificate == meeting.peers.server.leaf_der
        assert proof.client.peer_verified
        exchange.close()

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_a_complete_handshake_stays_complete_when_it_is_asked_again(
        self, library: TlsImplementation, version: str
    ) -> None:
        exchange = meeting_of(library, f"version={version}").shake()
        for end in (exchange.client, exchange.server):
            told = end.negotiated()
            assert end.handshake()
            assert end.data_to_send() == b""
            assert end.negotiated() == told

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_a_client_certificate_is_asked_for_and_verified(
        self, library: TlsImplementation, version: str
    ) -> None:
        meeting = meeting_of(library, f"version={version} client_auth=required chain_length=2")
        seen = prove(meeting.shake(), meeting.scenario, meeting.peers, "none").server
        assert seen.peer_verified
        assert seen.peer_certificate == meeting.peers.client.leaf_der

    @pytest.mark.parametrize("resumption", _RESUMPTIONS)
    def test_a_session_resumes_time_and_again(self, library: TlsImplementation, resumption: str) -> None:
        meeting = meeting_of(library, f"resumption={resumption}")
        cell = prepare(meeting.scenario, {library.id: library}, time.perf_counter_ns, meeting.peers)
        for _ in range(4):  # each sample is proved
            cell.sample()
        assert cell.proof()["resumption"] == resumption
        cell.close()

    def test_a_client_that_is_asked_for_a_key_of_another_group_sends_it(
        self, library: TlsImplementation
    ) -> None:
        meeting = meeting_of(library, "version=1.3 hello_retry=yes")
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
        meeting = meeting_of(library, f"workload={workload} version={version} {asked}")
        cell = prepare(meeting.scenario, {library.id: library}, time.perf_counter_ns, meeting.peers)
        cell.sample()  # which is proved
        cell.close()

    @pytest.mark.parametrize("asked", ["update_requested", "update_not_requested"])
    def test_a_key_update_changes_the_keys_that_it_says(self, library: TlsImplementation, asked: str) -> None:
        meeting = meeting_of(library, f"workload=key_update request_update={asked}")
        cell = prepare(meeting.scenario, {library.id: library}, time.perf_counter_ns, meeting.peers)
        cell.visit(0, 20)  # each is proved
        cell.close()

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_threads_may_use_its_contexts_at_once(self, library: TlsImplementation, version: str) -> None:
        meeting = meeting_of(library, f"workload=scaling version={version} threads={_THREADS}")
        makers = lanes_of(meeting.scenario, {library.id: library}, meeting.peers).makers(_THREADS)
        threads = Threads(_THREADS)
        lanes = threads.each(list(makers))
        threads.turn([lane.operate for lane in lanes], _TURN_NS)
        threads.each([lane.prove for lane in lanes])
        threads.each([lane.close for lane in lanes])
        threads.close()

    def test_without_a_session_nothing_resumes(self, library: TlsImplementation) -> None:
        meeting = meeting_of(library, "resumption=ticket,psk")
        for _ in range(2):
            exchange = meeting.shake()
            assert not exchange.client.negotiated().resumed
            assert not exchange.server.negotiated().resumed
            exchange.close()

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_application_data_arrives_whole_both_ways(self, library: TlsImplementation, version: str) -> None:
        exchange = meeting_of(library, f"version={version}").shake()
        for source, sink in ((exchange.client, exchange.server), (exchange.server, exchange.client)):
            for length in _LENGTHS:
                payload = os.urandom(length)
                source.write(payload)
                if sealed := source.data_to_send():  # an empty write may produce no record
                    sink.receive_data(sealed)
                assert len(sealed) > length or not length
                assert sink.read() == payload
                assert sink.read() == b""

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_many_writes_are_one_stream(self, library: TlsImplementation, version: str) -> None:
        exchange = meeting_of(library, f"version={version}").shake()
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
        meeting = meeting_of(library, f"version={version}")
        client, server = Slowly(meeting.clients.connect()), Slowly(meeting.servers.accept())
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
        meeting = meeting_of(library, f"version={version}")
        with pytest.raises(MeasurementError, match="stalled"):
            meeting.shake(Cut(direction))

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_garbage_in_place_of_an_answer_is_an_error(
        self, library: TlsImplementation, version: str
    ) -> None:
        meeting = meeting_of(library, f"version={version}")
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
        """Bytes are changed, removed or doubled: a library gives up or waits, and its process survives."""
        self._only_if_real()
        meeting = meeting_of(library, f"version={version}")
        chance, errors = random.Random(version), 0  # noqa: S311 - the same bytes each time
        for _ in range(self.mutations):
            try:
                _and_a_word(meeting.shake(Fuzzed(chance)))
            except (HandshakeError, MeasurementError):
                errors += 1
        assert errors > self.mutations // 2, "changed bytes are accepted as valid"

    @pytest.mark.parametrize("version", _VERSIONS)
    def test_an_altered_record_is_an_error(self, library: TlsImplementation, version: str) -> None:
        self._only_if_real()
        exchange = meeting_of(library, f"version={version}").shake()
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
        meeting = meeting_of(library, f"version={version}")
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
        meeting = meeting_of(library, f"version={version}")
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
        meeting = meeting_of(library, f"version={version} client_auth=required chain_length=2")
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
        meeting = meeting_of(library, f"version={version}", against=side)
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
        meeting = meeting_of(library, selector)
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


def _and_a_word(exchange: Exchange) -> None:
    """Send data, as a TLS 1.3 client is done before the server checks its certificate."""
    exchange.client.write(b"let me in")
    exchange.server.receive_data(exchange.client.data_to_send())
    exchange.server.read()


def _resident_bytes() -> int:
    gc.collect()
    resident: int = psutil.Process().memory_info().rss
    return resident
