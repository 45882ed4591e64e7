"""The answers of gates, as lines of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from tlsbench.comparison import Answers
from tlsbench.comparison.gate import Called

_Called = TypeVar("_Called", bound=Called)


def lines(answers: Sequence[Answers[_Called]]) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """By cell, a line for each gate that it fails, and one for each that is undecided about it."""
    failed: dict[str, list[str]] = {}
    undecided: dict[str, list[str]] = {}
    for one in answers:
        for word, cells, found in (
            ("failed", one.failed, failed),
            ("undecided", one.undecided, undecided),
        ):
            for cell in cells:
                found.setdefault(cell.id, []).append(f"{word} '{one.gate.text}': {cell.id}: {_change(cell)}")
    return failed, undecided


def passed(answers: Sequence[Answers[_Called]]) -> list[str]:
    """A line for each gate that passes: no cell fails it, and it is undecided about none."""
    return [f"passed '{one.gate.text}'" for one in answers if not one.failed and not one.undecided]


def _change(cell: Called) -> str:
    low, median, high = (percent_change(one) for one in (cell.ratio.low, cell.ratio.median, cell.ratio.high))
    if cell.ratio.low <= 0:
        return f"{median}, too few rounds for an interval"
    return f"{median}, 95 % {low} to {high}, floor {100 * cell.floor:.1f} %"


def percent_change(ratio: float) -> str:
    """Such as ``+3.1 %``."""
    return f"{100 * (ratio - 1):+.1f} %"
