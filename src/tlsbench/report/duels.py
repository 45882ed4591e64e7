"""A duel's answer: one sentence with its uncertainty, and the figures behind it."""

from __future__ import annotations

import math

from tlsbench.escaping import for_markdown
from tlsbench.results.duel import Duel, DuelResult
from tlsbench.stats import PairedComparison


def sentence(result: DuelResult) -> str:
    """Such as "pyopenssl is 1.62× faster than ssl in all (95 % 1.60–1.64), 1.7× for the client …"."""
    a, b, total = result.a.name, result.b.name, result.comparisons["total"]
    if total.verdict == "~":
        return (
            f"{b} and {a} cannot be told apart: {_times(total, inverse=True)} "
            f"({_interval(total, inverse=True)}), the noise floor is {_percent(total.floor)}"
        )
    inverse = total.verdict == "faster"
    leader, other = (b, a) if inverse else (a, b)
    answer = (
        f"{leader} is {_times(total, inverse=inverse)} faster than {other} "
        f"({_interval(total, inverse=inverse)})"
    )
    for side in ("client", "server"):
        if side in result.comparisons:
            one = result.comparisons[side]
            figures = f"{_times(one, inverse=inverse)} ({_interval(one, inverse=inverse)})"
            answer += f", for the {side} {figures if one.verdict != '~' else 'not to be told apart'}"
    return answer


def text(duel: Duel) -> str:
    """What is compared, the sentence, and a line of figures for each side; and how they were got."""
    lines: list[str] = []
    for result in duel.results:
        common, a, b = _words(result)
        lines.append(common)
        lines += [f"  {side}: {words}" for side, words in (("a", a), ("b", b)) if words]
        lines.append(f"  {sentence(result)}.")
        lines += [
            f"  {side:<7} b/a {comparison.ratio.median:.4f}  95 % {comparison.ratio.low:.4f}–"
            f"{comparison.ratio.high:.4f}  noise floor {_percent(comparison.floor)}  {comparison.verdict}"
            for side, comparison in result.comparisons.items()
        ]
        lines.append("")
    lines.append(duel.method)
    return "\n".join(lines) + "\n"


def markdown(duel: Duel) -> str:
    """The same in GitHub's Markdown, for a job summary."""
    words = [_words(result) for result in duel.results]
    a, b = duel.results[0].a.name, duel.results[0].b.name
    (_, differing_a, differing_b), *_ = words
    lines = [
        for_markdown(f"a: {differing_a or a}, b: {differing_b or b}"),
        "",
        "| scenario | side | b/a | 95 % | noise floor | b is |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    lines += [
        f"| {for_markdown(common)} | {side} | {comparison.ratio.median:.3f} "
        f"| {comparison.ratio.low:.3f}–{comparison.ratio.high:.3f} | {_percent(comparison.floor)} "
        f"| {comparison.verdict} |"
        for result, (common, _, _) in zip(duel.results, words, strict=True)
        for side, comparison in result.comparisons.items()
    ]
    lines += ["", *(f"- {for_markdown(sentence(result))}." for result in duel.results)]
    lines.append(f"- {for_markdown(duel.method)}")
    return "\n".join(lines) + "\n"


def _words(result: DuelResult) -> tuple[str, str, str]:
    """The selectors that both sides have in common, and the values of each where they differ."""
    a, b = result.a.axes, result.b.axes
    differing = [axis for axis in {**a, **b} if a.get(axis) != b.get(axis)]
    only_a, only_b = (" ".join(f"{axis}={one[axis]}" for axis in differing if axis in one) for one in (a, b))
    return " ".join(word for word in result.a.id.split() if word in result.b.id.split()), only_a, only_b


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
