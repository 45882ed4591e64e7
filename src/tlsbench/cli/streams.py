"""Standard output and standard error of our processes: losing them does not end a command.

A reader that has left is not an error. A full disk is one: it is reported at the end, after everything else
is done. Characters that the encoding lacks are replaced.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from tlsbench.files import write_some

#: The exit code of a command that could not write an output.
FAILED = 3


class _Sink(io.FileIO):
    """A descriptor that accepts everything; its first error is kept in ``problem``."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.problem: OSError | None = None

    def write(self, data: bytes | memoryview, /) -> int:  # type: ignore[override] # of any buffer
        """Write the data, or drop it if there was a problem."""
        written = 0
        while not written and self.problem is None:
            try:
                written = write_some(self.fileno(), data)
            except OSError as error:
                self.problem = error
            except KeyboardInterrupt:
                self.problem = BrokenPipeError()  # it waited for a reader in vain
                raise
        return written or len(data)


@contextmanager
def standard_streams() -> Iterator[Callable[[int], int]]:
    """Replace both streams within the block; yield a function that returns the exit code to end with.

    Closed descriptors are opened on ``os.devnull`` first: a file or a socket would take their numbers.
    """
    while (opened := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(opened, True)  # noqa: FBT003 - the parameter has no name
    os.close(opened)
    out, err = _Sink(1), _Sink(2)
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _text(out, sys.stdout), _text(err, sys.stderr)

    def ended(code: int) -> int:
        sys.stdout.flush()
        if out.problem is None or isinstance(out.problem, BrokenPipeError):
            return code
        print(f"tlsbench: cannot write standard output: {out.problem.strerror}", file=sys.stderr)
        return code or FAILED

    try:
        yield ended
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


def _text(sink: _Sink, old: TextIO | None) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(sink),  # type: ignore[type-var] # it writes as any raw stream does
        encoding=old.encoding if old is not None else "utf-8",
        errors="replace",
        line_buffering=sink.isatty() or sink.fileno() == 2,
    )
