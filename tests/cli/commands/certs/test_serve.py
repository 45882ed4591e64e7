"""What ``tlsbench certs serve`` suggests to type."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tlsbench.cli.commands.certs.serve import _greet
from tlsbench.loopback import ServerSetup
from tlsbench.pki import peers


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
