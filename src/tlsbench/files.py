"""Write outputs: every option of every command that writes a file uses this module.

A regular file is replaced as a whole, following links: written next to its target, then renamed. Pipes and
devices are written in place, ``-`` is standard output. A failed or interrupted write leaves nothing behind.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tlsbench.errors import OutputError, RequestError
from tlsbench.interrupts import held, may_be_cut

STANDARD_OUTPUT = Path("-")
#: Private keys are readable only by their owner, a folder of certificates by everybody.
SECRET_MODE, FOLDER_MODE = 0o600, 0o755
#: The approximate size of a result: with less room, a request is refused before anything is measured.
ROOM_BYTES = 1 << 18
_PREFIX = ".tlsbench-"
_MOST_LINKS = 40


def check(path: Path, room_bytes: int = ROOM_BYTES) -> None:
    """Check that ``path`` can be written, before anything is measured for it.

    :param room_bytes: the approximate size of the output.
    :raises RequestError: if it cannot.
    """
    if is_standard_output(path):
        return
    try:
        status = _status(path)
        if status is not None and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if status is None or stat.S_ISREG(status.st_mode):
            try_folder(_target(path).parent, room_bytes)
    except OSError as error:
        raise RequestError(f"cannot write {path}: {error.strerror or error}") from None


def write(path: Path, content: str | bytes, mode: int | None = None) -> None:
    """Write the whole content, or leave ``path`` as it was if it is a regular file.

    :param mode: the new permissions of a regular file; None keeps those it has, or the default of a new file.
    :raises OutputError: if it cannot be written.
    """
    data = encoded(content)
    try:
        descriptor = descriptor_of(path)
        if is_standard_output(path):
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
        elif descriptor is not None:
            _write_in_place(os.dup(descriptor), data)
        elif is_replaced(path):
            _replace(path, data, mode)
        else:
            with may_be_cut(at_once=True):
                opened = os.open(path, os.O_WRONLY)
            _write_in_place(opened, data)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None


def key_log_asked_for() -> Path | None:
    """The file named by the variable SSLKEYLOGFILE, for secrets (RFC 9850); None if it is not set.

    If it does not exist, it is created, for its owner only.

    :raises RequestError: if it cannot be appended to.
    """
    name = os.environ.get("SSLKEYLOGFILE")
    if not name:
        return None
    try:
        # O_NONBLOCK: a pipe without a reader is an error at once.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
        os.close(os.open(name, flags, SECRET_MODE))
    except OSError as error:
        raise RequestError(f"SSLKEYLOGFILE: cannot write {name}: {error.strerror or error}") from None
    return Path(name).absolute()


def is_standard_output(path: Path) -> bool:
    """Whether it is ``-``, or another name of standard output."""
    return path == STANDARD_OUTPUT or descriptor_of(path) == 1


def is_replaced(path: Path) -> bool:
    """Whether :func:`write` replaces a file or makes a new one, rather than writing to a pipe or device.

    :raises OSError: if it is a folder, or cannot be examined.
    """
    status = _status(path)
    return not is_standard_output(path) and (status is None or stat.S_ISREG(status.st_mode))


def write_some(descriptor: int, data: bytes | memoryview) -> int:
    """Write the start of ``data`` and return its length in bytes. Waiting for a reader may be cut short.

    :raises OSError: if it cannot be written.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    if not poll.poll(0):
        with may_be_cut(at_once=True):
            poll.poll()
    try:
        return os.write(descriptor, data[: select.PIPE_BUF])  # writing more could block
    except BlockingIOError:
        return 0


def encoded(content: str | bytes) -> bytes:
    """Encode text as UTF-8; lone surrogates, which it cannot represent, become question marks."""
    return content.encode("utf-8", "replace") if isinstance(content, str) else content


@contextmanager
def beside(folder: Path, data: bytes, mode: int | None = None) -> Iterator[Path]:
    """A complete temporary file in a folder, to be renamed or linked; otherwise it is removed at the end.

    :param mode: its permissions; None applies the umask.
    :raises OSError: if it cannot be written.
    """
    with held():
        path = None
        try:
            descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=folder)
            path = Path(name)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
                os.fchmod(descriptor, 0o666 & ~_umask() if mode is None else mode)
            yield path
        finally:
            if path is not None:
                path.unlink(missing_ok=True)


@contextmanager
def temporary(content: bytes, suffix: str = "") -> Iterator[Path]:
    """A file for libraries that read only from files: for its owner only, and deleted after the block."""
    with held():
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX.lstrip("."), suffix=suffix)
        path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, SECRET_MODE)  # the umask narrows that of mkstemp
            file.write(content)
        yield path
    finally:
        with held():
            path.unlink(missing_ok=True)


def try_folder(folder: Path, room_bytes: int = ROOM_BYTES) -> None:
    """Write that many bytes to a folder and remove them again.

    :raises OSError: if it is not writable, or lacks the room.
    """
    with held(), tempfile.NamedTemporaryFile(dir=folder, prefix=_PREFIX) as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, room_bytes)
        else:
            file.write(bytes(room_bytes))
            file.flush()


def existing(folder: Path) -> Path:
    """The folder, or its nearest existing parent.

    :raises OSError: if that is not a folder.
    """
    folder = folder.absolute()
    for place in (folder, *folder.parents):
        if place.exists():
            if not place.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, f"{place} is not a folder")
            return place
    return folder


def _status(path: Path) -> os.stat_result | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    return status


def _target(path: Path) -> Path:
    """The file to replace: the end of a chain of links."""
    return Path(os.path.realpath(path))


def _replace(path: Path, data: bytes, mode: int | None) -> None:
    target, status = _target(path), _status(path)
    if mode is None and status is not None:
        mode = stat.S_IMODE(status.st_mode)
    with beside(target.parent, data, mode) as new:
        if status is not None and (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            _keep_owner(new, status, mode)
        try:
            new.replace(target)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            # A file that is a mount point, as in a container, can be written but not replaced.
            target.write_bytes(data)


def _keep_owner(new: Path, status: os.stat_result, mode: int | None) -> None:
    try:
        os.chown(new, status.st_uid, status.st_gid)
    except PermissionError:
        return  # only root may give files away
    new.chmod(mode or 0)  # a change of owner clears some of the bits


def _write_in_place(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb", buffering=0):
        left = memoryview(data)
        while left:
            left = left[write_some(descriptor, left) :]


def descriptor_of(path: Path) -> int | None:
    """The descriptor of this process that a path such as ``/dev/stdout`` or ``/dev/fd/3`` refers to."""
    own = f"/proc/{os.getpid()}/fd"
    for _ in range(_MOST_LINKS):
        if path.name.isdecimal() and os.path.realpath(path.parent) == own:
            return int(path.name)
        try:
            path = path.parent / path.readlink()
        except OSError:
            return None  # it is not a link
    return None


def _umask() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return umask
