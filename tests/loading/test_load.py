"""Loads of small servers on loopback, good and bad: each connection ends once, as a success or an error."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.loading.servers import hang_up, server_context, speaker

from tlsbench import pki
from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import RequestError
from tlsbench.implementations.registry import capabilities, spellings
from tlsbench.loading import Load, LoadPlan, LoadTally, Target, client, crew, engine, run_load, server_side
from tlsbench.loading.engine import Engine
from tlsbench.loading.tally import SUCCESS, TCP_RTT
from tlsbench.loopback import Server, ServerSetup
from tlsbench.pki.keys import to_pem
from tlsbench.report.findings.loads import load_findings
from tlsbench.scenarios import expand, parse
from tlsbench.serving import ServerPlan, Serving
from tlsbench.tracing import KeyLog

pytestmark = pytest.mark.slow
PEERS = pki.peers("ecdsa-secp256r1", 1)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(ServerSetup(identity=PEERS.server)) as one:
        yield one


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "root.pem"
    path.write_bytes(PEERS.root.certificate_pem)
    return path


def plan_of(address: tuple[str, int], **change: Any) -> LoadPlan:
    plan = LoadPlan(target=Target(*address), connections=4, duration_s=0.4, warm_up_s=0.0, step_limit_s=2.0)
    plan = replace(plan, **change)
    plan.check(unbounded=False)
    return plan


def adds_up(load: Load) -> None:
    tally = load.tally
    assert tally.begun == tally.outcomes.total() > 0
    assert tally.open == 0


def test_handshakes_are_counted_by_what_was_negotiated(server: Server, root: Path) -> None:
    load = run_load(plan_of(server.address, version="1.2", root=str(root), server_name="localhost"))
    adds_up(load)
    assert set(load.tally.outcomes) == {SUCCESS}
    ((what, count),) = load.tally.negotiated.items()
    assert what.startswith("1.2 TLS_ECDHE_ECDSA_WITH_")
    assert what.endswith(" full")
    for phase in ("connect", "handshake", "connection"):
        assert load.tally.times[phase].get_total_count() == count
    assert load.handshakes_per_s == pytest.approx(count / load.elapsed_s)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_share_that_is_wanted_resumes(version: str, server: Server) -> None:
    load = run_load(
        plan_of(server.address, version=version, resume=0.5, requests=1, duration_s=1.0, warm_up_s=0.2)
    )
    adds_up(load)
    assert set(load.tally.outcomes) == {SUCCESS}
    assert load.tally.resumed / load.tally.handshakes == pytest.approx(0.5, abs=0.05)
    assert load.tally.resumed == load.tally.wanted_resumed
    assert load.tally.requests == load.tally.handshakes


def test_handshakes_alone_bring_tickets_too(server: Server) -> None:
    load = run_load(plan_of(server.address, version="1.3", resume=1.0, warm_up_s=0.3))
    assert load.tally.resumed > 0.9 * load.tally.handshakes


def test_requests_share_a_connection(server: Server) -> None:
    load = run_load(plan_of(server.address, requests=5))
    adds_up(load)
    assert load.tally.requests == 5 * load.tally.outcomes[SUCCESS]
    assert load.tally.times["request"].get_total_count() == load.tally.requests
    assert load.tally.bytes_received > 100 * load.tally.requests


def test_an_answer_must_have_the_size_that_was_asked_for(server: Server) -> None:
    load = run_load(plan_of(server.address, requests=1, size_bytes=7))
    adds_up(load)
    (kind,) = load.tally.outcomes
    assert kind.startswith("request: an answer of ")
    assert kind.endswith(" bytes, not 7")


def test_the_kernel_is_asked_at_the_end_of_each_connection(server: Server) -> None:
    tally = run_load(plan_of(server.address, requests=1)).tally
    assert tally.times[TCP_RTT].get_total_count() == tally.windows.total() == tally.outcomes[SUCCESS] > 0
    assert min(map(int, tally.windows)) > 0
    assert tally.retransmissions >= tally.retransmitting


def test_the_kernel_is_asked_of_a_pool_s_connections_once(server: Server) -> None:
    tally = run_load(plan_of(server.address, connections=2, pool=2, requests=1)).tally
    assert tally.windows.total() == tally.handshakes == 2


def test_the_uses_of_a_pool_find_open_connections(server: Server) -> None:
    """Three users share two connections: their wait for one counts."""
    load = run_load(plan_of(server.address, connections=3, pool=2, requests=2))
    adds_up(load)
    tally = load.tally
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.handshakes == 2
    assert tally.reused == tally.begun - 2 > 10
    assert tally.requests == 2 * tally.begun
    assert dict(tally.retired) == {"at the end": 2}
    used, asked = tally.times["connection"], tally.times["request"]
    assert used.get_value_at_percentile(50) > 1.2 * 2 * asked.get_value_at_percentile(50)


def test_a_pool_s_connection_gives_its_session_once(server: Server) -> None:
    """A ticket is for a single use (RFC 8446 appendix C.4), however often its connection is used."""
    one = Engine(plan_of(server.address, connections=2, pool=2, requests=1, resume=1.0, version="1.3"))
    one.run(time.monotonic_ns(), lambda _second: None)
    assert one.tally.reused > 10
    assert len(one._spread._backends[0].shared.sessions) <= one.tally.handshakes == 2


def test_connections_of_a_pool_end_when_they_are_old_or_unused(server: Server) -> None:
    settings = {"pool": 3, "requests": 1, "rate_per_s": 20.0, "duration_s": 1.5}
    old = run_load(plan_of(server.address, pool_lifetime_s=0.3, **settings))
    adds_up(old)
    assert set(old.tally.outcomes) == {SUCCESS}
    assert old.tally.retired["lifetime"] >= 2
    assert old.tally.handshakes >= 3
    idle = run_load(plan_of(server.address, pool_idle_s=0.02, **settings))
    adds_up(idle)
    assert idle.tally.retired["idle limit"] >= 5
    assert idle.tally.handshakes > idle.tally.retired["idle limit"] - 1


def test_a_pool_s_connection_that_the_server_closes_is_replaced() -> None:
    server = Server(ServerSetup(identity=PEERS.server))
    address = server.address

    def restart(at: float, _tally: LoadTally) -> None:
        nonlocal server
        if at == 1.0:
            server.close()
            server = Server(ServerSetup(identity=PEERS.server), address)

    plan = plan_of(address, pool=2, requests=1, rate_per_s=10.0, duration_s=2.5)
    load = run_load(plan, restart)
    server.close()
    adds_up(load)
    assert load.tally.retired["by the server"] > 0
    assert load.tally.outcomes[SUCCESS] > 0.7 * load.tally.begun


def test_the_server_s_processor_is_watched_where_it_is_this_machine(server: Server) -> None:
    load = run_load(plan_of(server.address, duration_s=0.8))
    assert load.server is not None  # this process, and not the load's own
    assert 0 < load.server.cpu_s < 2 * load.server.elapsed_s
    assert "of the server's" in "\n".join(load_findings(load))


def test_the_load_s_own_processes_are_not_the_server_s(server: Server) -> None:
    """They are children of this process, which is the server's."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        found = {process.pid for process in server_side._listeners(Target(*server.address))}
        assert found == {os.getpid()}
    finally:
        child.communicate(b"\n")


def test_who_serves_over_udp_is_found_by_that() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        target = Target(*sock.getsockname())
        assert [one.pid for one in server_side._listeners(target, over_udp=True)] == [os.getpid()]
        assert server_side._listeners(target) == []


def test_an_open_loop_waits_for_less_than_a_millisecond_too(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """epoll cannot: it rounds up."""
    waited: list[float] = []
    plain = engine.select.select

    def watched(*arguments: Any) -> Any:
        waited.append(arguments[3])
        return plain(*arguments)

    monkeypatch.setattr(engine.select, "select", watched)
    one = Engine(plan_of(server.address, rate_per_s=100.0, connections=20))
    one.run(time.monotonic_ns(), lambda _second: None)
    assert any(patience * 1000 % 1 > 0.01 for patience in waited)
    assert one.tally.outcomes[SUCCESS] == 40


def test_what_the_kernel_makes_of_a_socket_option_is_said(server: Server) -> None:
    load = run_load(plan_of(server.address, socket_options={"SO_SNDBUF": 1 << 30, "TCP_CONGESTION": "reno"}))
    assert set(load.tally.outcomes) == {SUCCESS}
    (remark,) = load.remarks
    assert remark.startswith("SO_SNDBUF: 1,073,741,824 was asked for, the kernel made it ")


def test_what_the_kernel_refuses_is_a_wrong_request(server: Server) -> None:
    with pytest.raises(RequestError, match="the kernel refuses TCP_CONGESTION=carrier-pigeon"):
        run_load(plan_of(server.address, socket_options={"TCP_CONGESTION": "carrier-pigeon"}))


def test_workers_begin_together_and_are_added_up(server: Server) -> None:
    seen: list[float] = []
    load = run_load(plan_of(server.address, workers=2, duration_s=1.2), lambda at, _tally: seen.append(at))
    adds_up(load)
    assert set(load.tally.outcomes) == {SUCCESS}
    assert seen[0] == 1.0


def test_an_open_loop_begins_by_the_clock(server: Server) -> None:
    load = run_load(plan_of(server.address, rate_per_s=100.0, connections=50, workers=2, duration_s=1.0))
    adds_up(load)
    assert load.tally.begun == 100


def test_times_count_from_when_a_connection_should_have_begun(server: Server) -> None:
    """One at a time, far more are due than possible: the last waits for about as long as it all takes."""
    load = run_load(
        plan_of(server.address, rate_per_s=5000.0, connections=1, duration_s=0.1, step_limit_s=5.0)
    )
    adds_up(load)
    assert load.tally.begun == 500
    assert set(load.tally.outcomes) == {SUCCESS}
    waited_s = load.tally.times["connection"].get_max_value() / 1e9
    assert waited_s > 0.8 * (load.elapsed_s - 0.1)


def test_a_stall_is_seen_in_an_open_loop_and_not_in_a_closed_one() -> None:
    """A server that takes 20 ms for each connection, one after another, gets twice the load it can handle."""
    with listener(_slow_refusal) as address:
        ends = run_load(plan_of(address, rate_per_s=100.0, connections=1000, duration_s=1.0))
        closed = run_load(plan_of(address, connections=1, duration_s=1.0))
    adds_up(ends)
    adds_up(closed)
    assert ends.elapsed_s > 100 * 0.02  # connections that are due are waited for
    assert closed.tally.begun < ends.tally.begun == 100


def test_held_connections_stay_open_until_the_end(server: Server) -> None:
    load = run_load(plan_of(server.address, connections=20, hold=True, duration_s=0.5))
    adds_up(load)
    assert load.tally.held == load.tally.outcomes[SUCCESS] == 20


def test_the_memory_of_held_connections_is_followed_while_they_begin(server: Server) -> None:
    plan = plan_of(server.address, connections=50, hold=True, warm_up_s=2.5, ramp_up_s=2.5, duration_s=0.8)
    load = run_load(plan)
    adds_up(load)
    ((*points,),) = load.vitals
    assert [point.connections for point in points] == sorted(point.connections for point in points)
    assert points[-1].connections == 50
    assert all(point.resident_bytes > 10_000_000 and point.cpu_s > 0 for point in points)


def test_a_held_connection_that_the_server_closes_is_no_success() -> None:
    server = Server(ServerSetup(identity=PEERS.server))
    plan = plan_of(server.address, connections=3, hold=True, duration_s=2.5)
    load = run_load(plan, lambda _at, _tally: server.close())
    adds_up(load)
    assert load.tally.outcomes["hold: closed by the server without close_notify"] == 3


def test_a_certificate_that_changes_to_an_untrusted_one_is_counted_by_its_reason(
    server: Server, root: Path
) -> None:
    stranger = pki.peers("rsa-2048", 1).server
    plan = plan_of(server.address, root=str(root), server_name="localhost", duration_s=2.5)
    load = run_load(plan, lambda _at, _tally: server.renew(ServerSetup(identity=stranger)))
    adds_up(load)
    assert load.tally.outcomes[SUCCESS] > 0
    assert load.tally.outcomes["handshake: TLS: certificate verify failed"] > 0


def test_a_suite_that_the_server_does_not_take_is_an_error(server: Server) -> None:
    load = run_load(plan_of(server.address, version="1.2", cipher="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"))
    adds_up(load)
    (kind,) = load.tally.outcomes
    assert kind.startswith("handshake: TLS: ")


def _silent(_sock: socket.socket) -> None:
    time.sleep(1.5)


def _garbage(sock: socket.socket) -> None:
    sock.sendall(b"220 mail.example ESMTP\r\n" * 4)
    time.sleep(0.2)


def _reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _closed(sock: socket.socket) -> None:
    sock.recv(4096)


def _half_a_flight(sock: socket.socket) -> None:
    hello = sock.recv(4096)
    assert hello
    sock.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(32))
    time.sleep(1.5)


def _slow_refusal(_sock: socket.socket) -> None:
    time.sleep(0.02)


@contextlib.contextmanager
def listener(behave: Callable[[socket.socket], None]) -> Iterator[tuple[str, int]]:
    """A server that does one thing to each connection, and then closes it."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    slow = behave is _slow_refusal

    def serve(sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            behave(sock)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listening.accept()
                if slow:
                    serve(sock)
                else:
                    threading.Thread(target=serve, args=(sock,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield listening.getsockname()
    with contextlib.suppress(OSError):
        listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)


def test_what_was_negotiated_is_held_against_what_was_wanted(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.bindings, "set_groups", lambda _context, _groups: None)  # a careless client
    engine = Engine(plan_of(server.address, group="secp521r1", duration_s=0.2))
    engine.run(time.monotonic_ns(), lambda _second: None)
    (kind,) = engine.tally.outcomes
    assert kind.startswith("handshake: negotiated ")
    assert kind.endswith(", not secp521r1")


@pytest.mark.parametrize(
    ("behave", "kinds"),
    [
        (_silent, {"handshake: timeout"}),
        (_garbage, {"handshake: TLS: wrong version number"}),
        (_reset, {"handshake: connection reset", "connect: connection reset"}),
        (_closed, {"handshake: closed by the server without close_notify", "handshake: connection reset"}),
        (_half_a_flight, {"handshake: timeout"}),
    ],
)
def test_what_a_bad_server_does_is_an_error_by_its_kind(
    behave: Callable[[socket.socket], None], kinds: set[str]
) -> None:
    with listener(behave) as address:
        load = run_load(plan_of(address, step_limit_s=0.3))
    adds_up(load)
    assert set(load.tally.outcomes) <= kinds


def test_a_port_where_nobody_listens_refuses_and_is_not_flooded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = unused.getsockname()
    load = run_load(plan_of(address))
    adds_up(load)
    assert set(load.tally.outcomes) == {"connect: connection refused"}
    assert load.tally.begun < 4 * 0.4 / 0.02 + 5


def test_a_worker_that_is_killed_takes_its_open_connections_with_it_and_the_rest_goes_on(
    server: Server,
) -> None:
    def kill_one(_at: float, _tally: LoadTally) -> None:
        children = psutil.Process().children()
        if len(children) == 2:
            children[0].kill()

    load = run_load(plan_of(server.address, workers=2, duration_s=2.5), kill_one)
    adds_up(load)
    assert load.lost == ("signal 9",)
    assert load.tally.outcomes["worker process died"] > 0
    assert load.tally.outcomes[SUCCESS] > 0


def test_more_connections_than_descriptors_are_refused_before_they_begin(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew.resource, "getrlimit", lambda _which: (256, 512))
    with pytest.raises(RequestError, match="need 1065 file descriptors, but the limit is 512: raise it"):
        run_load(plan_of(server.address, connections=1000))


def test_running_out_of_descriptors_is_an_error_by_its_kind(server: Server) -> None:
    code = (
        "import resource, sys\n"
        "from tlsbench.loading.engine import Engine; from tlsbench.loading.plan import *\n"
        "import time, json; soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        f"target = Target(*{server.address!r})\n"
        "engine = Engine(LoadPlan(target=target, connections=60, hold=True, duration_s=0.5))\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (40, hard))\n"
        "engine.run(time.monotonic_ns(), lambda second: None); print(json.dumps(engine.tally.to_plain()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    outcomes = json.loads(done.stdout)["outcomes"]
    assert outcomes["connect: no file descriptors left (see ulimit -n)"] > 0
    assert outcomes[SUCCESS] > 10


def test_a_request_to_stop_keeps_what_there_is(server: Server) -> None:
    began = time.monotonic()
    load = run_load(
        plan_of(server.address, duration_s=60.0), stop_asked=lambda: time.monotonic() > began + 1.5
    )
    adds_up(load)
    assert load.interrupted
    assert load.elapsed_s < load.plan.duration_s
    assert set(load.tally.outcomes) == {SUCCESS}


def test_the_command_prints_writes_and_exports(
    server: Server, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host, port = server.address
    arguments = ["--duration", "1200ms", "--warm-up", "0", "-k", "2", "--resume", "0.5", "--root", str(root)]
    output = ["--json", str(tmp_path / "load.json"), "--hgrm", str(tmp_path)]
    assert tlsbench(["load", f"{host}:{port}", "--server-name", "localhost", *arguments, *output]) == 0
    captured = capsys.readouterr()
    assert "handshakes a second" in captured.out
    assert "50.0% of the handshakes" in captured.out or "resumed:" in captured.out
    assert "1 s: " in captured.err
    document = json.loads((tmp_path / "load.json").read_text())
    names = {benchmark["params"]["phase"] for benchmark in document["benchmarks"]}
    assert names == {"connect", "handshake", "first byte", "request", "connection", "TCP RTT"}
    tally = document["tlsbench"]["load"]["tally"]
    assert tally["begun"] == sum(tally["outcomes"].values()) > 0
    assert "Percentile" in (tmp_path / "handshake.hgrm").read_text()
    assert tlsbench(["compare", str(tmp_path / "load.json"), str(tmp_path / "load.json")]) == 0
    assert "phase=handshake" in capsys.readouterr().out
    compact = json.dumps(document, separators=(",", ":"))
    (tmp_path / "load.json").write_text(compact)  # as another program may write it
    assert tlsbench(["show", str(tmp_path / "load.json")]) == 0
    assert capsys.readouterr().out == captured.out


def test_a_stored_load_that_was_changed_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "load.json"
    path.write_text('{"benchmarks": [], "tlsbench": {"load": {"plan": {}}}}')
    assert tlsbench(["show", str(path)]) == 2
    assert "it lacks 'tally'" in capsys.readouterr().err


def test_a_load_without_a_success_ends_with_three(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["load", "127.0.0.1:1", "--duration", "100ms", "--warm-up", "0", "-q"]) == 3
    captured = capsys.readouterr()
    why = "failed: no connection succeeded: connect: connection refused\n"
    assert captured.out.startswith(why)
    assert captured.err == f"tlsbench: {why}"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--fail-on", "failed<20%", "--fail-on", "p50<5s"], 0),
        (["--fail-on", "failed<20%", "--fail-on", "p50>1us"], 1),
        (["--fail-on", "handshakes>1/s"], 4),
        (["--fail-on", "handshakes>1/s", "--undecided", "pass"], 0),
        (["--fail-on", "handshakes>1/s", "--undecided", "fail"], 1),
        (["--fail-on", "request p99<1s"], 2),
    ],
)
def test_thresholds_decide_the_exit_code_and_are_stored(
    words: list[str], code: int, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = ":".join(map(str, server.address))
    stored = tmp_path / "load.json"
    load = ["load", target, "--duration", "500ms", "--warm-up", "0", "--quiet", "--json", str(stored)]
    assert tlsbench([*load, *words]) == code
    if code == 2:
        assert "is about requests, and none are sent: give --requests" in capsys.readouterr().err
        return
    found = json.loads(stored.read_text())["tlsbench"]["load"]
    assert found["thresholds"] == words[1::2][: words.count("--fail-on")]
    words_on = [
        line for line in capsys.readouterr().out.splitlines() if line.startswith(("failed '", "undec"))
    ]
    assert bool(words_on) == (code in (1, 4) or "--undecided" in words)


def test_the_course_of_a_load_adds_up(server: Server) -> None:
    found = run_load(plan_of(server.address, duration_s=3.2))
    assert [one.at_s for one in found.seconds] == [1.0, 2.0, 3.0]
    counted = sum(one.handshakes for one in found.seconds)
    assert 0 < counted <= found.tally.handshakes
    for one in found.seconds:
        p50, p99 = one.times_ns["handshake"]
        assert found.tally.times["handshake"].get_min_value() <= p50 <= p99


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("implementation", ["pyopenssl", "ssl", "libssl"])
def test_our_own_server_counts_what_we_count(implementation: str, version: str, tmp_path: Path) -> None:
    """Refused without a client certificate, accepted with one, and no connection is lost in either case."""
    (tmp_path / "client.pem").write_bytes(to_pem(PEERS.client.private_key) + PEERS.client.chain_pem)
    group = "x25519" if version == "1.3" else "secp256r1"  # TLS 1.2 needs it for the certificate
    selector = f"implementation={implementation} version={version} client_auth=required group={group}"
    wanted = parse([*selector.split(), "workload=handshake"], spellings())
    (scenario,) = expand([wanted], capabilities()).scenarios
    plan = ServerPlan(scenario=scenario.id, peers=PEERS.to_pem(), bind=("127.0.0.1", 0), processes=1)
    with Serving(plan) as serving:
        refused = run_load(plan_of(serving.address, requests=1)).tally
        shown = run_load(plan_of(serving.address, cert=str(tmp_path / "client.pem"))).tally
    seen = serving.tally()
    assert refused.handshakes == refused.outcomes[SUCCESS] == 0
    assert set(shown.outcomes) == {SUCCESS}
    assert (shown.handshakes, shown.hello_retry_requests) == (shown.begun, 0)
    assert seen.handshakes == shown.handshakes
    assert seen.failures.total() == refused.begun


@pytest.mark.parametrize("implementation", ["pyopenssl", "ssl", "libssl"])
def test_our_own_server_and_load_agree_on_a_group_at_once(implementation: str, tmp_path: Path) -> None:
    """With both sides' defaults: no handshake takes another round trip."""
    command = [sys.executable, "-m", "tlsbench", "serve", f"implementation={implementation}", "--port", "0"]
    with subprocess.Popen(
        [*command, "--processes", "1", "--bind", f"unix:{tmp_path}/tls.sock"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as serving:
        assert serving.stderr is not None
        assert "serving on" in next(line for line in serving.stderr if "serving on" in line)
        tally = run_load(plan_of((f"unix:{tmp_path}/tls.sock", 0))).tally
        serving.terminate()
    assert set(tally.outcomes) == {SUCCESS}
    assert (tally.handshakes, tally.hello_retry_requests, tally.unconfirmed) == (tally.begun, 0, 0)
    assert not tally.windows, "a socket in the file system has no TCP"


def test_early_data_that_is_not_sent_has_a_reason(server: Server) -> None:
    load = run_load(plan_of(server.address, version="1.3", resume=1.0, requests=1, early_data=True))
    assert load.tally.early_data["the server's tickets allow no early data"] > 0
    said = "\n".join(load_findings(load))
    assert "not sent as early data: the server's tickets allow no early data" in said
    assert "not sent as early data: there was no session yet" in said


def test_hello_retry_requests_are_in_the_findings_and_the_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = server_context()
    context.set_ecdh_curve("prime256v1")
    with speaker(context, hang_up) as (host, port):
        arguments = ["--duration", "300ms", "--warm-up", "0", "-q", "--json", str(tmp_path / "load.json")]
        assert tlsbench(["load", f"{host}:{port}", *arguments]) == 0
        said = capsys.readouterr().out
        assert tlsbench(["load", f"{host}:{port}", *arguments[:-2], "--format", "openmetrics"]) == 0
    assert "tlsbench_load_handshakes_per_second{" in capsys.readouterr().out
    assert "HelloRetryRequest: " in said
    assert "group=secp256r1 does" in " ".join(said.split())
    tally = json.loads((tmp_path / "load.json").read_text())["tlsbench"]["load"]["tally"]
    assert tally["hello_retry_requests"] == tally["begun"] > 0
    assert tlsbench(["show", str(tmp_path / "load.json")]) == 0
    assert capsys.readouterr().out == said


def test_secrets_are_given_away_when_sslkeylogfile_asks_for_them_and_it_is_said(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    host, port = server.address
    words = [
        "load",
        f"{host}:{port}",
        "--duration",
        "100ms",
        "--warm-up",
        "0s",
        "-p",
        "1",
        "--format",
        "json",
    ]
    assert tlsbench([*words, "-q"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["tlsbench"]["load"]["plan"]["key_log"] == ""
    assert "SSLKEYLOGFILE" not in err
    keys = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    assert tlsbench([*words, "-q"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)["tlsbench"]["load"]
    assert found["plan"]["key_log"] == str(keys)
    assert f"appended to {keys}" in err
    log = KeyLog.parse(keys.read_text(encoding="ascii"))
    assert len({random for _, random, _ in log.lines}) >= found["plan"]["connections"]
