"""C libraries, loaded through cffi in ABI mode: found by name, their functions looked up once.

Each has a module of declarations with an ``FFI`` of its own, which reads them once its library is loaded: to
parse them takes longer than to load it.
"""

from __future__ import annotations

import ctypes
import errno
import operator
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from types import MethodType
from typing import Any

from cffi import FFI

#: Reads and writes the memory of any library, whatever else was declared to it.
_ANY = FFI()


class NativeLibrary:
    """A shared library whose functions were declared to cffi."""

    def __init__(self, handle: Any, path: str) -> None:
        self.handle = handle
        self.path = path

    def __getattr__(self, name: str) -> Any:
        """A function, which is found here at once from the second time on: the search is not TLS's time.

        :raises AttributeError: if the library has neither it nor another way to do it.
        """
        function = self._find(name)
        self.__dict__[name] = function
        return function

    def _find(self, name: str) -> Any:
        return getattr(self.handle, name)

    @contextmanager
    def shown_to_profilers(self) -> Iterator[None]:
        """Let profilers see the calls of its functions, for a time: those of cffi's kind are none to them.

        A function that is called for the first time meanwhile is not seen.
        """
        found = {name: one for name, one in self.__dict__.items() if isinstance(one, FFI.CData)}
        self.__dict__.update({name: MethodType(operator.call, one) for name, one in found.items()})
        try:
            yield
        finally:
            self.__dict__.update(found)

    def lacks(self, *names: str) -> tuple[str, ...]:
        """Those of these functions that it does not have."""
        return tuple(name for name in names if not self.has(name))

    def has(self, name: str) -> bool:
        """Whether it has a function or another way to do the same."""
        try:
            getattr(self, name)
        except AttributeError:
            return False
        return True


def text(characters: Any) -> str:
    """A C string; ``""`` for a null pointer."""
    if not characters:
        return ""
    words = _ANY.string(characters)
    return words if isinstance(words, str) else words.decode("ascii")


def fill(handle: Any, buffer: Any, most: int) -> int:
    """What a library reads by that knows errno: bytes out of the pipe behind a handle.

    :returns: how many there are in the buffer; -1, and EAGAIN as errno, if none are left.
    """
    data = _ANY.from_handle(handle).take(most)
    if not data:
        _ANY.errno = errno.EAGAIN
        return -1
    _ANY.memmove(buffer, data, len(data))
    return len(data)


@cache
def first_that_loads(names: Iterable[str]) -> str | None:
    """The first of these libraries that the dynamic linker finds; None if it finds none.

    :param names: file names, the preferred first.
    """
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return name
    return None
