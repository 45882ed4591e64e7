"""The outputs of a command: what is stored, and then what people read.

Everything that is printed is filtered for the terminal here, because it may contain anything from outside.
Failing to print does not end a command, see :mod:`tlsbench.cli.streams`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from tlsbench import files
from tlsbench.cli.streams import FAILED
from tlsbench.errors import RequestError, TlsbenchError
from tlsbench.escaping import for_terminal, lines_for_terminal

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tlsbench.report.sheets import Report

#: A larger ``COLUMNS`` is considered a mistake.
_MOST_COLUMNS = 10_000


def line(text: str) -> None:
    """Print one line to standard output."""
    print(for_terminal(text), flush=True)


def wrapped(text: str, indent: str, columns: int) -> list[str]:
    """The lines of a text wrapped between words to ``columns`` columns, all but the first indented."""
    return wrap(text, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def note(text: str) -> None:
    """Print one line to standard error: a remark on the command, not its answer."""
    print(for_terminal(text), file=sys.stderr, flush=True)


def write(text: str) -> None:
    """Print text of one or more whole lines to standard output."""
    sys.stdout.write(lines_for_terminal(text))
    sys.stdout.flush()


def show(renderable: RenderableType, plain_width: int = 120) -> None:
    """Print to standard output: as wide as the terminal, or as plain text if there is none.

    :param plain_width: the columns if that is not a terminal and ``COLUMNS`` is not set.
    """
    from rich.console import Console

    from tlsbench.report.terminal import Harmless, print_plain

    console = Console(highlight=False)
    if console.is_terminal:
        console.print(Harmless(renderable))
    else:
        write(print_plain(renderable, columns_asked_for() or plain_width))


def report(made: Report, output_format: str, plain_width: int = 120) -> None:
    """Print a report in a format; a table is as wide as the terminal, if there is one.

    :param plain_width: the columns if that is not a terminal and ``COLUMNS`` is not set.
    """
    from tlsbench.report.exporters import export
    from tlsbench.report.exporters.table import terminal

    columns = width()
    if output_format in ("table", "text") and columns is not None:
        show(terminal(made, columns))
    else:
        write(export(made, output_format, columns_asked_for() or plain_width))


def width() -> int | None:
    """The columns of the terminal if standard output is one, otherwise None."""
    from rich.console import Console

    console = Console()
    return console.width if console.is_terminal else None


def columns_wanted() -> int | None:
    """The columns that the environment sets, or those of the terminal; None if there are neither."""
    on_terminal = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return columns_asked_for() or on_terminal


def columns_asked_for() -> int | None:
    """The columns that ``COLUMNS`` sets in the environment, as for a terminal; None if it sets none."""
    text = os.environ.get("COLUMNS", "")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) <= _MOST_COLUMNS else None


def check(*paths: Path | None, room_bytes: int = files.ROOM_BYTES) -> None:
    """Check that every requested output can be written, before any work is done for it.

    :raises RequestError: if one cannot.
    """
    wanted = [path for path in paths if path is not None]
    if sum(map(files.is_standard_output, wanted)) > 1:
        raise RequestError("two outputs cannot both be standard output: give one of them a file")
    for path in wanted:
        files.check(path, room_bytes)


def store(steps: Iterable[Callable[[], str]]) -> int:
    """Run each step, which says what it wrote, even if others fail; return the exit code.

    Call it before anything is printed.
    """
    code = 0
    for step in steps:
        try:
            note(step())
        except TlsbenchError as error:
            note(f"tlsbench: {error}")
            code = FAILED
        except KeyboardInterrupt:
            note("tlsbench: an output was abandoned because nobody reads it")
            code = FAILED
    return code


def written(path: Path, content: str | bytes, remark: str = "") -> str:
    """Write a file, and return a line that says so.

    :raises OutputError: if it cannot be written.
    """
    files.write(path, content)
    return wrote(path, remark)


def written_secret(path: Path, content: bytes) -> str:
    """Write a file with secrets, which only its owner may read, and return a line that says so.

    :raises OutputError: if it cannot be written.
    """
    files.write(path, content, files.SECRET_MODE)
    return wrote(path, is_secret=True)


def wrote(path: Path, remark: str = "", *, is_secret: bool = False) -> str:
    """A line that says that a file was written.

    :param is_secret: whether it contains secrets, which only its owner may read.
    """
    if files.is_standard_output(path):
        return f"wrote standard output{remark}{', with secrets' if is_secret else ''}"
    return f"wrote {path}{remark}{', with secrets: only its owner can read it' if is_secret else ''}"


def key_log() -> str:
    """The file that SSLKEYLOGFILE names for the secrets of connections; a line announces it.

    :raises RequestError: if it cannot be written.
    """
    path = files.key_log_asked_for()
    if path is None:
        return ""
    note(f"SSLKEYLOGFILE: the secrets of connections are appended to {path}, if the library provides them")
    return str(path)


def beside(*paths: Path | None) -> AbstractContextManager[object]:
    """If one of the outputs is standard output, print what people read to standard error instead."""
    taken = any(path is not None and files.is_standard_output(path) for path in paths)
    return redirect_stdout(sys.stderr) if taken else nullcontext()
