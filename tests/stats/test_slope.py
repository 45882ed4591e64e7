from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.stats.slope import growth, slope

POINTS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10**9)), max_size=20)


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.sets(st.integers(0, 1000), min_size=4, max_size=20))
def test_points_on_a_line_give_its_slope_without_error(rise: float, start: float, xs: set[int]) -> None:
    found = slope([(x, start + rise * x) for x in xs])
    assert found is not None
    assert found.value == pytest.approx(rise, abs=1e-6)
    assert found.error == pytest.approx(0, abs=1e-3)


def test_points_beside_the_line_give_an_error() -> None:
    found = slope([(0, 0), (1, 12), (2, 19), (3, 31), (4, 38)])
    assert found is not None
    assert found.value == pytest.approx(9.5, abs=0.1)
    assert 0.3 < found.error < 1


@given(POINTS)
def test_too_few_different_points_have_no_slope(points: list[tuple[int, int]]) -> None:
    assert (slope(points) is None) is (len({x for x, _ in points}) < 4)


@given(POINTS)
def test_growth_ends_at_its_top(points: list[tuple[int, int]]) -> None:
    part = growth(points)
    assert list(part) == points[: len(part)]
    if points:
        assert part[-1][0] == max(x for x, _ in points)
