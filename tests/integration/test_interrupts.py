"""Signals at several moments of real processes: nothing is lost or left behind, the exit code is right."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tlsbench.cli.app import run as tlsbench

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]
PATIENCE_S = 60.0
#: Between two signals: of two equal ones at once, the kernel delivers only one.
BETWEEN_S = 0.1
INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


@dataclass(slots=True)
class Command:
    """A command in its own folder, with another for its temporary files."""

    process: subprocess.Popen[bytes]
    folder: Path
    temporary: Path
    children: list[psutil.Process] = field(default_factory=list)

    def wait_for(self, what: Callable[[], object]) -> None:
        """Wait until a condition holds, or the command has ended."""
        deadline = time.monotonic() + PATIENCE_S
        while not what() and self.process.poll() is None:
            assert time.monotonic() < deadline, "it never came to that"
            time.sleep(0.005)
        self.children = psutil.Process(self.process.pid).children(recursive=True)

    def says(self, word: bytes) -> Callable[[], bool]:
        """Whether it has written this word to standard error."""
        return lambda: word in (self.folder / "errors").read_bytes()

    def ended(self) -> tuple[int, str]:
        """Its exit code and standard error; it leaves nothing behind that it should not."""
        code = self.process.wait(PATIENCE_S)
        words = (self.folder / "errors").read_text(encoding="utf-8")
        assert "Traceback" not in words
        assert "Exception ignored" not in words
        _, alive = psutil.wait_procs(self.children, PATIENCE_S)
        assert not alive
        assert list(self.temporary.iterdir()) == []
        assert not [path for path in self.folder.rglob(".*") if path.name != ".benchmarks"]
        return code, words


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    started: list[Command] = []

    def run(*words: str, stdout: int | None = None) -> Command:
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        with (tmp_path / "errors").open("wb") as errors, (tmp_path / "out").open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tlsbench", *words],
                stdout=out if stdout is None else stdout,
                stderr=errors,
                cwd=tmp_path,
                env={**os.environ, "TMPDIR": str(temporary)},
            )
        started.append(Command(process, tmp_path, temporary))
        return started[-1]

    yield run
    for command in started:
        command.process.kill()
        command.process.wait()


RUN = ("run", "implementation=fake", "--time-budget", "120s", "--precision", "0", "--json", "x.json")


@pytest.mark.parametrize(
    ("number", "moment"),
    [*((number, moment) for moment in ("start", "measuring") for number in (INT, TERM, HUP)), (INT, "twice")],
)
def test_a_run_keeps_what_it_measured(start: Callable[..., Command], number: int, moment: str) -> None:
    command = start(*RUN, "--save", "base")
    # With numpy loaded, it is well past the interpreter's own startup, and within its imports.
    maps = Path(f"/proc/{command.process.pid}/maps")
    command.wait_for(
        command.says(b"measuring") if moment != "start" else lambda: b"numpy" in maps.read_bytes()
    )
    command.process.send_signal(number)
    if moment == "twice":
        time.sleep(BETWEEN_S)
        command.process.send_signal(number)
    code, words = command.ended()
    assert code == 128 + number
    if moment == "start":
        assert words.splitlines()[-1].startswith(("tlsbench: interrupted", "tlsbench: ended by SIG"))
        return
    document = json.loads((command.folder / "x.json").read_text(encoding="utf-8"))
    assert document["tlsbench"]["conditions"]["stopped_by"] == "interrupt"
    assert document["benchmarks"]
    assert len(list(command.folder.rglob("0001_base.json"))) == 1
    assert b"engines: fake = none" in (command.folder / "out").read_bytes()


def test_the_folders_of_trust_stores_go_with_their_process(start: Callable[..., Command]) -> None:
    command = start("run", "implementation=ssl", "trust=1", *RUN[2:])
    command.wait_for(command.says(b"measuring"))
    assert list(command.temporary.iterdir())
    command.process.send_signal(TERM)
    assert command.ended()[0] == 143


def test_what_a_killed_worker_leaves_goes_with_the_process_that_began_it(
    start: Callable[..., Command],
) -> None:
    command = start("run", "implementation=ssl,libssl", "trust=1", "cpu=no-aes", *RUN[2:])
    command.wait_for(command.says(b"measuring"))
    assert list(command.temporary.rglob("roots-*"))
    for child in command.children:
        child.kill()
    code, words = command.ended()
    assert code == 3
    assert "the worker of" in words


@pytest.mark.parametrize(("number", "moment"), [(TERM, "epochs"), (HUP, "epochs"), (INT, "twice")])
def test_a_duel_keeps_its_whole_epochs(start: Callable[..., Command], number: int, moment: str) -> None:
    words = ("--a", "implementation=fake", "--b", "implementation=fake key=ed25519", "--time-budget", "20s")
    command = start("duel", *words, "--json", "x.json")
    command.wait_for(command.says(b"epochs"))
    command.process.send_signal(number)
    if moment == "twice":
        time.sleep(BETWEEN_S)
        command.process.send_signal(number)
    assert command.ended()[0] == 128 + number
    document = json.loads((command.folder / "x.json").read_text(encoding="utf-8"))
    assert document["duel"][0]["comparisons"]["libraries"]["epochs"] >= 1


@pytest.mark.parametrize("number", [INT, TERM, HUP])
def test_a_pki_is_whole_or_not_there(start: Callable[..., Command], number: int) -> None:
    command = start("certs", "init", "pki")
    command.wait_for(lambda: list(command.folder.glob(".pki-*")))
    command.process.send_signal(number)
    code, _ = command.ended()
    whole = (command.folder / "pki/pki.json").exists()
    assert code in {128 + number, 0 if whole else 128 + number}
    assert whole == bool(list(command.folder.rglob("*.key")))


@pytest.mark.parametrize(("number", "code"), [(TERM, 0), (HUP, 0), (0, 3)])
def test_a_server_tells_and_stores_its_counts(start: Callable[..., Command], number: int, code: int) -> None:
    command = start("serve", "implementation=ssl", "--port", "0", "-p", "1", "--json", "x.json")
    command.wait_for(command.says(b"tlsbench load"))
    if number:
        command.process.send_signal(number)
    else:
        command.children[0].kill()
    assert command.ended()[0] == code
    assert "accepted" in json.loads((command.folder / "x.json").read_text(encoding="utf-8"))
    assert b"0 connections" in (command.folder / "out").read_bytes()


@pytest.mark.parametrize(
    ("numbers", "code"), [([INT], 130), ([TERM], 143), ([HUP], 129), ([INT, INT], 130), ([], 3)]
)
def test_a_load_keeps_its_counts(start: Callable[..., Command], numbers: list[int], code: int) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:  # accepts, and never answers
        command = start(
            "load", f"127.0.0.1:{listener.getsockname()[1]}", "--duration", "60s", "--json", "x.json"
        )
        command.wait_for(command.says(b"2 s:"))
        for number in numbers:
            command.process.send_signal(number)
            time.sleep(BETWEEN_S)
        if not numbers:
            for child in command.children:
                child.kill()
        assert command.ended()[0] == code
    section = json.loads((command.folder / "x.json").read_text(encoding="utf-8"))["tlsbench"]["load"]
    assert section["interrupted"] == bool(numbers)
    assert bool(section["lost_workers"]) == (not numbers or len(numbers) == 2)


@pytest.mark.parametrize("number", [TERM])
def test_a_page_is_whole_or_not_there(
    start: Callable[..., Command], number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tlsbench(["run", "implementation=fake", "--time-budget", "1ms", "-q", "--json", "x.json"]) == 0
    command = start("report", "x.json")
    maps = Path(f"/proc/{command.process.pid}/maps")
    command.wait_for(lambda: b"numpy" in maps.read_bytes())
    command.process.send_signal(number)
    code, _ = command.ended()
    page = tmp_path / "report.html"
    assert code == 128 + number
    assert not page.exists() or page.read_text(encoding="utf-8").rstrip().endswith("</html>")


def test_a_worker_that_the_terminal_interrupts_too_goes_on(start: Callable[..., Command]) -> None:
    command = start("run", "cpu=no-aes", "implementation=ssl", *RUN[2:])
    command.wait_for(lambda: psutil.Process(command.process.pid).children())
    for child in command.children:
        for number in (INT, TERM, HUP):
            child.send_signal(number)
    command.wait_for(command.says(b"measuring"))
    command.process.send_signal(INT)
    assert command.ended()[0] == 130
    assert json.loads((command.folder / "x.json").read_text(encoding="utf-8"))["benchmarks"]
