"""Connections are driven when their timers are due, and not before, however often they were moved."""

from __future__ import annotations

import math
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from tlsbench.loading.attempt import Attempt
from tlsbench.loading.timers import Timers


class Fake:
    """The part of a connection that has a timer."""

    def __init__(self) -> None:
        self.timer_ns = self.noted_ns = 0
        self.outcome = ""
        self.driven_ns: list[int] = []


MOVES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), max_size=40)


@given(MOVES)
def test_a_timer_that_is_due_is_driven_once(moves: list[tuple[int, int]]) -> None:
    timers, fakes = Timers(), [Fake() for _ in range(4)]
    now_ns = 0
    for which, ahead_ns in moves:
        now_ns += 7
        fake = fakes[which]
        fake.timer_ns = now_ns + ahead_ns
        timers.note(cast("Attempt", fake))
        due = [one for one in fakes if 0 < one.timer_ns <= now_ns]

        def drive(connection: Any, at_ns: int = now_ns) -> None:
            connection.driven_ns.append(at_ns)
            connection.timer_ns = 0

        timers.run(now_ns, drive)
        assert all(one.driven_ns[-1:] == [now_ns] for one in due)
        assert all(one.timer_ns == 0 or one.timer_ns > now_ns for one in fakes)
        waiting = [one.timer_ns for one in fakes if one.timer_ns]
        assert timers.next_ns <= min(waiting, default=math.inf)


def test_a_timer_that_moves_away_takes_no_room() -> None:
    timers, fake = Timers(), Fake()
    for number in range(1000):
        fake.timer_ns = 1000 + number
        timers.note(cast("Attempt", fake))
    assert len(timers._heap) == 1


def test_what_has_ended_is_left_alone() -> None:
    timers, fake = Timers(), Fake()
    fake.timer_ns = 5
    timers.note(cast("Attempt", fake))
    fake.outcome = "success"
    timers.run(10, lambda connection: fake.driven_ns.append(1))
    assert fake.driven_ns == []
    assert timers.next_ns == math.inf
