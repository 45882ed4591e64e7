from __future__ import annotations

from types import SimpleNamespace

import pytest

from tlsbench.implementations.native import NativeLibrary, first_that_loads


class Counting(NativeLibrary):
    """A library that counts how often it is searched for."""

    searches = 0

    def _find(self, name: str) -> object:
        self.searches += 1
        return super()._find(name)


def test_a_function_is_searched_once() -> None:
    library = Counting(SimpleNamespace(shake=len), "libshake.so")
    assert library.shake is len
    assert library.shake is len
    assert library.searches == 1


def test_what_a_library_lacks_is_known_and_named() -> None:
    library = NativeLibrary(SimpleNamespace(shake=len), "libshake.so")
    assert library.has("shake")
    assert library.lacks("shake", "stir", "pour") == ("stir", "pour")
    with pytest.raises(AttributeError, match="stir"):
        _ = library.stir


def test_the_first_library_that_loads_is_taken() -> None:
    assert first_that_loads(("libnothing.so.9", "libc.so.6", "libm.so.6")) == "libc.so.6"
    assert first_that_loads(("libnothing.so.9",)) is None
