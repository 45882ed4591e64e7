from __future__ import annotations

import pytest

from tlsbench.errors import WireError
from tlsbench.links import Direction, sealed_bytes

IN, OUT = Direction.TO_CLIENT, Direction.TO_SERVER


def record(kind: int, length: int) -> bytes:
    return bytes((kind, 3, 3)) + length.to_bytes(2, "big") + bytes(length)


def test_sealed_bytes_are_counted_without_their_seals_up_to_the_clients_first_sealed_record() -> None:
    hello, sealed, change = record(22, 90), record(23, 117), record(20, 1)
    entries = [
        (OUT, record(22, 200)),
        (IN, hello + change + sealed[:50]),
        (OUT, change),  # says nothing: a client may send it at once
        (IN, sealed[50:] + sealed),
        (OUT, record(23, 53)),
        (IN, record(23, 500)),  # tickets
    ]
    assert sealed_bytes(entries) == 200


def test_nothing_is_sealed_where_all_is_in_the_clear() -> None:
    assert sealed_bytes([(OUT, record(22, 9)), (IN, record(22, 900))]) == 0


def test_a_record_that_is_cut_off_is_an_error() -> None:
    with pytest.raises(WireError):
        sealed_bytes([(IN, record(23, 40)[:-1])])
