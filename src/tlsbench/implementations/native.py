"""C libraries, loaded through cffi in ABI mode: found by name, with each function looked up once.

Each has a module of declarations with an ``FFI`` of its own, which parses them only once its library is
loaded: parsing takes longer than loading.
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

#: Reads and writes the memory of any library, whatever its declarations.
_ANY = FFI()


class NativeLibrary:
    """A shared library whose functions are declared to cffi."""

    def __init__(self, handle: Any, path: str) -> None:
        self.handle = handle
        self.path = path

    def __getattr__(self, name: str) -> Any:
        """Look up a function, and cache it: a search must not count as TLS's time.

        :raises AttributeError: if the library has neither the function nor an alternative to it.
        """
        function = self._find(name)
        self.__dict__[name] = function
        return function

    def _find(self, name: str) -> Any:
        return getattr(self.handle, name)

    @contextmanager
    def shown_to_profilers(self) -> Iterator[None]:
        """Let profilers see calls of its functions for a time: they do not see calls of cffi functions.

        A function that is first called within that time is not seen.
        """
        found = {name: one for name, one in self.__dict__.items() if isinstance(one, FFI.CData)}
        self.__dict__.update({name: MethodType(operator.call, one) for name, one in found.items()})
        try:
            yield
        finally:
            self.__dict__.update(found)

    def lacks(self, *names: str) -> tuple[str, ...]:
        """The functions among these that it does not have."""
        return tuple(name for name in names if not self.has(name))

    def has(self, name: str) -> bool:
        """Whether it has a function or an alternative to it."""
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
    """Read from the pipe behind a handle: the callback of a library that uses errno.

    :returns: the number of bytes in the buffer; -1, with EAGAIN as errno, if none are left.
    """
    data = _ANY.from_handle(handle).take(most)
    if not data:
        _ANY.errno = errno.EAGAIN
        return -1
    _ANY.memmove(buffer, data, len(data))
    return len(data)


@cache
def first_that_loads(names: Iterable[str]) -> str | None:
    """The first of these libraries that the dynamic linker can load; None if there is none.

    :param names: file names, in order of preference.
    """
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return name
    return None
