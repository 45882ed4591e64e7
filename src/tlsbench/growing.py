"""Outputs that are written piece by piece, while the activity they describe continues."""

from __future__ import annotations

import errno
import os
import select
import sys
from pathlib import Path
from typing import Final

from tlsbench import files
from tlsbench.errors import OutputError
from tlsbench.interrupts import may_be_cut

#: A pipe that nobody has read for this many seconds is given up on, so that it does not hold up anything.
UNREAD_S: Final = 5


class Growing:
    """An output that is written piece by piece: readers of a regular file see whole pieces.

    :param beginning: its first piece. A regular file is replaced; pipes and devices are written in place.
    :param mode: the permissions of a regular file.
    :raises OutputError: if it cannot be written.
    """

    def __init__(self, path: Path, beginning: bytes, mode: int) -> None:
        self._path, self._is_regular = path, False
        try:
            if files.is_standard_output(path):
                sys.stdout.flush()
                self._descriptor = os.dup(sys.stdout.fileno())
            elif (descriptor := files.descriptor_of(path)) is not None:
                self._descriptor = os.dup(descriptor)
            else:
                self._is_regular = files.is_replaced(path)
                if self._is_regular:
                    files.write(path, b"", mode)
                with may_be_cut(at_once=True):
                    self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
        self.append(beginning)

    def append(self, piece: bytes) -> None:
        """Append a piece to the output.

        :raises OutputError: if it cannot be written.
        """
        left = memoryview(piece)
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        try:
            while left:
                if not poll.poll(1000 * UNREAD_S):
                    raise BlockingIOError(errno.EAGAIN, "nobody reads it")
                some = os.write if self._is_regular else files.write_some
                left = left[some(self._descriptor, left) :]
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror or error}") from None

    def close(self) -> None:
        """Close the output."""
        os.close(self._descriptor)
