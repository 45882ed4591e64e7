from __future__ import annotations

import math

import numpy as np
import pytest

from tlsbench.stats import Estimate, estimates, mean_estimate
from tlsbench.stats.estimates import DRAWS

SLOW = pytest.mark.slow


def test_arithmetic_is_that_of_the_values_and_of_each_draw() -> None:
    one, other = Estimate(2.0, np.full(DRAWS, 3.0)), Estimate.exact(4.0)
    total = (one + other) * 2 / 4 + 1
    assert total.value == 4.0
    assert set(total.draws) == {4.5}
    assert (one * other).value == 8.0
    assert (one / other).value == 0.5


def test_what_is_exact_has_no_width() -> None:
    interval = Estimate.exact(5.0).interval
    assert (interval.low, interval.median, interval.high) == (5.0, 5.0, 5.0)


def test_a_value_at_another_pace_keeps_its_place_and_relative_width() -> None:
    rounds = [100.0 + step for step in range(20)]
    (plain,), (moved,) = estimates([rounds], [109.5]), estimates([rounds], [219.0])
    assert moved.value == 219.0
    assert moved.interval.low == pytest.approx(2 * plain.interval.low)
    assert plain.interval.low < 109.5 < plain.interval.high


def test_what_slows_a_round_cancels_in_ratios_and_stays_in_sums() -> None:
    generator = np.random.default_rng(1)
    pace = generator.normal(0, 0.1, 60)
    first, second = (list(level * np.exp(pace + generator.normal(0, 0.001, 60))) for level in (100, 200))
    one, other = estimates([first, second], [float(np.median(first)), float(np.median(second))])
    assert (other / one).interval.relative_half_width < 0.1 * (one + other).interval.relative_half_width


@SLOW
def test_the_interval_of_a_sum_covers_it_as_often_as_it_says() -> None:
    generator = np.random.default_rng(2)
    covered = 0
    for _ in range(200):
        pace = generator.normal(0, 0.05, 40)
        rounds = [list(level * np.exp(pace + generator.normal(0, 0.02, 40))) for level in (100.0, 50.0)]
        one, other = estimates(rounds, [float(np.median(each)) for each in rounds])
        interval = (one * 0.4 + other * 0.6).interval
        covered += interval.low <= 70.0 <= interval.high
    assert 180 <= covered <= 200


def test_few_rounds_have_no_interval_and_gaps_are_no_rounds() -> None:
    (few,) = estimates([[1.0, 2.0, 3.0, 4.0, 5.0]], [3.0])
    assert few.value == 3.0
    assert math.isinf(few.interval.high)
    (gaps,) = estimates([[1.0, math.nan, 2.0, 3.0, 4.0, 5.0, 6.0, math.nan]], [3.5])
    assert math.isfinite(gaps.interval.high)
    assert math.isinf((few + gaps).interval.high)


def test_the_mean_of_independent_values_is_drawn_from_them() -> None:
    found = mean_estimate([9.0, 10.0, 11.0, 10.0, 10.0, 10.0, 10.0])
    assert found.value == 10.0
    assert 9.5 < found.interval.low < 10.0 < found.interval.high < 10.5
    assert math.isinf(mean_estimate([1.0, 2.0]).interval.high)
