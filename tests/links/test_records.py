from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import WireError
from tlsbench.links import Direction, record_lengths
from tlsbench.links.records import summarise_records

UP, DOWN = Direction.TO_SERVER, Direction.TO_CLIENT
SENT = st.lists(
    st.tuples(st.sampled_from((UP, DOWN)), st.sampled_from((20, 22, 23)), st.integers(0, 300)), max_size=20
)


def record(kind: int, length: int) -> bytes:
    return bytes((kind, 3, 3)) + length.to_bytes(2, "big") + bytes(length)


@given(SENT)
def test_every_record_of_each_direction_is_found_with_its_type_and_length(
    sent: list[tuple[Direction, int, int]],
) -> None:
    found = record_lengths([(way, record(kind, length)) for way, kind, length in sent])
    for way in Direction:
        assert found[way] == [(kind, length) for direction, kind, length in sent if direction is way]


@given(SENT, st.integers(1, 7))
def test_writes_may_cut_records_anywhere(sent: list[tuple[Direction, int, int]], size: int) -> None:
    whole = [(way, record(kind, length)) for way, kind, length in sent]
    pieces = [(way, data[at : at + size]) for way, data in whole for at in range(0, len(data), size)]
    assert record_lengths(pieces) == record_lengths(whole)


@given(st.binary(min_size=1, max_size=4))
def test_less_than_a_header_is_no_record(data: bytes) -> None:
    with pytest.raises(WireError, match="end within a record"):
        record_lengths([(UP, data)])


def test_a_record_that_ends_too_early_is_none() -> None:
    with pytest.raises(WireError, match="end within a record"):
        record_lengths([(UP, record(23, 9)[:-1])])


def test_the_sum_counts_the_records_of_each_side_beside_their_bytes() -> None:
    ledger = summarise_records([(UP, record(23, 10) + record(23, 20)), (DOWN, record(23, 30))])
    assert (ledger.client_records, ledger.server_records) == (2, 1)
    assert (ledger.client_bytes, ledger.server_bytes, ledger.flights) == (40, 35, 2)
