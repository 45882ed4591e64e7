"""Where results are kept: files, and pytest-benchmark's folder of numbered runs."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from tlsbench.errors import OutputError, RequestError

#: pytest-benchmark's default --benchmark-storage.
STORAGE = Path(".benchmarks")
_NUMBERED = re.compile(r"(\d{4,})_(.+)\.json")
#: Results of our own profiles have a few megabytes; far larger ones are something else. As values they take
#: some ten times their size in memory.
_LARGEST_BYTES = 256 << 20


def check_writable(path: Path) -> None:
    """See to it that ``path`` can be written, before anything is measured for it.

    :raises RequestError: if it cannot.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError("it is a folder")
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".tlsbench-"):
            pass
    except OSError as error:
        raise RequestError(f"cannot write {path}: {error.strerror or error}") from None


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write the whole content or nothing: to a temporary file beside ``path``, then rename.

    :raises OutputError: if it cannot be written; ``path`` is then as it was.
    """
    temporary = _written_beside(path, content)
    try:
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"cannot write {path}: {error.strerror}") from None


def save(name: str, text: str) -> Path:
    """Keep a result as pytest-benchmark does: the next number, an underscore, and the name.

    :returns: the new file, in the folder of this kind of machine and Python.
    :raises OutputError: if it cannot be written; no file is then left.
    """
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {folder}: {error.strerror}") from None
    temporary = _written_beside(folder / "run.json", text)
    try:
        number = max((number for number, _, _ in saved()), default=0)
        while True:
            number += 1
            path = folder / f"{number:04}_{name}.json"
            try:
                os.link(temporary, path)  # unlike a rename it fails if another run took the number
            except FileExistsError:
                continue
            return path
    except OSError as error:
        raise OutputError(f"cannot write in {folder}: {error.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)


def check_name(name: str) -> None:
    """See to it that a name can stand in a saved run's file name.

    :raises RequestError: if it cannot.
    """
    if not re.fullmatch(r"[\w.+-]{1,100}", name):
        raise RequestError(f"'{name}' is no name for a saved run: use letters, digits, '.', '_', '+' and '-'")


def find(reference: str) -> Path:
    """The file that a reference means: a path, or the name or number of a saved run.

    Of several runs with one name it is the latest.

    :raises RequestError: if there is none.
    """
    path = Path(reference)
    try:
        if path.is_file():
            return path
    except OSError as error:  # a name that is too long, a folder that may not be searched
        raise RequestError(f"cannot read {reference}: {error.strerror}") from None
    runs = saved()
    matches = [
        file
        for number, name, file in runs
        if name == reference or (reference.isdecimal() and number == int(reference))
    ]
    if matches:
        return matches[-1]
    known = ", ".join(f"{number:04} ({name})" for number, name, _ in runs[-5:])
    raise RequestError(
        f"no file '{reference}', and no saved run of that name or number: "
        + (f"the latest are {known}" if known else f"{STORAGE} holds none")
    )


def read_bytes(path: Path) -> bytes:
    """The content of a result's file.

    :raises RequestError: if it cannot be read, or is larger than a result can be.
    """
    try:
        if (size := path.stat().st_size) > _LARGEST_BYTES:
            raise RequestError(
                f"{path} is too large for a result: {size >> 20:,} MiB, and at most "
                f"{_LARGEST_BYTES >> 20:,} are read"
            )
        return path.read_bytes()
    except OSError as error:
        raise RequestError(f"cannot read {path}: {error.strerror}") from None


def saved() -> list[tuple[int, str, Path]]:
    """Number, name and file of each saved run, oldest number first."""
    found = []
    for file in STORAGE.glob("*/*.json"):
        match = _NUMBERED.fullmatch(file.name)
        if match:
            found.append((int(match[1]), match[2], file))
    return sorted(found)


def _folder() -> Path:
    from pytest_benchmark.utils import get_machine_id

    return STORAGE / str(get_machine_id())


def _written_beside(path: Path, content: str | bytes) -> Path:
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=".tlsbench-", suffix=".json", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
    return temporary


def _umask() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return umask
