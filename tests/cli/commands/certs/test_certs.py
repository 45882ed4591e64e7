"""``tlsbench certs`` as users run it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlsbench.certs.demos import DEMOS
from tlsbench.cli.app import run
from tlsbench.interrupts import SIGNALS
from tlsbench.loopback import ClientSetup, Server, ServerSetup, meet
from tlsbench.pki import (
    Authority,
    Identity,
    Template,
    Validity,
    authority_template,
    certificates_pem,
    new_key,
    root_authority,
)
from tlsbench.pki.bundle import read_bundle
from tlsbench.pki.trust import stranger_roots

ROOT = root_authority("ecdsa-secp256r1")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made") / "pki"
    assert run(["certs", "init", str(place), "--password", "secret"]) == 0
    return place


def refused(capsys: Capture, *arguments: str) -> str:
    """The one-line error of a wrong request."""
    capsys.readouterr()
    assert run(["certs", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1, captured.err
    return captured.err


@pytest.mark.parametrize("command", ["run", "list", "duel", "compare", "doctor", "show"])
def test_the_examples_of_a_help_keep_their_lines(command: str, capsys: Capture) -> None:
    assert run([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert "\\b" not in text
    assert len([line for line in text.splitlines() if line.startswith(f"    tlsbench {command}")]) >= 2


@pytest.mark.parametrize("command", ["init", "show", "verify", "serve", "demo"])
def test_each_command_teaches_with_examples(command: str, capsys: Capture) -> None:
    assert run(["certs", command, "--help"]) == 0
    text = capsys.readouterr().out
    assert len([line for line in text.splitlines() if line.startswith(f"    tlsbench certs {command}")]) == 3


def test_without_a_command_there_is_help(capsys: Capture) -> None:
    assert run(["certs"]) == 0
    assert "Commands:" in capsys.readouterr().out


def test_init_tells_what_it_wrote_and_what_to_do_next(tmp_path: Path, capsys: Capture) -> None:
    place = tmp_path / "pki"
    options = ["--key", "ed25519", "--chain-length", "3", "--san", "*.example.test", "--san", "::1"]
    assert run(["certs", "init", str(place), *options, "--client", "alice", "--days", "10"]) == 0
    out = capsys.readouterr().out
    for path in place.rglob("*"):
        assert path.is_dir() or str(path.relative_to(place)) in out
    assert f"tlsbench certs serve {place}" in out
    chain = read_bundle((place / "server-chain.pem").read_bytes(), "chain").certificates
    assert len(chain) == 3
    assert (
        "CN=alice"
        in read_bundle((place / "client.pem").read_bytes(), "c").certificates[0].subject.rfc4514_string()
    )


def test_init_as_json_names_every_file(tmp_path: Path, capsys: Capture) -> None:
    assert run(["certs", "init", str(tmp_path / "pki"), "--profile", "post-quantum", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["plan"]["key"] == "ml-dsa-65"
    assert "server-chain.pem" in document["files"]
    assert "server.p12" not in document["files"]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--profile", "moden"), "did you mean 'modern'"),
        (("--key", "rsa-1024"), "unknown key type 'rsa-1024'"),
        (("--chain-length", "6"), "valid is 1 to 5"),
        (("--chain-length", "1", "--intermediate-key", "ed25519"), "has no intermediate"),
        (("--days", "-1"), "valid is more than 0"),
        (("--days", "nan"), "valid is more than 0"),
        (("--san", "a b"), "is not a name for a certificate"),
        (("--client", "a b"), "is not a name for a certificate"),
        (("--key", ""), "unknown key type ''"),
        (("--intermediate-key", ""), "unknown key type ''"),
        (("--root-key", ""), "unknown key type ''"),
        (("--san", ""), "is not a name for a certificate"),
        (("--san", "ſ.example"), "is not ASCII: valid are a DNS name"),
        (("--san", "\u212a.example"), "is not ASCII: valid are a DNS name"),
        (("--san", "bücher.example"), "write an internationalised name as xn--"),
        (("--san", "fe80::1%eth0"), "is not a name for a certificate"),
        (("--password", "\udcff"), "it must consist of printable characters"),
        (("--password", "a\x07b"), "it must consist of printable characters"),
    ],
)
def test_a_wrong_plan_is_one_line_and_writes_nothing(
    options: tuple[str, ...], line: str, tmp_path: Path, capsys: Capture
) -> None:
    assert line in refused(capsys, "init", str(tmp_path / "pki"), *options)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_looked_at_is_one_line(capsys: Capture) -> None:
    for command in ("init", "serve"):
        assert "File name too long" in refused(capsys, command, "x" * 5000)


def test_a_folder_that_exists_is_one_line(pki: Path, capsys: Capture) -> None:
    assert "--force replaces it" in refused(capsys, "init", str(pki))


def test_show_tells_a_chain_in_words(pki: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert run(["certs", "show", str(pki / "server-chain.pem")]) == 0
    out = capsys.readouterr().out
    for words in (
        "localhost, 127.0.0.1, ::1",
        "days left",
        "serverAuth",
        "sha256/",
        "nothing that peers refuse",
    ):
        assert words in out
    assert out.index("tlsbench intermediate 1") < out.index("leaf, ecdsa-secp256r1")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("crl.pem", "CRL of CN=tlsbench intermediate 1,O=tlsbench: 0 revoked, valid until"),
        ("ocsp.der", "is good, valid until"),
        ("server.key", "a private key, and no certificate"),
        ("server-combined.pem", "with the private key of the first certificate"),
    ],
)
def test_show_knows_the_other_files_too(name: str, words: str, pki: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert run(["certs", "show", str(pki / name)]) == 0
    assert words in capsys.readouterr().out


def test_show_opens_pkcs12_with_its_password_alone(pki: Path, capsys: Capture) -> None:
    file = str(pki / "server.p12")
    assert "give the password with --password" in refused(capsys, "show", file)
    assert "the password is wrong" in refused(capsys, "show", file, "--password", "x")
    assert run(["certs", "show", file, "--password", "secret", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["encoding"] == "PKCS #12"
    assert [one["name"] for one in document["certificates"]] == ["localhost", "tlsbench intermediate 1"]
    assert document["findings"] == []


def test_show_says_what_would_fail(tmp_path: Path, capsys: Capture) -> None:
    one, other = (ROOT.issue(Template(names=(), common_name="x", usages=())) for _ in range(2))
    mixed = tmp_path / "mixed.pem"
    from tlsbench.pki.keys import to_pem

    mixed.write_bytes(one.chain_pem + to_pem(other.private_key))
    assert run(["certs", "show", str(mixed)]) == 0
    out = capsys.readouterr().out
    assert "no server can use the two" in out
    assert "error: it has no subjectAltName" in out
    assert "1 error: peers will refuse this" in out


def test_show_says_what_it_left_out_and_in_which_line(pki: Path, tmp_path: Path, capsys: Capture) -> None:
    odd = tmp_path / "odd.pem"
    odd.write_bytes(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    odd.write_bytes(odd.read_bytes() + (pki / "server-chain.pem").read_bytes())
    assert run(["certs", "show", str(odd)]) == 0
    assert "note: line 1: skipped, a public key" in capsys.readouterr().out
    assert run(["certs", "show", str(odd), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["notes"] == ["line 1: skipped, a public key"]


def test_show_knows_a_set_of_roots_and_lists_it_briefly(tmp_path: Path, capsys: Capture) -> None:
    old = authority_template("tlsbench aged", validity=Validity.days(5, start=-9))
    expired = Authority.new(old, new_key("ed25519")).certificate
    bundle = tmp_path / "ca-certificates.crt"
    bundle.write_bytes(certificates_pem((*stranger_roots(143), expired)))
    assert run(["certs", "show", str(bundle)]) == 0
    _title, *lines, last = capsys.readouterr().out.splitlines()
    assert len(lines) == 145
    assert all(len(line) < 100 for line in lines)
    assert lines[0] == f"143  tlsbench aged  authority, ed25519, until {lines[0].split('until ')[1]}"
    assert "warning: it expired on" in lines[1]
    assert last.startswith("144 roots to trust, and no chain to send: ")
    assert run(["certs", "show", str(bundle), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["roots"] is True
    assert [one["level"] for one in document["findings"]] == ["warning"]


@pytest.mark.parametrize("length", [6, 20, 150])
def test_a_long_chain_is_a_list_that_can_be_read(length: int, tmp_path: Path, capsys: Capture) -> None:
    above, key = ROOT, new_key("ecdsa-secp256r1")
    for level in range(1, length):
        above = above.subordinate(authority_template(f"level {level}"), key)
    long = tmp_path / "long.pem"
    long.write_bytes(above.issue(Template(names=("localhost",)), key).chain_pem)
    assert run(["certs", "show", str(long)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < length + 15
    assert all(len(line.rstrip()) < 120 and not line.startswith("    ") for line in lines)
    assert [line.split()[0] for line in lines[1:length]] == [str(place) for place in range(length - 1, 0, -1)]


def test_show_looks_at_a_server_on_this_machine(capsys: Capture) -> None:
    identity = ROOT.issue(Template(names=("localhost",)))
    with Server(ServerSetup(identity=identity)) as server:
        assert run(["certs", "show", f"localhost:{server.address[1]}", "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["encoding"] == "TLS"
        assert document["remarks"][0].startswith("TLSv1.3, TLS_")
        assert document["remarks"][1] == "no OCSP response is stapled"
        assert document["certificates"][0]["names"] == ["localhost"]


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("missing.pem", "cannot read missing.pem: No such file"),
        ("x" * 5000, "File name too long"),
        ("192.0.2.1:443", "192.0.2.1 is not this machine"),
        ("[2001:db8::1]:443", "2001:db8::1 is not this machine"),
        ("127.0.0.1:0", "port 0 is not valid"),
        ("127.0.0.1:70000", "port 70000 is not valid"),
        ("a..b:443", "a..b is neither a file nor a host name"),
        ("ſ" * 70 + ":443", "is neither a file nor a host name"),
        ("/dev/zero", "/dev/zero is larger than 64 MiB"),
        ("127.0.0.1:1", "cannot connect to 127.0.0.1:1"),
    ],
)
def test_show_of_what_is_not_there_is_one_line(target: str, line: str, capsys: Capture) -> None:
    assert line in refused(capsys, "show", target)


def test_verify_accepts_and_rejects_with_both_verifiers(pki: Path, capsys: Capture) -> None:
    chain, root = str(pki / "server-chain.pem"), str(pki / "root.pem")
    good = ["certs", "verify", chain, "--root", root, "--host", "localhost", "--crl", str(pki / "crl.pem")]
    capsys.readouterr()
    assert run(good) == 0
    out = capsys.readouterr().out
    assert out.count("accepts it") == 2
    assert "it reads no CRLs" in out
    assert run(["certs", "verify", chain, "--root", root, "--host", "other.test"]) == 1
    assert capsys.readouterr().out.count("rejects it") == 2
    assert run([*good[:5], "--host", "localhost", "--at", "2040-01-01", "--json"]) == 1
    answers = json.loads(capsys.readouterr().out)
    assert "expired" in answers[0]["problem"]
    client = ["certs", "verify", str(pki / "client-chain.pem"), "--root", root]
    assert run([*client, "--usage", "client"]) == 0
    assert run([*client, "--host", "localhost"]) == 1


def test_verify_without_a_host_says_what_it_did_not_ask(pki: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert run(["certs", "verify", str(pki / "server-chain.pem"), "--root", str(pki / "root.pem")]) == 0
    assert "not asked: it verifies a server only by its name" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("{pki}/server.key", "--root", "{pki}/root.pem"), "has no certificate"),
        (("{pki}/server.pem", "--root", "{pki}/crl.pem"), "crl.pem has no certificate"),
        (("{pki}/server.pem", "--root", "{pki}/root.pem", "--crl", "{pki}/root.pem"), "holds no CRL"),
        (("{pki}/server.pem", "--root", "{pki}/root.pem", "--at", "soon"), "'soon' is not a time"),
        (("{pki}/server.pem", "--root", "{pki}/root.pem", "--usage", "x"), "unknown usage 'x'"),
        (("{pki}/server.pem", "--root", "{pki}/root.pem", "--host", "a b"), "is not a name"),
        (("{pki}/server.pem", "--root", "{pki}/root.pem", "--host", "x://y"), "'x://y' is not a host"),
        (("{pki}/server.pem", "--root", "{pki}/root.pem", "--host", ""), "'' is not a name"),
        (("{pki}/server.pem", "--root", "{pki}/root.pem", "--host", "*.a.test"), "'*.a.test' is not a host"),
        (
            ("{pki}/server.pem", "--root", "{pki}/root.pem", "--crl", "{pki}/ocsp.der"),
            "it has an OCSP response",
        ),
        (
            ("{pki}/server.pem", "--root", "{pki}/root.pem", "--at", "9999-12-31T23:59-14:00"),
            "is not between the years 1 and 9999",
        ),
        (
            ("{pki}/server.pem", "--root", "{pki}/root.pem", "--at", "0001-01-01T00:00+14:00"),
            "is not between the years 1 and 9999",
        ),
        (("{pki}/server.pem",), "Missing option '--root'"),
    ],
)
def test_a_wrong_question_is_one_line(
    options: tuple[str, ...], line: str, pki: Path, capsys: Capture
) -> None:
    assert line in refused(capsys, "verify", *(option.format(pki=pki) for option in options))


def test_verify_takes_the_time_in_its_own_zone(tmp_path: Path, capsys: Capture) -> None:
    begin = datetime(2030, 6, 1, 12, tzinfo=UTC)
    short = Template(names=("localhost",), validity=Validity(begin, begin + timedelta(hours=1)))
    root = Authority.new(authority_template("r", validity=Validity.days(9999)), new_key("ecdsa-secp256r1"))
    (tmp_path / "root.pem").write_bytes(root.certificate_pem)
    (tmp_path / "chain.pem").write_bytes(root.issue(short).chain_pem)
    files = [str(tmp_path / "chain.pem"), "--root", str(tmp_path / "root.pem"), "--host", "localhost"]
    for at, code in (("2030-06-01T17:30+05:00", 0), ("2030-06-01T12:30+05:00", 1), ("2030-06-01T12:30", 0)):
        assert run(["certs", "verify", *files, "--at", at]) == code, capsys.readouterr().out
        assert capsys.readouterr().out.count("rejects it") == 2 * code


def test_verify_says_on_stderr_what_it_left_out_of_a_file(pki: Path, tmp_path: Path, capsys: Capture) -> None:
    odd = tmp_path / "odd.pem"
    odd.write_bytes((pki / "server-chain.pem").read_bytes() + b"  -----BEGIN CERTIFICATE-----\n")
    capsys.readouterr()
    assert run(["certs", "verify", str(odd), "--root", str(pki / "root.pem"), "--json"]) == 0
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)) == 2
    assert captured.err.startswith(f"tlsbench: note: {odd}, line ")
    assert "a block is skipped" in captured.err


def test_verify_refuses_a_file_that_is_cut_off(pki: Path, tmp_path: Path, capsys: Capture) -> None:
    cut = tmp_path / "cut.pem"
    cut.write_bytes((pki / "server-chain.pem").read_bytes()[:-40])
    line = refused(capsys, "verify", str(cut), "--root", str(pki / "root.pem"))
    assert f"{cut}, line " in line
    assert "the CERTIFICATE block is cut off: it has no END line" in line


#: What users, or their scripts, may give as a value. How control characters and bytes that are not UTF-8
#: are printed is not tested here.
VALUES = st.one_of(
    st.sampled_from(
        ["", " ", "-", "--", "0", "-1", "1e999", "nan", "ſ", "*", "a..b", ":0", "[::1]:1", "%s", "$x", "\\"]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/"), max_size=20),
    st.text("0123456789-:T+.Z", max_size=25),
)
#: Commands with a place for a value, by the value's meaning.
PLACES = {
    "init folder": ("init", "{pki}/server.pem/{value}"),
    "init profile": ("init", "{new}", "--profile", "{value}"),
    "init key": ("init", "{new}", "--key", "{value}"),
    "init intermediate": ("init", "{new}", "--intermediate-key", "{value}"),
    "init root": ("init", "{new}", "--root-key", "{value}"),
    "init length": ("init", "{new}", "--chain-length", "{value}"),
    "init name": ("init", "{new}", "--san", "{value}"),
    "init client": ("init", "{new}", "--client", "{value}"),
    "init days": ("init", "{new}", "--days", "{value}"),
    "init password": ("init", "{new}", "--password", "{value}"),
    "show target": ("show", "{value}"),
    "show host": ("show", "{value}:1"),
    "show password": ("show", "{pki}/server.p12", "--password", "{value}"),
    "verify chain": ("verify", "{value}", "--root", "{pki}/root.pem"),
    "verify root": ("verify", "{pki}/server.pem", "--root", "{value}"),
    "verify host": ("verify", "{pki}/server.pem", "--root", "{pki}/root.pem", "--host", "{value}"),
    "verify usage": ("verify", "{pki}/server.pem", "--root", "{pki}/root.pem", "--usage", "{value}"),
    "verify crl": ("verify", "{pki}/server.pem", "--root", "{pki}/root.pem", "--crl", "{value}"),
    "verify at": ("verify", "{pki}/server.pem", "--root", "{pki}/root.pem", "--at", "{value}"),
    "verify password": (
        *("verify", "{pki}/server-combined.pem", "--root", "{pki}/root.pem", "--password", "{value}"),
    ),
    "serve folder": ("serve", "{value}"),
    "serve port": ("serve", "{pki}/crl.pem", "--port", "{value}"),
    "serve mode": ("serve", "{pki}", "--client-auth", "{value}x"),
    "serve address": ("serve", "{pki}/crl.pem", "--bind", "{value}"),
    "demo": ("demo", "x{value}"),
}


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES)
def test_whatever_the_value_is_the_answer_is_right_or_one_line(
    place: str, value: str, pki: Path, in_empty_folder: Path, capsys: Capture
) -> None:
    new = in_empty_folder / "new"
    command = [part.format(pki=pki, new=new, value=value) for part in PLACES[place]]
    capsys.readouterr()
    code = run(["certs", *command])
    captured = capsys.readouterr()
    if code in (2, 3):
        assert captured.err.count("\n") == 1, captured.err
        assert not captured.out
        assert not new.exists()
    else:
        assert code in (0, 1), captured.err
        assert captured.out
    shutil.rmtree(new, ignore_errors=True)


@pytest.mark.slow
def test_bytes_that_are_not_utf8_are_safe_or_one_line(pki: Path, tmp_path: Path) -> None:
    odd = os.fsdecode(b"b\xffd")
    shutil.copytree(pki, tmp_path / odd)

    def answer(*arguments: str) -> tuple[int, bytes]:
        done = subprocess.run(
            [sys.executable, "-m", "tlsbench", "certs", *arguments], cwd=tmp_path, capture_output=True
        )
        assert b"Traceback" not in done.stderr
        return done.returncode, done.stderr

    files = ("verify", f"{odd}/server-chain.pem", "--root", f"{odd}/root.pem")
    assert answer(*files, "--host", "localhost")[0] == 0
    for arguments in (
        ("show", f"{odd}/missing.pem"),
        ("show", f"{odd}:443"),
        ("show", f"{odd}/server.p12", "--password", odd),
        (*files, "--host", odd),
        (*files, "--at", odd),
        ("init", "new", "--san", odd),
        ("init", "new", "--password", odd),
    ):
        code, error = answer(*arguments)
        assert (code, error.count(b"\n")) == (2, 1), error


def test_demo_lists_tells_and_asserts(capsys: Capture) -> None:
    assert run(["certs", "demo"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in DEMOS)
    assert run(["certs", "demo", "expired"]) == 0
    assert "alert on the wire: certificate_expired (45), sent by the client" in capsys.readouterr().out
    assert run(["certs", "demo", "chain", "--json"]) == 0
    steps = json.loads(capsys.readouterr().out)["chain"]
    assert {step["kind"] for step in steps} == {"say", "works", "holds"}
    assert run(["certs", "demo", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == DEMOS


def test_all_demos_play(capsys: Capture) -> None:
    assert run(["certs", "demo", "all"]) == 0
    assert f"{len(DEMOS)} demos, every outcome as expected" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["demo"], ["demo", "self-signed"]], ids=" ".join)
def test_demos_keep_within_the_columns_asked_for_and_break_no_word(
    words: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lines_at(columns: str) -> list[str]:
        monkeypatch.setenv("COLUMNS", columns)
        assert run(["certs", *words]) == 0
        return capsys.readouterr().out.splitlines()

    wide, narrow = lines_at("300"), lines_at("60")
    assert max(map(len, wide)) > 60 >= max(map(len, narrow))

    def said(lines: list[str]) -> list[str]:
        return [word for line in lines for word in line.split() if not word.startswith("127.0.0.1:")]

    assert said(narrow) == said(wide)


def test_what_is_long_in_a_certificate_goes_on_below_itself(
    pki: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    capsys.readouterr()
    assert run(["certs", "show", str(pki / "server.pem")]) == 0
    lines = capsys.readouterr().out.splitlines()
    (at,) = (at for at, line in enumerate(lines) if line.startswith("signed "))
    assert lines[at].endswith("serial number")
    assert re.fullmatch(r" {8}[0-9a-f]{30,40}", lines[at + 1])


def test_an_unknown_demo_is_one_line(capsys: Capture) -> None:
    assert "did you mean 'renewal'" in refused(capsys, "demo", "renewel")


@pytest.fixture
def serving(pki: Path, tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], int]]]:
    started = []

    def start(*options: str) -> tuple[subprocess.Popen[str], int]:
        log = (tmp_path / "log").open("w+")
        process = subprocess.Popen(
            [sys.executable, "-m", "tlsbench", "certs", "serve", str(pki), "--port", "0", *options],
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        started.append((process, log))
        wait_for("Ctrl-C stops it", tmp_path / "log")
        text = (tmp_path / "log").read_text()
        return process, int(text.split("https://localhost:")[1].split("/")[0])

    yield start
    for process, log in started:
        process.kill()
        process.wait()
        log.close()


def wait_for(text: str, log: Path) -> None:
    until = time.monotonic() + 30
    while text not in log.read_text():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.02)


def test_serve_serves_until_it_is_ended(
    serving: Callable[..., tuple[subprocess.Popen[str], int]], pki: Path, tmp_path: Path
) -> None:
    process, port = serving("--client-auth", "optional")
    root = read_bundle((pki / "root.pem").read_bytes(), "root").certificates
    client: Identity = read_bundle((pki / "client-combined.pem").read_bytes(), "client").identity("client")
    good = meet(("127.0.0.1", port), ClientSetup(roots=root, identity=client, ocsp="required"))
    assert (good.problem, good.ocsp) == ("", "good")
    assert meet(("127.0.0.1", port), ClientSetup()).problem
    log_file = tmp_path / "log"
    process.send_signal(signal.SIGHUP)
    wait_for("reloaded the folder", log_file)
    assert not meet(("127.0.0.1", port), ClientSetup(roots=root)).problem
    wait_for("no client certificate, 1 request", log_file)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    log = (tmp_path / "log").read_text()
    assert "client 'client.tlsbench.test', 1 request" in log
    assert "alert unknown_ca (48), sent by the client" in log
    assert "reloaded the folder" in log
    assert "stopped after 3 connections, 1 of them failed" in log


def test_serve_staples_nothing_if_told_so(
    serving: Callable[..., tuple[subprocess.Popen[str], int]], pki: Path
) -> None:
    process, port = serving("--no-staple")
    root = read_bundle((pki / "root.pem").read_bytes(), "root").certificates
    assert "no OCSP response" in meet(("127.0.0.1", port), ClientSetup(roots=root, ocsp="required")).problem
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--client-auth", "maybe"), "unknown mode of --client-auth 'maybe'"),
        (("--port", "99999"), "port 99999 is not valid"),
        (("--bind", "192.0.2.1"), "cannot listen on 192.0.2.1"),
    ],
)
def test_a_wrong_way_to_serve_is_one_line(
    options: tuple[str, ...], line: str, pki: Path, capsys: Capture
) -> None:
    assert line in refused(capsys, "serve", str(pki), *options)


def test_a_folder_that_is_no_pki_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    assert "has no pki.json" in refused(capsys, "serve", str(tmp_path))


def test_a_server_that_cannot_begin_leaves_the_handlers_of_signals_as_they_were(
    pki: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    assert run(["certs", "serve", str(pki), "--bind", "192.0.2.1", "--port", "0"]) == 2
    assert capsys.readouterr().err.startswith("tlsbench: ")
    assert [signal.getsignal(number) for number in SIGNALS] == before
