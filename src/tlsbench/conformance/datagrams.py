"""Tests of what every library with DTLS or QUIC must do behind the contract, for third parties too.

In a test file::

    from tlsbench.conformance.datagrams import DatagramConformance

    class TestMine(DatagramConformance):
        transport = "quic"

        @pytest.fixture
        def library(self):
            return MyLibrary()

Whatever the library's capabilities exclude is skipped with the reason that they give; everything else must
work.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tlsbench import pki
from tlsbench.errors import HandshakeError, MeasurementError, TlsbenchError
from tlsbench.implementations import DatagramImplementation
from tlsbench.links import Direction, MemoryDatagrams
from tlsbench.scenarios import Scenario, expand, parse
from tlsbench.scenarios.axes import AXES
from tlsbench.workloads import Workload, prepare
from tlsbench.workloads.exchange import Connection
from tlsbench.workloads.handshake import Handshake
from tlsbench.workloads.stream import Bulk

_RESUMPTIONS = ("session-id", "ticket", "psk", "early-data")
_LENGTHS = (1, 1000, 16384, 100_000)
#: The most datagrams that go wrong, and the probability of each.
_MOST_WRONG = 3
_CHANCE = 0.5


class Malformed(MemoryDatagrams):
    """Changes, drops, doubles or reorders some of the first datagrams, at random but the same for each seed.

    :param kind: ``fuzzed``, ``dropped``, ``doubled`` or ``reordered``.
    """

    KINDS = ("fuzzed", "dropped", "doubled", "reordered")

    def __init__(self, seed: int, kind: str) -> None:
        super().__init__()
        self._chance = random.Random(f"{seed} {kind}")  # noqa: S311 - the same datagrams each time
        self._spoil = {
            "fuzzed": self._fuzzed,
            "dropped": self._dropped,
            "doubled": self._doubled,
            "reordered": self._reordered,
        }[kind]
        self._left = self._chance.randrange(1, _MOST_WRONG + 1)
        self._held: bytes | None = None

    def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        (arrived,) = super().carry(direction, datagram)
        if not self._left or self._chance.random() > _CHANCE:
            held, self._held = self._held, None
            return (arrived,) if held is None else (arrived, held)
        self._left -= 1
        return self._spoil(arrived)

    def _fuzzed(self, data: bytes) -> tuple[bytes, ...]:
        at = self._chance.randrange(len(data))
        end = min(len(data), at + self._chance.choice((1, 2, 4, 64)))
        flipped = bytes(byte ^ self._chance.randrange(1, 256) for byte in data[at:end])
        piece = self._chance.choice((flipped, flipped, b"", data[at:end] * 2))
        return (data[:at] + piece + data[end:],)

    def _dropped(self, _data: bytes) -> tuple[bytes, ...]:
        return ()

    def _doubled(self, data: bytes) -> tuple[bytes, ...]:
        return (data, data)

    def _reordered(self, data: bytes) -> tuple[bytes, ...]:
        held, self._held = self._held, data
        return () if held is None else (held,)


class Silent(MemoryDatagrams):
    """Delivers nothing."""

    def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        super().carry(direction, datagram)
        return ()


class DatagramConformance:
    """The test suite. Override :attr:`transport` and :meth:`library`, which may be parametrised."""

    #: A value of the axis ``transport``.
    transport = "dtls"
    #: The number of handshakes with datagrams that go wrong, for each kind.
    mutations = 20
    #: The seconds of real time within which a peer that never answers must cause an error.
    patience_s = 30.0

    @pytest.fixture
    def library(self) -> DatagramImplementation:
        """The library under test."""
        raise NotImplementedError("a subclass gives the library, see tlsbench.conformance.datagrams")

    @pytest.fixture
    def cells(self, library: DatagramImplementation) -> Iterator[_Cells]:
        """A factory of its cells."""
        made = _Cells(library, self.transport)
        yield made
        made.close()

    @pytest.mark.parametrize("key", ["rsa-2048", "ecdsa-secp256r1", "ed25519"])
    def test_a_full_handshake_is_what_both_sides_and_the_wire_say(self, cells: _Cells, key: str) -> None:
        cell = cells.of(f"key={key}")
        ledger = cell.sample().ledger
        assert cell.proof()["resumption"] == "none"
        assert cell.proof()["server_verified"] is True
        assert ledger.client_datagrams
        assert ledger.sizes
        assert ledger.round_trips

    def test_a_complete_handshake_stays_complete_when_it_is_asked_again(self, cells: _Cells) -> None:
        connection = shake(cells.of())
        for end in (connection.client, connection.server):
            before = end.negotiated()
            assert end.handshake()
            assert end.negotiated() == before

    def test_a_client_certificate_is_asked_for_and_verified(self, cells: _Cells) -> None:
        cell = cells.of("client_auth=required chain_length=2")
        cell.sample()
        assert cell.proof()["client_verified"] is True

    @pytest.mark.parametrize("resumption", _RESUMPTIONS)
    def test_a_session_resumes_time_and_again(self, cells: _Cells, resumption: str) -> None:
        cell = cells.of(f"resumption={resumption}")
        for _ in range(4):  # each sample is proved
            cell.sample()
        assert cell.proof()["resumption"] == resumption

    def test_a_check_of_the_address_costs_a_round_trip(self, cells: _Cells) -> None:
        with_check = cells.of("address_check=yes").sample().ledger.round_trips
        without = cells.of("address_check=no").sample().ledger.round_trips
        assert with_check is not None
        assert without is not None
        assert with_check == without + 1

    @pytest.mark.parametrize("mtu", AXES["mtu"].values)
    def test_no_datagram_is_larger_than_the_mtu(self, cells: _Cells, mtu: str) -> None:
        for workload in ("", "workload=bulk size=16KiB"):
            cell = cells.of(f"{workload} mtu={mtu}")
            cell.link = link = _Measuring()
            cell.sample()
            assert 0 < link.largest_bytes <= int(mtu)

    def test_application_data_arrives_whole_both_ways(self, cells: _Cells) -> None:
        connection = shake(cells.of())
        for direction in Direction:
            for length in _LENGTHS:
                data = random.Random(length).randbytes(length)  # noqa: S311 - the same bytes each time
                poured = connection.pour(direction, data, 3, time.perf_counter_ns)
                assert poured.received == data * 3

    @pytest.mark.parametrize("kind", Malformed.KINDS)
    def test_datagrams_that_go_wrong_never_hang_it(self, cells: _Cells, kind: str) -> None:
        """It ends in a handshake or in one of tlsbench's errors, and the contexts can still be used."""
        cell = cells.of()
        plain, whole = cell.link, 0
        for seed in range(self.mutations):
            cell.link = Malformed(seed, kind)
            try:
                shake(cell).close()
            except (HandshakeError, MeasurementError):
                continue
            whole += 1
        cell.link = plain
        cell.sample()
        if kind in ("dropped", "doubled"):
            assert whole == self.mutations, "what is lost is sent again, and what comes twice is dropped"

    def test_a_peer_that_never_answers_is_an_error_within_the_limit(self, cells: _Cells) -> None:
        cell = cells.of()
        cell.link = Silent()
        began = time.monotonic()
        with pytest.raises(TlsbenchError):
            shake(cell)
        assert time.monotonic() - began < self.patience_s

    def test_a_root_that_the_client_does_not_trust_ends_the_handshake(
        self, library: DatagramImplementation, cells: _Cells
    ) -> None:
        cell = cells.of()
        doubting = replace(cell.peers, root=pki.peers("rsa-2048", 1).root)
        cell.clients = library.datagram_client_context(cell.scenario, doubting)
        with pytest.raises(TlsbenchError):
            shake(cell)

    def test_a_certificate_for_another_host_ends_the_handshake(
        self, library: DatagramImplementation, cells: _Cells
    ) -> None:
        cell = cells.of()
        other = cell.peers.issuer.issue(pki.Template(names=("elsewhere.example",)))
        cell.servers = library.datagram_server_context(cell.scenario, replace(cell.peers, server=other))
        with pytest.raises(TlsbenchError):
            shake(cell)


class _Measuring(MemoryDatagrams):
    """Records the size of the largest datagram."""

    largest_bytes = 0

    def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        self.largest_bytes = max(self.largest_bytes, len(datagram))
        return super().carry(direction, datagram)


class _Cells:
    """Makes the cells of a library over a transport, with the library at both ends."""

    def __init__(self, library: DatagramImplementation, transport: str) -> None:
        self._library = library
        self._transport = transport
        self._made: list[Workload] = []

    def of(self, selectors: str = "") -> Handshake | Bulk:
        """The first cell that the selectors match; with client certificates if it is impossible without."""
        scenario = self._scenario(selectors)
        made = prepare(scenario, {self._library.id: self._library}, time.perf_counter_ns)
        assert isinstance(made, Handshake | Bulk)
        self._made.append(made)
        return made

    def _scenario(self, selectors: str) -> Scenario:
        reason = ""
        able = {self._library.id: self._library.capabilities()}
        for auth in ("", "client_auth=required chain_length=2"):
            if auth and "client_auth" in selectors:
                break
            text = f"implementation={self._library.id} transport={self._transport} {selectors} {auth}"
            matrix = expand([parse([text], tuple(able))], able)
            if matrix.scenarios:
                return matrix.scenarios[0]
            reason = reason or matrix.excluded[0].reason
        pytest.skip(reason)

    def close(self) -> None:
        for cell in self._made:
            cell.close()


def shake(cell: Handshake | Bulk) -> Connection:
    """Perform one handshake of a cell over its link, without proving it."""
    return cell.shake(cell.clients, cell.servers, cell.link, time.perf_counter_ns)
