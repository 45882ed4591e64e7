"""Runs that differ in pace, and cells that move against each other a little: what is called a change."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tlsbench.stats import Level, Reference, change, level, paces

#: How far cells move against each other in these simulations, as their priors have it.
LIKE, UNLIKE = 0.008, 0.04


def references(generator: np.random.Generator, pace: float, *, wander: float = 1.0) -> list[Reference]:
    """Four of the same nature as the cell, four of another."""
    return [
        Reference(
            Level(0.0, 0.004),
            Level(pace + wander * generator.normal(0, spread) + generator.normal(0, 0.004 * 2**0.5), 0.004),
            spread,
        )
        for spread in (LIKE,) * 4 + (UNLIKE,) * 4
    ]


def calls(factor: float, count: int = 600, *, wander: float = 1.0) -> float:
    """How often a cell that became so much slower is called slower or faster."""
    generator = np.random.default_rng(7)
    called = 0
    for _ in range(count):
        pace = generator.normal(0, 0.3)
        moved = (
            pace + math.log(factor) + wander * generator.normal(0, LIKE) + generator.normal(0, 0.003 * 2**0.5)
        )
        found = change(
            Level(5.0, 0.003), Level(5.0 + moved, 0.003), references(generator, pace, wander=wander)
        )
        called += found.ratio.low > 1 or found.ratio.high < 1
    return called / count


@pytest.mark.parametrize(("wander", "most"), [(0.5, 0.05), (1.0, 0.05), (1.5, 0.12)])
def test_few_unchanged_cells_are_called_different_even_where_all_wander_more_than_expected(
    wander: float, most: float
) -> None:
    assert calls(1.0, wander=wander) <= most


def test_real_changes_are_found() -> None:
    assert calls(1.05) > 0.95
    assert calls(1.03, wander=0.5) > 0.8
    assert calls(0.95) > 0.95


def test_the_pace_of_the_machine_is_no_change() -> None:
    still = Level(1.0, 0.002)
    faster = Level(1.0 - 0.4, 0.002)
    found = change(still, faster, [Reference(still, faster, LIKE)] * 3)
    assert found.ratio.median == pytest.approx(1.0)
    assert found.p_value == pytest.approx(1.0)
    assert found.ratio.low == pytest.approx(1 / found.ratio.high)


def test_references_that_disagree_widen_the_interval_and_one_that_is_far_off_moves_it_little() -> None:
    still = Level(1.0, 0.002)

    def moved(*by: float) -> list[Reference]:
        return [Reference(still, Level(1.0 + one, 0.002), LIKE) for one in by]

    agreeing = change(still, still, moved(0, 0, 0, 0, 0))
    disagreeing = change(still, still, moved(0.05, -0.05, 0.04, -0.04, 0))
    assert disagreeing.unexplained > 1.5 * agreeing.unexplained
    one_off = change(still, still, moved(0, 0, 0, 0, 0.2))
    assert abs(math.log(one_off.ratio.median)) < 0.02, "a mean would be off by 0.04"
    assert one_off.unexplained > agreeing.unexplained


def test_a_reference_of_the_same_nature_counts_for_more() -> None:
    still = Level(1.0, 0.001)
    near, far = Level(1.02, 0.001), Level(1.06, 0.001)
    found = change(still, near, [Reference(still, near, LIKE), Reference(still, far, UNLIKE)])
    assert abs(math.log(found.ratio.median)) < 0.005


def test_the_level_of_a_cell_is_its_time_at_the_middle_pace_with_how_far_its_processes_differ() -> None:
    generator = np.random.default_rng(3)
    pace = generator.normal(0, 0.1, 200)
    offsets = np.array([0.0, 0.03, -0.03, 0.0])
    cells = [1000 * np.exp(pace + generator.normal(0, 0.005, 200)) for _ in range(6)]
    cells[0] *= np.exp(offsets[np.arange(200) % 4])
    of_cell = paces([list(one) for one in cells])[0]
    in_one = level(list(cells[0]), list(of_cell))
    in_four = level(list(cells[0]), list(of_cell), processes=4)
    assert in_one is not None
    assert in_four is not None
    assert in_four.log == pytest.approx(math.log(1000), abs=0.02)
    assert in_four.error > 2 * in_one.error
    assert in_four.error == pytest.approx(offsets.std(ddof=1) / 2, rel=0.3)


def test_few_rounds_have_a_level_with_a_wide_error_and_two_have_none() -> None:
    few, more = ([1.0, math.nan, 1.1, math.nan, 1.05] * times for times in (1, 4))
    of_few, of_more = (level(one, [0.0] * len(one)) for one in (few, more))
    assert of_few is not None
    assert of_more is not None
    assert of_few.log == pytest.approx(of_more.log)
    assert of_few.error > 2 * of_more.error
    assert level([1.0, math.nan, 1.1], [0.0] * 3) is None
