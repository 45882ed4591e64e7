"""Series of runs that only scatter, and series with steps: what is reported where."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.stats import Interval, is_difference, steps

#: How far an unchanged cell moves between two runs, as a standard deviation.
WANDER = 0.012
FLOOR = 0.02


def series(
    levels: Sequence[float], seed: int, *, wander: float = WANDER
) -> tuple[list[Interval], list[float], int]:
    """The arguments of ``steps`` for a cell with these levels, in runs that differ by more than its level.

    The interval is that of a comparison which assumes a wander of :data:`WANDER`.
    """
    generator = np.random.default_rng(seed)
    logs = np.log(levels) + generator.normal(0, wander / 2**0.5, len(levels))
    half = 1.96 * WANDER
    ratios = [Interval(math.exp(log - half), math.exp(log), math.exp(log + half)) for log in logs - logs[0]]
    return [Interval(1, 1, 1), *ratios[1:]], [0.0, *[FLOOR] * (len(levels) - 1)], len(levels) - 1


def found(levels: Sequence[float], seed: int, **options: float) -> list[int]:
    return [step.at for step in steps(*series(levels, seed, **options))]


@pytest.mark.parametrize("runs", [2, 5, 30, 100])
def test_runs_of_equals_have_a_step_in_few_series(runs: int) -> None:
    called = [bool(found([1.0] * runs, seed)) for seed in range(400)]
    assert sum(called) / len(called) <= 0.06


@pytest.mark.parametrize("wander", [2, 3])
def test_runs_that_scatter_more_than_their_intervals_say_have_few_steps_either(wander: float) -> None:
    called = [bool(found([1.0] * 30, seed, wander=wander * WANDER)) for seed in range(200)]
    assert sum(called) / len(called) <= 0.06


@pytest.mark.parametrize("factor", [1.1, 0.9])
def test_a_step_of_a_tenth_is_found_at_its_run(factor: float) -> None:
    seeds = range(100)
    exact = sum(found([1.0] * 12 + [factor] * 18, seed) == [12] for seed in seeds)
    assert exact >= 0.95 * len(seeds)
    (step,) = steps(*series([1.0] * 12 + [factor] * 18, 1))
    assert step.ratio.low < factor < step.ratio.high
    assert step.ratio.median == pytest.approx(factor, rel=0.02)


def test_a_step_that_two_runs_cannot_show_is_found_by_many() -> None:
    seeds = range(100)
    of_two = sum(bool(found([1.0, 1.03], seed)) for seed in seeds)
    of_many = sum(bool(found([1.0] * 20 + [1.03] * 20, seed)) for seed in seeds)
    assert of_many >= 0.95 * len(seeds) > of_two


def test_the_latest_run_alone_shows_a_large_step() -> None:
    seeds = range(100)
    assert sum(found([1.0] * 29 + [1.1], seed) == [29] for seed in seeds) >= 0.95 * len(seeds)


def test_a_step_and_its_repair_are_two() -> None:
    assert found([1.0] * 10 + [1.1] + [1.0] * 10, 1) == [10, 11]
    assert found([1.0] * 10 + [1.1] * 5 + [1.0] * 10, 1) == [10, 15]


@pytest.mark.parametrize("floor", [0.0, 0.03])
def test_of_two_runs_the_comparison_itself_decides(floor: float) -> None:
    for seed in range(200):
        ratios, _, looks = series([1.0, 1.03], seed)
        assert bool(steps(ratios, [0.0, floor], looks)) == is_difference(ratios[1], floor)


def test_more_looks_ask_for_more() -> None:
    ratios, floors, _ = series([1.0, 1.035], 5)
    assert len(steps(ratios, floors, 1)) == 1
    assert steps(ratios, floors, 1000) == []


def test_what_does_not_exceed_the_floor_is_no_step_however_many_runs_show_it() -> None:
    ratios, floors, looks = series([1.0] * 200 + [1.008] * 200, 1)
    assert steps(ratios, floors, looks) == []
    assert [step.at for step in steps(ratios, [0.0] * 400, looks)] == [200]


def test_the_mean_of_several_runs_may_be_below_the_floor_of_a_comparison() -> None:
    ratios, floors, looks = series([1.0] * 20 + [1.016] * 20, 1)
    assert 1 + max(floors) > 1.016
    assert [step.at for step in steps(ratios, floors, looks)] == [20]


def test_small_steps_become_one_that_is_large_enough() -> None:
    ratios, floors, looks = series([1.0] * 200 + [1.008] * 200 + [1.016] * 200, 1)
    assert len(steps(ratios, [0.0] * 600, looks)) == 2
    (step,) = steps(ratios, floors, looks)
    assert min(abs(step.at - 200), abs(step.at - 400)) < 10


def test_a_run_without_an_interval_says_nothing() -> None:
    ratios, floors, looks = series([1.0] * 10, 1)
    ratios[4] = Interval(0.0, 3.0, math.inf)
    assert steps(ratios, floors, looks) == []


@pytest.mark.parametrize("runs", [0, 1])
def test_fewer_than_two_runs_have_no_step(runs: int) -> None:
    assert steps([Interval(1, 1, 1)] * runs, [0.0] * runs, 0) == []


@given(
    st.lists(st.tuples(st.floats(-2, 2), st.floats(0, 1), st.floats(0, 0.5)), min_size=1, max_size=30),
    st.integers(1, 10_000),
)
def test_whatever_the_series_each_step_is_a_difference(
    runs: list[tuple[float, float, float]], looks: int
) -> None:
    ratios = [
        Interval(1, 1, 1),
        *(Interval(math.exp(log - half), math.exp(log), math.exp(log + half)) for log, half, _ in runs),
    ]
    floors = [0.0, *(floor for *_, floor in runs)]
    called = steps(ratios, floors, looks)
    assert [step.at for step in called] == sorted({step.at for step in called})
    assert all(0 < step.at < len(ratios) for step in called)
    assert all(step.ratio.low > 1 or step.ratio.high < 1 for step in called)
