from __future__ import annotations

import pytest

from tlsbench.errors import WireError
from tlsbench.links import Direction, protected_records
from tlsbench.links.protected import protected_bytes

UP, DOWN = Direction.TO_SERVER, Direction.TO_CLIENT
CHANGE, CLEAR, SEALED = 20, 22, 23


def record(kind: int, length: int) -> bytes:
    return bytes((kind, 3, 3)) + length.to_bytes(2, "big") + bytes(length)


def test_they_are_those_of_a_side_before_the_other_answers_with_some() -> None:
    cut = record(SEALED, 117)
    entries = [
        (UP, record(CLEAR, 200)),
        (DOWN, record(CLEAR, 90)),  # a HelloRetryRequest
        (UP, record(CLEAR, 300)),
        (DOWN, record(CLEAR, 90) + record(CHANGE, 1) + cut[:50]),
        (UP, record(CHANGE, 1)),  # it means nothing: a client may send it at once
        (DOWN, cut[50:] + record(SEALED, 20)),
        (UP, record(SEALED, 53)),
        (DOWN, record(SEALED, 500)),  # tickets
        (UP, record(SEALED, 9)),
    ]
    assert protected_records(entries, DOWN) == [117, 20]
    assert protected_records(entries, UP) == [53]
    assert protected_bytes(entries, DOWN) == 137


def test_early_data_is_no_answer() -> None:
    entries = [
        (UP, record(CLEAR, 9) + record(SEALED, 99)),
        (DOWN, record(SEALED, 7)),
        (UP, record(SEALED, 5)),
    ]
    assert protected_records(entries, DOWN) == [7]


def test_where_nothing_is_protected_there_are_none() -> None:
    assert protected_bytes([(UP, record(CLEAR, 9)), (DOWN, record(CLEAR, 900))], DOWN) == 0


def test_a_torn_record_is_an_error() -> None:
    with pytest.raises(WireError):
        protected_bytes([(DOWN, record(SEALED, 20)[:-1])], DOWN)
