from __future__ import annotations

import math

import pytest

from tlsbench.links.network import Network
from tlsbench.links.network.congestion import Cubic, Reno, control_of


def acknowledge_rounds(control: Reno, rounds: int, rtt_ms: float = 100.0, start_ms: float = 0.0) -> None:
    """Acknowledge whole windows, one per round trip."""
    for number in range(rounds):
        control.acknowledged(round(control.window), start_ms + number * rtt_ms, rtt_ms, is_limited=True)


@pytest.mark.parametrize("name", ["reno", "cubic"])
def test_slow_start_doubles_the_window_each_round_trip(name: str) -> None:
    control = control_of(Network(rtt_ms=100, congestion=name))
    acknowledge_rounds(control, 3)
    assert control.window == 80


def test_reno_halves_and_then_adds_a_segment_each_round_trip() -> None:
    control = Reno(40.0)
    control.lost()
    assert control.window == 20
    acknowledge_rounds(control, 10)
    assert control.window == pytest.approx(30, rel=0.02)


def test_cubic_is_back_at_its_old_window_when_rfc_9438_says_so() -> None:
    control = Cubic(1000.0)
    control.lost()
    assert control.window == 700
    until_back_s = math.cbrt(1000 * 0.3 / 0.4)  # K of section 4.2
    acknowledge_rounds(control, round(until_back_s / 0.1 / 2))
    halfway = control.window
    acknowledge_rounds(control, round(until_back_s / 0.1 / 2), start_ms=1e3 * until_back_s / 2)
    # Concave: most of the way in the first half.
    assert 950 < halfway < 1000
    assert control.window == pytest.approx(1000, rel=0.01)


def test_cubic_gives_way_when_losses_come_before_it_is_back() -> None:
    control = Cubic(100.0)
    control.lost()
    control.lost()  # fast convergence, section 4.7: the plateau is 70 × 0.85
    assert control._most == pytest.approx(59.5)


def test_small_cubic_windows_grow_as_reno_does() -> None:
    control = Cubic(10.0)
    control.lost()
    acknowledge_rounds(control, 5, rtt_ms=10)
    assert control.window == pytest.approx(7 + 5 * 3 * 0.3 / 1.7, rel=0.05)


@pytest.mark.parametrize("name", ["reno", "cubic"])
def test_a_timeout_begins_again_with_one_segment(name: str) -> None:
    control = control_of(Network(rtt_ms=100, congestion=name))
    control.timed_out()
    assert control.window == 1
    acknowledge_rounds(control, 2)
    assert control.window == 4


def test_a_window_that_is_not_used_up_does_not_open() -> None:
    control = Reno(10.0)
    control.acknowledged(10, 0.0, 100.0, is_limited=False)
    assert control.window == 10


def test_without_congestion_control_nothing_closes_the_window() -> None:
    control = control_of(Network(rtt_ms=100, congestion="none"))
    control.lost()
    control.timed_out()
    assert control.window == math.inf
