from __future__ import annotations

import ast
import json
import os
import re
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from tlsbench.certs import folder as pki_folder
from tlsbench.certs.plan import PROFILES, PkiPlan, make
from tlsbench.errors import OutputError, RequestError
from tlsbench.pki import check_ocsp_response

PKI = make(PkiPlan(chain_length=3))


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_makes_a_pki_that_survives_its_folder(profile: str, tmp_path: Path) -> None:
    pki = make(PkiPlan(**PROFILES[profile][1]))  # type: ignore[arg-type]
    pki_folder.write(pki, tmp_path / "pki")
    again = pki_folder.load(tmp_path / "pki")
    assert again.server.certificates == pki.server.certificates
    assert again.client.certificates == pki.client.certificates
    assert [one.certificate for one in again.authorities] == [one.certificate for one in pki.authorities]
    assert [one.chain for one in again.authorities] == [one.chain for one in pki.authorities]
    staple = check_ocsp_response(again.staple(), again.server.leaf, again.issuer.certificate)
    assert staple == "good"


def test_private_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    old = os.umask(0o000)
    try:
        pki_folder.write(PKI, tmp_path / "pki")
    finally:
        os.umask(old)
    secret = {"key", "p12"}
    for path in (tmp_path / "pki").rglob("*"):
        if path.is_file():
            mode = stat.S_IMODE(path.stat().st_mode)
            hidden = path.suffix[1:] in secret or b"PRIVATE KEY" in path.read_bytes()
            assert mode == (0o600 if hidden else 0o644), path


def test_what_is_there_stays_unless_it_is_ours_and_we_are_told(tmp_path: Path) -> None:
    place = tmp_path / "pki"
    pki_folder.write(PKI, place)
    before = files_of(place)
    with pytest.raises(RequestError, match="already holds a PKI: --force replaces it"):
        pki_folder.write(PKI, place)
    assert files_of(place) == before
    pki_folder.write(make(PkiPlan()), place, force=True)
    after = files_of(place)
    assert after["server.key"] != before["server.key"]
    assert "intermediate-2.pem" not in after, "nothing of the old folder is left"
    assert [path.name for path in tmp_path.iterdir()] == ["pki"]


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_somebody_else_is_left_alone(force: bool, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    (tmp_path / "pki.json").write_text('{"format": "another"}')
    with pytest.raises(RequestError, match="is not a PKI of tlsbench: it is left as it is"):
        pki_folder.write(PKI, tmp_path, force=force)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pki.json", "thesis.txt"]


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "pki").mkdir()
    pki_folder.write(PKI, tmp_path / "pki")
    assert (tmp_path / "pki/pki.json").is_file()


def test_a_file_or_a_link_of_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        with pytest.raises(RequestError, match="exists and is not a folder"):
            pki_folder.write(PKI, tmp_path / name, force=True)


def test_when_writing_fails_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, written = pki_folder._write, []

    def fill_the_disk(path: Path, file: object) -> None:
        written.append(path)
        if len(written) == 7:
            raise OSError(28, "No space left on device")
        real(path, file)  # type: ignore[arg-type]

    monkeypatch.setattr(pki_folder, "_write", fill_the_disk)
    with pytest.raises(OutputError, match="cannot write .*No space left on device"):
        pki_folder.write(PKI, tmp_path / "pki")
    assert not list(tmp_path.iterdir())


def test_when_replacing_fails_the_old_folder_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "pki"
    pki_folder.write(PKI, place)
    before = files_of(place)
    real = Path.rename

    def fail_for_the_new(self: Path, target: Path) -> Path:
        if target == place and not self.name.startswith(".pki-old-"):
            raise OSError(5, "Input/output error")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new)
    with pytest.raises(OutputError, match="Input/output error"):
        pki_folder.write(PKI, place, force=True)
    assert files_of(place) == before
    assert [path.name for path in tmp_path.iterdir()] == ["pki"]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    pki_folder.write(PKI, tmp_path / "pki")
    return tmp_path / "pki"


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("pki.json", None, "has no pki.json"),
        ("pki.json", "{", "is not JSON"),
        ("pki.json", "[" * 100_000, "is not JSON"),
        ("pki.json", "[]", "is not a JSON object"),
        ("pki.json", "{}", "does not name the authorities"),
        ("pki.json", '{"authorities": []}', "does not name the authorities"),
        ("pki.json", '{"authorities": 5}', "does not name the authorities"),
        ("pki.json", '{"authorities": ["../../etc/shadow"]}', "does not name the authorities"),
        ("server.key", None, "cannot read .*server.key: No such file"),
        ("server.key", "", "has no private key"),
        ("server-chain.pem", "nonsense", "has no certificate"),
    ],
)
def test_a_folder_that_is_not_whole_is_one_clear_line(
    name: str, text: str | None, problem: str, written: Path
) -> None:
    if text is None:
        (written / name).unlink()
    else:
        (written / name).write_text(text)
    with pytest.raises(RequestError, match=problem) as error:
        pki_folder.load(written)
    assert "\n" not in str(error.value)


def test_a_key_of_somebody_else_is_noticed(written: Path) -> None:
    (written / "server.key").write_bytes((written / "client.key").read_bytes())
    with pytest.raises(RequestError, match="the private key is not that of the first certificate"):
        pki_folder.load(written)


def test_snippets_name_the_files_that_are_there(written: Path) -> None:
    for snippet in (written / "snippets").iterdir():
        text = snippet.read_text()
        assert str(written) in text
        for word in text.replace('"', " ").replace(";", " ").split():
            if word.startswith(str(written)) and "." in word.rpartition("/")[2]:
                assert Path(word).exists(), f"{snippet.name} names {word}"


@pytest.mark.parametrize(
    "name", ["dol$lar", "a 'b\" #c;{d}", "back\\slash", "\u00e9\U0001f600", os.fsdecode(b"\xff")]
)
def test_snippets_name_their_files_in_a_folder_of_any_name(name: str, tmp_path: Path) -> None:
    place = tmp_path / name
    pki_folder.write(PKI, place)
    assert pki_folder.load(place).server.certificates == PKI.server.certificates
    for script in ("python_ssl.py", "pyopenssl.py"):
        (line,) = re.findall(rb"^FOLDER = (.*)$", (place / "snippets" / script).read_bytes(), re.MULTILINE)
        assert ast.literal_eval(line.decode("ascii")) == str(place)
    script = place / "snippets/curl.sh"
    (line,) = re.findall(rb"^cd .*$", script.read_bytes(), re.MULTILINE)
    done = subprocess.run([b"sh", b"-c", line + b"; cat pki.json"], capture_output=True)
    assert done.stdout == (place / "pki.json").read_bytes()


@pytest.mark.parametrize(
    ("name", "problem"), [("a\nb", "has a control character"), ("x${HOME}", "which Apache replaces")]
)
def test_a_folder_that_no_configuration_can_name_is_refused(name: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=problem) as caught:
        pki_folder.write(PKI, tmp_path / name)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_chain_may_lack_its_last_newline(written: Path) -> None:
    chain = written / "server-chain.pem"
    chain.write_bytes(chain.read_bytes().rstrip())
    assert pki_folder.load(written).server.certificates == PKI.server.certificates


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (("*.example.test",), "www.example.test"),
        (("::1",), "::1"),
        (("spiffe://test/api", "10.0.0.1"), "10.0.0.1"),
    ],
)
def test_clients_ask_for_the_first_host_of_the_certificate(
    names: tuple[str, ...], host: str, tmp_path: Path
) -> None:
    pki_folder.write(make(PkiPlan(names=names, chain_length=1)), tmp_path / "pki")
    assert f'server_hostname="{host}"' in (tmp_path / "pki/snippets/python_ssl.py").read_text()
    assert "intermediates" not in (tmp_path / "pki/snippets/openssl.sh").read_text()
    for script in (tmp_path / "pki/snippets").glob("*.py"):
        compile(script.read_text(), script.name, "exec")


def test_the_manifest_is_plain(written: Path) -> None:
    manifest = json.loads((written / "pki.json").read_text())
    assert manifest == {
        "format": "tlsbench-pki-1",
        "authorities": ["root", "intermediate-1", "intermediate-2"],
    }


def test_lists_are_of_every_authority_and_empty() -> None:
    crls = PKI.crls()
    assert [crl.issuer for crl in crls] == [one.certificate.subject for one in reversed(PKI.authorities)]
    assert not any(len(crl) for crl in crls)


def test_the_folder_where_one_stands_is_filled_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    for force in (False, True):
        pki_folder.write(PKI, Path(), force=force)
        assert tmp_path.stat().st_ino == before
        assert Path("pki.json").is_file()
        assert not list(tmp_path.rglob(".*"))
    assert pki_folder.load(Path()).server.certificates == PKI.server.certificates


def test_an_interrupt_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pki_folder._write

    def interrupt(path: Path, file: object) -> None:
        real(path, file)  # type: ignore[arg-type]
        if path.suffix == ".key":
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(pki_folder, "_write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        pki_folder.write(PKI, tmp_path / "new/folder/pki")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("umask", [0o000, 0o077], ids=oct)
def test_nobody_else_may_write_in_the_folder_whatever_the_umask(umask: int, tmp_path: Path) -> None:
    old = os.umask(umask)
    try:
        pki_folder.write(PKI, tmp_path / "pki")
    finally:
        os.umask(old)
    folders = [tmp_path / "pki", *(path for path in (tmp_path / "pki").rglob("*") if path.is_dir())]
    assert len(folders) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o755}
