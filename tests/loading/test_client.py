"""How a connection classifies its server: accepted, refused, asked to retry, or misbehaving."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from OpenSSL import SSL
from tests.loading import servers
from tests.loading.servers import PEERS, Address, answering, hang_up, listener, relay, server_context, speaker

from tlsbench.loading import LoadPlan, LoadTally, Target
from tlsbench.loading.client import Connection
from tlsbench.loading.engine import Engine
from tlsbench.loading.tally import SUCCESS
from tlsbench.loopback import Server, ServerSetup
from tlsbench.pki import Template
from tlsbench.pki.keys import to_pem

pytestmark = pytest.mark.slow
REFUSED = "handshake: TLS: tlsv13 alert certificate required"


def load_of(address: Address, **change: Any) -> LoadTally:
    """The counts of a short load, in this process."""
    plan = LoadPlan(target=Target(*address), connections=2, duration_s=0.3, warm_up_s=0.0, step_limit_s=2.0)
    plan = replace(plan, **change)
    plan.check(unbounded=False)
    engine = Engine(plan)
    engine.run(time.monotonic_ns(), lambda _second: None)
    tally = engine.tally
    assert tally.begun == tally.outcomes.total() > 0
    assert tally.times["handshake"].get_total_count() == tally.handshakes
    return tally


@pytest.fixture
def client_pem(tmp_path: Path) -> str:
    path = tmp_path / "client.pem"
    path.write_bytes(to_pem(PEERS.client.private_key) + PEERS.client.chain_pem)
    return str(path)


def demanding() -> ssl.SSLContext:
    """A server that requires a certificate of each client."""
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=PEERS.root.certificate_pem.decode())
    return context


@pytest.mark.parametrize(
    "change", [{}, {"requests": 1}, {"hold": True}, {"resume": 1.0}, {"pool": 1, "requests": 1}]
)
def test_a_handshake_that_the_server_refuses_is_none(change: dict[str, Any]) -> None:
    with speaker(demanding(), hang_up) as address:
        tally = load_of(address, **change)
    assert SUCCESS not in tally.outcomes
    # An alert that arrives while a request is written may be lost to the reset that follows it.
    assert tally.outcomes.most_common(1)[0][0] == REFUSED
    assert tally.handshakes == tally.unconfirmed == tally.held == 0


def test_a_held_handshake_that_is_refused_when_the_load_is_over_is_none() -> None:
    context = demanding()

    def hesitant(sock: socket.socket) -> None:
        """Check the client's last flight long after it was sent."""
        received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(received, sent, server_side=True)
        for pause_s in (0.0, 1.0):
            received.write(sock.recv(1 << 14))
            time.sleep(pause_s)
            with contextlib.suppress(ssl.SSLError):
                tls.do_handshake()
            sock.sendall(sent.read())
        hang_up(sock)

    with listener(hesitant) as address:
        tally = load_of(address, hold=True)
    assert set(tally.outcomes) == {REFUSED}
    assert tally.handshakes == tally.unconfirmed == tally.held == 0


def test_a_tls_1_2_server_refuses_before_the_client_is_done() -> None:
    with speaker(demanding(), hang_up) as address:
        tally = load_of(address, version="1.2")
    assert tally.handshakes == 0
    assert all(kind.startswith("handshake: TLS: ") for kind in tally.outcomes)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_client_certificate_is_shown_and_accepted(version: str, client_pem: str) -> None:
    with speaker(demanding(), hang_up) as address:
        tally = load_of(address, version=version, cert=client_pem)
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.handshakes == tally.begun
    assert tally.unconfirmed == 0


def ticketless() -> ssl.SSLContext:
    context = server_context()
    context.num_tickets = 0
    return context


def test_close_notify_is_acceptance_too() -> None:
    def polite(tls: ssl.SSLSocket) -> None:
        tls.recv(1)
        tls.unwrap()

    with speaker(ticketless(), polite) as address:
        tally = load_of(address, version="1.3")
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.unconfirmed == 0


def test_what_was_not_seen_to_be_accepted_is_counted_as_that() -> None:
    """A server without tickets that closes silently when there is nothing more to read."""

    def silent(tls: ssl.SSLSocket) -> None:
        tls.recv(1)
        while socket.socket.recv(tls, 4096):  # until the end of the stream
            pass

    with speaker(ticketless(), silent) as address:
        tally = load_of(address, version="1.3")
        held = load_of(address, version="1.3", hold=True)
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.unconfirmed == tally.handshakes == tally.begun
    assert held.unconfirmed == held.handshakes == held.held == 2
    assert tally.times["handshake"].get_max_value() < 0.2e9  # the wait is not part of it


def test_a_held_connection_that_hears_at_its_end_is_held_once() -> None:
    """The server sends something when the client closes, and not before."""

    def late(tls: ssl.SSLSocket) -> None:
        tls.recv(1)
        tls.sendall(b"x")

    with speaker(ticketless(), late) as address:
        tally = load_of(address, version="1.3", hold=True)
    assert tally.outcomes == {SUCCESS: 2}
    assert tally.held == tally.handshakes == 2
    assert tally.unconfirmed == 0


def test_the_wait_for_acceptance_is_no_part_of_the_times() -> None:
    def late(tls: ssl.SSLSocket) -> None:
        time.sleep(0.15)
        tls.recv(1)

    with speaker(ticketless(), late) as address:
        tally = load_of(address, version="1.3")
    times = tally.times["connection"], tally.times["handshake"]
    assert all(phase.get_min_value() < 0.1e9 for phase in times)


_RETRY = hashlib.sha256(b"HelloRetryRequest").digest()


@pytest.mark.parametrize(
    ("curve", "change", "share"),
    [
        ("prime256v1", {}, 1),
        ("prime256v1", {"group": "secp256r1"}, 0),
        ("X25519", {}, 0),
        ("prime256v1", {"version": "1.2"}, 0),
    ],
)
def test_hello_retry_requests_are_counted_as_the_wire_has_them(
    curve: str, change: dict[str, Any], share: int
) -> None:
    seen: list[bool] = []

    def watch(sock: socket.socket, said: bytes, data: bytes) -> None:
        if not said:
            seen.append(_RETRY in data[:64])
        sock.sendall(data)

    context = server_context()
    context.set_ecdh_curve(curve)
    with speaker(context, hang_up) as upstream, relay(upstream, watch) as address:
        tally = load_of(address, **change)
    assert set(tally.outcomes) == {SUCCESS}
    assert tally.hello_retry_requests == sum(seen) == share * len(seen)
    assert len(seen) == tally.begun


@pytest.fixture(scope="module")
def honest() -> Any:
    with Server(ServerSetup(identity=PEERS.server)) as server:
        yield server.address


def _one_byte_at_a_time(sock: socket.socket, _said: bytes, data: bytes) -> None:
    for at in range(len(data)):
        sock.sendall(data[at : at + 1])


@pytest.mark.parametrize("change", [{"requests": 1}, {"resume": 0.5}, {"version": "1.2", "requests": 2}])
def test_a_server_may_speak_one_byte_at_a_time(change: dict[str, Any], honest: Address) -> None:
    with relay(honest, _one_byte_at_a_time) as address:
        tally = load_of(address, **change)
    assert set(tally.outcomes) == {SUCCESS}


def _at(moment: int, do: Callable[[socket.socket], object]) -> servers.Spoil:
    """Pass that many bytes on, and then do something else."""

    def spoil(sock: socket.socket, said: bytes, data: bytes) -> None:
        before = max(0, moment - len(said))
        sock.sendall(data[:before])
        if before < len(data):
            do(sock)
            raise OSError("enough")

    return spoil


def _garbage(sock: socket.socket) -> None:
    sock.sendall(bytes(range(256)) * 20)
    time.sleep(0.05)


SPOILS = {
    "reset": servers.reset,
    "close": lambda sock: sock.shutdown(socket.SHUT_RDWR),
    "silence": lambda _sock: time.sleep(0.6),
    "garbage": _garbage,
}


@pytest.mark.parametrize("change", [{"requests": 1}, {}, {"hold": True}, {"version": "1.2"}], ids=str)
@pytest.mark.parametrize("spoil", SPOILS)
def test_whatever_happens_at_whatever_moment_is_counted(
    spoil: str, change: dict[str, Any], honest: Address
) -> None:
    """At each of many moments of a connection: within records, between them, and after the handshake."""
    for moment in (0, 4, 5, 43, 100, 500, 800, 1000, 1400):
        with relay(honest, _at(moment, SPOILS[spoil])) as address:
            tally = load_of(address, duration_s=0.05, step_limit_s=0.2, **change)
        assert not any("unexpected " in kind and kind[-5:] == "Error" for kind in tally.outcomes), (
            moment,
            tally.outcomes,
        )
        if moment < 500 and spoil != "silence":
            assert tally.outcomes[SUCCESS] == 0, moment


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", "breaks the rules"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, "whose header does not end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n", "breaks the rules"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", SUCCESS),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", SUCCESS),
        (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", SUCCESS),
        (b"\x00\xff" * 100, "not HTTP/1"),
    ],
)
def test_whatever_is_answered_a_worker_counts_on(answer: bytes, outcome: str) -> None:
    with answering(answer) as address:
        tally = load_of(address, requests=1)
    (kind,) = tally.outcomes
    assert outcome in kind
    assert tally.handshakes == tally.begun  # its data implied acceptance


def test_interim_answers_without_an_end_do_not_keep_others_from_their_turn() -> None:
    """A client that reads as fast as the server writes must still meet its limit."""

    def endless(tls: ssl.SSLSocket) -> None:
        tls.recv(4096)
        while True:
            tls.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500)

    with speaker(server_context(), endless) as address:
        tally = load_of(address, requests=1, step_limit_s=0.4, connections=1)
    assert tally.outcomes["request: timeout"] > 0
    assert not tally.outcomes[SUCCESS]


#: Two hours, with a nonce, a ticket of one byte, no extensions (RFC 8446 section 4.6.1).
TICKET = bytes.fromhex("04 00000f 00001c20 00000001 01 61 0001 7a 0000")
UPDATE = bytes.fromhex("18 000001 00")


@pytest.mark.parametrize("message", [TICKET, UPDATE], ids=["tickets", "updates of keys"])
def test_messages_without_an_end_keep_no_worker_from_its_counts(message: bytes, tmp_path: Path) -> None:
    """The limit ends such a connection, rather than the server's patience."""
    updates = message == UPDATE
    with servers.flooding(message, tmp_path, updates=updates) as address:
        suite = "TLS_AES_256_GCM_SHA384"
        tally = load_of(address, requests=1, connections=1, step_limit_s=0.3, cipher=suite)
        quiet = load_of(address, connections=1, step_limit_s=0.3, cipher=suite)
    assert set(tally.outcomes) == {"first byte: timeout"}
    if updates:  # they say nothing about acceptance
        assert quiet.unconfirmed == quiet.outcomes[SUCCESS]
    else:
        assert quiet.outcomes[SUCCESS] == quiet.begun


def test_an_error_of_one_connection_is_not_left_for_another(honest: Address) -> None:
    """OpenSSL's error queue belongs to the thread."""
    one = Engine(LoadPlan(target=Target(*honest)))
    connection = Connection(one._spread._backends[0].shared, 0, counted=False)

    def fails(_now_ns: int) -> None:
        SSL._lib.SSL_CTX_set_cipher_list(one._spread._backends[0].shared.context._context, b"no such suite")
        assert SSL._lib.ERR_peek_error() != 0
        raise SSL.SysCallError(104, "ECONNRESET")

    connection._on_event = fails
    connection.go_on(0)
    assert connection.outcome == "connect: connection reset"
    assert SSL._lib.ERR_peek_error() == 0


def test_a_fault_of_ours_costs_one_connection_and_not_the_worker(
    honest: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: object, _data: bytes) -> bool:
        raise ValueError("not thought of")

    monkeypatch.setattr("tlsbench.loading.answers.Answer.take", broken)
    tally = load_of(honest, requests=1)
    assert set(tally.outcomes) == {"request: unexpected ValueError"}


def test_addresses_are_verified_but_not_indicated(tmp_path: Path) -> None:
    seen: list[str | None] = []
    context = server_context(PEERS.root.issue(Template(names=("127.0.0.1", "localhost"))))
    context.sni_callback = lambda _tls, name, _context: seen.append(name)
    root = tmp_path / "root.pem"
    root.write_bytes(PEERS.root.certificate_pem)
    with speaker(context, hang_up) as address:
        right = load_of(address, root=str(root))
        wrong = load_of(address, root=str(root), server_name="127.0.0.9")
        load_of(address, server_name="a.example.")
    assert set(right.outcomes) == {SUCCESS}
    assert set(wrong.outcomes) == {"handshake: TLS: certificate verify failed"}
    assert set(seen) == {None, "a.example"}
