"""The answer of a gate for a cell: pass, fail, or undecided."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.comparison import parse_gate
from tlsbench.comparison.gate import Answer
from tlsbench.stats import Interval, is_difference


@dataclass(frozen=True)
class Cell:
    ratio: Interval
    floor: float
    id: str = "a"
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        if not is_difference(self.ratio, self.floor):
            return "~"
        return "slower" if self.ratio.median > 1 else "faster"


@pytest.mark.parametrize(
    ("low", "median", "high", "floor", "slower", "faster"),
    [
        (0.995, 1.00, 1.005, 0.02, "pass", "pass"),
        (1.08, 1.10, 1.12, 0.02, "fail", "pass"),
        (0.88, 0.90, 0.92, 0.02, "pass", "fail"),
        (0.99, 1.00, 1.01, 0.15, "undecided", "undecided"),
        (1.12, 1.36, 1.57, 0.68, "undecided", "undecided"),
        (1.02, 1.06, 1.10, 0.01, "undecided", "pass"),
        (0.93, 1.00, 1.07, 0.01, "undecided", "undecided"),
        (1.01, 1.03, 1.04, 0.01, "pass", "pass"),
        (-math.inf, 1.00, math.inf, 0.01, "undecided", "undecided"),
        (0.99, 1.00, 1.01, math.inf, "undecided", "undecided"),
    ],
)
def test_a_gate_passes_or_fails_only_what_is_certain(
    low: float, median: float, high: float, floor: float, slower: Answer, faster: Answer
) -> None:
    cell = Cell(Interval(low, median, high), floor)
    assert parse_gate("slower>5%").answer(cell) == slower
    assert parse_gate("faster>5%").answer(cell) == faster


cells = st.builds(
    lambda median, below, above, floor: Cell(
        Interval(median * (1 - below), median, median * (1 + above)), floor
    ),
    st.floats(0.2, 5),
    st.floats(0, 0.9),
    st.floats(0, 3),
    st.floats(0, 2),
)
gates = st.builds(
    lambda direction, percent: parse_gate(f"{direction}>{percent}%"),
    st.sampled_from(["slower", "faster"]),
    st.integers(0, 200),
)


@given(cells, gates, st.floats(0, 1))
def test_to_know_more_never_changes_what_was_decided(cell: Cell, gate: object, share: float) -> None:
    ratio = cell.ratio
    narrower = Cell(
        Interval(
            ratio.median - share * (ratio.median - ratio.low),
            ratio.median,
            ratio.median + share * (ratio.high - ratio.median),
        ),
        share * cell.floor,
    )
    before, after = gate.answer(cell), gate.answer(narrower)  # type: ignore[attr-defined]
    assert before in (after, "undecided")


@given(cells, st.integers(0, 200), st.integers(0, 200))
def test_what_fails_a_gate_fails_no_stricter_one_less(cell: Cell, one: int, other: int) -> None:
    strict, loose = (parse_gate(f"slower>{percent}%").answer(cell) for percent in sorted((one, other)))
    order = ["pass", "undecided", "fail"]
    assert order.index(strict) >= order.index(loose)


@given(cells, gates)
def test_the_answers_name_each_cell_at_most_once(cell: Cell, gate: object) -> None:
    answers = gate.answers([cell])  # type: ignore[attr-defined]
    answer = gate.answer(cell)  # type: ignore[attr-defined]
    assert [cell] * (answer == "fail") == answers.failed
    assert [cell] * (answer == "undecided") == answers.undecided
