from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.session.quantities import fraction, seconds


@pytest.mark.parametrize(
    ("text", "value"), [("40s", 40), ("500ms", 0.5), ("2m", 120), ("1.5 h", 5400), ("7", 7)]
)
def test_times_have_units(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "s", "-1s", "0s", "1d", "1e3s", "nan"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(RequestError):
        seconds(text)


@pytest.mark.parametrize(("text", "value"), [("2%", 0.02), ("0.5 %", 0.005), ("0.01", 0.01), ("0", 0)])
def test_precisions_are_percentages_or_fractions(text: str, value: float) -> None:
    assert fraction(text) == value


@pytest.mark.parametrize("text", ["", "2", "100%", "-1%", "x%"])
def test_other_precisions_are_refused(text: str) -> None:
    with pytest.raises(RequestError):
        fraction(text)


@given(
    st.text(max_size=12) | st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,2})?\s?(ms|s|m|min|h|d|%)?", fullmatch=True)
)
def test_whatever_is_written_is_a_quantity_in_its_range_or_refused_in_one_line(text: str) -> None:
    for parse, least, most in ((seconds, 0.0, math.inf), (fraction, 0.0, 1.0)):
        try:
            assert least <= parse(text) < most
        except RequestError as error:
            assert "write" in str(error)
