from __future__ import annotations

import pytest

from tlsbench.errors import WireError
from tlsbench.links import Direction
from tlsbench.links.protected import protected_bytes

UP, DOWN = Direction.TO_SERVER, Direction.TO_CLIENT
CLEAR = bytes((22, 3, 3, 0, 3)) + b"abc"


def sealed(length: int) -> bytes:
    return bytes((23, 3, 3)) + length.to_bytes(2, "big") + bytes(length)


def test_it_is_what_is_in_the_first_flight_with_protected_records() -> None:
    entries = [
        (UP, CLEAR),
        (DOWN, CLEAR),
        (UP, CLEAR),
        (DOWN, CLEAR + sealed(20)),
        (DOWN, sealed(7)),
        (UP, sealed(5)),
    ]
    entries += [(DOWN, sealed(100))]
    assert protected_bytes(entries, DOWN) == 27
    assert protected_bytes(entries, UP) == 5


def test_where_nothing_is_protected_it_is_0() -> None:
    assert protected_bytes([(UP, CLEAR), (DOWN, CLEAR)], DOWN) == 0


def test_a_torn_record_is_an_error() -> None:
    with pytest.raises(WireError):
        protected_bytes([(DOWN, sealed(20)[:-1])], DOWN)
