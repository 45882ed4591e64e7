"""Gates: ``slower>5%``, ``slower>3% where workload=handshake``.

A gate has three answers. What a cell may really have changed by is what the interval of its ratio holds, and
what the noise floor leaves open around its median. If all of that is beyond the threshold the cell fails, if
none of it is it passes; else the gate is undecided: neither was shown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Generic, Literal, Protocol, TypeVar

from tlsbench.errors import RequestError
from tlsbench.scenarios.axes import AXES
from tlsbench.stats import Interval

_FORM = re.compile(r"(slower|faster)\s*>\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*%(?:\s+where\s+(.+))?")

#: How a threshold of a load begins, which people may try here.
_LIMIT = re.compile(r"(?:p[0-9.]+|max|failed|handshakes|requests)\s*[<>]")


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
    def floor(self) -> float:
        """The difference below which nothing is called, as a fraction."""

    @property
    def verdict(self) -> str:
        """``"faster"``, ``"slower"`` or ``"~"``."""


_Called = TypeVar("_Called", bound=Called)
#: What a gate says of a cell.
Answer = Literal["pass", "fail", "undecided"]


@dataclass(frozen=True, slots=True)
class Answers(Generic[_Called]):
    """What a gate says of the cells that it means: those that fail it, and those of which it cannot tell."""

    gate: Gate
    failed: Sequence[_Called]
    undecided: Sequence[_Called]


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
    where: Mapping[str, tuple[str, ...]] = field(hash=False)

    def answers(self, verdicts: Sequence[_Called]) -> Answers[_Called]:
        """What the gate says of the cells that it means.

        :raises RequestError: if ``where`` means no cell at all: a gate that cannot fail guards nothing.
        """
        meant = [verdict for verdict in verdicts if self._means(verdict)]
        if not meant:
            raise RequestError(f"--fail-on '{self.text}' matches none of the cells")
        by_answer: dict[Answer, list[_Called]] = {"pass": [], "fail": [], "undecided": []}
        for verdict in meant:
            by_answer[self.answer(verdict)].append(verdict)
        return Answers(self, by_answer["fail"], by_answer["undecided"])

    def answer(self, verdict: Called) -> Answer:
        """What the gate says of one cell."""
        low, high = self._possible(verdict)
        limit = 1 + self.threshold
        if verdict.verdict == self.direction and low > limit:
            return "fail"
        return "pass" if high <= limit else "undecided"

    def _possible(self, verdict: Called) -> tuple[float, float]:
        """The least and the greatest ratio in the gate's direction that may be true."""
        ratio, within = verdict.ratio, 1 + verdict.floor
        if ratio.low <= 0 or not math.isfinite(ratio.high * within):
            return 0.0, math.inf
        low, high = min(ratio.low, ratio.median / within), max(ratio.high, ratio.median * within)
        return (low, high) if self.direction == "slower" else (1 / high, 1 / low)

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
            f"--fail-on '{text}' is not a gate: write slower>5% or slower>3% where workload=handshake"
            + ("; thresholds such as p99<50ms are for 'tlsbench load'" if _LIMIT.match(text) else "")
        )
    where = {}
    for word in words:
        axis, _, patterns = word.partition("=")
        where[axis] = tuple(_pattern(axis, one) for one in patterns.split(","))
    return Gate(text, match[1], float(match[2]) / 100, where)


def _pattern(axis: str, text: str) -> str:
    """What the values of a parameter are compared with: another name of a value means that value."""
    rules = AXES.get(axis)
    named = rules.canonical(text, rules.values or rules.aliases.values()) if rules else None
    return (named or text).lower()
