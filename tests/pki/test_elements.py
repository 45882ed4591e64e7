from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.pki.elements import SEQUENCE, element, elements, inner


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_what_is_put_together_is_taken_apart_again(contents: list[bytes]) -> None:
    row = b"".join(element(SEQUENCE, content) for content in contents)
    assert [inner(one) for one in elements(row)] == contents
    assert inner(element(SEQUENCE, row)) == row


@given(st.binary(max_size=80))
def test_any_bytes_are_elements_or_a_value_error(data: bytes) -> None:
    with suppress(ValueError):
        assert b"".join(elements(data)) == data


@pytest.mark.parametrize("data", [b"\x30", b"\x30\x80\x00\x00", b"\x30\x02\x00", b"\x30\x82\x01"])
def test_what_is_cut_off_or_of_indefinite_length_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="element"):
        inner(data)


def test_nothing_may_stand_behind_an_element() -> None:
    with pytest.raises(ValueError, match="after the element"):
        inner(b"\x30\x00\x00")
