"""Our certificates before the openssl of the system."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.integration.conftest import find

from tlsbench import pki
from tlsbench.scenarios.keys import KEY_TYPES

pytestmark = pytest.mark.integration
CLASSICAL = [key_type.name for key_type in KEY_TYPES if not key_type.name.startswith("ml-dsa")]


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
