"""Our certificates, checked by the system's openssl."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.conftest import Answer, find

from tlsbench import pki
from tlsbench.loopback import Server, ServerSetup
from tlsbench.scenarios.keys import KEY_TYPES

pytestmark = pytest.mark.integration
CLASSICAL = [
    key_type.name
    for key_type in KEY_TYPES
    if not key_type.name.startswith(("ml-dsa", "slh-dsa", "composite"))
]


@pytest.fixture
def openssl() -> str:
    return find("openssl")


@pytest.mark.parametrize("key_type", CLASSICAL)
@pytest.mark.parametrize("chain_length", [1, 3])
@pytest.mark.parametrize(
    ("role", "purpose", "host"),
    [("server", "sslserver", pki.SERVER_NAME), ("client", "sslclient", pki.CLIENT_NAME)],
)
def test_openssl_verifies_every_chain_with_its_purpose_and_host(
    key_type: str, chain_length: int, role: str, purpose: str, host: str, openssl: str, tmp_path: Path
) -> None:
    peers = pki.peers(key_type, chain_length)
    chain = tmp_path / "chain.pem"
    chain.write_bytes(getattr(peers, role).chain_pem)
    root = tmp_path / "root.pem"
    root.write_bytes(peers.root.certificate_pem)
    command = [openssl, "verify", "-CAfile", root, "-untrusted", chain, "-purpose", purpose, "-x509_strict"]
    good = subprocess.run([*command, "-verify_hostname", host, chain], capture_output=True, text=True)
    assert good.returncode == 0, good.stderr
    bad = subprocess.run([*command, "-verify_hostname", "other.test", chain], capture_output=True, text=True)
    assert bad.returncode != 0
    assert "hostname mismatch" in bad.stderr.lower()


@pytest.mark.parametrize("anti_replay", [True, False])
def test_openssl_s_early_data_is_accepted_once_of_a_ticket_unless_anti_replay_is_off(
    anti_replay: bool, ask: Callable[..., Answer], tmp_path: Path
) -> None:
    peers = pki.peers("ecdsa-secp256r1")
    root, session, request = (tmp_path / name for name in ("root.pem", "session.pem", "request"))
    root.write_bytes(peers.root.certificate_pem)
    request.write_bytes(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    setup = ServerSetup(identity=peers.server, early_data=True, anti_replay=anti_replay)
    with Server(setup) as server:
        where = f"{server.address[0]}:{server.address[1]}"
        client = ["openssl", "s_client", "-connect", where, "-servername", "localhost", "-CAfile", root]
        first = ask(*client, "-sess_out", session, "-ign_eof", text=request.read_text(encoding="ascii"))
        assert "Max Early Data: 16384" in first.text
        early = [*client, "-sess_in", session, "-early_data", request]
        again = [ask(*early, "-ign_eof"), ask(*early)]  # the second may have no answer to wait for
        visits = [server.next_visit() for _ in range(3)]
    accepted = ["Early data was accepted" in answer.text for answer in again]
    assert accepted == [True, not anti_replay]
    assert f"early data: {request.stat().st_size} bytes" in again[0].text
    assert [visit.early_bytes for visit in visits] == [0, *(request.stat().st_size * one for one in accepted)]
