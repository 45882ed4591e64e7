from __future__ import annotations

import math

import numpy as np
import pytest

from tlsbench.stats import Interval, adjusted, compare, drift, geometric_mean, is_difference, noise_floor


def test_equals_that_differ_by_nothing_but_noise_have_a_small_floor() -> None:
    generator = np.random.default_rng(1)
    equals = [list(generator.normal(100, 1, 200)) for _ in range(3)]
    assert 0 < noise_floor(equals) < 0.01


def test_an_equal_that_lies_elsewhere_in_memory_raises_the_floor() -> None:
    generator = np.random.default_rng(1)
    equals = [list(generator.normal(mean, 1, 200)) for mean in (100, 100, 103)]
    assert 0.025 < noise_floor(equals) < 0.04


def test_too_few_rounds_tell_nothing() -> None:
    assert noise_floor([[1.0, 2.0], [1.0, 2.0]]) == math.inf
    assert noise_floor([[1.0] * 50]) == math.inf


@pytest.mark.parametrize(
    ("ratio", "called"),
    [
        (Interval(1.03, 1.05, 1.07), True),
        (Interval(0.93, 0.95, 0.97), True),
        (Interval(0.99, 1.05, 1.11), False),
        (Interval(1.001, 1.01, 1.02), False),
        (Interval(-math.inf, 2.0, math.inf), False),
    ],
)
def test_a_difference_leaves_out_one_and_exceeds_the_floor(ratio: Interval, called: bool) -> None:
    assert is_difference(ratio, 0.02) is called


def test_drift_is_what_all_cells_have_in_common() -> None:
    generator = np.random.default_rng(3)
    pace = np.linspace(0.9, 1.1, 400)
    cells = [pace * generator.normal(mean, mean / 200, 400) for mean in (50, 100, 900)]
    assert 0.06 < drift([list(cell) for cell in cells]) < 0.09
    steady = [generator.normal(mean, mean / 200, 400) for mean in (50, 100, 900)]
    assert drift([list(cell) for cell in steady]) < 0.005


def test_a_short_episode_is_no_drift() -> None:
    generator = np.random.default_rng(3)
    pace = np.ones(100)
    pace[:11] = 1.35
    cells = [pace * generator.normal(mean, mean / 200, 100) for mean in (50, 100, 900)]
    assert drift([list(cell) for cell in cells]) < 0.01


def test_the_estimator_finds_the_ratio_and_its_interval_covers_it() -> None:
    generator = np.random.default_rng(5)
    covered = 0
    for _ in range(300):
        base = generator.lognormal(0, 0.1, 40)
        new = 1.1 * generator.lognormal(0, 0.1, 40)
        comparison = compare(list(base), list(new))
        covered += comparison.ratio.low <= 1.1 <= comparison.ratio.high
    assert covered / 300 > 0.92


def test_equal_sides_are_rarely_called_different_by_the_rank_test() -> None:
    generator = np.random.default_rng(6)
    small = [
        compare(list(generator.lognormal(0, 0.1, 30)), list(generator.lognormal(0, 0.1, 30))).p_value <= 0.05
        for _ in range(600)
    ]
    assert sum(small) / len(small) < 0.075


def test_one_sample_has_no_interval() -> None:
    ratio = compare([1.0], [2.0]).ratio
    assert ratio.median == pytest.approx(2)
    assert ratio.low == 0
    assert ratio.high == math.inf


def test_many_looks_are_corrected_for() -> None:
    assert adjusted([0.04, 0.5, 0.6, 0.9])[0] > 0.05
    assert adjusted([]) == []


def test_the_geometric_mean_of_a_ratio_and_its_inverse_is_one() -> None:
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1)


def test_rounds_without_a_figure_are_no_drift() -> None:
    steady = [[100.0, math.nan] * 20, [math.nan, 50.0] * 20, [math.nan] * 40]
    assert drift(steady) == 0
    assert drift([[math.nan] * 4]) == 0
    wandering = [[100.0] * 20 + [math.nan] * 5 + [121.0] * 25, [10.0] * 20 + [math.nan] * 5 + [12.1] * 25]
    assert drift(wandering) == pytest.approx(0.1, rel=0.01)


def test_comparisons_leave_out_rounds_without_a_figure() -> None:
    base, new = [100.0, 101.0, 99.0, 100.0] * 10, [110.0, 111.0, 109.0, 110.0] * 10
    gaps = [one for value in new for one in (value, math.nan)]
    assert compare(base, gaps) == compare(base, new)
