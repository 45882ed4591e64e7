"""Captures of servers: their first connections, for every model and library, decrypted with their secrets."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.tracing.captures import Captured, read_capture

from tlsbench import pki
from tlsbench.implementations.registry import tls_libraries
from tlsbench.loading import LoadPlan, Target, run_load
from tlsbench.loading.tally import SUCCESS
from tlsbench.scenarios import Scenario
from tlsbench.serving import MODELS, ServerPlan, Serving
from tlsbench.tracing import KeyLog
from tlsbench.tracing.live import LiveCapture

pytestmark = pytest.mark.slow
PEERS = pki.peers("ecdsa-secp256r1", 1)
PlanOf = Callable[..., ServerPlan]


@pytest.fixture
def plan_of(scenarios_of: Callable[[str], tuple[Scenario, ...]]) -> PlanOf:
    def make(selector: str = "version=1.3", captured: int = 10, **change: Any) -> ServerPlan:
        (scenario,) = scenarios_of(f"{selector} key=ecdsa-secp256r1")
        peers = pki.peers_for(scenario).to_pem()
        plan = ServerPlan(scenario=scenario.id, peers=peers, captured=captured, **change)
        plan.check()
        return plan

    return make


def ask(server: Serving) -> None:
    """Connect, send a request and hang up, like a client from outside this project."""
    context = ssl.create_default_context(cadata=PEERS.root.certificate_pem.decode("ascii"))
    with (
        socket.create_connection(server.address, 5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        tls.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert tls.recv(100).startswith(b"HTTP/1.1 200")


def capture(path: Path, plan: ServerPlan, times: int) -> Captured:
    with LiveCapture(path, plan.captured, "") as live, Serving(plan, live) as server:
        for _ in range(times):
            ask(server)
    assert live.problem == ""
    return read_capture(path)


@pytest.mark.parametrize("model", MODELS)
def test_the_first_connections_of_every_model_are_captured_and_opened(
    model: str, plan_of: PlanOf, tmp_path: Path
) -> None:
    began_ns = time.time_ns()
    found = capture(tmp_path / "x.pcapng", plan_of(model=model, captured=3), times=5)
    assert len(found.pieces) == 3
    for ladder in found.ladders():
        assert ladder.opened
        assert [one.name for one in ladder.messages].count("Finished") == 2
        assert ladder.messages[-1].name in ("ApplicationData", "Alert close_notify")
    times = [piece.at_ns for pieces in found.pieces.values() for piece in pieces]
    assert began_ns < min(times) <= max(times) < time.time_ns()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("library", ["ssl", "libssl", "utls", "rtls"])
def test_every_library_that_has_secrets_gives_them(
    library: str, version: str, plan_of: PlanOf, tmp_path: Path
) -> None:
    if library not in tls_libraries():
        pytest.skip(f"{library} is not installed")
    plan = plan_of(f"implementation={library} version={version}", captured=1)
    (ladder,) = capture(tmp_path / "x.pcapng", plan, times=1).ladders()
    assert ladder.opened
    assert ladder.version == version


def test_of_several_processes_as_many_are_captured_as_are_wanted(plan_of: PlanOf, tmp_path: Path) -> None:
    found = capture(tmp_path / "x.pcapng", plan_of(processes=3, captured=4), times=12)
    assert len(found.pieces) == 4
    assert all(ladder.opened for ladder in found.ladders())


def test_those_after_them_log_no_keys(plan_of: PlanOf, tmp_path: Path) -> None:
    """Neither in the capture nor in the file named by SSLKEYLOGFILE, which has those of all."""
    keys = tmp_path / "keys"
    keys.touch()
    found = capture(tmp_path / "x.pcapng", plan_of(captured=2, key_log=str(keys)), times=4)
    inside = {random for _, random, _ in found.log.lines}
    every = {random for _, random, _ in KeyLog.parse(keys.read_text(encoding="ascii")).lines}
    assert len(inside) == 2
    assert inside < every
    assert len(every) == 4


def test_a_connection_that_goes_on_is_in_the_file_before_its_end(plan_of: PlanOf, tmp_path: Path) -> None:
    path, plan = tmp_path / "x.pcapng", plan_of()
    context = ssl.create_default_context(cadata=PEERS.root.certificate_pem.decode("ascii"))
    with LiveCapture(path, plan.captured, "") as live, Serving(plan, live) as server:
        plain = socket.create_connection(server.address, 5)
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            tls.recv(100)
            until_s = time.monotonic() + 30
            while not read_capture(path).pieces and time.monotonic() < until_s:
                server.watch(0.1)
            server.watch(1.0)
            (ladder,) = read_capture(path).ladders()
    assert ladder.opened
    assert "ApplicationData" in [one.name for one in ladder.messages]


def test_a_handshake_that_fails_is_captured_with_its_alert(plan_of: PlanOf, tmp_path: Path) -> None:
    path, plan = tmp_path / "x.pcapng", plan_of()
    with LiveCapture(path, plan.captured, "") as live, Serving(plan, live) as server:
        context = ssl.create_default_context()
        with (
            pytest.raises(ssl.SSLCertVerificationError),
            socket.create_connection(server.address, 5) as plain,
        ):
            context.wrap_socket(plain, server_hostname="localhost")
    (ladder,) = read_capture(path).ladders()
    assert ladder.messages[-1].name == "Alert unknown_ca"


def test_a_large_answer_is_captured_to_its_first_mebibyte(plan_of: PlanOf, tmp_path: Path) -> None:
    path, plan = tmp_path / "x.pcapng", plan_of(captured=1)
    with LiveCapture(path, plan.captured, "") as live, Serving(plan, live) as server:
        load = LoadPlan(
            target=Target(*server.address),
            connections=1,
            duration_s=0.2,
            warm_up_s=0.0,
            requests=1,
            path="/bytes/4000000",
        )
        assert set(run_load(load).tally.outcomes) == {SUCCESS}
    (pieces,) = read_capture(path).pieces.values()
    assert sum(len(piece.data) for piece in pieces) == 1 << 20
    assert path.stat().st_size < 1.2 * (1 << 20)


def test_both_ends_of_a_connection_capture_the_same_bytes(plan_of: PlanOf, tmp_path: Path) -> None:
    of_server, of_client = tmp_path / "server.pcapng", tmp_path / "client.pcapng"
    with (
        LiveCapture(of_server, 10, "") as server_side,
        LiveCapture(of_client, 1000, "") as client_side,
        Serving(plan_of(), server_side) as server,
    ):
        load = LoadPlan(
            target=Target(*server.address),
            connections=1,
            duration_s=0.2,
            warm_up_s=0.0,
            requests=2,
            resume=0.5,
            captured=1000,
        )
        made = run_load(load, capture=client_side)
    assert set(made.tally.outcomes) == {SUCCESS}
    seen = [read_capture(path) for path in (of_server, of_client)]

    def streams(found: Captured) -> dict[bytes, list[bytes]]:
        return {
            pieces[0].data[11:43]: [
                b"".join(piece.data for piece in pieces if piece.direction is way)
                for way in sorted({piece.direction for piece in pieces}, key=str)
            ]
            for pieces in found.pieces.values()
        }

    theirs, ours = map(streams, seen)
    assert 1 <= len(theirs) <= 10
    assert all(ours[random] == both for random, both in theirs.items())
