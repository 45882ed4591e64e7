"""QUIC with other people's programs: which of Debian's complete a handshake with which library, over UDP."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.conftest import Answer, find
from tests.integration.test_programs import free_port, running

from tlsbench.errors import HandshakeError
from tlsbench.implementations import DatagramEndpoint, DatagramImplementation
from tlsbench.implementations.registry import implementation
from tlsbench.pki import Peers, peers_for, spki_pin
from tlsbench.scenarios import Scenario

pytestmark = pytest.mark.integration
Find = Callable[[str], tuple[Scenario, ...]]
LIBRARIES = ("openssl", "aioquic", "qh3")
#: A control stream with SETTINGS, the first that an HTTP/3 end opens (RFC 9114 sections 6.2.1 and 7.2.4).
CONTROL_STREAM = b"\x00\x04"
KEY = "key=ecdsa-secp256r1 chain_length=2"
#: No handshake on a loopback interface takes longer.
LIMIT_S = 20.0


@pytest.fixture(params=LIBRARIES)
def name(request: pytest.FixtureRequest, openssl_35: str) -> str:
    """A library with QUIC, by its name in selectors."""
    if request.param == "openssl":
        return openssl_35
    pytest.importorskip(request.param)
    return str(request.param)


def library_of(name: str) -> DatagramImplementation:
    member = implementation(name)
    assert isinstance(member, DatagramImplementation)
    return member


class OverUdp:
    """An end whose datagrams go over a socket, in real time."""

    def __init__(self, end: DatagramEndpoint, udp: socket.socket, peer: tuple[str, int] | None) -> None:
        self._end, self._udp, self._peer = end, udp, peer
        self.received = b""

    def shake_hands(self) -> None:
        """Run until the handshake is complete, and what follows immediately has arrived."""
        until, done = time.monotonic() + LIMIT_S, False
        while time.monotonic() < until and not done:
            done = self._end.handshake()
            self._turn()
        assert done, f"no handshake in {LIMIT_S} s"

    def listen(self, wanted: Callable[[], bool]) -> None:
        until = time.monotonic() + LIMIT_S
        while time.monotonic() < until and not wanted():
            self.received += self._end.read()
            self._turn()

    def _turn(self) -> None:
        """Send what is due, and handle a datagram or a timer."""
        for datagram in self._end.datagrams_to_send(time.monotonic_ns()):
            if self._peer is not None:
                self._udp.sendto(datagram, self._peer)
        due = self._end.timer_ns()
        wait_s = 0.1 if due is None else (due - time.monotonic_ns()) / 1e9
        self._udp.settimeout(min(0.1, max(0.001, wait_s)))
        try:
            datagram, self._peer = self._udp.recvfrom(1 << 16)
        except TimeoutError:
            if due is not None and due <= time.monotonic_ns():
                self._end.handle_timer(time.monotonic_ns())
        else:
            self._end.receive_datagram(datagram, time.monotonic_ns())


@pytest.fixture
def udp() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        yield made


@pytest.fixture
def scenario(name: str, scenarios_of: Find) -> Scenario:
    (found,) = scenarios_of(f"implementation={name} transport=quic {KEY}")
    return found


def caddy(pem: str, port: int, into: Path) -> list[str]:
    """Caddy as an HTTP/3 server with our certificates."""
    (into / "Caddyfile").write_text(
        f"{{\n admin off\n auto_https off\n storage file_system {into}\n}}\n"
        f"https://localhost:{port} {{\n bind 127.0.0.1\n tls {pem} {pem}\n respond hello\n}}\n"
    )
    return [find("caddy"), "run", "--config", str(into / "Caddyfile"), "--adapter", "caddyfile"]


def test_caddy_shakes_hands_with_every_client(
    name: str, scenario: Scenario, udp: socket.socket, tmp_path: Path
) -> None:
    peers, port = peers_for(scenario), free_port()
    with peers.server.pem_file() as pem, running(caddy(pem, port, tmp_path), port, tmp_path):
        end = library_of(name).datagram_client_context(scenario, peers).connect()
        over = OverUdp(end, udp, ("127.0.0.1", port))
        over.shake_hands()
        said = end.negotiated()
        over.listen(lambda: bool(over.received))
    assert (said.version, said.resumed) == ("1.3", False)
    assert said.peer_certificate == peers.server.leaf_der
    assert said.peer_verified
    assert over.received.startswith(CONTROL_STREAM)
    end.close()


def chromium(peers: Peers, port: int, into: Path) -> list[str]:
    """Chromium, which requests a page from a port over QUIC only, and prints it."""
    return [
        find("chromium"),
        *("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={into}"),
        f"--origin-to-force-quic-on=localhost:{port}",
        f"--ignore-certificate-errors-spki-list={spki_pin(peers.server.leaf)}",
        "--host-resolver-rules=MAP localhost 127.0.0.1",
        "--dump-dom",
        f"https://localhost:{port}/",
    ]


def test_chromium_shakes_hands_with_every_server_that_takes_empty_connection_ids(
    name: str, scenario: Scenario, udp: socket.socket, tmp_path: Path
) -> None:
    """It starts with a key share for X25519MLKEM768, and states its HTTP/3 version once it is connected."""
    peers, port = peers_for(scenario), udp.getsockname()[1]
    any_group = replace(scenario, group="X25519MLKEM768:x25519:secp256r1")
    servers = library_of(name).datagram_server_context(any_group, peers)
    end = servers.accept()
    over = OverUdp(end, udp, None)
    command = chromium(peers, port, tmp_path)
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if name == "qh3":  # Chromium's connection IDs are empty, like those of OpenSSL's clients
            with pytest.raises(HandshakeError, match="initial_source_connection_id does not match"):
                over.shake_hands()
            return
        over.shake_hands()
        over.listen(lambda: bool(over.received))
    finally:
        browser.terminate()
        browser.wait(timeout=LIMIT_S)
    assert end.negotiated().version == "1.3"
    assert end.negotiated().cipher == scenario.cipher
    assert CONTROL_STREAM in over.received
    end.close()


@pytest.mark.parametrize("library", ["aioquic", "qh3"])
def test_caddy_answers_a_request_by_http_3(
    library: str, scenarios_of: Find, udp: socket.socket, tmp_path: Path
) -> None:
    pytest.importorskip(library)
    (asking,) = scenarios_of(f"workload=request implementation={library} transport=quic {KEY}")
    peers, port = peers_for(asking), free_port()
    with peers.server.pem_file() as pem, running(caddy(pem, port, tmp_path), port, tmp_path):
        end = library_of(library).datagram_client_context(asking, peers).connect()
        over = OverUdp(end, udp, ("127.0.0.1", port))
        over.shake_hands()
        end.write(b"/")
        over.listen(lambda: bool(over.received))
    assert over.received == b"hello"
    end.close()


def test_aioquic_reads_what_chromium_asks_for_by_http_3(
    scenarios_of: Find, udp: socket.socket, tmp_path: Path
) -> None:
    pytest.importorskip("aioquic")
    (asking,) = scenarios_of(f"workload=request implementation=aioquic transport=quic {KEY}")
    peers = peers_for(asking)
    servers = library_of("aioquic").datagram_server_context(asking, peers)
    end = servers.accept()
    over = OverUdp(end, udp, None)
    command = chromium(peers, udp.getsockname()[1], tmp_path)
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        over.shake_hands()
        over.listen(lambda: bool(over.received))
    finally:
        browser.terminate()
        browser.wait(timeout=LIMIT_S)
    assert over.received.startswith(b"/")
    end.close()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["openssl", "s_client", "-quic", "-connect", "127.0.0.1:9"], "Unknown option: -quic"),
        (["openssl", "s_server", "-quic"], "Unknown option: -quic"),
        (["curl", "--http3", "https://127.0.0.1:9/"], "the installed libcurl version doesn't support this"),
        (["gnutls-cli", "--quic", "127.0.0.1"], "unrecognized option '--quic'"),
        (["kdig", "+quic", "@127.0.0.1", "-p", "9", "example.com"], "127.0.0.1@9(UDP)"),
    ],
)
def test_what_other_programs_of_debian_say_when_they_are_asked_for_quic(
    command: list[str], says: str, ask: Callable[..., Answer]
) -> None:
    """The reasons in docs/quic.md; if a newer program in Debian can, it must be tried as a peer."""
    answer = ask(*command)
    assert answer.code != 0
    assert says in answer.text
