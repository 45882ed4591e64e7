from __future__ import annotations

import time

from tlsbench.workloads.scaling.turns import Batch, Turn, now_ns, take_turn


def test_a_turn_waits_for_its_instant_and_operates_until_its_time_is_over() -> None:
    seen: list[int] = []
    at_ns = now_ns() + 5_000_000

    def operate() -> None:
        seen.append(now_ns())
        time.sleep(0.001)

    turn = take_turn(operate, at_ns, 10_000_000)
    assert seen[0] >= at_ns
    assert seen[-1] < at_ns + 10_000_000 <= turn.ended_ns
    assert turn.operations == len(seen) == len(turn.latencies_ns)
    assert sum(turn.latencies_ns) <= turn.ended_ns - at_ns
    assert turn.cpu_ns < turn.ended_ns - at_ns, "it slept most of the time"


def test_one_that_comes_too_late_operates_once_and_its_delay_counts() -> None:
    at_ns = now_ns() - 10_000_000
    batch = Batch(at_ns, [take_turn(lambda: None, at_ns, 5_000_000)])
    assert batch.operations == 1
    assert batch.each_ns >= 10_000_000


def test_what_several_do_is_taken_by_the_time_on_the_wall() -> None:
    """Two lanes of 100 operations in 1,000 ns: with the sum of their times it would be 10 ns for each."""
    batch = Batch(5_000, [Turn(6_000, 100, 900), Turn(6_000, 100, 500)])
    assert batch.wall_ns == 1_000
    assert batch.operations == 200
    assert batch.each_ns == 5.0
    assert batch.cpu_each_ns == 7.0


def test_the_last_of_them_ends_the_time() -> None:
    assert Batch(0, [Turn(1_000, 10, 0), Turn(3_000, 10, 0)]).each_ns == 150.0
