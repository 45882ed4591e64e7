from __future__ import annotations

from collections.abc import Callable
from itertools import count, pairwise

from tlsbench.implementations import Verification
from tlsbench.sampling.calls import LEAST_CALLS, time_calls

CONTRAST = ("short", "long")
TICKS_NS = {"short": 5, "long": 9}


class Machine:
    """A clock that advances by the time of an input, and records what was called."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.called: list[tuple[str, int]] = []

    def clock(self) -> int:
        return self.now_ns

    def call(self, given: tuple[str, int]) -> bool:
        self.called.append(given)
        self.now_ns += TICKS_NS[given[0]]
        return True


def verification(machine: Machine) -> Verification:
    def maker(kind: str) -> Callable[[], tuple[str, int]]:
        numbers = count()
        return lambda: (kind, next(numbers))

    return Verification(
        machine.call, (), {kind: maker(kind) for kind in CONTRAST}, frozenset(CONTRAST), (CONTRAST,)
    )


def test_each_call_is_timed_by_itself_and_charged_to_its_kind() -> None:
    machine = Machine()
    taken = time_calls(verification(machine), CONTRAST, 0.0, 1, machine.clock)
    assert set(taken.a) == set(taken.a_again) == {5}
    assert set(taken.b) == set(taken.b_again) == {9}
    assert len(taken.a) == LEAST_CALLS


def test_the_sets_of_a_kind_share_no_input_and_calls_come_in_random_order() -> None:
    machine = Machine()
    time_calls(verification(machine), CONTRAST, 0.5, 1, machine.clock)
    kinds = [kind for kind, _ in machine.called[64:264]]
    runs = sum(one != other for one, other in pairwise(kinds))
    assert 60 < runs < 140  # of 199: neither alternating, nor one kind after the other
    numbers = {number for kind, number in machine.called if kind == "short"}
    assert numbers == set(range(32))  # sixteen in each of two sets


def test_a_refusal_is_part_of_the_time() -> None:
    machine = Machine()
    made = verification(machine)

    def refuse(given: tuple[str, int]) -> object:
        machine.call(given)
        raise ValueError

    refusing = Verification(refuse, (ValueError,), made.inputs, frozenset(), (CONTRAST,))
    assert set(time_calls(refusing, CONTRAST, 0.0, 1, machine.clock).b) == {9}
