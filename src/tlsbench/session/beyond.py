"""The cost of a connection of ``tlsbench serve`` beyond its TLS library: in the kernel and in Python.

Two measurements, without any load on the server in question:

- **With a library that computes nothing** (``fake``), served over TCP on loopback by a separate process: its
  processor time per connection is that of the kernel's accepting, receiving, sending and closing, the event
  loop, HTTP and the tally. Two connections go through their steps together, as on a busy server: a server
  that mostly waits is woken for each step and finds its caches cold; one that is never idle is woken for many
  at once.
- **With the library itself, in memory**: a server's work around the library's handshakes, reads and writes
  (it moves bytes in and out, asks what was negotiated, frees the connection) differs from library to library.
  The time of ``fake`` is subtracted.
"""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any, Final

from tlsbench.errors import MeasurementError
from tlsbench.implementations import ClientContext, Endpoint, ServerContext
from tlsbench.implementations.registry import tls_library
from tlsbench.pki import peers_for
from tlsbench.protocol.messages import RECORD_HEADER_BYTES
from tlsbench.scenarios import Scenario
from tlsbench.serving import ServerPlan, ServerTally, Serving
from tlsbench.serving.answers import http
from tlsbench.serving.session import Service
from tlsbench.session.selecting import matrix_of
from tlsbench.stats import Estimate, mean_estimate

#: The word that requests it instead of a time, and its description.
SERVE: Final = "serve"
OF_SERVE: Final = (
    "measured for 'tlsbench serve': kernel and Python with a library that computes nothing, and the work "
    "around this library"
)
_FAKE: Final = ("implementation=fake", "workload=handshake", "version=1.3")
_PATIENCE_SECONDS: Final = 5.0
_RECEIVED_BYTES: Final = 1 << 18
#: Connections that go through their steps together: at 70 % utilisation, with random arrivals, an average of
#: 0.8 others wait in a server's queue (M/D/1: ρ² / 2(1 − ρ)).
_TOGETHER: Final = 2
#: Connections in memory, of which the first are for warm-up.
_IN_MEMORY: Final = 300
_WARM_UP: Final = 50
_MOST_STEPS: Final = 64
_NS: Final = 1e9


def beyond_tls(
    server: Scenario,
    transfer_bytes: int,
    seconds: float = 8.0,
    stop_asked: Callable[[], bool] = lambda: False,
) -> Estimate:
    """The processor time of a ``tlsbench serve`` connection outside its library, in nanoseconds.

    :param server: a full handshake of the server.
    :param transfer_bytes: the size of the answer that each connection requests; 0 for handshakes alone.
    :param seconds: for how long connections are made; each whole second is a sample.
    :raises MeasurementError: if the server dies, or gives a wrong answer.
    """
    (fake,) = matrix_of(_FAKE).scenarios
    served = _served(fake, transfer_bytes, seconds, stop_asked)
    around, of_fake = _in_memory(server, transfer_bytes), _in_memory(fake, transfer_bytes)
    return served + (around.glue_ns - of_fake.glue_ns - of_fake.library_ns)


def _request(transfer_bytes: int) -> bytes:
    return f"GET /bytes/{transfer_bytes} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode("ascii")


def _served(fake: Scenario, transfer_bytes: int, seconds: float, stop_asked: Callable[[], bool]) -> Estimate:
    """The processor time of a server's process per connection, with a library that computes nothing."""
    peers = peers_for(fake)
    clients = tls_library(fake.client).client_context(fake, peers)
    over, failed = threading.Event(), list[Exception]()

    def connect() -> None:
        try:
            while not over.is_set():
                _connect(server.address, clients, transfer_bytes)
        except (OSError, MeasurementError) as error:
            failed.append(error)

    seen: list[ServerTally] = []
    with Serving(ServerPlan(scenario=fake.id, peers=peers.to_pem())) as server:
        client = threading.Thread(target=connect, daemon=True)
        client.start()
        until = time.monotonic() + seconds + 1
        try:
            while time.monotonic() < until and not failed and not stop_asked():
                server.watch(0.2)
                tally = server.tally()
                if tally.ended and (not seen or tally.cpu_s > seen[-1].cpu_s):
                    seen.append(tally)
        finally:
            over.set()
            client.join(_PATIENCE_SECONDS)
    if failed:
        raise MeasurementError(f"a connection of the server failed: {failed[0]}")
    costs = [
        _NS * (after.cpu_s - before.cpu_s) / (after.ended - before.ended)
        for before, after in pairwise(seen)
        if after.ended > before.ended
    ]
    if not costs:
        raise MeasurementError("the server did not report for two seconds")
    return mean_estimate(costs)


def _connect(address: tuple[str, int], clients: ClientContext, transfer_bytes: int) -> None:
    """Make some connections together, step by step, each with a request if there is something to transfer.

    :raises MeasurementError: if an answer is wrong, or a connection ends early.
    """
    with contextlib.ExitStack() as stack:
        ends = [clients.connect(None, b"") for _ in range(_TOGETHER)]
        socks = [
            stack.enter_context(contextlib.closing(socket.create_connection(address, _PATIENCE_SECONDS)))
            for _ in ends
        ]
        pairs = list(zip(ends, socks, strict=True))
        for sock in socks:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _send(pairs)
        for end, sock in pairs:
            while not end.handshake():
                end.receive_data(_received(sock))
        _send(pairs)
        for sock in socks:
            _received(sock)  # the ticket
        if not transfer_bytes:
            return
        for end in ends:
            end.write(_request(transfer_bytes))
        _send(pairs)
        for sock in socks:
            _take_answer(sock, transfer_bytes)


def _send(pairs: Sequence[tuple[Endpoint, socket.socket]]) -> None:
    for end, sock in pairs:
        sock.sendall(end.data_to_send())


def _take_answer(sock: socket.socket, transfer_bytes: int) -> None:
    raw, answer = b"", bytearray()
    while True:
        raw += _received(sock)
        while len(raw) >= RECORD_HEADER_BYTES:
            end = RECORD_HEADER_BYTES + int.from_bytes(raw[3:RECORD_HEADER_BYTES])
            if len(raw) < end:
                break
            answer += raw[RECORD_HEADER_BYTES:end]
            raw = raw[end:]
        head, end_of_head, body = answer.partition(b"\r\n\r\n")
        if end_of_head and f"content-length: {transfer_bytes}".encode("ascii") not in head.lower():
            raise MeasurementError(f"it answered {bytes(head[:80])!r}")
        if end_of_head and len(body) == transfer_bytes:
            return


def _received(sock: socket.socket) -> bytes:
    data = sock.recv(_RECEIVED_BYTES)
    if not data:
        raise MeasurementError("it closed a connection early")
    return data


@dataclass(slots=True)
class _Around:
    """The processor time of a server's connection in memory: inside its library, and around it."""

    library_ns: float = 0.0
    glue_ns: float = 0.0


class _Timed:
    """An endpoint of which only handshakes, reads and writes are timed."""

    def __init__(self, endpoint: Endpoint, spent: _Around) -> None:
        self._endpoint, self._spent = endpoint, spent

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever an endpoint has
        found = getattr(self._endpoint, name)
        if name not in ("handshake", "read", "write"):
            return found

        def timed(*arguments: object) -> object:
            began = time.thread_time_ns()
            try:
                return found(*arguments)
            finally:
                self._spent.library_ns += time.thread_time_ns() - began

        return timed


@dataclass(slots=True)
class _TimedServers:
    """A server's context that makes such endpoints; making one counts as the library's time."""

    context: ServerContext
    spent: _Around

    def accept(self) -> Any:  # noqa: ANN401 - as much of an endpoint as a server takes
        began = time.thread_time_ns()
        endpoint = self.context.accept()
        self.spent.library_ns += time.thread_time_ns() - began
        return _Timed(endpoint, self.spent)


def _in_memory(scenario: Scenario, transfer_bytes: int) -> _Around:
    """The time of a server's connection inside its library and around it: medians of some."""
    peers = peers_for(scenario)
    servers = tls_library(scenario.server).server_context(scenario, peers)
    clients = tls_library(scenario.client).client_context(scenario, peers)
    was_on = gc.isenabled()
    gc.disable()
    try:
        found = [_one(clients, servers, transfer_bytes) for _ in range(_IN_MEMORY)][_WARM_UP:]
    finally:
        if was_on:
            gc.enable()
    return _Around(median(one.library_ns for one in found), median(one.glue_ns for one in found))


def _one(clients: ClientContext, servers: ServerContext, transfer_bytes: int) -> _Around:
    """Time one connection in memory.

    :raises MeasurementError: if it does not complete.
    """
    spent, whole_ns = _Around(), 0
    service = Service(_TimedServers(servers, spent), http, ServerTally())
    client = clients.connect(None, b"")
    began = time.thread_time_ns()
    session = service.accept()
    whole_ns += time.thread_time_ns() - began
    is_done = has_asked = False
    received_bytes = 0
    for _ in range(_MOST_STEPS):
        is_done = client.handshake()
        to_server = client.data_to_send()
        if is_done and not to_server and transfer_bytes and not has_asked:
            has_asked = True
            client.write(_request(transfer_bytes))
            to_server = client.data_to_send()
        if is_done and not to_server:
            break
        began = time.thread_time_ns()
        session.receive(to_server)
        pieces = list(_pieces(session))
        whole_ns += time.thread_time_ns() - began
        for piece in pieces:
            client.receive_data(piece)
            if is_done:
                received_bytes += len(client.read())
    began = time.thread_time_ns()
    session.end()
    del session
    whole_ns += time.thread_time_ns() - began
    client.close()
    if not is_done or (transfer_bytes and received_bytes < transfer_bytes):
        raise MeasurementError("a connection in memory did not complete")
    spent.glue_ns = whole_ns - spent.library_ns
    return spent


def _pieces(session: Any) -> Iterator[bytes]:  # noqa: ANN401 - a Session
    """The data that a session has to send."""
    while data := session.data_to_send():
        session.all_sent()
        yield data
