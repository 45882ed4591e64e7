from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tlsbench.sampling.rotation import Rotation


def rotation_of(costs_s: dict[str, float], share: float = 0.1) -> Rotation[str]:
    rotation: Rotation[str] = Rotation(share)
    for name, cost_s in costs_s.items():
        rotation.join(name, cost_s)
    return rotation


@given(st.floats(0.005, 0.5), st.integers(1, 14))
def test_members_take_no_more_than_their_share_and_as_many_turns_each(round_s: float, count: int) -> None:
    rotation = rotation_of({str(number): 0.003 for number in range(count)})
    elapsed_s, turns = 0.0, Counter({str(number): 0 for number in range(count)})
    for _ in range(200):
        due = rotation.due(elapsed_s)
        assert len(set(due)) == len(due), "nobody has two turns in a round"
        turns.update(due)
        rotation.spent_s += 0.003 * len(due)
        elapsed_s += round_s + 0.003 * len(due)
        assert rotation.spent_s <= 0.1 * elapsed_s
    assert max(turns.values()) - min(turns.values()) <= 1


def test_a_turn_that_took_longer_than_expected_is_paid_for_by_waiting() -> None:
    rotation = rotation_of({"a": 0.01, "b": 0.01})
    assert rotation.due(0.1) == ["a"]
    rotation.spent_s += 0.1
    assert rotation.due(1.0) == []
    assert rotation.due(1.2) == ["b"]


def test_who_leaves_takes_no_more_turns() -> None:
    rotation = rotation_of({"a": 0.01, "b": 0.01, "c": 0.01})
    rotation.leave("b")
    assert rotation.due(10.0) == ["a", "c"]
