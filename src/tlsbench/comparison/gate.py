"""Gates: ``slower>5%``, ``slower>3% where workload=handshake``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

from tlsbench.comparison.judge import Judgement, Verdict
from tlsbench.errors import RequestError
from tlsbench.scenarios.axes import AXES
from tlsbench.stats import Interval

_FORM = re.compile(r"(slower|faster)\s*>\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*%(?:\s+where\s+(.+))?")


class Called(Protocol):
    """What a gate looks at: a difference that was called, or was not."""

    @property
    def id(self) -> str:
        """What it is a difference of."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """Its parameters, for ``where``."""

    @property
    def ratio(self) -> Interval:
        """The new figure over the old."""

    @property
    def verdict(self) -> str:
        """``"faster"``, ``"slower"`` or ``"~"``."""


_Called = TypeVar("_Called", bound=Called)


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition that fails a comparison.

    :param text: as it was written.
    :param direction: ``"slower"`` or ``"faster"``.
    :param threshold: as a fraction.
    :param where: patterns by parameter; a cell is meant if it matches one of each.
    """

    text: str
    direction: str
    threshold: float
    where: dict[str, tuple[str, ...]]

    def failures(self, judgement: Judgement) -> list[Verdict]:
        """The cells whose verdict is the gate's direction, by more than its threshold.

        :raises RequestError: if ``where`` means no cell at all: a gate that cannot fail guards nothing.
        """
        return self.failing(judgement.verdicts)

    def failing(self, verdicts: Sequence[_Called]) -> list[_Called]:
        """The same of any verdicts."""
        meant = [verdict for verdict in verdicts if self._means(verdict)]
        if not meant:
            raise RequestError(f"--fail-on '{self.text}' means none of the cells")
        return [
            verdict
            for verdict in meant
            if verdict.verdict == self.direction
            and max(verdict.ratio.median, 1 / verdict.ratio.median) - 1 > self.threshold
        ]

    def _means(self, verdict: Called) -> bool:
        return all(
            any(fnmatchcase(verdict.parameters.get(axis, "").lower(), pattern) for pattern in patterns)
            for axis, patterns in self.where.items()
        )


def parse_gate(text: str) -> Gate:
    """A gate from its text.

    :raises RequestError: if it is of another form.
    """
    text = " ".join(text.split())
    match = _FORM.fullmatch(text)
    words: Sequence[str] = match[3].split() if match and match[3] else ()
    if match is None or not all(re.fullmatch(r"[^=]+=.+", word) for word in words):
        raise RequestError(
            f"--fail-on '{text}' is no gate: write slower>5% or slower>3% where workload=handshake"
        )
    where = {}
    for word in words:
        axis, _, patterns = word.partition("=")
        where[axis] = tuple(_pattern(axis, one) for one in patterns.split(","))
    return Gate(text, match[1], float(match[2]) / 100, where)


def _pattern(axis: str, text: str) -> str:
    """What the values of a parameter are held against: another name of a value means that value."""
    rules = AXES.get(axis)
    named = rules.canonical(text, rules.values or rules.aliases.values()) if rules else None
    return (named or text).lower()
