from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.session.quantities import fraction, nanoseconds, rate, seconds, share


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


@pytest.mark.parametrize(
    ("text", "value"),
    [("20000/s", 20_000), ("20,000", 20_000), ("90000 /min", 1500), ("7.2e6/h", 2000), ("0.5/s", 0.5)],
)
def test_rates_are_of_a_second_unless_they_say_otherwise(text: str, value: float) -> None:
    assert rate(text) == pytest.approx(value)


@pytest.mark.parametrize(("text", "value"), [("60%", 0.6), ("100 %", 1), ("0", 0), ("0.25", 0.25)])
def test_shares_are_percentages_or_fractions(text: str, value: float) -> None:
    assert share(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"), [("40us", 40_000), ("40 µs", 40_000), ("0.2ms", 200_000), ("900ns", 900), ("0", 0)]
)
def test_times_of_a_processor_are_nanoseconds(text: str, value: float) -> None:
    assert nanoseconds(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *((rate, text) for text in ("", "0/s", "-1", "20/d", "1e400", "fast")),
        *((share, text) for text in ("", "101%", "1.1", "-1%")),
        *((nanoseconds, text) for text in ("", "40", "1s", "-1us")),
    ],
)
def test_other_rates_shares_and_times_are_refused(parse: Callable[[str], float], text: str) -> None:
    with pytest.raises(RequestError, match="write"):
        parse(text)


@given(
    st.text(max_size=12) | st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,2})?\s?(ms|s|m|min|h|d|%)?", fullmatch=True)
)
def test_whatever_is_written_is_a_quantity_in_its_range_or_refused_in_one_line(text: str) -> None:
    for parse, least, most in (
        (seconds, 0.0, math.inf),
        (fraction, 0.0, 1.0),
        (rate, 0.0, math.inf),
        (share, 0.0, 1.0 + 1e-9),
        (nanoseconds, 0.0, math.inf),
    ):
        try:
            assert least <= parse(text) < most
        except RequestError as error:
            assert "write" in str(error)
