"""The commands that ``tlsbench certs serve`` suggests."""

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

from tlsbench.certs.folder import load
from tlsbench.cli.app import run as tlsbench
from tlsbench.cli.commands.certs.serve import _greet
from tlsbench.loopback import ClientSetup, ServerSetup, Tap, meet, send_again
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


@pytest.mark.parametrize(("options", "times"), [((), 1), (("--no-anti-replay",), 2)], ids=["with", "without"])
def test_a_captured_early_request_sent_again_is_answered_without_anti_replay_alone(
    options: tuple[str, ...], times: int, tmp_path: Path
) -> None:
    folder = tmp_path / "pki"
    assert tlsbench(["certs", "init", str(folder)]) == 0
    command = [sys.executable, "-m", "tlsbench", "certs", "serve", str(folder), "--port", "0", "--early-data"]
    process = subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        address = "127.0.0.1", int(process.stderr.readline().split("/")[2].rpartition(":")[2])
        warning = process.stderr.readline()
        roots = (load(folder).root.certificate,)
        kept = meet(address, ClientSetup(roots=roots)).kept
        lines = [process.stdout.readline()]  # before the next connection, whose line could come first
        with Tap(address) as tap:
            meeting = meet(tap.address, ClientSetup(roots=roots, kept=kept, early_path="/"))
        assert meeting.early_data == "accepted"
        lines.append(process.stdout.readline())
        send_again(address, tap.first_flight)
        lines.append(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    early = "bytes of early data"
    assert [early in line for line in lines] == [False, True, times == 2]
    assert ", resumed, " in lines[1]
    assert "failed: " in lines[2]
    assert ("anyone who saw an early request can send it again" in warning) is (times == 2)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--no-anti-replay"], "--no-anti-replay needs early data: add --early-data"),
        (
            ["--early-data", "--no-anti-replay", "--bind", "0.0.0.0"],
            "a server without anti-replay is only for loopback, and 0.0.0.0 is not",
        ),
    ],
)
def test_replays_are_let_in_by_a_plain_request_on_loopback_alone(
    options: list[str], problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pki"
    assert tlsbench(["certs", "init", str(folder)]) == 0
    capsys.readouterr()
    assert tlsbench(["certs", "serve", str(folder), "--port", "0", *options]) == 2
    assert problem in capsys.readouterr().err
