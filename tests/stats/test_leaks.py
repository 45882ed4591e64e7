"""The judgement of two kinds of input, on simulated calls."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tlsbench.stats import TimedCalls, TimingDifference, timing_difference

pytestmark = pytest.mark.slow
EPOCHS = 20
CALLS = 150


def simulated(
    generator: np.random.Generator,
    difference_ns: float,
    *,
    set_ns: float = 0.0,
    epochs: int = EPOCHS,
    tail: float = 0.05,
) -> TimingDifference:
    """Calls of 1 µs that scatter by 5 %, some interrupted; sets of inputs differ by their placement."""
    found = []
    for _ in range(epochs):
        pace = generator.normal(0, 100)
        sets = []
        for extra in (0.0, 0.0, difference_ns, difference_ns):
            place = generator.normal(0, set_ns) if set_ns else 0.0
            noise = generator.normal(0, 50, CALLS)
            spikes = (generator.random(CALLS) < tail) * generator.exponential(20_000, CALLS)
            sets.append(list(1000 + pace + place + extra + noise + spikes))
        found.append(TimedCalls(*sets))
    return timing_difference(found)


def test_kinds_that_do_not_differ_are_hardly_ever_told_apart() -> None:
    generator = np.random.default_rng(1)
    assert sum(simulated(generator, 0.0).is_found for _ in range(25)) == 0


def test_a_difference_of_a_tenth_of_the_scatter_is_found_with_its_size() -> None:
    generator = np.random.default_rng(2)
    found = simulated(generator, 20.0)
    assert found.is_found
    assert found.difference_ns.low < 20 < found.difference_ns.high
    assert found.t > 4.5


def test_it_has_a_sign() -> None:
    found = simulated(np.random.default_rng(3), -40.0)
    assert found.is_found
    assert found.difference_ns.high < 0
    assert found.t < 0


def test_what_two_sets_of_one_kind_differ_by_is_no_difference_of_kinds() -> None:
    generator = np.random.default_rng(4)
    placed = [simulated(generator, 0.0, set_ns=30.0) for _ in range(25)]
    assert any(abs(one.t) > 4.5 for one in placed)  # a t-test alone is wrong here
    assert sum(one.is_found for one in placed) == 0


def test_interruptions_are_cut_off_before_they_hide_a_difference() -> None:
    generator = np.random.default_rng(5)
    found = simulated(generator, 15.0, tail=0.2)
    assert found.is_found
    assert found.trim > 0


def test_where_none_is_found_the_resolution_covers_what_there_is() -> None:
    generator = np.random.default_rng(6)
    missed = [one for one in (simulated(generator, 2.0) for _ in range(20)) if not one.is_found]
    assert missed
    assert sum(one.resolution_ns >= 2.0 for one in missed) >= 0.9 * len(missed)


def test_few_epochs_decide_nothing() -> None:
    found = simulated(np.random.default_rng(7), 500.0, epochs=5)
    assert not found.is_found
    assert math.isinf(found.resolution_ns)


@pytest.mark.filterwarnings("error")
def test_a_clock_that_sees_nothing_finds_nothing() -> None:
    still = TimedCalls([100.0] * 8, [100.0] * 8, [100.0] * 8, [100.0] * 8)
    found = timing_difference([still] * EPOCHS)
    assert not found.is_found
    assert (found.t, found.resolution_ns, found.call_ns) == (0.0, 0.0, 100.0)
