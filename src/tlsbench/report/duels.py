"""A duel as a report: one sentence with its uncertainty, and the figures behind it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tlsbench.comparison import Gate
from tlsbench.report.beside import of_sides
from tlsbench.report.findings import Finding
from tlsbench.report.gates import lines as gate_lines
from tlsbench.report.gates import passed
from tlsbench.report.naming import telling
from tlsbench.report.sheets import Entry, Field, Figure, Report, Sheet, ends
from tlsbench.results.duel import Duel, DuelResult
from tlsbench.results.duel_json import duel_to_json
from tlsbench.sampling.instruments import CALLGRIND
from tlsbench.scenarios.axes import AXES
from tlsbench.stats import PairedComparison

_FIELDS = (
    Field("scenario", "scenario", "label", wraps=True),
    Field("side", "side", "label"),
    Field("ratio", "b/a"),
    Field("interval", "95 %"),
    Field("floor_percent", "noise floor"),
    Field("verdict", "b is", "verdict"),
)
_TO_DECIDE = "to decide it: give the duel more time (--time-budget)"
#: The same if it did not count instructions.
_TO_DECIDE_TIMES = f"{_TO_DECIDE}, count instructions (--meter instructions), or measure on a quieter machine"
_COLUMNS = ("ratio", "ratio_low", "ratio_high", "floor_percent", "epochs", "verdict")


def report_of_duel(duel: Duel, gates: Sequence[Gate] = ()) -> Report:
    """The report of a duel.

    :param gates: the gates that may fail it.
    :raises RequestError: if one of them is meaningless for it.
    """
    parts = [part for result in duel.results for part in result.by_part()]
    answers = [gate.answers(parts) for gate in gates]
    failed, undecided = gate_lines(answers)
    sentences = [
        f"{f'{scenario}: ' if scenario else ''}{sentence(result)}."
        for scenario, result in zip(_scenarios(duel.results), duel.results, strict=True)
    ]
    (_, a, b), names = _words(duel.results[0]), (duel.results[0].a.name, duel.results[0].b.name)
    return Report(
        kind="duel",
        sheets=[
            Sheet(
                "",
                _FIELDS,
                [
                    replace(entry, failed=failed.get(entry.id, ()), undecided=undecided.get(entry.id, ()))
                    for result in duel.results
                    for entry in _entries(result)
                ],
            )
        ],
        labels=("a", "b", "scenario", "side"),
        columns=_COLUMNS,
        document=lambda: duel_to_json(duel),
        summary=sentences,
        lead=f"a: {a or names[0]}, b: {b or names[1]}",
        told=_text(duel) + "".join(f"{line}\n" for line in passed(answers)),
        findings=[Finding(one) for one in sentences],
        notes=[*passed(answers), duel.method],
        failed=[line for lines in failed.values() for line in lines],
        undecided=[line for lines in undecided.values() for line in lines],
        advice=_TO_DECIDE if duel.meter == CALLGRIND.name else _TO_DECIDE_TIMES,
    )


def _scenarios(results: Sequence[DuelResult]) -> list[str]:
    """What distinguishes the scenarios of a duel between two environments; ``""`` if there is only one."""
    axes_of = [result.a.axes for result in results]
    told = telling(axes_of)
    return [" ".join(f"{axis}={axes.get(axis) or AXES[axis].neutral}" for axis in told) for axes in axes_of]


def _entries(result: DuelResult) -> Iterator[Entry]:
    common, _, _ = _words(result)
    for part, (side, comparison) in zip(result.by_part(), result.comparisons.items(), strict=True):
        ratio = comparison.ratio
        yield Entry(
            part.id,
            {
                "a": result.a.name,
                "b": result.b.name,
                "scenario": common,
                "side": side,
                "verdict": comparison.verdict,
            },
            {
                "ratio": Figure(ratio.median, f"{ratio.median:.3f}"),
                **ends("ratio", ratio),
                "interval": Figure(None, f"{ratio.low:.3f}–{ratio.high:.3f}"),
                "floor_percent": Figure(100 * comparison.floor, _percent(comparison.floor), "percent"),
                "epochs": Figure(comparison.epochs),
            },
            comparison.verdict,
        )


def sentence(result: DuelResult) -> str:
    """Such as "pyopenssl is 1.62× faster than ssl in all (95 % 1.60–1.64), 1.7× for the client …".

    It includes what the sides differ in apart from their names.
    """
    a, b, total = result.a.name, result.b.name, result.main
    beside = "".join(f"; {clause}" for clause in of_sides(result.a, result.b, result.beside))
    if total.verdict == "~":
        return (
            f"{b} takes {_times(total, inverse=False)} the time of {a} ({_interval(total, inverse=False)}): "
            f"no significant difference, and the noise floor is {_percent(total.floor)}{beside}"
        )
    inverse = total.verdict == "faster"
    leader, other = (b, a) if inverse else (a, b)
    answer = (
        f"{leader} is {_times(total, inverse=inverse)} faster than {other} "
        f"({_interval(total, inverse=inverse)})"
    )
    for side in ("client", "server"):
        if side in result.comparisons:
            answer += _of_side(side, result.comparisons[side], leads="faster" if inverse else "slower")
    return answer + beside


def _of_side(side: str, one: PairedComparison, leads: str) -> str:
    """How the leader fares on one side: by how much it is faster, or that it is slower there.

    :param leads: the verdict that means it is faster.
    """
    if one.verdict == "~":
        return f", for the {side} no significant difference"
    inverse = one.verdict == "faster"
    figures = f"({_interval(one, inverse=inverse)})"
    if one.verdict == leads:
        return f", for the {side} {_times(one, inverse=inverse)} {figures}"
    return f", but for the {side} {_times(one, inverse=inverse)} slower {figures}"


def _text(duel: Duel) -> str:
    """What is compared, the sentence, and a line of figures for each side; and the method."""
    lines: list[str] = []
    for result in duel.results:
        common, a, b = _words(result)
        lines.append(common)
        lines += [f"  {side}: {words}" for side, words in (("a", a), ("b", b)) if words]
        lines.append(f"  {sentence(result)}.")
        lines += [
            f"  {side:<9} b/a {comparison.ratio.median:.4f}  95 % {comparison.ratio.low:.4f}–"
            f"{comparison.ratio.high:.4f}  noise floor {_percent(comparison.floor)}  {comparison.verdict}"
            for side, comparison in result.comparisons.items()
        ]
        lines.append("")
    lines.append(duel.method)
    return "\n".join(lines) + "\n"


def _words(result: DuelResult) -> tuple[str, str, str]:
    """The selectors that both sides have in common, and those of each side that differ."""
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
