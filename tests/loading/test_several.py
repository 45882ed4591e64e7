"""Loads of several backends, with servers in this process: each backend's counts match what its server saw.

They end when the servers have seen enough, however long that takes on a busy machine.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.loading.servers import Address, answering, listener, server_context

from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import RequestError
from tlsbench.loading import BackendLoad, LoadPlan, Target, run_load
from tlsbench.loading.engine import Engine
from tlsbench.loading.spreading import FAILURES_OF_A_DOWN_ONE
from tlsbench.loading.tally import SUCCESS

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Seen:
    """What all servers of a test have seen, and the signal that it is enough."""

    def __init__(self, enough: int, stop_fd: int) -> None:
        self._left, self._stop_fd, self._lock = enough, stop_fd, threading.Lock()

    def one_more(self) -> None:
        """Count a connection; at the last one needed, end the load."""
        with self._lock:
            self._left -= 1
            if not self._left:
                os.write(self._stop_fd, b"x")


@dataclass
class Counting:
    """A TLS server that counts, and resumes what its context can."""

    seen: Seen
    context: ssl.SSLContext = field(default_factory=server_context)
    full: int = 0
    resumed: int = 0
    address: Address = ("", 0)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, sock: socket.socket) -> None:
        with self.context.wrap_socket(sock, server_side=True) as tls:
            with self.lock:
                if tls.session_reused:
                    self.resumed += 1
                else:
                    self.full += 1
            self.seen.one_more()
            while tls.recv(4096):
                tls.sendall(_OK)


@contextmanager
def backends(
    count: int, enough: int, context: ssl.SSLContext | None = None
) -> Iterator[tuple[list[Counting], int]]:
    """That many servers, and the descriptor that ends a load when they have seen enough.

    :param context: shared by all of them, with its ticket keys; otherwise each has its own.
    """
    reading, writing = os.pipe()
    seen = Seen(enough, writing)
    with ExitStack() as stack:
        stack.callback(os.close, reading)
        stack.callback(os.close, writing)
        found = []
        for _ in range(count):
            one = Counting(seen) if context is None else Counting(seen, context)
            one.address = stack.enter_context(listener(one.serve))
            found.append(one)
        yield found, reading


def plan_of(*addresses: Address, **change: Any) -> LoadPlan:
    """A load that lasts until it is stopped."""
    first, *others = (Target(*address) for address in addresses)
    settings = {"connections": 6, "duration_s": 120.0, "warm_up_s": 0.0, "version": "1.3", **change}
    plan = LoadPlan(target=first, others=tuple(others), **settings)
    plan.check(unbounded=False)
    return plan


def loaded(plan: LoadPlan, stop_fd: int) -> list[BackendLoad]:
    """The counts of each backend."""
    engine = Engine(plan, stop_fd)
    engine.run(time.monotonic_ns(), lambda _second: None)
    found = engine.backends
    assert engine.tally.begun == sum(one.tally.begun for one in found) > 0
    assert engine.tally.outcomes.total() == engine.tally.begun
    return found


@contextmanager
def nobody() -> Iterator[Address]:
    """An address on which nothing listens, and nothing else can."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()


@pytest.mark.parametrize("spread", ["round-robin", "least-open"])
def test_each_backend_saw_what_was_counted_of_it_and_the_spread_is_even(spread: str) -> None:
    with backends(3, 60) as (servers, stop):
        found = loaded(plan_of(*(one.address for one in servers), spread=spread), stop)
    assert [one.tally.handshakes for one in found] == [one.full for one in servers]
    assert [one.tally.outcomes[SUCCESS] for one in found] == [one.full for one in servers]
    if spread == "round-robin":
        assert max(one.full for one in servers) - min(one.full for one in servers) <= 1
    assert min(one.full for one in servers) > 0


def test_the_latest_session_is_resumed_at_the_backend_that_issued_it() -> None:
    with backends(2, 60) as (servers, stop):
        found = loaded(plan_of(*(one.address for one in servers), resume=1.0, connections=2), stop)
    assert [one.tally.resumed for one in found] == [one.resumed for one in servers]
    assert sum(one.full for one in servers) <= 4, "the first of each, and those that began beside it"


def test_clients_take_their_sessions_to_any_backend_and_those_without_shared_keys_resume_few() -> None:
    """With two backends, half of them: a returning client picks one at random."""
    with backends(2, 400) as (servers, stop):
        plan = plan_of(*(one.address for one in servers), resume=1.0, clients=20, connections=2)
        found = loaded(plan, stop)
    resumed = sum(one.resumed for one in servers)
    assert [one.tally.resumed for one in found] == [one.resumed for one in servers]
    assert sum(one.tally.wanted_resumed for one in found) >= 380
    # of 380 tosses, six standard deviations from one half
    assert 190 - 60 < resumed < 190 + 60


def test_clients_resume_everywhere_where_the_keys_are_shared() -> None:
    with backends(2, 100, server_context()) as (servers, stop):
        plan = plan_of(*(one.address for one in servers), resume=1.0, clients=10, connections=2)
        found = loaded(plan, stop)
    assert sum(one.full for one in servers) <= 12, "each client's first, and those that began beside it"
    assert sum(one.tally.resumed for one in found) == sum(one.resumed for one in servers) >= 85


def test_the_share_of_a_dead_backend_goes_on_failing() -> None:
    with nobody() as dead, backends(1, 40) as (servers, stop):
        alive, gone = loaded(plan_of(servers[0].address, dead), stop)
    assert set(gone.tally.outcomes) == {"connect: connection refused"}
    assert alive.tally.outcomes[SUCCESS] == servers[0].full
    assert abs(gone.tally.begun - alive.tally.begun) <= 1
    assert (gone.downs, gone.moved, alive.downs) == (1, 0, 0)


@pytest.mark.parametrize("spread", ["round-robin", "least-open"])
def test_the_share_of_a_dead_backend_moves_to_the_others(spread: str) -> None:
    with nobody() as dead, backends(2, 90) as (servers, stop):
        began_s = time.monotonic()
        plan = plan_of(servers[0].address, dead, servers[1].address, when_down="move", spread=spread)
        first, gone, last = loaded(plan, stop)
        took_s = time.monotonic() - began_s
    assert [first.tally.outcomes[SUCCESS], last.tally.outcomes[SUCCESS]] == [one.full for one in servers]
    assert gone.moved > 0
    assert gone.downs == 1
    # before it was known to be down, as many as may be open; then one per second
    assert gone.tally.begun <= FAILURES_OF_A_DOWN_ONE + plan.connections + took_s + 1
    if spread == "round-robin":
        assert abs(first.tally.begun - last.tally.begun) <= plan.connections


def test_a_backend_that_dies_and_comes_back_has_its_share_again() -> None:
    """It refuses from its tenth connection, until many have moved; then it answers, and gets twenty."""
    with backends(1, 1_000_000) as (servers, _), backends(1, 20) as (revived, stop):
        steady, dies, count = servers[0], threading.Event(), 0

        def mortal(sock: socket.socket) -> None:
            nonlocal count
            count += 1
            if count < 10:
                steady.serve(sock)
            elif steady.full > 60:
                revived[0].serve(sock)
            else:
                dies.set()

        with listener(mortal) as address:
            plan = plan_of(steady.address, address, when_down="move", connections=2)
            _, one = loaded(plan, stop)
    assert dies.is_set()
    assert one.downs >= 1
    assert one.moved > 0
    assert sum(one.tally.failures.values()) >= FAILURES_OF_A_DOWN_ONE
    assert one.tally.outcomes[SUCCESS] >= 20


def test_a_pool_is_no_larger_for_several_backends() -> None:
    with ExitStack() as stack:
        addresses = [stack.enter_context(answering(_OK)) for _ in range(3)]
        plan = plan_of(*addresses, pool=2, connections=2, requests=1, duration_s=0.5)
        engine = Engine(plan)
        most = 0

        def look(_second: int) -> None:
            nonlocal most
            most = max(most, engine.open_connections)

        begin = engine._begin

        def begin_and_look(begin_ns: int, now_ns: int) -> None:
            begin(begin_ns, now_ns)
            look(0)

        engine._begin = begin_and_look  # type: ignore[method-assign]
        engine.run(time.monotonic_ns(), look)
    assert 0 < most <= 2
    assert engine.tally.begun > 0
    if engine.tally.begun > 10:
        assert engine.tally.retired["for another backend"] > 0


def test_workers_together_count_what_the_servers_saw() -> None:
    with backends(2, 1_000_000) as (servers, _):
        plan = plan_of(*(one.address for one in servers), workers=2, connections=4)

        def enough() -> bool:
            return sum(one.full for one in servers) >= 40

        load = run_load(plan, stop_asked=enough)
    assert load.tally.begun == sum(one.tally.begun for one in load.backends)
    assert [one.tally.handshakes for one in load.backends] == [one.full for one in servers]
    assert load.evenness is not None
    assert 0 < load.evenness.least <= 1 <= load.evenness.most
    assert load.tally.cpu_s > 0
    assert [one.tally.cpu_s for one in load.backends] == [0, 0]


def test_a_backend_by_two_names_is_refused() -> None:
    plan = LoadPlan(target=Target("127.0.0.1", 8443), others=(Target("127.1", 8443),))
    with pytest.raises(RequestError, match=r"127\.1:8443 is 127\.0\.0\.1:8443 by another name: name each"):
        Engine(plan)


def test_the_command_line_stores_shows_and_compares_backends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of the three is dead from the start: the load continues, and reports it."""
    path = tmp_path / "load.json"
    with ExitStack() as stack:
        addresses = [stack.enter_context(answering(_OK)) for _ in range(2)] + [stack.enter_context(nobody())]
        words = [f"{host}:{port}" for host, port in addresses]
        options = ["--duration", "1s", "--warm-up", "0", "--when-down", "move", "--requests", "1", "--quiet"]
        code = tlsbench(["load", *words, "version=1.3", *options, "--json", str(path)])
    out = capsys.readouterr().out
    assert code == 0
    assert f"no connection to {words[2]} succeeded: connect: connection refused" in out
    assert f"{words[2]} was down" in " ".join(out.split())
    stored = json.loads(path.read_text())["tlsbench"]["load"]
    assert [f"{one['target']['host']}:{one['target']['port']}" for one in stored["backends"]] == words
    assert sum(one["tally"]["begun"] for one in stored["backends"]) == stored["tally"]["begun"]
    assert tlsbench(["show", str(path)]) == 0
    assert "by backend: round-robin" in capsys.readouterr().out
    assert tlsbench(["compare", str(path), str(path)]) == 0
    assert "backend=" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["127.0.0.1:1", "127.0.0.1:1"], "127.0.0.1:1 is given twice: name each backend once"),
        (["127.0.0.1:1", "127.0.0.1:2", "--spread", "even"], "unknown spread 'even'"),
        (["127.0.0.1:1", "--via", "127.0.0.1:2,rtt=5ms"], "127.0.0.1:2 is not one of the targets"),
        (["version=1.3"], "there is no target"),
    ],
)
def test_the_command_line_refuses_what_cannot_be_in_one_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(["load", *words]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert len(err.strip().splitlines()) == 1


def test_where_no_backend_is_left_that_is_the_failure(capsys: pytest.CaptureFixture[str]) -> None:
    with nobody() as first, nobody() as second:
        words = [f"{host}:{port}" for host, port in (first, second)]
        options = ["--duration", "300ms", "--warm-up", "0", "--when-down", "move", "--quiet"]
        assert tlsbench(["load", *words, *options]) == 3
    assert (
        "no connection to any of 2 backends succeeded: connect: connection refused" in capsys.readouterr().err
    )
