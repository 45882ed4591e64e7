"""Intervals that include the effect of where a cell's memory happens to be."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tlsbench.stats import Interval, middle_of, paired_ratio, rounds_interval, with_addresses

ROUNDS = 120


def sampled(generator: np.random.Generator, processes: int, placement: float) -> np.ndarray:
    """Rounds of a cell of 100 whose processes differ by a standard deviation of ``placement``."""
    where = generator.normal(0, placement, processes)
    return 100 * np.exp(np.resize(where, ROUNDS) + generator.normal(0, 0.01, ROUNDS))


@pytest.mark.parametrize(
    ("processes", "placement"), [(1, 0.004), (2, 0.004), (4, 0.003), (4, 0.004), (4, 0.005)]
)
def test_intervals_of_cells_hold_the_truth_as_often_as_they_say(processes: int, placement: float) -> None:
    generator = np.random.default_rng(20261129)
    held = [
        (found := middle_of(sampled(generator, processes, placement), processes=processes)).low
        <= 100
        <= found.high
        for _ in range(600)
    ]
    assert 0.91 < np.mean(held) < 0.99


def test_intervals_of_rounds_alone_hold_it_too_rarely() -> None:
    generator = np.random.default_rng(20261129)
    held = [
        (found := rounds_interval(sampled(generator, 1, 0.004))).low <= 100 <= found.high for _ in range(600)
    ]
    assert np.mean(held) < 0.7


@pytest.mark.parametrize("processes", [1, 4])
def test_ratios_of_equals_hold_one_as_often_as_they_say(processes: int) -> None:
    generator = np.random.default_rng(20261130)
    held = []
    for _ in range(600):
        ours, theirs = (sampled(generator, processes, 0.004) for _ in range(2))
        found = with_addresses(paired_ratio(ours, theirs), ours / theirs, processes, cells=2)
        held.append(found.low <= 1 <= found.high)
    assert 0.92 < np.mean(held) < 0.995


def test_processes_far_apart_make_it_wider_than_is_expected_of_any() -> None:
    rounds = np.resize([90.0, 100.0, 100.0, 110.0], ROUNDS)
    narrow = with_addresses(Interval(99, 100, 101), np.full(ROUNDS, 100.0), 4)
    wide = with_addresses(Interval(99, 100, 101), rounds, 4)
    assert narrow.high < 101.5
    assert wide.high > 103


def test_more_processes_make_it_narrower() -> None:
    same = np.full(ROUNDS, 100.0)
    widths = [
        with_addresses(Interval(99.9, 100, 100.1), same, count).relative_half_width for count in (1, 2, 4)
    ]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == pytest.approx(0.0079, rel=0.05)


def test_few_rounds_of_a_process_say_nothing_of_it() -> None:
    rounds = [100.0, 300.0] * 5
    same = with_addresses(Interval(99, 100, 101), [100.0] * 10, 2)
    assert with_addresses(Interval(99, 100, 101), rounds, 2) == same


@pytest.mark.parametrize(
    ("interval", "processes"),
    [
        (Interval(99, 100, 101), 0),
        (Interval(-math.inf, 100, math.inf), 1),
        (Interval(-1, 0, 1), 1),
    ],
    ids=["of counts", "without an end", "not above zero"],
)
def test_what_has_no_place_or_no_logarithm_stays_as_it_is(interval: Interval, processes: int) -> None:
    assert with_addresses(interval, [100.0] * 20, processes) is interval
