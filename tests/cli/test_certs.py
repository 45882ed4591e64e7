"""``tlsbench certs`` as a person uses it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tlsbench.certs.demos import DEMOS
from tlsbench.cli.app import run
from tlsbench.loopback import ClientSetup, Server, ServerSetup, meet
from tlsbench.pki import Identity, Template, root_authority
from tlsbench.pki.bundle import read_bundle

ROOT = root_authority("ecdsa-secp256r1")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made") / "pki"
    assert run(["certs", "init", str(place), "--password", "secret"]) == 0
    return place


def refused(capsys: Capture, *arguments: str) -> str:
    """The one line with which a wrong request ends."""
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
        (("--san", "a b"), "is no name for a certificate"),
        (("--client", "a b"), "is no name for a certificate"),
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
        ("127.0.0.1:0", "port 0 does not exist"),
        ("127.0.0.1:70000", "port 70000 does not exist"),
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
    assert "not asked: it verifies a server by its name only" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("{pki}/server.key", "--root", "{pki}/root.pem"), "has no certificate"),
        (("{pki}/server.pem", "--root", "{pki}/crl.pem"), "crl.pem has no certificate"),
        (("{pki}/server.pem", "--root", "{pki}/root.pem", "--crl", "{pki}/root.pem"), "holds no CRL"),
        (("{pki}/server.pem", "--root", "{pki}/root.pem", "--at", "soon"), "'soon' is no time"),
        (("{pki}/server.pem", "--root", "{pki}/root.pem", "--usage", "x"), "unknown usage 'x'"),
        (("{pki}/server.pem", "--root", "{pki}/root.pem", "--host", "a b"), "is no name"),
        (("{pki}/server.pem",), "Missing option '--root'"),
    ],
)
def test_a_wrong_question_is_one_line(
    options: tuple[str, ...], line: str, pki: Path, capsys: Capture
) -> None:
    assert line in refused(capsys, "verify", *(option.format(pki=pki) for option in options))


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
    assert f"{len(DEMOS)} demos, every outcome as told" in capsys.readouterr().out


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
        wait_for("Ctrl-C ends", tmp_path / "log")
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
    wait_for("read the folder again", log_file)
    assert not meet(("127.0.0.1", port), ClientSetup(roots=root)).problem
    wait_for("no client certificate, 1 request", log_file)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    log = (tmp_path / "log").read_text()
    assert "client 'client.tlsbench.test', 1 request" in log
    assert "alert unknown_ca (48), sent by the client" in log
    assert "read the folder again" in log
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
        (("--port", "99999"), "port 99999 does not exist"),
        (("--bind", "192.0.2.1"), "cannot listen on 192.0.2.1"),
    ],
)
def test_a_wrong_way_to_serve_is_one_line(
    options: tuple[str, ...], line: str, pki: Path, capsys: Capture
) -> None:
    assert line in refused(capsys, "serve", str(pki), *options)


def test_a_folder_that_is_no_pki_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    assert "has no pki.json" in refused(capsys, "serve", str(tmp_path))
