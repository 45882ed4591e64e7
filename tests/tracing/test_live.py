"""Captures that grow: complete after each piece, of the first connections only, for their owner."""

from __future__ import annotations

import os
import stat
import struct
import threading
from pathlib import Path

import pytest
from tests.tracing.captures import INTERFACE, PACKET, SECRETS, SECTION, blocks

from tlsbench.errors import OutputError
from tlsbench.links import Direction
from tlsbench.tracing import KeyLog, Piece
from tlsbench.tracing.live import LiveCapture
from tlsbench.tracing.tapping import Tapped

LOG = KeyLog.parse(f"CLIENT_RANDOM {'01' * 32} {'ab' * 48}\n")


def ports(data: bytes) -> list[int]:
    """The source ports of the packets, one after another."""
    return [struct.unpack("!H", body[40:42])[0] for kind, body in blocks(data) if kind == PACKET]


def tapped(connection: int, data: bytes = b"x", log: KeyLog = LOG) -> Tapped:
    return Tapped(connection, 10**18, (Piece(Direction.TO_SERVER, data, 5),), log)


def test_it_is_whole_from_its_beginning_and_after_each_piece(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with LiveCapture(path, 2, "a comment") as live:
        assert [kind for kind, _ in blocks(path.read_bytes())] == [SECTION, INTERFACE]
        live.take(0, tapped(0))
        opened = [SECTION, INTERFACE, SECRETS, *[PACKET] * 4]
        assert [kind for kind, _ in blocks(path.read_bytes())] == opened
        live.take(0, tapped(0, log=KeyLog()))
        assert [kind for kind, _ in blocks(path.read_bytes())] == [*opened, PACKET]
        live.take(1, tapped(0))
        assert live.connections == 2
    assert ports(path.read_bytes()) == [49152, 443, 49152, 49152, 49152, 49153, 443, 49153, 49153]
    assert b"a comment" in path.read_bytes()
    assert live.has_secrets


def test_of_more_connections_than_are_wanted_the_first_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with LiveCapture(path, 2, "") as live:
        for source, connection in ((0, 0), (1, 0), (0, 1), (1, 1), (0, 0)):
            live.take(source, tapped(connection))
    assert live.connections == 2
    assert set(ports(path.read_bytes())) == {443, 49152, 49153}
    assert ports(path.read_bytes())[-1] == 49152


def test_the_files_are_for_their_owner_alone_whatever_was_there(tmp_path: Path) -> None:
    for name in ("x.pcap", "x.keylog"):
        (tmp_path / name).write_text("old")
        (tmp_path / name).chmod(0o644)
    with LiveCapture(tmp_path / "x.pcap", 1, "") as live:
        live.take(0, tapped(0))
        live.take(0, tapped(0, log=KeyLog()))
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert (tmp_path / "x.keylog").read_text() == LOG.text()
    capture = (tmp_path / "x.pcap").read_bytes()
    assert capture[:4] == b"\x4d\x3c\xb2\xa1"
    assert b"abab" not in capture


def test_threads_do_not_mix_their_blocks(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"

    def work(source: int) -> None:
        for _ in range(50):
            live.take(source, tapped(0, b"y" * 5000))

    with LiveCapture(path, 4, "") as live:
        threads = [threading.Thread(target=work, args=(source,)) for source in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(ports(path.read_bytes())) == 4 * (3 + 50 * 4)


def test_a_full_disk_ends_the_capture_and_not_the_connections() -> None:
    with LiveCapture(Path("/dev/null"), 9, "") as live:
        os.dup2(full := os.open("/dev/full", os.O_WRONLY), live._file._descriptor)
        os.close(full)
        live.take(0, tapped(0))
        live.take(0, tapped(1))
    assert live.problem == "cannot write /dev/null: No space left on device"


def test_what_cannot_be_opened_is_an_error_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"^cannot write .*none/x: No such file or directory$"):
        LiveCapture(tmp_path / "none" / "x", 1, "")


def test_it_goes_into_a_pipe_as_it_grows(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    with LiveCapture(pipe, 1, "") as live:
        live.take(0, tapped(0, b"z" * 10_000))
    reader.join(10)
    assert len(ports(got[0])) == 3 + 7


def test_a_pipe_that_nobody_reads_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlsbench.growing.UNREAD_S", 0.1)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    idle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with LiveCapture(pipe, 1, "") as live:
        live.take(0, tapped(0, bytes(1 << 20)))
    os.close(idle)
    assert live.problem == f"cannot write {pipe}: nobody reads it"


def test_a_pipe_whose_reader_has_gone_ends_the_capture(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    gone = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with LiveCapture(pipe, 1, "") as live:
        os.close(gone)
        live.take(0, tapped(0))
    assert live.problem == f"cannot write {pipe}: Broken pipe"
