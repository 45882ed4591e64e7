from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsbench.stats import at_middle_pace, median_interval, paces, paired_ratio, rounds_interval
from tlsbench.stats.pace import Array, middle

#: The median of a cell's own noise in :func:`simulated`, as a logarithm: outliers are above it.
_MEDIAN_OF_NOISE = 0.0006


@dataclass(frozen=True)
class Simulated:
    """Rounds of cells whose times are known.

    :param rounds: cells by rounds, with NaN.
    :param at_middle: each cell's time at the middle pace.
    """

    rounds: Array
    at_middle: Array


def wandering(generator: np.random.Generator, shape: tuple[int, int], memory: float) -> Array:
    """Normal noise of variance one whose neighbours are correlated by ``memory``."""
    noise = generator.standard_normal(shape)
    for at in range(1, shape[1]):
        noise[:, at] = memory * noise[:, at - 1] + math.sqrt(1 - memory**2) * noise[:, at]
    return noise


def simulated(generator: np.random.Generator, cells: int, rounds: int, memory: float) -> Simulated:
    """A machine whose pace wanders, with slow episodes; cells have their own noise, outliers and gaps."""
    pace = 0.05 * wandering(generator, (1, rounds), 0.8)[0]
    for begin in generator.integers(rounds, size=max(1, rounds // 60)):
        pace[begin : begin + generator.integers(3, 12)] += 0.2
    feel = generator.uniform(0.7, 1.3, cells)
    noise = 0.015 * wandering(generator, (cells, rounds), memory)
    outliers = (generator.random((cells, rounds)) < 0.03) * generator.exponential(0.3, (cells, rounds))
    logs = feel[:, None] * pace + noise + outliers
    logs[generator.random((cells, rounds)) < 0.02] = math.nan
    return Simulated(1e6 * np.exp(logs), 1e6 * np.exp(_MEDIAN_OF_NOISE + feel * middle(pace)))


@pytest.mark.parametrize(("cells", "rounds", "memory"), [(8, 60, 0.0), (22, 150, 0.0), (22, 150, 0.3)])
def test_intervals_at_the_middle_pace_hold_the_truth_as_often_as_they_say(
    cells: int, rounds: int, memory: float
) -> None:
    generator = np.random.default_rng(20261129)
    held = []
    for _ in range(150):
        run = simulated(generator, cells, rounds, memory)
        for own, pace, truth in zip(run.rounds[:8], paces(run.rounds), run.at_middle, strict=False):
            interval = rounds_interval(at_middle_pace(own, pace))
            held.append(interval.low <= truth <= interval.high)
    assert 0.93 < np.mean(held) < 0.985


def test_the_pace_takes_most_of_the_width_away() -> None:
    run = simulated(np.random.default_rng(3), 22, 150, 0.0)
    for own, pace in zip(run.rounds, paces(run.rounds), strict=True):
        narrow = rounds_interval(at_middle_pace(own, pace)).relative_half_width
        assert narrow < 0.6 * rounds_interval(own).relative_half_width


@pytest.mark.parametrize("memory", [0.0, 0.3])
def test_ratios_of_equals_hold_one_as_often_as_they_say(memory: float) -> None:
    generator = np.random.default_rng(20261130)
    held = []
    for _ in range(300):
        pace = np.exp(0.05 * wandering(generator, (1, 120), 0.8)[0])
        one, other = pace * np.exp(0.015 * wandering(generator, (2, 120), memory))
        one[generator.random(120) < 0.03] *= 1.4
        other[generator.random(120) < 0.02] = math.nan
        ratio = paired_ratio(one, other)
        held.append(ratio.low <= 1 <= ratio.high)
    assert 0.92 < np.mean(held) < 0.985


def test_an_interval_that_takes_neighbours_for_independent_holds_the_truth_too_rarely() -> None:
    generator = np.random.default_rng(7)
    dependent, independent = [], []
    for series in wandering(generator, (600, 150), 0.5):
        for find, held in ((rounds_interval, dependent), (median_interval, independent)):
            interval = find(series)
            held.append(interval.low <= 0 <= interval.high)
    assert np.mean(independent) < 0.85
    assert np.mean(dependent) > 0.9


def test_of_independent_values_the_interval_is_hardly_wider() -> None:
    generator = np.random.default_rng(8)
    widths = []
    for series in generator.normal(100, 1, (300, 150)):
        serial, plain = rounds_interval(series), median_interval(series)
        assert serial.low <= plain.low <= plain.high <= serial.high
        widths.append((serial.high - serial.low) / (plain.high - plain.low))
    assert np.mean(widths) < 1.1


def test_a_cell_does_not_explain_itself() -> None:
    steady = np.full((5, 40), 100.0)
    steady[0, 7] = 300.0
    pace = paces(steady)
    assert pace[0, 7] == 0
    assert pace[1, 7] == 0, "one of four others is not the middle"
    assert max(at_middle_pace(steady[0], pace[0])) == pytest.approx(300)


def test_the_pace_is_what_the_others_have_in_common() -> None:
    slow = np.ones(30)
    slow[10:15] = 2.0
    pace = paces([scale * slow for scale in (1, 10, 100, 1000)])
    assert np.allclose(pace, np.log(slow))
    flat = at_middle_pace(5 * slow, np.log(slow))
    assert flat == pytest.approx([5.0] * 30)


def test_a_cell_that_the_pace_does_not_touch_stays_as_it_was() -> None:
    generator = np.random.default_rng(1)
    own, pace = generator.normal(100, 1, 200), generator.normal(0, 0.1, 200)
    assert np.allclose(at_middle_pace(own, pace), own, rtol=0.01)


@pytest.mark.parametrize(
    ("rounds", "others"), [(11, 5), (40, 2), (40, 0)], ids=["few rounds", "few others", "alone"]
)
def test_without_enough_to_go_by_the_rounds_stay_as_they_are(rounds: int, others: int) -> None:
    values = np.random.default_rng(2).lognormal(0, 0.1, (others + 1, rounds))
    assert at_middle_pace(values[0], paces(values)[0]) == list(values[0])


@pytest.mark.parametrize("odd", [0.0, -3.0])
def test_what_has_no_logarithm_stays_as_it_is(odd: float) -> None:
    values = np.random.default_rng(2).lognormal(0, 0.1, (6, 40))
    values[0, 5] = odd
    assert at_middle_pace(values[0], paces(values[1:])[0]) == list(values[0])


matrices = st.integers(4, 9).flatmap(
    lambda cells: st.lists(
        st.lists(st.one_of(st.floats(1e-3, 1e9), st.just(math.nan)), min_size=cells, max_size=cells),
        min_size=1,
        max_size=30,
    )
)


@settings(deadline=None)
@given(matrices)
def test_the_pace_of_a_round_is_the_median_of_the_others(columns: list[list[float]]) -> None:
    rounds = np.array(columns).T
    found = paces(rounds)
    logs = np.array([[np.nan if math.isnan(one) else math.log(one) for one in row] for row in rounds])
    logs -= [[np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else 0.0] for row in logs]
    for cell in range(len(rounds)):
        for at in range(rounds.shape[1]):
            others = [one for one in np.delete(logs[:, at], cell) if math.isfinite(one)]
            if len(others) < 3:
                assert math.isnan(found[cell, at])
            else:
                assert found[cell, at] == pytest.approx(np.median(others), abs=1e-9)


@settings(deadline=None)
@given(matrices)
def test_gaps_and_wild_rounds_always_leave_an_interval_in_order(columns: list[list[float]]) -> None:
    rounds = np.array(columns).T
    for own, pace in zip(rounds, paces(rounds), strict=True):
        interval = rounds_interval(at_middle_pace(own, pace))
        if np.isfinite(own).any():
            assert interval.low <= interval.median <= interval.high
        else:
            assert math.isnan(interval.median)
