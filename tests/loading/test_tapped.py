"""Tapped connections of a load: they behave like others, and their traffic is there, decrypted."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.loading.servers import PEERS, Address, listener, server_context, speaker

from tlsbench.links import Direction
from tlsbench.loading import LoadPlan, LoadTally, Target
from tlsbench.loading.engine import Engine
from tlsbench.loading.tally import SUCCESS
from tlsbench.loopback import Server, ServerSetup
from tlsbench.pki import peers_for
from tlsbench.serving import ServerPlan, Serving
from tlsbench.session.serve import served_scenario
from tlsbench.tracing import KeyLog, Ladder, ladder_of
from tlsbench.tracing.tapping import Tapped, Taps

pytestmark = pytest.mark.slow


def load_of(address: Address, captured: int, **change: Any) -> tuple[LoadTally, list[Tapped]]:
    """The counts of a short load in this process, with that many connections captured."""
    plan = LoadPlan(target=Target(*address), connections=2, duration_s=0.3, warm_up_s=0.0, step_limit_s=2.0)
    plan = replace(plan, captured=captured, **change)
    plan.check(unbounded=False)
    found: list[Tapped] = []
    engine = Engine(plan, -1, Taps(captured, Direction.TO_SERVER, found.append).begin)
    engine.run(time.monotonic_ns(), lambda _second: None)
    assert engine.tally.begun == engine.tally.outcomes.total() > 0
    return engine.tally, found


def ladders(found: list[Tapped]) -> list[Ladder]:
    """The ladders of the tapped connections, in the order of their start."""
    made = []
    for number in sorted({one.connection for one in found}):
        mine = [one for one in found if one.connection == number]
        log = KeyLog(tuple(line for one in mine for line in one.key_log.lines))
        made.append(ladder_of([piece for one in mine for piece in one.pieces], log))
    return made


@pytest.fixture
def address() -> Iterator[Address]:
    with Server(ServerSetup(identity=PEERS.server)) as server:
        yield server.address


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_what_they_sent_and_received_is_there_and_opened(version: str, address: Address) -> None:
    tally, found = load_of(address, 2, version=version, requests=2, duration_s=1.0)
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.begun > 2
    shown = ladders(found)
    assert len(shown) == 2
    for ladder in shown:
        assert ladder.opened
        assert ladder.version == version
        names = [message.name for message in ladder.messages]
        assert names.count("Finished") == 2
        assert names.count("ApplicationData") >= 4
        assert "Alert close_notify" in names


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_they_resume_and_are_resumed(version: str, address: Address) -> None:
    tally, found = load_of(
        address, 1000, version=version, requests=1, resume=0.5, connections=1, duration_s=1.0
    )
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.resumed == tally.wanted_resumed > 0
    certificates = [any(one.name == "Certificate" for one in ladder.messages) for ladder in ladders(found)]
    assert certificates.count(False) == tally.resumed
    assert certificates[:2] == [True, False]


def test_early_data_is_in_the_capture() -> None:
    scenario = served_scenario(["implementation=pyopenssl version=1.3"], early_data=True)
    plan = ServerPlan(scenario=scenario.id, peers=peers_for(scenario).to_pem(), groups=("x25519",))
    with Serving(plan) as server:
        tally, found = load_of(
            server.address,
            1000,
            version="1.3",
            requests=1,
            resume=1.0,
            early_data=True,
            connections=1,
            duration_s=1.0,
        )
    assert set(tally.outcomes) == {SUCCESS}
    shown = ladders(found)
    assert all(ladder.opened for ladder in shown)
    early = [any(one.name == "EarlyData" for one in ladder.messages) for ladder in shown]
    # The client's first key shares are X25519MLKEM768 and x25519: no HelloRetryRequest rejects the data.
    assert early.count(True) == tally.early_data["accepted"] > 0


def test_a_hello_retry_request_is_counted_and_in_the_capture() -> None:
    context = server_context()
    context.set_ecdh_curve("secp521r1")
    with speaker(context, lambda tls: tls.recv(1)) as address:
        tally, found = load_of(address, 5, version="1.3")
    assert tally.hello_retry_requests == tally.begun > 0
    assert all(ladder.hello_retry and ladder.opened for ladder in ladders(found))


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reset_later(sock: socket.socket) -> None:
    sock.recv(1)
    reset(sock)


def speak_http(sock: socket.socket) -> None:
    sock.recv(1)
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    sock.shutdown(socket.SHUT_WR)
    sock.recv(1 << 16)


def failures(tally: LoadTally) -> set[str]:
    """The reasons of failures, with those merged that mean the same: the end of a socket during a handshake.

    A reset may arrive before the connection is seen to be open, and what a socket with unread data sends when
    it closes depends on whether the data had arrived.
    """
    reset = "handshake: connection reset"
    alike = {"connect: connection reset", "handshake: closed by the server without close_notify"}
    return {reset if outcome in alike else outcome for outcome in tally.outcomes}


@pytest.mark.parametrize("behave", [lambda _sock: None, reset, reset_later, speak_http])
def test_they_fail_by_the_same_words_where_there_is_no_tls(behave: Callable[[socket.socket], None]) -> None:
    with listener(behave) as address:
        plain, _ = load_of(address, 0)
        tapped, found = load_of(address, 1000)
    assert failures(tapped) == failures(plain)
    assert SUCCESS not in tapped.outcomes
    assert {one.connection for one in found} <= set(range(1000))


def hang_up_unclean(tls: ssl.SSLSocket) -> None:
    """Close the socket beneath the connection, in the middle of its answer."""
    tls.recv(1 << 16)
    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1")


def reset_unclean(tls: ssl.SSLSocket) -> None:
    tls.recv(1 << 16)
    reset(tls)


def say_goodbye(tls: ssl.SSLSocket) -> None:
    tls.recv(1 << 16)
    with contextlib.suppress(OSError):
        tls.unwrap()


@pytest.mark.parametrize("speak", [hang_up_unclean, reset_unclean, say_goodbye])
def test_they_fail_by_the_same_words_where_an_answer_is_cut_off(
    speak: Callable[[ssl.SSLSocket], None],
) -> None:
    with speaker(server_context(), speak) as address:
        plain, _ = load_of(address, 0, requests=1)
        tapped, _ = load_of(address, 1000, requests=1)
    assert set(tapped.outcomes) == set(plain.outcomes)
    assert SUCCESS not in tapped.outcomes


def test_a_certificate_that_is_not_trusted_is_refused_with_an_alert_in_the_capture(tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    root.write_bytes(PEERS.client.chain_pem)
    with speaker(server_context(), lambda tls: tls.recv(1)) as address:
        plain, _ = load_of(address, 0, root=str(root), server_name="localhost")
        tapped, found = load_of(address, 1, root=str(root), server_name="localhost")
    assert set(tapped.outcomes) == set(plain.outcomes)
    (ladder,) = ladders(found)
    assert ladder.messages[-1].name.startswith("Alert ")
    assert ladder.opened


def test_a_held_and_a_pooled_connection_are_captured_too(address: Address) -> None:
    held, of_held = load_of(address, 2, hold=True)
    pooled, of_pooled = load_of(address, 2, pool=2, requests=1)
    assert set(held.outcomes) == set(pooled.outcomes) == {SUCCESS}
    assert [ladder.opened for ladder in ladders(of_held)] == [True, True]
    assert [ladder.opened for ladder in ladders(of_pooled)] == [True, True]
    assert pooled.reused > 2


def test_a_key_log_that_was_asked_for_has_the_secrets_of_all_connections(
    address: Address, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    tally, found = load_of(address, 1, version="1.3", key_log=str(keys))
    assert set(tally.outcomes) == {SUCCESS}
    every = {random for _, random, _ in KeyLog.parse(keys.read_text(encoding="ascii")).lines}
    assert len(every) == tally.begun
    (ladder,) = ladders(found)
    assert ladder.opened
