from __future__ import annotations

import pytest

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
