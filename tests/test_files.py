from __future__ import annotations

import os
import select
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tlsbench import files
from tlsbench.errors import OutputError, RequestError
from tlsbench.interrupts import Interrupted, interruptible

pytestmark = pytest.mark.usefixtures("in_empty_folder")
PATH = Path("result.json")


def names() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_new_file_has_the_permissions_that_the_umask_leaves(umask: int) -> None:
    files.write(PATH, "new")
    assert mode(PATH) == 0o666 & ~umask
    assert names() == ["result.json"]


def test_a_file_is_replaced_whole_and_keeps_its_permissions() -> None:
    PATH.write_text("old", encoding="utf-8")
    PATH.chmod(0o640)
    before = PATH.stat().st_ino
    with PATH.open(encoding="utf-8") as reader:
        files.write(PATH, "new µ \ud800")
        assert reader.read() == "old", "whoever reads it sees the old or the new one, never half"
    assert PATH.read_text(encoding="utf-8") == "new µ ?"
    assert PATH.stat().st_ino != before
    assert mode(PATH) == 0o640
    assert names() == ["result.json"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_keeps_its_owner() -> None:
    PATH.touch()
    os.chown(PATH, 12345, 54321)
    PATH.chmod(0o4755)
    files.write(PATH, "new")
    status = PATH.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 54321, 0o4755)


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_what_it_leads_to_is_replaced(there: bool) -> None:
    target = Path("folder/target.json")
    target.parent.mkdir()
    if there:
        target.write_text("old", encoding="utf-8")
    Path("second").symlink_to(target)
    Path("first").symlink_to("second")
    files.check(Path("first"))
    files.write(Path("first"), "new")
    assert Path("first").is_symlink()
    assert Path("second").is_symlink()
    assert target.read_text(encoding="utf-8") == "new"
    assert names() == ["first", "folder", "folder/target.json", "second"]


def test_a_pipe_is_written_in_place() -> None:
    os.mkfifo(PATH)
    files.check(PATH)
    content = "x" * 300_000  # more than a pipe holds
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(PATH.read_text(encoding="utf-8")))
    reader.start()
    files.write(PATH, content)
    reader.join()
    assert read == [content]
    assert PATH.is_fifo()


def test_a_pipe_whose_reader_leaves_is_one_clear_line() -> None:
    os.mkfifo(PATH)

    def look_and_leave() -> None:
        with PATH.open("rb") as pipe:
            pipe.read(1)

    reader = threading.Thread(target=look_and_leave)
    reader.start()
    with pytest.raises(OutputError, match=r"^cannot write result.json: Broken pipe$"):
        files.write(PATH, "x" * 300_000)
    reader.join()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
@pytest.mark.parametrize("filled", [False, True], ids=["no reader", "a reader that stands still"])
def test_a_wait_for_a_reader_ends_with_the_first_signal(filled: bool) -> None:
    os.mkfifo(PATH)
    standing = os.open(PATH, os.O_RDWR) if filled else None

    def rescue() -> None:  # so that broken code fails instead of hanging
        descriptor = os.open(PATH, os.O_RDONLY | os.O_NONBLOCK)
        time.sleep(0.2)
        while filled and select.select([descriptor], [], [], 0.2)[0]:
            os.read(descriptor, 1 << 20)
        os.close(descriptor)

    late = threading.Timer(3, rescue)
    ask = threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGTERM])
    for timer in (late, ask):
        timer.start()
    try:
        with interruptible(), pytest.raises(Interrupted):
            files.write(PATH, b"x" * (1 << 20))
        assert late.is_alive(), "it ended long before there was a reader"
    finally:
        late.cancel()
        late.join()
        if standing is not None:
            os.close(standing)


def test_a_device_stays_one() -> None:
    for name, minor in (("null", 3), ("full", 7)):
        os.mknod(name, stat.S_IFCHR | 0o666, os.makedev(1, minor))
    try:
        Path("null").open("wb").close()
    except OSError:
        pytest.skip("devices do not work in this folder")
    for name in ("null", "full"):
        files.check(Path(name))
    files.write(Path("null"), "new")
    with pytest.raises(OutputError, match="cannot write full: No space left on device"):
        files.write(Path("full"), "new")
    assert Path("null").is_char_device()
    assert Path("full").is_char_device()
    assert names() == ["full", "null"]


def test_a_dash_is_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for path in (Path("-"), Path("/dev/stdout"), Path("/proc/self/fd/1")):
        files.check(path)
        assert not files.is_replaced(path)
        files.write(path, "µ\n")
        files.write(path, b"\x89PNG")
    assert capfdbinary.readouterr().out == 3 * ("µ\n".encode() + b"\x89PNG")
    assert names() == []


def test_a_descriptor_by_its_path_is_written_where_it_stands() -> None:
    with PATH.open("wb") as file:
        file.write(b"before ")
        file.flush()
        files.write(Path(f"/dev/fd/{file.fileno()}"), "after")
    assert PATH.read_text(encoding="utf-8") == "before after"


@pytest.mark.parametrize("step", ["fsync", "fchmod", "replace"])
def test_what_cannot_be_finished_leaves_what_was_there(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PATH.write_text("old", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((Path, step) if step == "replace" else (os, step)), full)
    with pytest.raises(OutputError, match=r"^cannot write result.json: No space left on device$"):
        files.write(PATH, "new")
    assert PATH.read_text(encoding="utf-8") == "old"
    assert names() == ["result.json"]


def test_a_file_that_is_a_mount_is_written_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    PATH.write_text("old", encoding="utf-8")

    def busy(*_: object) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", busy)
    files.write(PATH, "new")
    assert PATH.read_text(encoding="utf-8") == "new"
    assert names() == ["result.json"]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("no/such/folder/x.json", "No such file or directory"),
        (".", "it is a folder"),
        ("x" * 300, "File name too long"),
        ("file/x.json", "Not a directory"),
        ("loop", "Too many levels of symbolic links"),
    ],
)
def test_what_cannot_be_written_is_refused_beforehand(path: str, problem: str) -> None:
    Path("file").touch()
    Path("loop").symlink_to("loop")
    with pytest.raises(RequestError, match=problem):
        files.check(Path(path))
    with pytest.raises(OutputError, match=problem):
        files.write(Path(path), "new")
    assert names() == ["file", "loop"]


def test_to_look_whether_it_can_be_written_leaves_nothing() -> None:
    files.check(PATH)
    PATH.write_text("old", encoding="utf-8")
    files.check(PATH)
    assert names() == ["result.json"]
    assert PATH.read_text(encoding="utf-8") == "old"


NO_ROOM = """
import os, sys
from pathlib import Path
from tlsbench import files
from tlsbench.errors import TlsbenchError
for do in (lambda: files.check(Path("full/x")), lambda: files.write(Path("full/x"), bytes(1 << 20)),
           lambda: files.check(Path("read-only/x")), lambda: files.check(Path("read-only/there"))):
    try:
        do()
    except TlsbenchError as error:
        print(error.exit_code, error)
print(os.listdir("full"))
"""


@pytest.mark.skipif(
    subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0,
    reason="needs a mount namespace of its own",
)
def test_no_room_and_a_read_only_folder_are_found_beforehand() -> None:
    script = (
        "mkdir full read-only && touch read-only/there && mount -t tmpfs -o size=64k none full && "
        "mount --bind read-only read-only && mount -o remount,ro,bind read-only && "
        f"{sys.executable} -c '{NO_ROOM}'"
    )
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == [
        "2 cannot write full/x: No space left on device",
        "3 cannot write full/x: No space left on device",
        "2 cannot write read-only/x: Read-only file system",
        "2 cannot write read-only/there: Permission denied",
        "[]",
    ], done.stderr


def test_secrets_are_for_their_owner_only_and_gone_afterwards(umask: int) -> None:
    with files.temporary(b"secret", ".pem") as path:
        assert mode(path) == 0o600
        assert path.read_bytes() == b"secret"
        assert path.suffix == ".pem"
    assert not path.exists()


def test_a_key_log_is_made_for_its_owner_only_and_appended_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)
    assert files.key_log_asked_for() is None
    path = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(path))
    assert files.key_log_asked_for() == path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("kept", encoding="utf-8")
    assert files.key_log_asked_for() == path
    assert path.read_text(encoding="utf-8") == "kept"


def test_a_key_log_that_cannot_be_written_is_a_bad_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "none" / "keys"))
    with pytest.raises(RequestError, match="SSLKEYLOGFILE: cannot write .*keys"):
        files.key_log_asked_for()
