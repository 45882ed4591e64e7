"""QUIC before other people's programs: which of Debian's shake hands with which library, over UDP."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import find
from tests.integration.test_programs import free_port, running

from tlsbench.implementations import DatagramEndpoint, DatagramImplementation
from tlsbench.implementations.registry import implementation
from tlsbench.pki import Peers, peers_for
from tlsbench.scenarios import Scenario

pytestmark = pytest.mark.integration
Find = Callable[[str], tuple[Scenario, ...]]
LIBRARIES = ("openssl", "aioquic", "qh3")
#: No handshake on a loopback interface takes longer.
LIMIT_S = 20.0


@pytest.fixture(params=LIBRARIES)
def name(request: pytest.FixtureRequest, openssl_35: str) -> str:
    """A library with QUIC, as selectors name it."""
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
        """Until the handshake is complete, and what comes right behind it is there."""
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
        """Send what there is, and take a datagram or a timer."""
        for datagram in self._end.datagrams_to_send(time.monotonic_ns()):
            if self._peer is not None:
                self._udp.sendto(datagram, self._peer)
        due = self._end.timer_ns()
        wait_s = 0.1 if due is None else (due - time.monotonic_ns()) / 1e9
        self._udp.settimeout(min(0.1, max(0.001, wait_s)))
        try:
            datagram, self._peer = self._udp.recvfrom(1 << 16)
        except TimeoutError:
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
    (found,) = scenarios_of(f"implementation={name} transport=quic key=ecdsa-secp256r1 chain_length=2")
    return found


def caddy(peers: Peers, port: int, into: Path) -> list[str]:
    """Caddy as a server of HTTP/3 with our certificates."""
    (into / "chain.pem").write_bytes(peers.server.chain_pem)
    (into / "key.pem").write_bytes(peers.server.key_pem)
    (into / "Caddyfile").write_text(
        "{\n admin off\n auto_https off\n}\n"
        f"https://localhost:{port} {{\n bind 127.0.0.1\n"
        f" tls {into}/chain.pem {into}/key.pem\n respond hello\n}}\n"
    )
    return [find("caddy"), "run", "--config", str(into / "Caddyfile"), "--adapter", "caddyfile"]


def test_caddy_shakes_hands_with_every_client(
    name: str, scenario: Scenario, udp: socket.socket, tmp_path: Path
) -> None:
    peers, port = peers_for(scenario), free_port()
    with running(caddy(peers, port, tmp_path), port, tmp_path):
        end = library_of(name).datagram_client_context(scenario, peers).connect()
        over = OverUdp(end, udp, ("127.0.0.1", port))
        over.shake_hands()
        said = end.negotiated()
        over.listen(lambda: bool(over.received) or end.session() is not None)
    assert (said.version, said.resumed) == ("1.3", False)
    assert said.peer_certificate == peers.server.leaf_der
    assert said.peer_verified
    end.close()
