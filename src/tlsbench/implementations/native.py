"""C libraries, loaded through cffi in ABI mode: found by name, their functions looked up once.

Each has a module of declarations with an ``FFI`` of its own, which reads them once its library is loaded: to
parse them takes longer than to load it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from functools import cache
from typing import Any


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
