"""Taps at the ends of every library: the bytes and the secrets of the first connections, and of no others."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench import pki
from tlsbench.implementations import LogsKeys
from tlsbench.implementations.registry import tls_libraries, tls_library
from tlsbench.links import Direction, MemoryLink
from tlsbench.scenarios import Scenario
from tlsbench.tracing import KeyLog, Piece, ladder_of
from tlsbench.tracing.tapping import MOST_BYTES, Tap, Tapped, TappedServers, Taps
from tlsbench.workloads.exchange import shake_hands

WITH_SECRETS = ("pyopenssl", "ssl", "libssl", "utls", "rtls")
RANDOM = bytes(range(32))
HELLO = b"\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03" + RANDOM + bytes(20)
LOG = KeyLog.parse(f"CLIENT_RANDOM {RANDOM.hex()} {'ab' * 48}\nCLIENT_RANDOM {'01' * 32} {'cd' * 48}\n")
Serve = Callable[..., list[Tapped]]


@pytest.fixture
def serve(scenarios_of: Callable[[str], tuple[Scenario, ...]], tmp_path: Path) -> Serve:
    """Do that many handshakes with a tapped server, and return what was handed on."""

    def run(selector: str, times: int, most: int, also: Path | None = None) -> list[Tapped]:
        (scenario,) = scenarios_of(f"{selector} key=ecdsa-secp256r1")
        peers, key_log, found = pki.peers_for(scenario), tmp_path / "keys", []
        key_log.touch()
        library = tls_library(scenario.server)
        plain, tapped = library.server_context(scenario, peers), library.server_context(scenario, peers)
        logs = isinstance(tapped, LogsKeys)
        if isinstance(tapped, LogsKeys):
            tapped.log_keys(str(key_log))
        taps = Taps(most, Direction.TO_CLIENT, found.append)
        servers = TappedServers(plain, tapped, taps, key_log if logs else None, also)
        clients = tls_library(scenario.client).client_context(scenario, peers)
        for _ in range(times):
            exchange = shake_hands(clients, servers, MemoryLink(), time.perf_counter_ns)
            exchange.client.write(b"question")
            exchange.server.receive_data(exchange.client.data_to_send())
            assert exchange.server.read() == b"question"
            exchange.close()
        return found

    return run


def together(found: list[Tapped]) -> dict[int, tuple[list[Piece], KeyLog]]:
    """Everything that was handed on, by connection."""
    every: dict[int, tuple[list[Piece], KeyLog]] = {}
    for one in found:
        pieces, log = every.get(one.connection, ([], KeyLog()))
        every[one.connection] = ([*pieces, *one.pieces], KeyLog((*log.lines, *one.key_log.lines)))
    return every


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("library", WITH_SECRETS)
def test_the_secrets_of_every_library_open_what_was_tapped(library: str, version: str, serve: Serve) -> None:
    if library not in tls_libraries():
        pytest.skip(f"{library} is not installed")
    found = together(serve(f"client=pyopenssl server={library} version={version}", times=2, most=2))
    assert len(found) == 2
    for pieces, log in found.values():
        ladder = ladder_of(pieces, log)
        assert ladder.opened
        assert ladder.messages[-1].name == "ApplicationData"
        assert {random for _, random, _ in log.lines} == {pieces[0].data[11:43]}


def test_only_the_first_connections_are_tapped_and_only_they_log_their_keys(
    serve: Serve, tmp_path: Path
) -> None:
    found = together(serve("implementation=pyopenssl version=1.3", times=4, most=2))
    assert sorted(found) == [0, 1]
    logged = KeyLog.parse((tmp_path / "keys").read_text(encoding="ascii"))
    assert {random for _, random, _ in logged.lines} == {p[0].data[11:43] for p, _ in found.values()}


def test_a_library_without_a_key_log_is_tapped_without_secrets(serve: Serve) -> None:
    ((pieces, log),) = together(serve("implementation=fake version=1.3", times=1, most=1)).values()
    assert not log
    assert pieces


def test_the_secrets_go_to_a_key_log_that_somebody_asked_for_too(serve: Serve, tmp_path: Path) -> None:
    also = tmp_path / "asked"
    (((_, log)),) = together(serve("implementation=pyopenssl version=1.2", 1, 1, also)).values()
    assert also.read_text(encoding="ascii") == log.text() != ""


def tap(found: list[Tapped]) -> Tap:
    return Tap(7, Direction.TO_CLIENT, found.append)


def test_nothing_is_handed_on_before_the_handshake_is_over_and_everything_at_once_after_it() -> None:
    found: list[Tapped] = []
    one = tap(found)
    one.received(HELLO)
    one.sent(b"hello")
    assert found == []
    one.shaken(LOG)
    (first,) = found
    assert [(piece.direction, piece.data) for piece in first.pieces] == [
        (Direction.TO_SERVER, HELLO),
        (Direction.TO_CLIENT, b"hello"),
    ]
    assert [random for _, random, _ in first.key_log.lines] == [RANDOM]
    one.sent(b"more")
    assert [piece.data for piece in found[1].pieces] == [b"more"]
    assert not found[1].key_log
    assert 0 <= first.pieces[0].at_ns <= first.pieces[1].at_ns <= found[1].pieces[0].at_ns
    assert found[1].began_ns == first.began_ns


def test_a_handshake_that_fails_is_handed_on_at_its_end_with_the_secrets_there_are() -> None:
    found: list[Tapped] = []
    one = tap(found)
    one.received(HELLO)
    one.secret(LOG.text().splitlines()[0].encode())
    one.end()
    one.end()
    (only,) = found
    assert len(only.key_log.lines) == 1


def test_the_random_is_found_however_the_hello_comes() -> None:
    found: list[Tapped] = []
    one = tap(found)
    for at in range(len(HELLO)):
        one.received(HELLO[at : at + 1])
    one.shaken(LOG)
    assert [random for _, random, _ in found[0].key_log.lines] == [RANDOM]


def test_so_much_of_a_connection_is_captured_and_no_more() -> None:
    found: list[Tapped] = []
    one = tap(found)
    one.shaken()
    for _ in range(5):
        one.sent(bytes(MOST_BYTES // 4))
    one.received(b"more")
    assert sum(len(piece.data) for each in found for piece in each.pieces) == MOST_BYTES


@given(
    st.builds(
        Tapped,
        st.integers(0, 9),
        st.integers(0, 2**62),
        st.lists(st.builds(Piece, st.sampled_from(Direction), st.binary(max_size=9), st.integers(0, 9))).map(
            tuple
        ),
        st.sampled_from([KeyLog(), LOG]),
    )
)
def test_what_was_tapped_survives_the_way_from_process_to_process(tapped: Tapped) -> None:
    assert Tapped.from_plain(tapped.to_plain()) == tapped


def test_secrets_are_not_in_what_is_shown_of_a_tapped_connection() -> None:
    shown = repr(Tapped(0, 0, (Piece(Direction.TO_CLIENT, b"x"),), LOG))
    assert "ab" * 48 not in shown
