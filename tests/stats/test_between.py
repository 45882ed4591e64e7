"""Runs that differ in pace, with cells that move slightly relative to each other: what is called a change."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tlsbench.stats import Kind, Level, Move, change, level

HANDSHAKES = Kind("handshakes", own=0.012, shared=0.014)
COMPUTING = Kind("computing", own=0.006, shared=0.008)
ERROR = 0.004


def moved(by: float, kind: Kind = HANDSHAKES, error: float = ERROR) -> Move:
    """A cell whose time grew by this logarithm."""
    return Move(Level(5.0, error), Level(5.0 + by, error), kind)


def calls(factor: float, count: int = 600, *, wander: float = 1.0, kind: Kind = HANDSHAKES) -> float:
    """How often a cell that is slower by that factor is called slower or faster.

    :param wander: how far cells move, relative to what their kinds expect.
    """
    generator = np.random.default_rng(7)
    called = 0
    for _ in range(count):
        pace = generator.normal(0, 0.3)
        shared = {one: wander * generator.normal(0, one.shared) for one in (HANDSHAKES, COMPUTING)}

        def move(of: Kind, by: float, pace: float = pace, shared: dict[Kind, float] = shared) -> Move:
            own = wander * generator.normal(0, of.own) + generator.normal(0, ERROR * 2**0.5)
            return moved(pace + shared[of] + own + by, of)

        references = [move(HANDSHAKES, 0) for _ in range(4)] + [move(COMPUTING, 0) for _ in range(3)]
        found = change(move(kind, math.log(factor)), references)
        called += found.ratio.low > 1 or found.ratio.high < 1
    return called / count


@pytest.mark.parametrize("kind", [HANDSHAKES, COMPUTING])
@pytest.mark.parametrize(("wander", "most"), [(0.5, 0.05), (1.0, 0.07), (1.5, 0.12)])
def test_few_unchanged_cells_are_called_different_even_where_all_wander_more_than_expected(
    wander: float, most: float, kind: Kind
) -> None:
    assert calls(1.0, wander=wander, kind=kind) <= most


def test_the_printed_interval_covers_what_its_confidence_says() -> None:
    assert 0.03 < calls(1.0, 3000) < 0.07


def test_real_changes_are_found() -> None:
    assert calls(1.06) > 0.9
    assert calls(1.04, wander=0.5) > 0.8
    assert calls(0.94) > 0.9
    assert calls(1.03, kind=COMPUTING) > 0.8


def test_the_pace_of_the_machine_is_no_change() -> None:
    found = change(moved(-0.4), [moved(-0.4), moved(-0.4), moved(-0.4, COMPUTING)])
    assert found.ratio.median == pytest.approx(1.0)
    assert found.p_value == pytest.approx(1.0)
    assert found.ratio.low == pytest.approx(1 / found.ratio.high)


def test_a_kind_that_moved_as_a_whole_takes_its_cells_along() -> None:
    references = [*(moved(0.05) for _ in range(4)), *(moved(0.0, COMPUTING) for _ in range(3))]
    assert change(moved(0.05), references).ratio.median == pytest.approx(1.0, abs=0.01)
    assert change(moved(0.0, COMPUTING), references).ratio.median == pytest.approx(1.0, abs=0.01)
    other = Kind("other", own=0.02, shared=0.02)
    assert change(moved(0.03, other), references).unexplained > 0.05, "nothing says which of them it is like"


def test_references_of_one_library_are_less_evidence_than_those_of_several() -> None:
    def seen(libraries: str) -> float:
        references = [Move(one.base, one.new, HANDSHAKES, at) for at in libraries if (one := moved(0.05))]
        return change(moved(0), [*references, moved(0.0), moved(0.0)]).ratio.median

    assert seen("aaaa") > seen("abcd")


def test_references_that_disagree_widen_the_interval() -> None:
    agreeing = change(moved(0), [moved(0) for _ in range(5)])
    disagreeing = change(moved(0), [moved(one) for one in (0.05, -0.05, 0.04, -0.04, 0)])
    one_off = change(moved(0), [moved(one) for one in (0, 0, 0, 0, 0.2)])
    assert disagreeing.unexplained > 1.5 * agreeing.unexplained
    assert one_off.unexplained > disagreeing.unexplained
    assert one_off.ratio.low < 1 < one_off.ratio.high


def test_a_reference_with_a_large_error_counts_for_less() -> None:
    sharp, blurred = moved(0.02, error=0.001), moved(0.06, error=0.03)
    found = change(moved(0.02), [sharp, blurred])
    assert abs(math.log(found.ratio.median)) < 0.01


def test_the_level_of_a_cell_is_that_of_its_undisturbed_rounds() -> None:
    generator = np.random.default_rng(3)
    quiet = 1000 * np.exp(generator.normal(0, 0.01, 200))
    busy = quiet * np.where(generator.random(200) < 0.6, 1.3, 1.0)
    of_quiet, of_busy = level(list(quiet)), level(list(busy))
    assert of_quiet is not None
    assert of_busy is not None
    assert of_quiet.log == pytest.approx(math.log(1000) - 0.014, abs=0.003)
    assert of_busy.log == pytest.approx(of_quiet.log, abs=0.008), "its median is 26 % higher"


def test_the_error_of_a_level_is_no_less_than_how_far_levels_scatter() -> None:
    generator = np.random.default_rng(4)
    for count in (20, 100):
        levels = [level(list(np.exp(generator.gamma(2.0, 0.01, count)))) for _ in range(400)]
        scatter = np.std([one.log for one in levels if one])
        assert scatter < np.mean([one.error for one in levels if one]) < 0.02


def test_the_fastest_rounds_of_a_run_that_was_disturbed_more_are_in_more_doubt() -> None:
    generator = np.random.default_rng(5)
    errors = []
    for share in (0.1, 0.4, 0.7):
        rounds = 1000 * np.exp(generator.normal(0, 0.01, 200)) * (1 + 0.2 * (generator.random(200) < share))
        found = level(list(rounds))
        assert found is not None
        errors.append(found.error)
    assert errors == sorted(errors)
    assert errors[-1] > 3 * errors[0]


def test_few_rounds_have_a_level_and_four_have_none() -> None:
    four = [1.0, math.nan, 1.1, 1.05, math.nan, 1.02]
    assert level(four) is None
    of_five = level([*four, 1.03])
    assert of_five is not None
    assert of_five.error > 0
    assert level([*four, 1.03, 0.0]) is None
