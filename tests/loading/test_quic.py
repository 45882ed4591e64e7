"""A load over QUIC on bad lines and of bad servers: each connection ends in time, with the right outcome."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tlsbench import pki
from tlsbench.loading import LoadPlan, LoadTally, Target
from tlsbench.loading.engine import Engine
from tlsbench.loading.tally import SUCCESS
from tlsbench.scenarios import Scenario
from tlsbench.serving import ServerPlan, Serving

pytestmark = pytest.mark.slow
Address = tuple[str, int]
#: What is passed on for a datagram, immediately.
Spoil = Callable[[bytes], list[bytes]]
#: Without its limits, such a load would run forever.
HANG_SECONDS = 30.0


@contextlib.contextmanager
def line(upstream: Address, spoil: Spoil) -> Iterator[Address]:
    """A datagram relay in front of a server, for many clients: the traffic is tampered with, both ways."""
    near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    near.bind(("127.0.0.1", 0))
    near.settimeout(0.05)
    far: dict[Address, socket.socket] = {}
    ended = threading.Event()

    def back(sock: socket.socket, client: Address) -> None:
        while not ended.is_set():
            with contextlib.suppress(OSError):
                for one in spoil(sock.recv(65536)):
                    near.sendto(one, client)

    def forth() -> None:
        while not ended.is_set():
            with contextlib.suppress(OSError):
                data, client = near.recvfrom(65536)
                if client not in far:
                    far[client] = sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    sock.connect(upstream)
                    sock.settimeout(0.05)
                    threading.Thread(target=back, args=(sock, client), daemon=True).start()
                for one in spoil(data):
                    far[client].send(one)

    thread = threading.Thread(target=forth, daemon=True)
    thread.start()
    yield near.getsockname()
    ended.set()
    thread.join(5)
    near.close()
    for sock in far.values():
        sock.close()


@contextlib.contextmanager
def datagrams(answer: Callable[[bytes], list[bytes]]) -> Iterator[Address]:
    """A server that answers each datagram with something."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.05)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    data, client = sock.recvfrom(65536)
                    for one in answer(data):
                        sock.sendto(one, client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield sock.getsockname()
        ended.set()
        thread.join(5)


def load_of(address: Address, **change: Any) -> LoadTally:
    """The counts of a short load, in this process, and in time."""
    given: dict[str, Any] = {"connections": 2, "duration_s": 0.3, "warm_up_s": 0.0, "step_limit_s": 1.0}
    plan = LoadPlan(target=Target(*address), http="3", server_name="localhost", **{**given, **change})
    plan.check(unbounded=False)
    engine, began = Engine(plan), time.monotonic()
    engine.run(time.monotonic_ns(), lambda _second: None)
    assert time.monotonic() - began < HANG_SECONDS
    tally = engine.tally
    assert tally.begun == tally.outcomes.total() > 0
    assert not any("unexpected " in kind for kind in tally.outcomes), tally.outcomes
    return tally


@pytest.fixture
def server(scenarios_of: Callable[[str], tuple[Scenario, ...]]) -> Iterator[Address]:
    (scenario,) = scenarios_of("version=1.3")
    plan = ServerPlan(scenario=scenario.id, peers=pki.peers_for(scenario).to_pem(), http="3")
    with Serving(plan) as serving:
        yield serving.address


class Swap:
    """Lets the next datagram overtake each one."""

    def __init__(self) -> None:
        self._kept: list[bytes] = []

    def __call__(self, data: bytes) -> list[bytes]:
        self._kept.append(data)
        if len(self._kept) < 2 and len(data) > 100:
            return []
        kept, self._kept = self._kept[::-1], []
        return kept


DRAW = random.Random(1)
LINES: dict[str, Callable[[], Spoil]] = {
    "as it is": lambda: lambda data: [data],
    "twice": lambda: lambda data: [data, data],
    "a fifth lost": lambda: lambda data: [data] * (DRAW.random() > 0.2),
    "overtaken": Swap,
    "a tenth spoiled": lambda: lambda data: [data if DRAW.random() > 0.1 else data[:-1] + b"?"],
    "with noise between": lambda: lambda data: [DRAW.randbytes(50), data, data[: len(data) // 2]],
}


@pytest.mark.parametrize("name", LINES)
def test_a_bad_line_costs_time_and_no_answers(name: str, server: Address) -> None:
    with line(server, LINES[name]()) as address:
        tally = load_of(address, requests=5, duration_s=1.0, step_limit_s=8.0)
    assert tally.outcomes[SUCCESS] > 0.8 * tally.begun, tally.outcomes
    # qh3 and aioquic lose a handshake now and then if some of its packets are lost
    assert all(kind.endswith(": timeout") or ": QUIC: " in kind for kind in tally.failures), tally.outcomes
    if name in ("as it is", "twice"):
        assert set(tally.outcomes) == {SUCCESS}
        assert tally.requests == 5 * tally.begun


def _other_version(data: bytes) -> list[bytes]:
    """Version Negotiation (RFC 9000 section 17.2.1) that offers a version nobody supports."""
    of_client = data[6 : 6 + data[5]]
    at = 6 + data[5]
    of_server = data[at + 1 : at + 1 + data[at]]
    return [
        b"\xc0"
        + bytes(4)
        + bytes([len(of_server)])
        + of_server
        + bytes([len(of_client)])
        + of_client
        + b"\x0a" * 4
    ]


@pytest.mark.parametrize(
    "answer",
    [
        lambda _data: [],
        lambda data: [data],
        lambda data: [DRAW.randbytes(len(data))],
        lambda data: [bytes([data[0] & 0x7F]) + data[1:]],
        _other_version,
    ],
    ids=["nothing", "the same", "noise", "a short header", "another version"],
)
def test_a_server_that_speaks_no_quic_is_a_failure_in_time(answer: Callable[[bytes], list[bytes]]) -> None:
    with datagrams(answer) as address:
        tally = load_of(address, requests=1, step_limit_s=0.5)
    assert not tally.outcomes[SUCCESS]
    assert all(kind.startswith("handshake: ") for kind in tally.outcomes), tally.outcomes


def test_a_server_that_is_gone_in_the_midst_is_a_failure_in_time(server: Address) -> None:
    """The line passes the handshake, and then nothing more."""
    until_s = time.monotonic() + 0.7

    def spoil(data: bytes) -> list[bytes]:
        return [data] if time.monotonic() < until_s else []

    with line(server, spoil) as address:
        tally = load_of(address, requests=1_000_000, connections=1, step_limit_s=0.6, duration_s=1.5)
    assert not tally.outcomes[SUCCESS]
    assert set(tally.outcomes) <= {"first byte: timeout", "request: timeout", "handshake: timeout"}
