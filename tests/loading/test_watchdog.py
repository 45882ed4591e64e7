"""The watchdog of a worker's turns."""

from __future__ import annotations

import threading

from tlsbench.loading.watchdog import Turn, Watchdog


class Cut:
    """A connection that records that it was cut."""

    def __init__(self) -> None:
        self.was_cut = threading.Event()

    def cut(self) -> None:
        self.was_cut.set()


def test_a_turn_over_its_limit_is_cut() -> None:
    connection = Cut()
    with Watchdog(Turn(1, connection), limit_s=0.01):
        assert connection.was_cut.wait(10)


def test_neither_turns_that_change_nor_nobody_s_are_cut() -> None:
    connection, turn = Cut(), Turn()
    with Watchdog(turn, limit_s=0.0):
        for number in range(200):
            turn.number, turn.connection = number, connection
            assert not connection.was_cut.wait(0.001)
        turn.connection = None
        assert not connection.was_cut.wait(0.3)
