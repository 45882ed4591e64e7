"""A client and a server: each outcome as both sides see it, and what happens if one misbehaves."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tlsbench.errors import HandshakeError, RequestError
from tlsbench.loopback import ClientSetup, Meeting, Server, ServerSetup, Visit, connect, meet
from tlsbench.loopback.alerts import Alert
from tlsbench.loopback.http import PROBLEMS
from tlsbench.loopback.setups import must_staple
from tlsbench.pki import Identity, Template, ocsp_response, root_authority, spki_pin

ROOT = root_authority("ecdsa-secp256r1")
SERVER = ROOT.issue(Template(names=("localhost", "127.0.0.1")))
CLIENT = ROOT.issue(Template(names=("alice.test",), usages=("client",)))
TRUSTING = ClientSetup(roots=(ROOT.certificate,))


def encounter(server: ServerSetup, client: ClientSetup) -> tuple[Meeting, Visit]:
    with Server(server) as running:
        return meet(running.address, client), running.next_visit()


@contextmanager
def rude(answer: bytes, *, reads: bool = True) -> Iterator[tuple[str, int]]:
    """A peer that accepts one connection, sends something that is not TLS, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            sock, _ = listener.accept()
            with sock:
                if reads:
                    sock.recv(65536)
                sock.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()
        thread.join(10)


def test_both_sides_see_what_was_negotiated() -> None:
    meeting, visit = encounter(ServerSetup(identity=SERVER), TRUSTING)
    assert (meeting.problem, visit.problem) == ("", "")
    assert meeting.version == visit.version == "TLSv1.3"
    assert (meeting.cipher, meeting.group) == (visit.cipher, visit.group)
    assert meeting.chain == SERVER.certificates
    assert visit.client is None
    assert visit.requests == 1
    assert b"version: TLSv1.3" in meeting.reply


@pytest.mark.parametrize(
    ("client_auth", "identity", "problem"),
    [
        ("optional", None, ""),
        ("optional", CLIENT, ""),
        ("required", CLIENT, ""),
        ("required", None, "certificate required"),
    ],
)
def test_a_server_asks_for_a_client_certificate_as_it_is_told(
    client_auth: str, identity: Identity | None, problem: str
) -> None:
    setup = ServerSetup(identity=SERVER, client_auth=client_auth, client_roots=(ROOT.certificate,))
    meeting, visit = encounter(setup, ClientSetup(roots=(ROOT.certificate,), identity=identity))
    assert problem in meeting.problem
    assert visit.client == (identity.leaf if identity else None)
    assert bool(visit.problem) is bool(problem)


def test_a_refusal_is_known_to_both_sides_by_its_alert() -> None:
    meeting, visit = encounter(ServerSetup(identity=SERVER), ClientSetup())
    assert meeting.alert == visit.alert == Alert(48, "client")
    assert str(meeting.alert) == "unknown_ca (48), sent by the client"
    assert "unable to get local issuer certificate, at depth 0" in meeting.problem


@pytest.mark.parametrize("ocsp", ["none", "checked", "required"])
@pytest.mark.parametrize("staple", [b"", ocsp_response(ROOT, SERVER.leaf)], ids=["nothing", "stapled"])
def test_a_client_insists_on_a_staple_as_it_is_told(ocsp: str, staple: bytes) -> None:
    meeting, _ = encounter(
        ServerSetup(identity=SERVER, staple=staple), ClientSetup(roots=(ROOT.certificate,), ocsp=ocsp)
    )
    assert meeting.ocsp == ("good" if staple and ocsp != "none" else "")
    assert bool(meeting.problem) is (ocsp == "required" and not staple)


def test_an_unverifying_client_sees_any_chain() -> None:
    meeting, _ = encounter(ServerSetup(identity=CLIENT), ClientSetup(verify=False))
    assert not meeting.problem
    assert meeting.chain == CLIENT.certificates


def test_a_pin_does_not_replace_the_chain() -> None:
    pins = frozenset({spki_pin(SERVER.leaf)})
    meeting, _ = encounter(ServerSetup(identity=SERVER), ClientSetup(pins=pins))
    assert "unable to get local issuer" in meeting.problem


def test_a_connection_can_be_asked_again_and_again() -> None:
    with Server(ServerSetup(identity=SERVER)) as running, connect(running.address, TRUSTING) as connected:
        for number in (1, 2, 3):
            assert f"request: {number} of this connection".encode() in connected.ask()


def test_a_renewed_certificate_is_shown_from_the_next_connection_on() -> None:
    renewed = ROOT.issue(Template(names=("localhost",)))
    with Server(ServerSetup(identity=SERVER)) as running:
        assert meet(running.address, TRUSTING).chain == SERVER.certificates
        running.renew(ServerSetup(identity=renewed))
        assert meet(running.address, TRUSTING).chain == renewed.certificates


def test_nothing_that_listens_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with pytest.raises(RequestError, match=r"cannot connect to 127.0.0.1:\d+: Connection refused"):
        meet(address, TRUSTING)


def test_a_port_in_use_is_one_clear_line() -> None:
    with (
        Server(ServerSetup(identity=SERVER)) as running,
        pytest.raises(RequestError, match=r"cannot listen on 127.0.0.1:\d+: Address already in use"),
    ):
        Server(ServerSetup(identity=SERVER), running.address)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"", "closed the connection without an alert"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "wrong version number|packet length|http"),
        (b"\x16\x03\x03\x00\x05hello", "unexpected message|length mismatch|bad"),
    ],
)
def test_a_server_that_speaks_no_tls_is_a_problem_and_no_crash(answer: bytes, problem: str) -> None:
    with rude(answer) as address:
        meeting = meet(address, TRUSTING)
    assert re.search(problem, meeting.problem), meeting.problem


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlsbench.loopback.channel.Channel.__init__.__defaults__", (0.2,))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert "sent nothing more for too long" in meet(listener.getsockname(), TRUSTING).problem


@pytest.mark.parametrize("data", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x10" + bytes(16)])
def test_a_client_that_speaks_no_tls_costs_the_server_nothing_but_a_visit(data: bytes) -> None:
    with Server(ServerSetup(identity=SERVER)) as running:
        with socket.create_connection(running.address) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            with contextlib.suppress(OSError):
                sock.recv(100)
        assert running.next_visit().problem
        assert not meet(running.address, TRUSTING).problem


def test_a_head_request_is_answered_without_a_body() -> None:
    with Server(ServerSetup(identity=SERVER)) as running, connect(running.address, TRUSTING) as connected:
        connected.channel.write(b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = connected.channel.read()
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"\r\n\r\n")
        assert not running.next_visit().problem


def test_a_client_that_goes_between_requests_without_a_word_has_not_failed() -> None:
    with Server(ServerSetup(identity=SERVER)) as running:
        connected = connect(running.address, TRUSTING)
        connected.ask()
        connected.channel._socket.close()
        visit = running.next_visit()
        assert (visit.problem, visit.requests) == ("", 1)


def test_a_client_that_goes_within_a_request_has() -> None:
    with Server(ServerSetup(identity=SERVER)) as running:
        connected = connect(running.address, TRUSTING)
        connected.channel.write(b"GET / HTTP/1.1\r\nHost:")
        connected.channel._socket.close()
        # With tickets unread, the system closes with a reset.
        assert re.search("without an alert|connection broke", running.next_visit().problem)


def test_requests_that_are_no_http_end_the_connection_and_not_the_server() -> None:
    with Server(ServerSetup(identity=SERVER)) as running:
        with connect(running.address, TRUSTING) as connected:
            connected.channel.write(b"NONSENSE\r\n\r\n")
            assert connected.channel.read().startswith(b"HTTP/1.1 400 ")
            assert connected.channel.read() == b""
        assert running.next_visit().problem == "HTTP: malformed request"
        assert not meet(running.address, TRUSTING).problem


@pytest.mark.parametrize("host", ["", "Host: x\r\n"])
def test_connect_is_refused_by_an_answer(host: str) -> None:
    with Server(ServerSetup(identity=SERVER)) as running:
        with connect(running.address, TRUSTING) as connected:
            connected.channel.write(f"CONNECT x:1 HTTP/1.1\r\n{host}\r\n".encode())
            assert connected.channel.read().startswith(b"HTTP/1.1 400 ")
        assert running.next_visit().problem in PROBLEMS
        assert not meet(running.address, TRUSTING).problem


def test_a_server_goes_on_when_descriptors_are_free_again(monkeypatch: pytest.MonkeyPatch) -> None:
    accept, left = socket.socket.accept, [3]

    def lacking(listener: socket.socket) -> tuple[socket.socket, object]:
        if left[0]:
            left[0] -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(listener)

    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "accept", lacking)
        with Server(ServerSetup(identity=SERVER)) as running:
            assert not meet(running.address, TRUSTING).problem
            refused, visit = running.next_visit(), running.next_visit()
    assert refused.problem == "cannot accept a connection: Too many open files"
    assert not visit.problem


@pytest.mark.parametrize("established", [False, True])
def test_a_client_that_drips_has_one_limit_for_the_whole(established: bool) -> None:
    with Server(ServerSetup(identity=SERVER), time_limit_s=0.4) as running, contextlib.ExitStack() as stack:
        if established:
            sending = stack.enter_context(connect(running.address, TRUSTING)).channel.write
            drips = b"GET / HTTP/1.1\r\nX: " + 100 * b"x"
        else:
            sending = stack.enter_context(socket.create_connection(running.address)).sendall
            drips = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + 100 * b"x"
        began = time.monotonic()
        for byte in drips:
            with contextlib.suppress(OSError, HandshakeError):
                sending(bytes([byte]))
            time.sleep(0.05)
            if time.monotonic() - began > 1.2:
                break
        assert "sent nothing more for too long" in running._visits.get(timeout=0.1).problem


@pytest.mark.slow
def test_a_client_that_takes_no_answers_is_given_up() -> None:
    with (
        Server(ServerSetup(identity=SERVER), time_limit_s=0.4) as running,
        connect(running.address, TRUSTING) as connected,
    ):
        connected.channel.time_limit_s = 2
        with contextlib.suppress(OSError, HandshakeError):
            for _ in range(1000):
                connected.channel.write(1000 * b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert "accepted no more data for too long" in running.next_visit().problem


def test_answers_do_not_wait_for_acknowledgements() -> None:
    with Server(ServerSetup(identity=SERVER)) as running, connect(running.address, TRUSTING) as connected:
        connected.ask()
        (served,) = running._open
        for sock in (served, connected.channel._socket):
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_of_visits_that_nobody_asks_for_the_last_are_kept() -> None:
    with Server(ServerSetup(identity=SERVER)) as running:
        for number in range(2000):
            running._tell(Visit(peer=str(number)))
        assert running._visits.qsize() <= 1024
        assert running.next_visit().peer == str(2000 - running._visits.qsize() - 1)


def test_a_request_without_an_end_is_cut_off() -> None:
    with Server(ServerSetup(identity=SERVER)) as running, connect(running.address, TRUSTING) as connected:
        connected.channel.write(b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000)
        assert "request head over 16 KiB" in running.next_visit().problem


def test_closing_a_server_ends_what_is_open() -> None:
    running = Server(ServerSetup(identity=SERVER))
    connected = connect(running.address, TRUSTING)
    running.close()
    with pytest.raises(HandshakeError):
        connected.ask()
    connected.close()


def test_must_staple_is_read_from_the_certificate() -> None:
    assert must_staple(ROOT.issue(Template(names=("a",), must_staple=True)).leaf)
    assert not must_staple(SERVER.leaf)


def test_a_closed_server_leaves_no_thread_behind() -> None:
    """A thread inside OpenSSL would crash the interpreter on exit."""
    slow = Server(ServerSetup(identity=SERVER), observe=lambda _visit: time.sleep(0.5))
    with slow as running, contextlib.ExitStack() as stack:
        for _ in range(20):
            client = stack.enter_context(contextlib.closing(socket.create_connection(running.address)))
            client.sendall(b"no TLS at all")
        running.next_visit()
        running.close()
        assert not [thread for thread in threading.enumerate() if thread.name == "tlsbench-visit"]
