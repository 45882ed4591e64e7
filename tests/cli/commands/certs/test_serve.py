"""What ``tlsbench certs serve`` suggests to type."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from tlsbench.cli.app import run as tlsbench
from tlsbench.cli.commands.certs.serve import _greet
from tlsbench.loopback import ServerSetup
from tlsbench.pki import peers
from tlsbench.tracing import KeyLog


def test_commands_to_try_can_be_pasted_whatever_the_folder_is_called(
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = "a $(touch x) 'b'"
    setup = ServerSetup(identity=peers("ecdsa-secp256r1", 1).server, client_auth="optional")
    _greet(Path(folder), ("127.0.0.1", 8443), setup)
    _, curl, openssl = capsys.readouterr().err.splitlines()
    assert {f"{folder}/{name}" for name in ("root.pem", "client-chain.pem", "client.key")} < set(
        shlex.split(curl)
    )
    assert f"{folder}/root.pem" in shlex.split(openssl)


def test_secrets_are_given_away_when_sslkeylogfile_asks_for_them_and_it_is_said(tmp_path: Path) -> None:
    keys, folder = tmp_path / "keys", tmp_path / "pki"
    assert tlsbench(["certs", "init", str(folder)]) == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "tlsbench", "certs", "serve", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SSLKEYLOGFILE": str(keys)},
    )
    assert process.stderr is not None
    assert f"appended to {keys}" in process.stderr.readline()
    port = int(process.stderr.readline().split("/")[2].rpartition(":")[2])
    context = ssl.create_default_context(cafile=str(folder / "root.pem"))
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        version = tls.version()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert version == "TLSv1.3"
    assert "SERVER_TRAFFIC_SECRET_0" in KeyLog.parse(keys.read_text(encoding="ascii")).secrets()
