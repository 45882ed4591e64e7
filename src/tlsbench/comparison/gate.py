"""Gates: ``slower>5%``, ``slower>3% where workload=handshake``.

A gate has three answers. The true change of a cell may be anywhere within the interval of its ratio, or
within the noise floor around its median. If all of that range is beyond the threshold, the cell fails; if
none of it is, the cell passes; otherwise the gate is undecided, as neither was shown.
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

#: The beginning of a load's threshold, which users may try here.
_LIMIT = re.compile(r"(?:p[0-9.]+|max|failed|handshakes|requests)\s*[<>]")


class Called(Protocol):
    """What a gate evaluates: a difference with its verdict."""

    @property
    def id(self) -> str:
        """The id of what differs."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """Its parameters, for ``where``."""

    @property
    def ratio(self) -> Interval:
        """The new figure over the old."""

    @property
    def floor(self) -> float:
        """The difference below which none is reported, as a fraction."""

    @property
    def verdict(self) -> str:
        """``"faster"``, ``"slower"`` or ``"~"``."""


_Called = TypeVar("_Called", bound=Called)
#: A gate's answer for a cell.
Answer = Literal["pass", "fail", "undecided"]


@dataclass(frozen=True, slots=True)
class Answers(Generic[_Called]):
    """A gate's answers for the cells that it covers: those that fail, and those that it leaves undecided."""

    gate: Gate
    failed: Sequence[_Called]
    undecided: Sequence[_Called]


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition that fails a comparison.

    :param text: as it was written.
    :param direction: ``"slower"`` or ``"faster"``.
    :param threshold: as a fraction.
    :param where: patterns by parameter; the gate covers a cell if it matches one pattern of each.
    """

    text: str
    direction: str
    threshold: float
    where: Mapping[str, tuple[str, ...]] = field(hash=False)

    def answers(self, verdicts: Sequence[_Called]) -> Answers[_Called]:
        """The gate's answers for the cells that it covers.

        :raises RequestError: if ``where`` matches no cell at all: a gate that cannot fail guards nothing.
        """
        meant = [verdict for verdict in verdicts if self._means(verdict)]
        if not meant:
            raise RequestError(f"--fail-on '{self.text}' matches none of the cells")
        by_answer: dict[Answer, list[_Called]] = {"pass": [], "fail": [], "undecided": []}
        for verdict in meant:
            by_answer[self.answer(verdict)].append(verdict)
        return Answers(self, by_answer["fail"], by_answer["undecided"])

    def answer(self, verdict: Called) -> Answer:
        """The gate's answer for one cell."""
        low, high = self._possible(verdict)
        limit = 1 + self.threshold
        if verdict.verdict == self.direction and low > limit:
            return "fail"
        return "pass" if high <= limit else "undecided"

    def _possible(self, verdict: Called) -> tuple[float, float]:
        """The smallest and the largest possible ratio in the gate's direction."""
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
    """Parse a gate.

    :raises RequestError: if the text is not a gate.
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
    """The pattern for a parameter's values; an alias is replaced by the value that it stands for."""
    rules = AXES.get(axis)
    named = rules.canonical(text, rules.values or rules.aliases.values()) if rules else None
    return (named or text).lower()
