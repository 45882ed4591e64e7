"""Servers of every model on loopback, and their counts; the clients are loads and plain sockets."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tlsbench import pki
from tlsbench.errors import RequestError
from tlsbench.implementations.registry import implementations
from tlsbench.loading import LoadPlan, Target, run_load
from tlsbench.loading.tally import SUCCESS
from tlsbench.loopback.http import PROBLEMS
from tlsbench.scenarios import Scenario
from tlsbench.serving import MODELS, Limits, ServerPlan, ServerTally, Serving
from tlsbench.serving.answers import http
from tlsbench.serving.session import Service
from tlsbench.tracing import KeyLog

pytestmark = pytest.mark.slow
Find = Callable[[str], tuple[Scenario, ...]]
MIB = 1 << 20
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = b"GET /bytes/67108864 HTTP/1.1\r\nHost: a\r\n\r\n"
PEERS = pki.peers("ecdsa-secp256r1", 1)


PlanOf = Callable[..., ServerPlan]


@pytest.fixture
def plan_of(scenarios_of: Find) -> Callable[..., ServerPlan]:
    def make(selector: str = "version=1.3", **change: Any) -> ServerPlan:
        (scenario,) = scenarios_of(selector)
        plan = ServerPlan(scenario=scenario.id, peers=pki.peers_for(scenario).to_pem(), **change)
        plan.check()
        return plan

    return make


def load_of(server: Serving, **change: Any) -> LoadPlan:
    settings = {"connections": 4, "duration_s": 0.5, "warm_up_s": 0.0, "step_limit_s": 3.0, **change}
    return LoadPlan(target=Target(*server.address), **settings)


def process_of(server: Serving) -> psutil.Process:
    return psutil.Process(server._workers[0]._process.pid)


def client(server: Serving) -> ssl.SSLSocket:
    context = ssl.create_default_context(cadata=PEERS.root.certificate_pem.decode("ascii"))
    return context.wrap_socket(socket.create_connection(server.address, 5), server_hostname="localhost")


@pytest.mark.parametrize("model", MODELS)
def test_the_counts_of_a_server_are_those_of_its_clients(model: str, plan_of: PlanOf) -> None:
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
def test_any_implementation_serves(name: str, plan_of: PlanOf) -> None:
    if not hasattr(implementations()[name], "client_context"):
        pytest.skip(f"{name} is not installed")
    with Serving(plan_of(f"implementation={name} version=1.2")) as server:
        load = run_load(load_of(server, requests=1, version="1.2"))
    assert set(load.tally.outcomes) == {SUCCESS}
    assert server.tally().handshakes == load.tally.handshakes > 0


def test_processes_share_a_port_and_are_added_up(plan_of: PlanOf) -> None:
    with Serving(plan_of(processes=2)) as server:
        load = run_load(load_of(server, connections=16, duration_s=1.0))
        server.watch(2.0)
    assert set(load.tally.outcomes) == {SUCCESS}
    assert server.tally().handshakes == load.tally.handshakes


@pytest.mark.parametrize("model", MODELS)
def test_it_echoes_what_it_is_sent(model: str, plan_of: PlanOf) -> None:
    with Serving(plan_of(model=model, answer="echo")) as server, client(server) as tls:
        for payload in (b"x", os.urandom(100_000)):
            tls.sendall(payload)
            received = b""
            while len(received) < len(payload) and (data := tls.recv(1 << 16)):
                received += data
            assert received == payload


def test_it_sends_so_many_bytes_for_whatever_it_is_sent(plan_of: PlanOf) -> None:
    with Serving(plan_of(answer="bulk:16MiB")) as server, client(server) as tls:
        tls.sendall(b"more")
        received = 0
        while received < 1 << 24:
            time.sleep(0.001)  # slower than the server: it must wait for the kernel to take the rest
            received += len(tls.recv(1 << 18))
        assert received == 1 << 24


@pytest.mark.parametrize("model", MODELS)
def test_what_is_open_at_the_stop_may_go_on_and_then_is_ended(model: str, plan_of: PlanOf) -> None:
    server = Serving(plan_of(model=model, answer="echo"))
    with client(server) as tls:
        tls.sendall(b"before")
        assert tls.recv(100) == b"before"
        began = time.monotonic()
        server.close()  # returns when everything is drained
        assert time.monotonic() - began > 2.5
    assert server.tally().ended == server.tally().accepted == 1


@pytest.mark.parametrize("model", MODELS)
def test_a_client_that_talks_no_tls_is_a_failure_by_its_reason(model: str, plan_of: PlanOf) -> None:
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
def test_failures_are_told_by_their_alerts(name: str, plan_of: PlanOf) -> None:
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


def test_it_listens_in_the_file_system_too(plan_of: PlanOf, tmp_path: Path) -> None:
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


@pytest.mark.parametrize("model", MODELS)
def test_a_server_out_of_descriptors_says_so_and_goes_on(model: str, plan_of: PlanOf) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (48, before[1]))  # the server inherits this
    try:
        server = Serving(plan_of(model=model))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    with server:
        crowded = run_load(load_of(server, connections=60, hold=True, duration_s=1.5, step_limit_s=0.5))
        after = run_load(load_of(server, connections=4, requests=1))
    assert crowded.tally.begun == crowded.tally.outcomes.total() >= 60
    assert crowded.tally.outcomes[SUCCESS] > 10
    assert crowded.tally.outcomes["handshake: timeout"] > 10
    assert after.tally.outcomes[SUCCESS] > 0
    tally = server.tally()
    assert 0 < tally.failures["accept: Too many open files"] <= tally.accepted, "once for each time without"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("answer", ["http", "bulk:16MiB", "echo"])
def test_a_client_that_reads_nothing_fills_no_memory_and_holds_nobody_up(
    answer: str, model: str, plan_of: PlanOf
) -> None:
    with Serving(plan_of(model=model, answer=answer)) as server:
        process = process_of(server)
        with client(server) as warm:
            warm.sendall(GET)
            assert warm.recv(1000)
        before = process.memory_info().rss
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                idle = stack.enter_context(client(server))
                idle.setblocking(False)
                sent, until = 0, time.monotonic() + 0.5
                while sent < 16 * MIB and time.monotonic() < until:  # none of the answers is ever read
                    try:
                        sent += idle.send(LARGE * 300)
                    except ssl.SSLWantWriteError:
                        time.sleep(0.001)
            for _ in range(10):
                tls = stack.enter_context(client(server))
                tls.sendall(GET)
                assert tls.recv(1000)
            assert process.memory_info().rss - before < 24 * MIB


@pytest.mark.parametrize("model", MODELS)
def test_clients_that_take_too_long_are_closed_by_what_they_were_late_with(
    model: str, plan_of: PlanOf
) -> None:
    limits = Limits(handshake_s=0.4, request_s=0.4, idle_s=0.4)
    with Serving(plan_of(model=model, limits=limits)) as server, contextlib.ExitStack() as stack:
        silent = stack.enter_context(socket.create_connection(server.address, 5))
        idle, slow, full = (stack.enter_context(client(server)) for _ in range(3))
        full.sendall(LARGE)
        for byte in GET:  # a second and more
            with contextlib.suppress(OSError):
                slow.sendall(bytes([byte]))
            time.sleep(0.05)
        assert silent.recv(100) == b""
        for one in (idle, slow):
            with contextlib.suppress(OSError):
                assert one.recv(100) == b""
        with client(server) as tls:
            tls.sendall(GET)
            assert tls.recv(100)
    assert server.tally().failures == {
        "no handshake within the time limit": 1,
        "no whole request within the time limit": 1,
        "the client did not take its answer within the time limit": 1,
    }
    assert server.tally().closed_idle >= 1
    assert server.tally().ended == server.tally().accepted


@pytest.mark.parametrize("model", MODELS)
def test_a_client_that_goes_by_a_reset_when_it_has_all_has_not_failed(model: str, plan_of: PlanOf) -> None:
    with Serving(plan_of(model=model)) as server:
        for _ in range(5):
            with client(server) as tls:
                tls.sendall(GET)
                assert tls.recv(1000)
                tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with client(server) as tls:
            tls.sendall(GET[:9])
            time.sleep(0.2)
            tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        time.sleep(0.3)
    assert server.tally().failures == {"connection reset": 1}
    assert server.tally().ended == 6


@pytest.mark.parametrize("model", MODELS)
def test_a_load_that_only_shakes_hands_fails_nowhere(model: str, plan_of: PlanOf) -> None:
    with Serving(plan_of(model=model)) as server:
        load = run_load(load_of(server, requests=0, connections=8))
    assert set(load.tally.outcomes) == {SUCCESS}
    assert server.tally().handshakes == load.tally.handshakes
    assert not server.tally().failures


@pytest.mark.parametrize("model", MODELS)
def test_requests_that_are_none_are_refused_and_the_server_goes_on(model: str, plan_of: PlanOf) -> None:
    requests = (
        b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nX: " + 200_000 * b"x",
        os.urandom(100) + b"\r\n\r\n",
    )
    with Serving(plan_of(model=model)) as server:
        with client(server) as tls:
            tls.sendall(GET)
            assert tls.recv(100)
        open_before = process_of(server).num_fds()
        for request in requests * 4:
            with client(server) as tls:
                tls.sendall(request)
                received = b""
                while data := tls.recv(4096):
                    received += data
                assert received.startswith(b"HTTP/1.1 400 ")
        time.sleep(0.2)
        assert process_of(server).num_fds() <= open_before
    assert set(server.tally().failures) <= set(PROBLEMS)
    assert server.tally().failures.total() == 20


def test_a_request_that_is_no_http_ends_the_connection(plan_of: PlanOf) -> None:
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


def test_a_port_that_is_taken_is_told_in_one_line(plan_of: PlanOf) -> None:
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
        ({"bind": ("127.0.0.1", 70000)}, "port 70000 is not valid"),
        ({"bind": ("localhost", 0)}, "--bind localhost: it must be an address"),
        ({"bind": ("unix:/tmp/tls.sock", 0), "processes": 2}, "has one process"),
        ({"processes": 0}, "--processes 0: it must be from 1"),
        ({"threads": 0}, "--threads 0: it must be from 1"),
        ({"bind": ("unix:/tmp/tls.sock", 0), "threads": 2}, "has one thread"),
    ],
)
def test_a_server_that_cannot_be_is_refused(change: dict[str, Any], problem: str, plan_of: PlanOf) -> None:
    with pytest.raises(RequestError, match=problem):
        plan_of(**change)


@pytest.mark.parametrize("group", ["", "group=secp521r1"])
def test_the_command_serves_until_a_signal_and_writes_its_counts(group: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tlsbench", "serve", "--port", "0", "--processes", "1", *group.split()]
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
    counts = json.loads((tmp_path / "counts.json").read_text())
    assert counts["accepted"] == load.tally.begun
    # a client's first group is one of its groups; a group of which no client sends a key share needs a retry
    assert counts["hello_retry_requests"] == (load.tally.handshakes if group else 0)
    assert (" × HelloRetryRequest: " in out) is bool(group)
    assert not counts["failures"]


def test_the_command_accepts_early_data_when_asked(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tlsbench", "serve", "--port", "0", "-p", "1", "--early-data"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    port = int(process.stderr.readline().split()[2].rpartition(":")[2])
    plan = LoadPlan(
        target=Target("127.0.0.1", port),
        connections=1,
        duration_s=0.5,
        warm_up_s=0.0,
        requests=1,
        resume=1.0,
        early_data=True,
        version="1.3",
    )
    load = run_load(plan)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert load.tally.early_data["accepted"] > 0
    assert f"{load.tally.early_data['accepted']} × early data accepted" in out.replace(",", "")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["version=1.2,1.3"], "a server serves one scenario, but the selectors name 2"),
        (["workload=bulk"], "a server has no"),
        (["resumption=psk"], "a server has no resumption=psk"),
        (["version=1.2", "key=ml-dsa-44"], "ML-DSA certificates need TLS 1.3"),
        (["--pki", "/no/such"], "is not a folder of 'tlsbench certs init'"),
        (["--early-data", "implementation=ssl"], "cannot serve that: ssl: it has no early data"),
        (["--early-data", "version=1.2"], "cannot serve that: "),
        (
            ["--idle-timeout", "soon"],
            "--idle-timeout: 'soon' is not a time: write a number and a unit, such as 500ms",
        ),
        (["--request-timeout", "-1"], "--request-timeout"),
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
    service = Service(library.server_context(scenario, PEERS), http, ServerTally())
    session = service.accept()
    session.receive(b"GET / HTTP/1.0\r\n\r\n")
    assert session.is_over
    session.lose("connection reset")
    session.end()
    assert service.tally.failures.total() == 1
    assert service.tally.ended == 1


def test_reasons_are_bounded_in_number_and_none_is_lost() -> None:
    tally, together = ServerTally(), ServerTally()
    for number in range(1000):
        tally.fail(f"reason {number}")
        one = ServerTally()
        one.fail(f"reason {number}")
        together.add(one)
    assert tally.failures == together.failures
    assert tally.failures.total() == 1000
    assert len(tally.failures) <= 65


def test_a_system_without_threads_costs_the_connection_alone(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlsbench.serving.models import threads

    (scenario,) = scenarios_of("implementation=pyopenssl version=1.3")
    library: Any = implementations()["pyopenssl"]
    service = Service(library.server_context(scenario, PEERS), http, ServerTally())

    def refuse(_self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as sock,
        monkeypatch.context() as patch,
    ):
        patch.setattr(threading.Thread, "start", refuse)
        waits = iter((False, True))
        threads.thread(listener, service, lambda: next(waits))
        assert sock.recv(100) == b""
    assert (service.tally.accepted, service.tally.ended) == (1, 1)
    assert service.tally.failures == {"no thread left for it": 1}


def test_the_command_gives_away_secrets_when_sslkeylogfile_asks_for_them_and_says_so(
    tmp_path: Path,
) -> None:
    keys = tmp_path / "keys"
    command = [sys.executable, "-m", "tlsbench", "serve", "--port", "0", "-p", "1", "version=1.3"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SSLKEYLOGFILE": str(keys)},
    )
    assert process.stderr is not None
    assert f"appended to {keys}" in process.stderr.readline()
    port = int(process.stderr.readline().split()[2].rpartition(":")[2])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as tls:
        tls.sendall(GET)
        tls.recv(1)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    log = KeyLog.parse(keys.read_text(encoding="ascii"))
    assert {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"} <= set(log.secrets())
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
