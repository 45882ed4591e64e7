"""How a worker starts connections, and that it ends in time whatever its server does."""

from __future__ import annotations

import io
import json
import socket
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.loading.servers import Address, listener, server_context, speaker

from tlsbench.cli.app import run as tlsbench
from tlsbench.loading import LoadPlan, LoadTally, Target, run_load, worker
from tlsbench.loading.engine import Engine
from tlsbench.loading.tally import SUCCESS
from tlsbench.report.findings.loads import load_findings

pytestmark = pytest.mark.slow
TIMED_OUT = "handshake: timeout"
#: Without its limits, a load of these servers would run for 45 s, or forever.
HANG_SECONDS = 30.0
NO_ROOM = "begin: timeout, the limit of open connections was reached (see --connections)"


def plan_of(address: Address, **change: Any) -> LoadPlan:
    plan = LoadPlan(target=Target(*address), connections=5, duration_s=0.5, warm_up_s=0.0, step_limit_s=0.4)
    plan = replace(plan, **change)
    plan.check(unbounded=False)
    return plan


def tally_of(plan: LoadPlan) -> tuple[LoadTally, float]:
    """The counts, and how much longer it took than the times it was given."""
    engine, began = Engine(plan), time.monotonic()
    engine.run(time.monotonic_ns(), lambda _second: None)
    assert engine.tally.begun == engine.tally.outcomes.total()
    given_s = plan.warm_up_s + plan.duration_s + plan.step_limit_s
    return engine.tally, time.monotonic() - began - given_s


def silent(sock: socket.socket) -> None:
    while sock.recv(4096):
        pass


def test_an_open_loop_counts_what_a_silent_server_kept_from_beginning() -> None:
    with listener(silent) as address:
        tally, beyond_s = tally_of(plan_of(address, rate_per_s=100.0))
    assert tally.begun == 50  # as many as the clock required, whether started or not
    assert set(tally.outcomes) == {TIMED_OUT, NO_ROOM}
    assert tally.outcomes[TIMED_OUT] >= 5
    assert beyond_s < HANG_SECONDS


def test_what_the_command_says_of_a_silent_server_is_whole_and_in_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with listener(silent) as address:
        began = time.monotonic()
        arguments = ["--rate", "50", "--duration", "1s", "--warm-up", "0", "--limit", "500ms", "-q"]
        assert tlsbench(["load", f"{address[0]}:{address[1]}", *arguments]) == 3
        assert time.monotonic() - began < HANG_SECONDS
    said = capsys.readouterr().out
    assert "failed: 50 of 50 connections" in said
    assert "died" not in said


def test_connections_of_the_warm_up_that_are_stuck_count() -> None:
    with listener(silent) as address:
        tally, beyond_s = tally_of(plan_of(address, warm_up_s=0.2, duration_s=0.1, connections=3))
    assert tally.outcomes == {TIMED_OUT: 3}
    assert beyond_s < HANG_SECONDS


def test_failures_within_the_warm_up_are_said_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = unused.getsockname()
    load = run_load(plan_of(address, warm_up_s=0.3, duration_s=0.1))
    assert load.tally.warm_up_failures["connect: connection refused"] > 0
    assert load.tally.begun == load.tally.outcomes["connect: connection refused"]
    assert "failed during the warm-up: " in "\n".join(load_findings(load))


def test_a_pool_s_idle_connection_that_is_closed_is_no_failure() -> None:
    def once(tls: ssl.SSLSocket) -> None:
        tls.recv(4096)
        tls.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with speaker(server_context(), once) as address:
        tally, _ = tally_of(plan_of(address, pool=2, requests=1, rate_per_s=10.0, step_limit_s=2.0))
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.warm_up_failures == {}
    assert tally.retired["by the server"] > 0


def trickling(tls: ssl.SSLSocket) -> None:
    tls.recv(4096)
    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        tls.sendall(b"x")
        time.sleep(0.02)


def many_requests(tls: ssl.SSLSocket) -> None:
    while tls.recv(4096):
        time.sleep(0.1)
        tls.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


@pytest.mark.parametrize(("speak", "requests"), [(trickling, 1), (many_requests, 1000)])
def test_the_limit_bounds_what_never_ends(speak: Callable[[ssl.SSLSocket], None], requests: int) -> None:
    with speaker(server_context(), speak) as address:
        tally, beyond_s = tally_of(plan_of(address, requests=requests, duration_s=0.2))
    assert all(kind.endswith(": timeout") for kind in tally.outcomes)
    assert beyond_s < HANG_SECONDS


def test_no_more_kinds_of_failure_are_kept_than_can_be_read() -> None:
    tally = LoadTally()
    for kind in range(1000):
        tally.end(f"request: an answer of {kind} bytes, not 5", counted=True, is_late=True)
    assert len(tally.outcomes) <= 101
    assert tally.outcomes.total() == 1000


def worker_says(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The messages that a worker writes after reporting that it is ready; it runs in this process."""
    said: list[dict[str, Any]] = []
    lines = io.StringIO(plan_of(("127.0.0.1", 1)).to_json() + "\n1\n")
    monkeypatch.setattr(lines, "fileno", lambda: -1, raising=False)
    monkeypatch.setattr(sys, "stdin", lines)
    monkeypatch.setattr(worker, "_write", lambda message: said.append(json.loads(json.dumps(message))))
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    monkeypatch.setattr(worker.gc, "disable", lambda: None)
    worker.main()
    assert said[0]["ready"]
    return said[1:]


def test_a_worker_that_fails_says_why_and_what_it_had_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(engine: Engine, _start_ns: int, _report: object) -> None:
        engine.tally.begun = 7
        engine.elapsed_s = 1.5
        raise RuntimeError("not thought of")

    monkeypatch.setattr(Engine, "run", run)
    *_, last = worker_says(monkeypatch)
    assert last["done"]
    assert last["died"] == "RuntimeError: not thought of"
    assert last["tally"]["begun"] == 7


def test_a_worker_without_a_descriptor_to_look_at_itself_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_connections: int) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(worker, "vitals", none_left)
    monkeypatch.setattr(Engine, "run", lambda _engine, _start_ns, report: report(1))
    report, last = worker_says(monkeypatch)
    assert list(report) == ["tally"]
    assert last["died"] == ""
