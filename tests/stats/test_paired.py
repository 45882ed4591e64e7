"""The error rates of a duel, on simulated machines."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tlsbench.stats import Epoch, PairedComparison, compare_paired

pytestmark = pytest.mark.slow


def simulated_duel(
    generator: np.random.Generator, true_ratio: float, *, epochs: int = 20, rounds: int = 30
) -> PairedComparison:
    """A duel on a machine that wanders by ±20 %, whose rounds scatter by 3 %, with spikes, and in which each
    newly made cell costs 0.5 % more or less, depending on where its memory is.
    """
    total = epochs * rounds
    walk = np.cumsum(generator.normal(0, 1, total))
    drift = 0.2 * (2 * (walk - walk.min()) / np.ptp(walk) - 1)
    found = []
    for at in range(epochs):
        pace = drift[at * rounds : (at + 1) * rounds]
        cells = []
        for log_time in (0.0, 0.0, math.log(true_ratio), math.log(true_ratio)):
            making = generator.normal(0, 0.005)
            noise = generator.normal(0, 0.03, rounds) + (
                generator.random(rounds) < 0.05
            ) * generator.exponential(0.5, rounds)
            cells.append(list(np.exp(log_time + making + pace + noise)))
        found.append(Epoch(*cells))
    return compare_paired(found)


def test_equal_sides_are_called_different_in_at_most_five_percent_of_duels() -> None:
    generator = np.random.default_rng(20261122)
    wrong = sum(simulated_duel(generator, 1.0).verdict != "~" for _ in range(400))
    assert wrong / 400 <= 0.05


@pytest.mark.parametrize(("true_ratio", "verdict"), [(1.05, "slower"), (1 / 1.05, "faster")])
def test_five_percent_are_found_in_at_least_95_percent_of_duels(true_ratio: float, verdict: str) -> None:
    generator = np.random.default_rng(20261122)
    found = sum(simulated_duel(generator, true_ratio).verdict == verdict for _ in range(200))
    assert found / 200 >= 0.95


def test_the_interval_covers_the_true_ratio() -> None:
    generator = np.random.default_rng(7)
    duels = [simulated_duel(generator, 1.1) for _ in range(300)]
    assert sum(one.ratio.low <= 1.1 <= one.ratio.high for one in duels) / 300 >= 0.92


def test_to_take_rounds_for_independent_would_call_equals_different() -> None:
    """Why the epoch is the unit: a single making of a cell is a bias that no number of rounds removes."""
    generator = np.random.default_rng(1)
    wrong = 0
    for _ in range(200):
        biases = generator.normal(0, 0.005, 2)
        logs = generator.normal(0, 0.03, (2, 2000)) + biases[:, None]
        difference = np.sort(logs[1] - logs[0])
        wrong += difference[900] > 0 or difference[1100] < 0
    assert wrong / 200 > 0.2


def test_too_few_epochs_call_nothing() -> None:
    epoch = Epoch([1.0], [1.0], [2.0], [2.0])
    comparison = compare_paired([epoch] * 5)
    assert comparison.verdict == "~"
    assert compare_paired([epoch] * 6).verdict == "slower"


def test_a_side_that_differs_from_itself_raises_the_floor() -> None:
    epoch = Epoch([1.0], [1.1], [1.05], [1.05])
    assert compare_paired([epoch] * 20).floor == pytest.approx(0.1)


def test_an_epoch_pairs_the_rounds_in_which_all_four_have_a_figure() -> None:
    nan = float("nan")
    epoch = Epoch([1.0, nan, 1.0], [1.0, 1.0, 1.0], [2.0, 9.0, nan], [2.0, 9.0, 9.0])
    assert epoch.log_ratio == pytest.approx(math.log(2))
    assert epoch.log_ratios_of_equals == pytest.approx((0, 0))


def test_an_epoch_without_any_such_round_does_not_count() -> None:
    nothing = Epoch([float("nan")], [1.0], [1.0], [1.0])
    ten = [Epoch([1.0], [1.0], [1.1], [1.1])] * 10
    assert compare_paired([*ten, nothing]).ratio == compare_paired(ten).ratio
