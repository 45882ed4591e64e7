from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.stats import quantile_ranks, share_interval


@pytest.mark.parametrize(("count", "share"), [(200, 0.5), (500, 0.9), (2000, 0.99)])
def test_the_interval_holds_the_quantile_as_often_as_it_says(count: int, share: float) -> None:
    random = np.random.default_rng(5)
    low, high = quantile_ranks(count, share)
    values = np.sort(random.random((4000, count)), axis=1)  # their quantile is the share itself
    held = np.mean((values[:, low - 1] <= share) & (share <= values[:, high - 1]))
    assert 0.945 <= held <= 0.985


def test_too_few_values_leave_a_side_open() -> None:
    assert quantile_ranks(100, 0.999)[1] == 101
    assert quantile_ranks(3, 0.01)[0] == 0
    assert quantile_ranks(0, 0.5) == (0, 1)


@given(st.integers(1, 5000), st.floats(0.001, 0.9999))
def test_ranks_are_in_order_and_within(count: int, share: float) -> None:
    low, high = quantile_ranks(count, share)
    assert 0 <= low <= high <= count + 1


def test_a_share_of_none_is_bounded_by_how_many_were_seen() -> None:
    none = share_interval(0, 100)
    assert (none.low, none.median) == (0, 0)
    assert none.high == pytest.approx(1 - 0.025 ** (1 / 100))  # in closed form
    assert share_interval(0, 1000).high < none.high
    assert math.isnan(share_interval(0, 0).median)


def test_a_share_is_within_its_interval() -> None:
    found = share_interval(7, 50)
    assert found.low < found.median == 0.14 < found.high
