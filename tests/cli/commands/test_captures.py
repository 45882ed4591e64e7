"""``--pcap`` of the commands that serve and load: what is written, printed and refused."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.tracing.captures import read_capture

from tlsbench import pki
from tlsbench.cli.app import run as tlsbench
from tlsbench.implementations.registry import tls_libraries
from tlsbench.loopback import Server, ServerSetup

GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
SHORT = ("--duration", "200ms", "--warm-up", "0s", "--connections", "2", "-q")


@pytest.fixture
def target() -> Iterator[str]:
    with Server(ServerSetup(identity=pki.peers("ecdsa-secp256r1", 1).server)) as server:
        yield f"{server.address[0]}:{server.address[1]}"


@contextmanager
def serving(*words: str) -> Iterator[tuple[subprocess.Popen[str], int, list[str]]]:
    """A command that serves: its process, its port, and its output so far."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tlsbench", *words, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []
    try:
        assert process.stderr is not None
        while not (found := re.search(r"serving .*?:(\d+)", said[-1] if said else "")):
            said.append(process.stderr.readline())
            assert said[-1], said
        yield process, int(found[1]), said
    finally:
        process.kill()
        process.communicate()


def ask(port: int) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain) as tls:
        tls.sendall(GET)
        while tls.recv(1000):
            pass


def end(process: subprocess.Popen[str], number: int) -> str:
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    return err


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_captures_its_first_connections_and_ends_the_file_whole(number: int, tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    words = ("serve", "version=1.3", "-p", "1", "--pcap", str(path), "--pcap-connections", "2")
    with serving(*words) as (process, port, said):
        for _ in range(3):
            ask(port)
        err = end(process, number)
    assert "--pcap: the first 2 connections are captured with their secrets: the figures include" in said[0]
    assert f"wrote {path} (2 connections), with secrets: only its owner can read it" in err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [ladder.opened for ladder in read_capture(path).ladders()] == [True, True]
    assert b"tlsbench serve: workload=handshake" in path.read_bytes()


@pytest.mark.slow
def test_serve_says_that_a_library_gives_no_secrets(tmp_path: Path) -> None:
    if "tlslite" not in tls_libraries():
        pytest.skip("tlslite is not installed")
    path = tmp_path / "x.pcapng"
    with serving("serve", "implementation=tlslite", "-p", "1", "--pcap", str(path)) as (process, port, said):
        ask(port)
        err = end(process, signal.SIGINT)
    assert "captured without secrets, which this library does not provide" in said[0]
    assert f"wrote {path} (1 connection)\n" in err
    (ladder,) = read_capture(path).ladders()
    assert ladder.messages[0].name == "ClientHello"


@pytest.mark.slow
def test_certs_serve_captures_and_goes_on_with_it_when_it_reads_its_folder_again(tmp_path: Path) -> None:
    path, folder = tmp_path / "x.pcapng", tmp_path / "pki"
    assert tlsbench(["certs", "init", str(folder)]) == 0
    words = ("certs", "serve", str(folder), "--pcap", str(path), "--pcap-connections", "2")
    with serving(*words) as (process, port, _):
        ask(port)
        process.send_signal(signal.SIGHUP)
        assert process.stderr is not None
        while "reloaded the folder" not in process.stderr.readline():
            pass
        ask(port)
        ask(port)
        err = end(process, signal.SIGINT)
    assert f"wrote {path} (2 connections), with secrets" in err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [ladder.opened for ladder in read_capture(path).ladders()] == [True, True]


@pytest.mark.slow
def test_load_captures_and_its_result_says_that_the_figures_include_that(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, stored = tmp_path / "x.pcap", tmp_path / "load.json"
    words = ["--pcap", str(path), "--pcap-connections", "2", "--json", str(stored)]
    assert tlsbench(["load", target, *SHORT, *words]) == 0
    out, err = capsys.readouterr()
    caution = "the first 2 connections were captured (--pcap): the figures include this cost"
    assert caution in out
    assert f"wrote {path} (2 connections), with secrets: only its owner can read it" in err
    assert json.loads(stored.read_text())["tlsbench"]["load"]["plan"]["captured"] == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["load.json", "x.keylog", "x.pcap"]
    assert {stat.S_IMODE((tmp_path / one).stat().st_mode) for one in ("x.pcap", "x.keylog")} == {0o600}
    assert tlsbench(["show", str(stored)]) == 0
    assert caution in capsys.readouterr().out


@pytest.mark.slow
def test_a_load_without_a_capture_says_nothing_of_one(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(["load", target, *SHORT]) == 0
    out, err = capsys.readouterr()
    assert "captured" not in out + err


@pytest.mark.slow
def test_a_capture_to_standard_output_has_it_alone(target: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tlsbench", "load", target, *SHORT, "--pcap", "-"]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    (tmp_path / "x").write_bytes(done.stdout)
    assert 2 <= len(read_capture(tmp_path / "x").pieces) <= 10
    assert b"handshakes a second" in done.stderr


@pytest.mark.slow
def test_a_capture_that_cannot_be_written_to_its_end_is_said_and_the_load_is_told_all_the_same(
    target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench(["load", target, *SHORT, "--pcap", "/dev/full"]) == 3
    assert "cannot write /dev/full: No space left on device" in capsys.readouterr().err


COMMANDS = (["serve"], ["load", "127.0.0.1:9"], ["certs", "serve", "nowhere"])


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--pcap-connections", "3"], "--pcap-connections 3: this needs a capture: add --pcap PATH"),
        (["--pcap", "x", "--pcap-connections", "0"], "--pcap-connections 0: it must be from 1 to 1000"),
        (["--pcap", "x", "--pcap-connections", "1001"], "it must be from 1 to 1000"),
        (["--pcap", "none/x"], "cannot write none/x: No such file or directory"),
    ],
)
@pytest.mark.usefixtures("in_empty_folder")
def test_what_cannot_be_is_refused_before_anything_is_done(
    command: list[str], words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tlsbench([*command, *words]) == 2
    assert reason in capsys.readouterr().err
    assert not list(Path().iterdir())
