"""Where results are stored: files, and pytest-benchmark's folder of numbered runs."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tlsbench import files
from tlsbench.errors import OutputError, RequestError
from tlsbench.interrupts import held

#: pytest-benchmark's default --benchmark-storage.
STORAGE = Path(".benchmarks")
#: Leaves room in a file name for more saved runs than anybody has.
_MOST_NUMBERED = 99_999_999
#: Names are repeated in tables and messages.
_LONGEST_NAME = 100
_NUMBERED = re.compile(r"(\d{4,})_(.+)\.json")
_STANDARD_INPUT = Path("/dev/stdin")
#: Results of the built-in profiles have a few megabytes; far larger files are something else. Once parsed,
#: they take about ten times their size in memory.
_LARGEST_BYTES = 256 << 20


def save(name: str, text: str) -> Path:
    """Save a result as pytest-benchmark does, named by the next number, an underscore, and the name.

    :returns: the new file, in the folder of this kind of machine and Python.
    :raises OutputError: if it cannot be written; no file is left then.
    """
    folder = _folder()
    try:
        with held():
            folder.mkdir(parents=True, exist_ok=True)
            with files.beside(folder, files.encoded(text)) as new:
                number = max((number for number, _, _ in saved()), default=0)
                while True:
                    number += 1
                    path = folder / f"{number:04}_{name}.json"
                    try:
                        os.link(new, path)  # unlike a rename it fails if another run took the number
                    except FileExistsError:
                        continue
                    return path
    except OSError as error:
        raise OutputError(f"cannot write in {folder}: {error.strerror or error}") from None


def check_save(name: str) -> None:
    """Check that a run can be saved under that name, before anything is measured for it.

    :raises RequestError: if it cannot.
    """
    if not re.fullmatch(r"[\w.+-]+", name):
        raise RequestError(
            f"'{name}' is not a name for a saved run: use letters, digits, '.', '_', '+' and '-'"
        )
    if len(name) > _LONGEST_NAME:
        raise RequestError(f"the name for a saved run has {len(name)} characters: {_LONGEST_NAME} at most")
    folder = _folder()
    try:
        place = files.existing(folder)
        longest = os.pathconf(place, "PC_NAME_MAX")
        if len(os.fsencode(f"{_MOST_NUMBERED}_{name}.json")) > longest:
            raise RequestError(
                f"'{name}' is too long: a saved run's file has a name of {longest} bytes at most"
            )
        files.try_folder(place)
    except OSError as error:
        raise RequestError(f"cannot save in {folder}: {error.strerror or error}") from None


def find(reference: str) -> Path:
    """Find a result's file, given a path, the name or number of a saved run, or ``-`` for standard input.

    If several runs have the name, it is the latest.

    :raises RequestError: if there is none.
    """
    if reference == "-":
        return _STANDARD_INPUT
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
    """Read the content of a result's file.

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
    """Number, name and file of each saved run, in the order of their numbers."""
    found = []
    for file in STORAGE.glob("*/*.json"):
        match = _NUMBERED.fullmatch(file.name)
        if match:
            found.append((int(match[1]), match[2], file))
    return sorted(found)


def _folder() -> Path:
    from pytest_benchmark.utils import get_machine_id

    return STORAGE / str(get_machine_id())
