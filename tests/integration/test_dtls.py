"""DTLS over UDP with real peers: s_server and s_client of OpenSSL, gnutls-serv and gnutls-cli."""

from __future__ import annotations

import select
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import find

from tlsbench import pki
from tlsbench.implementations import DatagramEndpoint
from tlsbench.implementations.registry import capabilities, implementation, spellings
from tlsbench.scenarios import Scenario, expand, parse

pytestmark = pytest.mark.integration
LIBRARIES = ("libssl", "pyopenssl", "mbedtls", "libmbedtls")
WORD, ANSWER = b"a word from this side\n", b"and one from the other\n"
SECONDS = 10
SUITE = "ECDHE-ECDSA-AES256-GCM-SHA384"
GNUTLS = "NORMAL:-VERS-ALL:+VERS-DTLS1.2"


def scenario_of(library: str, more: str = "") -> Scenario:
    auth = "client_auth=required chain_length=2" if library == "mbedtls" else ""
    text = f"implementation={library} transport=dtls key=ecdsa-secp256r1 mtu=1400 {auth} {more}"
    (scenario,) = expand([parse([text], spellings())], capabilities()).scenarios
    return scenario


class Talk:
    """An end over a UDP socket, within a time limit."""

    def __init__(self, end: DatagramEndpoint, sock: socket.socket, peer: Any = None) -> None:
        self.end, self.sock, self.peer = end, sock, peer
        self.is_done, self.arrived = False, b""

    def until(self, is_over: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        self._go_on()
        while not is_over():
            assert time.monotonic() < deadline, f"nothing more came; so far {self.arrived!r}"
            if select.select([self.sock], [], [], 0.1)[0]:
                datagram, self.peer = self.sock.recvfrom(1 << 16)
                self.end.receive_datagram(datagram, time.monotonic_ns())
                self._go_on()

    def shake(self) -> None:
        self.until(lambda: self.is_done)

    def say(self, data: bytes) -> None:
        self.end.write(data)
        self._send()

    def hear(self, data: bytes) -> None:
        self.until(lambda: data in self.arrived)

    def _go_on(self) -> None:
        if self.is_done:
            self.arrived += self.end.read()
        else:
            self.is_done = self.end.handshake()
        self._send()

    def _send(self) -> None:
        for datagram in self.end.datagrams_to_send(time.monotonic_ns()):
            self.sock.sendto(datagram, self.peer)


@contextmanager
def running(*command: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [find(str(command[0])), *map(str, command[1:])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def heard(process: subprocess.Popen[bytes], wanted: bytes) -> bytes:
    """The output of a program up to this text."""
    assert process.stdout is not None
    said, deadline = b"", time.monotonic() + SECONDS
    while wanted not in said:
        assert time.monotonic() < deadline, said.decode(errors="replace")
        if select.select([process.stdout], [], [], 0.1)[0]:
            piece = process.stdout.read1()  # type: ignore[attr-defined]
            assert piece, said.decode(errors="replace")
            said += piece
    return said


def tell(process: subprocess.Popen[bytes], word: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(word)
    process.stdin.flush()


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        yield made


@pytest.fixture
def port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
        return found


class Files:
    """The peers of a scenario as files for a program."""

    def __init__(self, peers: pki.Peers, folder: Path) -> None:
        self.root, self.server, self.client = (folder / name for name in ("root.pem", "server", "client"))
        self.root.write_bytes(peers.root.certificate_pem)
        for path, identity in ((self.server, peers.server), (self.client, peers.client)):
            with identity.pem_file() as pem:
                path.write_bytes(Path(pem).read_bytes())
                path.chmod(0o600)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("asks", ["", "-listen"])
def test_a_client_talks_to_s_server_with_and_without_its_cookie(
    library: str, asks: str, sock: socket.socket, port: int, tmp_path: Path
) -> None:
    scenario = scenario_of(library)
    peers = pki.peers_for(scenario)
    files = Files(peers, tmp_path)
    command = ["openssl", "s_server", "-dtls1_2", *filter(None, [asks]), "-accept", f"127.0.0.1:{port}"]
    with running(
        *command, "-cert", files.server, "-key", files.server, "-cert_chain", files.server
    ) as server:
        heard(server, b"ACCEPT")
        member: Any = implementation(library)
        clients = member.datagram_client_context(scenario, peers)
        talk = Talk(clients.connect(), sock, ("127.0.0.1", port))
        talk.shake()
        assert talk.end.negotiated().peer_certificate == peers.server.leaf_der
        talk.say(WORD)
        heard(server, WORD)
        tell(server, ANSWER)
        talk.hear(ANSWER)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_client_is_echoed_by_gnutls_serv(
    library: str, sock: socket.socket, port: int, tmp_path: Path
) -> None:
    scenario = scenario_of(library)
    peers = pki.peers_for(scenario)
    files = Files(peers, tmp_path)
    command = ["gnutls-serv", "--udp", "--echo", "--port", port, "--priority", GNUTLS, "--noticket"]
    with running(*command, "--x509certfile", files.server, "--x509keyfile", files.server) as server:
        heard(server, b"done")
        member: Any = implementation(library)
        talk = Talk(member.datagram_client_context(scenario, peers).connect(), sock, ("127.0.0.1", port))
        talk.shake()
        talk.say(WORD)
        talk.hear(WORD)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("asks", ["no", "yes"])
@pytest.mark.parametrize("peer", ["s_client", "gnutls-cli"])
def test_a_client_of_another_program_talks_to_a_server_with_and_without_its_cookie(
    library: str, asks: str, peer: str, sock: socket.socket, tmp_path: Path
) -> None:
    if library == "mbedtls" and asks == "no":
        pytest.skip("its server always asks for a cookie")
    scenario = scenario_of(library, f"address_check={asks}")
    peers = pki.peers_for(scenario)
    files, port = Files(peers, tmp_path), sock.getsockname()[1]
    commands = {
        "s_client": [
            *("openssl", "s_client", "-dtls1_2", "-connect", f"127.0.0.1:{port}", "-CAfile", files.root),
            *("-servername", pki.SERVER_NAME, "-verify_hostname", pki.SERVER_NAME, "-verify_return_error"),
            *("-cert", files.client, "-key", files.client, "-cert_chain", files.client),
        ],
        "gnutls-cli": [
            *("gnutls-cli", "--udp", "--port", port, "--priority", GNUTLS, "--x509cafile", files.root),
            *("--sni-hostname", pki.SERVER_NAME, "--verify-hostname", pki.SERVER_NAME),
            *("--x509certfile", files.client, "--x509keyfile", files.client, "127.0.0.1"),
        ],
    }
    with running(*commands[peer]) as client:
        member: Any = implementation(library)
        talk = Talk(member.datagram_server_context(scenario, peers).accept(), sock)
        talk.shake()
        if scenario.client_auth == "required":
            assert talk.end.negotiated().peer_certificate == peers.client.leaf_der
        tell(client, WORD)
        talk.hear(WORD)
        talk.say(ANSWER)
        heard(client, ANSWER)
