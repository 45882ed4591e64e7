from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tlsbench.report.sparkline import bar, sparkline


def test_values_rise_from_the_lowest_to_the_highest_bar() -> None:
    assert sparkline([1.0, 2.0, 3.0]) == "▁▅█"
    assert sparkline([5.0, None, 5.0]) == "▄ ▄"
    assert sparkline([None, None]) == "  "
    assert sparkline([]) == ""


@given(st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), max_size=50))
def test_each_value_has_its_column(values: list[float | None]) -> None:
    assert len(sparkline(values)) == len(values)


@given(st.floats(-1.0, 2.0), st.integers(1, 60))
def test_a_bar_keeps_its_width(share: float, columns: int) -> None:
    assert len(bar(share, columns)) == columns
    assert bar(1.0, 2) == "██"
    assert bar(0.0, 2) == "  "
