from __future__ import annotations

import ssl
import stat
from pathlib import Path

import pytest

from tlsbench.errors import RequestError
from tlsbench.fleet.security import ROLES, Certificates, found, make, usual_folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("fleet") / "certs", 1.0)


def context(certificates: Certificates, role: str, *, is_server: bool) -> ssl.SSLContext:
    """Make a context as Dask does (distributed.security)."""
    made = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH if is_server else ssl.Purpose.SERVER_AUTH, cafile=str(certificates.root)
    )
    made.verify_mode = ssl.CERT_REQUIRED
    made.check_hostname = False
    made.load_cert_chain(str(certificates.of(role)))
    return made


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    while ends:
        for end in tuple(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            ends.remove(end)


def test_only_the_owner_can_read_the_keys(made: Certificates) -> None:
    assert {stat.S_IMODE(made.of(role).stat().st_mode) for role in ROLES} == {0o600}
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700


def test_the_key_of_the_root_is_nowhere(made: Certificates) -> None:
    assert {path.name for path in made.folder.iterdir()} == {"root.pem", *(f"{role}.pem" for role in ROLES)}
    assert b"PRIVATE" not in made.root.read_bytes()


@pytest.mark.parametrize("client", ROLES)
@pytest.mark.parametrize("server", ROLES)
def test_every_part_of_a_cluster_accepts_every_other(made: Certificates, client: str, server: str) -> None:
    shake_hands(context(made, client, is_server=False), context(made, server, is_server=True))


def test_whoever_has_certificates_of_another_fleet_is_refused(made: Certificates, tmp_path: Path) -> None:
    stranger = make(tmp_path / "other", 1.0)
    with pytest.raises(ssl.SSLError):
        shake_hands(context(stranger, "client", is_server=False), context(made, "scheduler", is_server=True))


def test_a_folder_with_something_in_it_is_left_alone(made: Certificates) -> None:
    before = made.root.read_bytes()
    with pytest.raises(RequestError, match="is not empty"):
        make(made.folder, 1.0)
    assert made.root.read_bytes() == before


def test_the_usual_folder_is_used_if_it_has_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert found(None) is None
    make(usual_folder(), 1.0)
    assert found(None) == Certificates(tmp_path / "tlsbench" / "fleet")


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    certificates = make(tmp_path / "certs", 1.0)
    certificates.of("worker").chmod(0o640)
    with pytest.raises(RequestError, match="others can read it: chmod 600"):
        found(certificates.folder)


def test_a_folder_without_certificates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"root\.pem is missing"):
        found(tmp_path)
