"""A duel's answer: one sentence with its uncertainty, and the figures behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tlsbench.escaping import for_markdown
from tlsbench.sampling.duel import Match
from tlsbench.stats import PairedComparison


@dataclass(frozen=True, slots=True)
class DuelResult:
    """A match with the names of its sides, and what its epochs say for the client, server and total."""

    match: Match
    name_a: str
    name_b: str
    comparisons: Mapping[str, PairedComparison]

    @property
    def sentence(self) -> str:
        """Such as "pyopenssl is 1.62× faster than ssl in all (95 % 1.60–1.64), 1.7× for the client …"."""
        total = self.comparisons["total"]
        leader = self.name_a if total.verdict == "slower" else self.name_b
        other = self.name_b if total.verdict == "slower" else self.name_a
        if total.verdict == "~":
            least = _percent(total.floor)
            return (
                f"{self.name_b} and {self.name_a} cannot be told apart: {_times(total, inverse=True)} "
                f"({_interval(total, inverse=True)}), the noise floor is {least}"
            )
        inverse = leader == self.name_b
        answer = (
            f"{leader} is {_times(total, inverse=inverse)} faster than {other} "
            f"({_interval(total, inverse=inverse)})"
        )
        for side in ("client", "server"):
            if side in self.comparisons:
                one = self.comparisons[side]
                figures = f"{_times(one, inverse=inverse)} ({_interval(one, inverse=inverse)})"
                answer += f", for the {side} {figures if one.verdict != '~' else 'not to be told apart'}"
        return answer


def text(results: Sequence[DuelResult], method: str) -> str:
    """The sentences, a line of figures under each, and how they were got."""
    lines: list[str] = []
    for result in results:
        lines.append(f"{result.match.b.id}")
        lines.append(f"  {result.sentence}.")
        lines += [
            f"  {side:<7} b/a {comparison.ratio.median:.4f}  95 % {comparison.ratio.low:.4f}–"
            f"{comparison.ratio.high:.4f}  noise floor {_percent(comparison.floor)}  {comparison.verdict}"
            for side, comparison in result.comparisons.items()
        ]
        lines.append("")
    lines.append(method)
    return "\n".join(lines) + "\n"


def markdown(results: Sequence[DuelResult], method: str) -> str:
    """The same in GitHub's Markdown, for a job summary."""
    lines = [
        for_markdown(f"a: {results[0].name_a}, b: {results[0].name_b}"),
        "",
        "| scenario | side | b/a | 95 % | noise floor | b is |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    lines += [
        f"| {for_markdown(result.match.b.id)} | {side} | {comparison.ratio.median:.3f} "
        f"| {comparison.ratio.low:.3f}–{comparison.ratio.high:.3f} | {_percent(comparison.floor)} "
        f"| {comparison.verdict} |"
        for result in results
        for side, comparison in result.comparisons.items()
    ]
    lines += ["", *(f"- {for_markdown(result.sentence)}." for result in results), f"- {method}"]
    return "\n".join(lines) + "\n"


def _times(comparison: PairedComparison, *, inverse: bool) -> str:
    ratio = 1 / comparison.ratio.median if inverse else comparison.ratio.median
    return f"{ratio:.2f}×" if not 0.9 < ratio < 1.1 else f"{ratio:.3f}×"


def _interval(comparison: PairedComparison, *, inverse: bool) -> str:
    low, high = comparison.ratio.low, comparison.ratio.high
    if low <= 0 or not math.isfinite(high):
        return "95 % unknown: too few epochs"
    low, high = (1 / high, 1 / low) if inverse else (low, high)
    digits = 2 if not 0.9 < low < 1.1 else 3
    return f"95 % {low:.{digits}f}–{high:.{digits}f}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2f} %" if math.isfinite(fraction) else "unknown"
