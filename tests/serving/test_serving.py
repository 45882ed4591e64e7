"""Servers of every model on loopback, and what they count; their clients are loads and plain sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.errors import RequestError
from tlsbench.implementations.registry import implementations
from tlsbench.load import Plan as LoadPlan
from tlsbench.load import Target, run_load
from tlsbench.load.tally import SUCCESS
from tlsbench.scenarios import Scenario
from tlsbench.serving import MODELS, Plan, Serving, Tally
from tlsbench.serving.answers import http
from tlsbench.serving.session import Service

pytestmark = pytest.mark.slow
Find = Callable[[str], tuple[Scenario, ...]]
PEERS = pki.peers("ecdsa-secp256r1", 1)


@pytest.fixture
def plan_of(scenarios_of: Find) -> Callable[..., Plan]:
    def make(selector: str = "version=1.3", **change: Any) -> Plan:
        (scenario,) = scenarios_of(selector)
        plan = Plan(scenario=scenario.id, peers=pki.peers_for(scenario).to_pem(), **change)
        plan.check()
        return plan

    return make


def load_of(server: Serving, **change: Any) -> LoadPlan:
    settings = {"connections": 4, "duration_s": 0.5, "warm_up_s": 0.0, "step_limit_s": 3.0, **change}
    return LoadPlan(target=Target(*server.address), **settings)


def client(server: Serving) -> ssl.SSLSocket:
    context = ssl.create_default_context(cadata=PEERS.root.certificate_pem.decode("ascii"))
    return context.wrap_socket(socket.create_connection(server.address, 5), server_hostname="localhost")


@pytest.mark.parametrize("model", MODELS)
def test_the_counts_of_a_server_are_those_of_its_clients(model: str, plan_of: Callable[..., Plan]) -> None:
    with Serving(plan_of(model=model)) as server:
        load = run_load(load_of(server, requests=2, resume=0.5, path="/bytes/1000"))
    seen, told = server.tally(), load.tally
    assert set(told.outcomes) == {SUCCESS}
    assert seen.accepted == seen.ended == told.begun
    assert seen.negotiated == told.negotiated
    assert seen.requests == told.requests == 2 * told.begun
    assert seen.bytes_sent == told.bytes_received > 1000 * told.requests
    assert not seen.failures
    assert seen.cpu_s > 0


@pytest.mark.parametrize("name", ["ssl", "libssl", "utls", "rtls"])
def test_any_implementation_serves(name: str, plan_of: Callable[..., Plan]) -> None:
    if not hasattr(implementations()[name], "client_context"):
        pytest.skip(f"{name} is not installed")
    with Serving(plan_of(f"implementation={name} version=1.2")) as server:
        load = run_load(load_of(server, requests=1, version="1.2"))
    assert set(load.tally.outcomes) == {SUCCESS}
    assert server.tally().handshakes == load.tally.handshakes > 0


def test_processes_share_a_port_and_are_added_up(plan_of: Callable[..., Plan]) -> None:
    with Serving(plan_of(processes=2)) as server:
        load = run_load(load_of(server, connections=16, duration_s=1.0))
        server.watch(2.0)
    assert set(load.tally.outcomes) == {SUCCESS}
    assert server.tally().handshakes == load.tally.handshakes


@pytest.mark.parametrize("model", MODELS)
def test_it_echoes_what_it_is_sent(model: str, plan_of: Callable[..., Plan]) -> None:
    with Serving(plan_of(model=model, answer="echo")) as server, client(server) as tls:
        for payload in (b"x", os.urandom(100_000)):
            tls.sendall(payload)
            received = b""
            while len(received) < len(payload):
                received += tls.recv(1 << 16)
            assert received == payload


def test_it_sends_so_many_bytes_for_whatever_it_is_sent(plan_of: Callable[..., Plan]) -> None:
    with Serving(plan_of(answer="bulk:16MiB")) as server, client(server) as tls:
        tls.sendall(b"more")
        received = 0
        while received < 1 << 24:
            time.sleep(0.001)  # slower than the server: it must wait for the kernel to take the rest
            received += len(tls.recv(1 << 18))
        assert received == 1 << 24


@pytest.mark.parametrize("model", MODELS)
def test_what_is_open_at_the_stop_may_go_on_and_then_is_ended(
    model: str, plan_of: Callable[..., Plan]
) -> None:
    server = Serving(plan_of(model=model, answer="echo"))
    with client(server) as tls:
        tls.sendall(b"before")
        assert tls.recv(100) == b"before"
        began = time.monotonic()
        server.close()  # returns when all is drained
        assert 2.5 < time.monotonic() - began < 15
    assert server.tally().ended == server.tally().accepted == 1


@pytest.mark.parametrize("model", MODELS)
def test_a_client_that_talks_no_tls_is_a_failure_by_its_reason(
    model: str, plan_of: Callable[..., Plan]
) -> None:
    with Serving(plan_of(model=model)) as server:
        with socket.create_connection(server.address, 5) as sock:
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while sock.recv(4096):
                pass
        with socket.create_connection(server.address, 5):
            pass
        time.sleep(0.3)
    failures = server.tally().failures
    assert failures["closed within the handshake"] == 1
    assert failures.total() == 2
    assert server.tally().ended == 2


@pytest.mark.parametrize("name", ["pyopenssl", "ssl", "libssl", "utls", "rtls"])
def test_failures_are_told_by_their_alerts(name: str, plan_of: Callable[..., Plan]) -> None:
    if not hasattr(implementations()[name], "client_context"):
        pytest.skip(f"{name} is not installed")
    stranger = ssl.create_default_context()
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with Serving(plan_of(f"implementation={name} version=1.3")) as server:
        for context in (stranger, old):
            with socket.create_connection(server.address, 5) as sock, pytest.raises(ssl.SSLError):
                context.wrap_socket(sock, server_hostname="localhost")
        time.sleep(0.3)
    alerts = server.tally().alerts
    assert alerts["received unknown_ca"] == 1
    assert alerts["sent protocol_version"] + alerts["sent handshake_failure"] == 1


def test_it_listens_in_the_file_system_too(plan_of: Callable[..., Plan], tmp_path: Path) -> None:
    place = f"unix:{tmp_path}/tls.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(f"{tmp_path}/tls.sock")  # left behind by a server that was killed
    plan = plan_of(bind=(place, 0), socket_options={"SO_SNDBUF": 65536})
    with Serving(plan) as server:
        load = run_load(load_of(server, requests=2, size_bytes=100, path="/bytes/100"))
        with pytest.raises(RequestError, match="tls.sock: Address already in use"):
            Serving(plan)
    assert set(load.tally.outcomes) == {SUCCESS}
    assert server.tally().requests == load.tally.requests > 0
    assert not (tmp_path / "tls.sock").exists()


def test_a_server_out_of_descriptors_says_so_and_goes_on(plan_of: Callable[..., Plan]) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (48, before[1]))  # which the server inherits
    try:
        server = Serving(plan_of())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    with server:
        crowded = run_load(load_of(server, connections=60, hold=True, duration_s=1.5, step_limit_s=0.5))
        after = run_load(load_of(server, connections=4, requests=1))
    assert crowded.tally.begun == crowded.tally.outcomes.total() >= 60
    assert crowded.tally.outcomes[SUCCESS] > 10
    assert crowded.tally.outcomes["handshake: timeout"] > 10
    assert after.tally.outcomes[SUCCESS] > 0
    assert server.tally().failures["accept: Too many open files"] > 0


def test_a_client_that_reads_nothing_holds_nobody_up(plan_of: Callable[..., Plan]) -> None:
    for model in MODELS:
        with Serving(plan_of(model=model, answer="bulk:16MiB")) as server, client(server) as idle:
            idle.sendall(b"more")  # and is never read
            with client(server) as tls:
                tls.sendall(b"more")
                assert tls.recv(1000)


def test_a_request_that_is_no_http_ends_the_connection(plan_of: Callable[..., Plan]) -> None:
    with Serving(plan_of()) as server:
        with client(server) as tls:
            tls.sendall(b"NONSENSE\r\n\r\n")
            assert tls.recv(4096).startswith(b"HTTP/1.1 400 ")
            assert tls.recv(4096) == b""
        with client(server) as tls:
            tls.sendall(b"GET /bytes/999999999999 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert tls.recv(4096).startswith(b"HTTP/1.1 404")
    (why,) = server.tally().failures
    assert why == "HTTP: malformed request"


def test_a_port_that_is_taken_is_told_in_one_line(plan_of: Callable[..., Plan]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RequestError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"):
            Serving(plan_of(bind=("127.0.0.1", port)))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"model": "fork"}, "unknown model 'fork'"),
        ({"answer": "bulk"}, "unknown answer 'bulk'"),
        ({"answer": "bulk:lots"}, "lots"),
        ({"bind": ("127.0.0.1", 70000)}, "port 70000 does not exist"),
        ({"bind": ("localhost", 0)}, "--bind localhost: it must be an address"),
        ({"bind": ("unix:/tmp/tls.sock", 0), "processes": 2}, "has one process"),
        ({"processes": 0}, "--processes 0: it must be from 1"),
    ],
)
def test_a_server_that_cannot_be_is_refused(
    change: dict[str, Any], problem: str, plan_of: Callable[..., Plan]
) -> None:
    with pytest.raises(RequestError, match=problem):
        plan_of(**change)


def test_the_command_serves_until_a_signal_and_writes_its_counts(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tlsbench", "serve", "--port", "0", "--processes", "1"]
    files = ["--root", str(tmp_path / "root.pem"), "--json", str(tmp_path / "counts.json")]
    process = subprocess.Popen([*command, *files], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("serving on 127.0.0.1:")
    port = int(line.split()[2].rpartition(":")[2])
    plan = LoadPlan(
        target=Target("127.0.0.1", port),
        connections=2,
        duration_s=0.3,
        warm_up_s=0.0,
        root=str(tmp_path / "root.pem"),
        server_name="localhost",
    )
    load = run_load(plan)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert set(load.tally.outcomes) == {SUCCESS}
    assert f"{load.tally.begun} connections" in out.replace(",", "")
    assert json.loads((tmp_path / "counts.json").read_text())["accepted"] == load.tally.begun


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["version=1.2,1.3"], "a server is of one scenario, the selectors name 2"),
        (["workload=bulk"], "a server has no"),
        (["resumption=psk"], "a server has no resumption=psk"),
        (["version=1.2", "key=ml-dsa-44"], "ML-DSA certificates need TLS 1.3"),
        (["--pki", "/no/such"], "is no folder of 'tlsbench certs init'"),
    ],
)
def test_a_wrong_request_is_one_line(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from tlsbench.cli.app import run as tlsbench

    assert tlsbench(["serve", *arguments]) == 2
    assert problem in capsys.readouterr().err


def test_a_connection_fails_once_by_what_came_first(scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("implementation=pyopenssl version=1.3")
    library: Any = implementations()["pyopenssl"]
    service = Service(library.server_context(scenario, PEERS), http, Tally())
    session = service.accept()
    session.receive(b"GET / HTTP/1.0\r\n\r\n")
    assert session.is_over
    session.lose("connection reset")
    session.end()
    assert service.tally.failures.total() == 1
    assert service.tally.ended == 1
