from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.stats import CONFIDENCE, Interval, median_interval, paired_ratio, summarise

values = st.lists(st.floats(1e-3, 1e12), min_size=1, max_size=80)


def test_the_ranks_are_those_of_the_tables() -> None:
    """Ranks for 95 % from W. J. Conover, Practical Nonparametric Statistics: 6: 1, 20: 6, 100: 40."""
    for count, rank in ((6, 1), (10, 2), (20, 6), (50, 18), (100, 40)):
        interval = median_interval(range(1, count + 1))
        assert (interval.low, interval.high) == (rank, count + 1 - rank)


def test_fewer_than_six_values_have_no_interval() -> None:
    interval = median_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert interval.median == 3
    assert (interval.low, interval.high) == (-math.inf, math.inf)
    assert interval.relative_half_width == math.inf


@given(values)
def test_the_median_lies_in_its_interval(some: list[float]) -> None:
    interval = median_interval(some)
    assert interval.low <= interval.median <= interval.high


@given(values, st.randoms(use_true_random=False))
def test_order_does_not_matter(some: list[float], random: object) -> None:
    shuffled = list(some)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert median_interval(shuffled) == median_interval(some)


@pytest.mark.parametrize("draw", ["exponential", "lognormal", "standard_cauchy"])
def test_the_interval_covers_the_true_median_as_often_as_it_says(draw: str) -> None:
    generator = np.random.default_rng(20261122)
    true = {"exponential": math.log(2), "lognormal": 1.0, "standard_cauchy": 0.0}[draw]
    trials = 2000
    covered = sum(
        interval.low <= true <= interval.high
        for interval in (median_interval(getattr(generator, draw)(size=40)) for _ in range(trials))
    )
    assert covered / trials > CONFIDENCE - 0.015


def test_drift_that_hits_both_alike_cancels_in_the_ratio() -> None:
    generator = np.random.default_rng(1)
    drift = np.exp(np.cumsum(generator.normal(0, 0.1, 200)))
    baseline = drift * generator.normal(100, 1, 200)
    slower = drift * generator.normal(110, 1, 200)
    ratio = paired_ratio(list(slower), list(baseline))
    assert ratio.low < 1.10 < ratio.high
    assert ratio.relative_half_width < 0.005
    assert median_interval(list(baseline)).relative_half_width > 0.05


def test_half_a_width_is_relative_to_the_median() -> None:
    assert Interval(98.0, 100.0, 102.0).relative_half_width == 0.02


def test_a_summary_weighs_rounds_and_not_samples() -> None:
    summary = summarise([[1.0], [1.0], [9.0] * 10])
    assert summary.median == 1.0
    assert summary.p90 == 9.0
    assert summary.round_medians == (1.0, 1.0, 9.0)


@given(values, st.lists(st.integers(0, 80)))
def test_rounds_without_a_figure_change_no_median(some: list[float], at: list[int]) -> None:
    with_gaps = list(some)
    for place in at:
        with_gaps.insert(place, math.nan)
    assert median_interval(with_gaps) == median_interval(some)


def test_the_median_of_nothing_is_none() -> None:
    for nothing in ([], [math.nan]):
        interval = median_interval(nothing)
        assert math.isnan(interval.median)
        assert interval.relative_half_width == math.inf


def test_ratios_pair_the_rounds_in_which_both_have_a_figure() -> None:
    ratio = paired_ratio([10.0, math.nan, 30.0, 40.0], [1.0, 2.0, math.nan, 4.0])
    assert ratio.median == 10.0


def test_a_round_without_samples_keeps_its_place() -> None:
    summary = summarise([[1.0, 3.0], [], [4.0]])
    assert summary.round_medians[::2] == (2.0, 4.0)
    assert math.isnan(summary.round_medians[1])
    assert summary.median == 3.0
