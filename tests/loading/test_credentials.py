from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from tlsbench import pki
from tlsbench.cli.app import run as tlsbench
from tlsbench.errors import RequestError
from tlsbench.loading.credentials import identity_of, roots_of
from tlsbench.pki.keys import to_pem

PEERS = pki.peers("ecdsa-secp256r1", 1)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    client, key = PEERS.client, PEERS.client.private_key
    (tmp_path / "root.der").write_bytes(PEERS.root.certificate.public_bytes(Encoding.DER))
    (tmp_path / "root.pem").write_bytes(PEERS.root.certificate_pem * 2)
    (tmp_path / "chain.pem").write_bytes(client.chain_pem)
    (tmp_path / "key.pem").write_bytes(to_pem(key))
    (tmp_path / "both.pem").write_bytes(to_pem(key) + client.chain_pem)
    (tmp_path / "other.pem").write_bytes(to_pem(PEERS.server.private_key))
    (tmp_path / "locked.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))  # type: ignore[union-attr]
    )
    (tmp_path / "noise").write_bytes(bytes(range(256)))
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.parametrize(("name", "count"), [("root.pem", 2), ("root.der", 1)])
def test_roots_are_read_from_pem_and_der(name: str, count: int, files: Path) -> None:
    assert roots_of(str(files / name)) == (PEERS.root.certificate,) * count


@pytest.mark.parametrize(("cert", "key"), [("chain.pem", "key.pem"), ("both.pem", "")])
def test_a_client_s_key_is_in_its_own_file_or_in_that_of_the_certificate(
    cert: str, key: str, files: Path
) -> None:
    identity = identity_of(str(files / cert), str(files / key) if key else "")
    assert identity.certificates == PEERS.client.certificates


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--root", "folder"], "is a folder: give a file of PEM or DER"),
        (["--root", "none.pem"], "there is no such file"),
        (["--root", "key.pem"], "there is no certificate in it"),
        (["--root", "noise"], "no certificate"),
        (["--cert", "chain.pem"], "has no private key"),
        (["--cert", "key.pem"], "has no certificate"),
        (
            ["--cert", "chain.pem", "--key", "other.pem"],
            "the private key is not that of the first certificate",
        ),
        (["--cert", "chain.pem", "--key", "locked.pem"], "its key is encrypted; 'openssl pkey"),
        (["--key", "key.pem"], "give --cert too"),
    ],
)
def test_wrong_files_are_refused_in_one_line_before_anything_is_sent(
    arguments: list[str],
    problem: str,
    files: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(files)
    assert tlsbench(["load", "127.0.0.1:1", *arguments]) == 2
    error = capsys.readouterr().err
    assert problem in error
    assert error.count("\n") == 1


def test_credentials_that_are_missing_are_request_errors(files: Path) -> None:
    with pytest.raises(RequestError):
        identity_of(str(files / "none.pem"), "")
