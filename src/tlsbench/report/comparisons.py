"""A comparison as a report: its verdicts, and remarks on them."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from dataclasses import fields as fields_of

from tlsbench.comparison import Answers, Gate, Judgement, Verdict
from tlsbench.report.columns import MAIN
from tlsbench.report.digits import format_duration_us, format_us
from tlsbench.report.gates import lines as gate_lines
from tlsbench.report.gates import passed
from tlsbench.report.naming import module_of
from tlsbench.report.pictures.compared import verdict_names
from tlsbench.report.sheets import NAMES, Entry, Field, Figure, Report, Sheet, ends
from tlsbench.results.benchmark_json import finite
from tlsbench.sampling import Instrument
from tlsbench.scenarios import Excluded
from tlsbench.stats import Interval
from tlsbench.units import NANOSECONDS

_ABSOLUTE = (
    "new/base is the Hodges-Lehmann ratio; p is from the Mann-Whitney test with Benjamini-Hochberg "
    "correction; a "
    "difference below the floor (noise floor and drift of the runs) is inconclusive (~)"
)
_BY_YARDSTICKS = (
    "change is new/base corrected for the change of the yardsticks; its 95 % interval and the floor include "
    "what they leave unexplained; if the interval includes 1, the cell is inconclusive (~)"
)
_COLUMNS = (
    *("unit", "base", "base_low", "base_high", "new", "new_low", "new_high"),
    *("absolute", "absolute_low", "absolute_high"),
    *("ratio", "ratio_low", "ratio_high", "p_value", "floor_percent", "yardsticks", "verdict"),
)
_ADVICE = (
    "to decide it: measure both for longer (--time-budget, in pytest --benchmark-max-time), measure both "
    "versions in one run (tlsbench duel {id} --python BASE/bin/python --python NEW/bin/python), count "
    "instructions (--meter instructions), or measure on a quieter machine"
)
#: For benchmarks of other tools, for which there is no duel.
_ADVICE_TO_OTHERS = (
    "to decide it: measure both for longer (pytest --benchmark-max-time), one right after the other on one "
    "machine, with benchmarks among them that do not change, as yardsticks (--yardstick, in pytest "
    "--tls-yardstick)"
)


def report_of_comparison(judgement: Judgement, answers: Sequence[Answers[Verdict]] = ()) -> Report:
    """The report of a comparison.

    :param answers: the answers of the gates to it.
    """
    failed, undecided = gate_lines(answers)
    common = _common(judgement)
    notes = _footnotes(judgement)
    module = module_of([verdict.id for verdict in judgement.verdicts])
    names = verdict_names(judgement.verdicts)
    entries = [
        replace(
            _entry(one, name, common, module),
            failed=failed.get(one.id, ()),
            undecided=undecided.get(one.id, ()),
        )
        for one, name in zip(judgement.verdicts, names, strict=True)
    ]
    return Report(
        kind="comparison",
        sheets=[Sheet(" ".join(common) or module, _fields(judgement), entries)],
        labels=("cell",),
        columns=_COLUMNS,
        document=lambda: as_json(judgement, answers),
        summary=notes[:1],
        totals=[Entry("all", {}, {"geometric_mean": Figure(judgement.geometric_mean)})],
        warnings=judgement.warnings,
        warns_first=True,
        notes=[*notes[:1], *passed(answers), *notes[1:]],
        skipped=[
            Excluded(name, f"only in {of.source}")
            for of, names in ((judgement.base, judgement.only_base), (judgement.new, judgement.only_new))
            for name in names
        ],
        failed=[line for lines in failed.values() for line in lines],
        undecided=[line for lines in undecided.values() for line in lines],
        advice=_advice(next(iter(undecided), "")),
    )


def _advice(name: str) -> str:
    """How to decide a gate that is undecided for this cell or benchmark."""
    if not _is_selectors(name.split()):
        return _ADVICE_TO_OTHERS
    return _ADVICE.format(id=shlex.quote(name))


def _is_selectors(words: Sequence[str]) -> bool:
    return all("=" in word for word in words)


def _fields(judgement: Judgement) -> list[Field]:
    units = dict.fromkeys(verdict.instrument.unit.shown for verdict in judgement.verdicts)
    unit = " or ".join(sorted(units, reverse=True))
    by_yardsticks = any(verdict.yardsticks for verdict in judgement.verdicts)
    return [
        Field("name", "cell", "label", wraps=True, long="words"),
        Field("base", f"base {unit}", weight=8),
        Field("new", f"new {unit}", weight=8),
        *(
            [Field("absolute", "new/base", weight=6), Field("ratio", "change", weight=MAIN)]
            if by_yardsticks
            else [Field("ratio", "new/base", weight=MAIN)]
        ),
        Field("interval", "95 %", weight=MAIN),
        Field("p_value", "p", weight=1),
        Field("floor_percent", "floor", weight=2),
        Field("verdict", "verdict", "verdict", weight=MAIN, wraps=True),
    ]


def _entry(verdict: Verdict, name: str, common: Sequence[str], module: str) -> Entry:
    words = " ".join(word for word in verdict.id.split() if word not in common).removeprefix(f"{module}::")
    floor = f"{100 * verdict.floor:.1f}%" if math.isfinite(verdict.floor) else "?"
    return Entry(
        verdict.id,
        {
            "cell": verdict.id,
            "name": name,
            "words": words or verdict.id,
            "unit": NAMES[verdict.instrument.unit],
            "verdict": verdict.word,
        },
        {
            **_medians("base", verdict.base, verdict.instrument),
            **_medians("new", verdict.new, verdict.instrument),
            "absolute": Figure(verdict.absolute.median, f"{verdict.absolute.median:.3f}"),
            **ends("absolute", verdict.absolute),
            "yardsticks": Figure(len(verdict.yardsticks)),
            "ratio": Figure(verdict.ratio.median, f"{verdict.ratio.median:.3f}"),
            **ends("ratio", verdict.ratio),
            "interval": Figure(None, _interval(verdict.ratio)),
            "p_value": Figure(verdict.p_value, f"{verdict.p_value:.3f}"),
            "floor_percent": Figure(100 * verdict.floor, floor, "percent"),
        },
        verdict.verdict,
    )


def _medians(side: str, interval: Interval, instrument: Instrument) -> dict[str, Figure]:
    half = interval.relative_half_width
    width = f" ±{100 * half:.1f}%" if math.isfinite(half) else ""
    to_shown, unit = instrument.unit.to_shown, NAMES[instrument.unit]
    marks = {"instrument": instrument.name, "quantile": "0.5"}
    median = to_shown(interval.median)
    write = format_duration_us if unit == NAMES[NANOSECONDS] else format_us
    return {
        side: Figure(median, write(median) + width, unit, side, marks),
        **ends(side, interval, to_shown, unit, **marks),
    }


def as_json(judgement: Judgement, answers: Sequence[Answers[Verdict]]) -> str:
    """Every figure, for machines; what is not finite becomes null."""
    document = {
        "base": judgement.base.source,
        "new": judgement.new.source,
        "verdicts": [_plain(verdict) for verdict in judgement.verdicts],
        "geometric_mean": judgement.geometric_mean,
        "only_base": list(judgement.only_base),
        "only_new": list(judgement.only_new),
        "warnings": list(judgement.warnings),
        "failed": _gates({one.gate: one.failed for one in answers}),
        "undecided": _gates({one.gate: one.undecided for one in answers}),
    }
    return json.dumps(finite(document), indent=2, allow_nan=False) + "\n"


def _plain(verdict: Verdict) -> dict[str, object]:
    fields = {field.name: getattr(verdict, field.name) for field in fields_of(verdict)}
    fields["instrument"], fields["unit"] = verdict.instrument.name, verdict.instrument.unit.symbol
    return {name: asdict(one) if isinstance(one, Interval) else one for name, one in fields.items()}


def _gates(cells: Mapping[Gate, Sequence[Verdict]]) -> list[dict[str, object]]:
    return [
        {"gate": gate.text, "ids": [one.id for one in verdicts]}
        for gate, verdicts in cells.items()
        if verdicts
    ]


def _interval(ratio: Interval) -> str:
    return f"{ratio.low:.3f}–{ratio.high:.3f}" if math.isfinite(ratio.high) else "unknown"


def _common(judgement: Judgement) -> list[str]:
    """The words that all names have in common, if the names consist of selectors."""
    names = [verdict.id.split() for verdict in judgement.verdicts]
    if len(names) < 2 or not all(map(_is_selectors, names)):
        return []
    return [word for word in names[0] if all(word in words for words in names)]


def _footnotes(judgement: Judgement) -> list[str]:
    counts = {
        name: sum(1 for verdict in judgement.verdicts if verdict.verdict == name)
        for name in ("slower", "faster", "~")
    }
    summary = (
        f"geometric mean of the changes {judgement.geometric_mean:.3f}; {counts['slower']} slower, "
        f"{counts['faster']} faster, {counts['~']} inconclusive"
    )
    lines = [summary]
    lines += [f"only in {judgement.base.source}: {name}" for name in judgement.only_base]
    lines += [f"only in {judgement.new.source}: {name}" for name in judgement.only_new]
    used = dict.fromkeys(name for verdict in judgement.verdicts for name in verdict.yardsticks)
    if used:
        noun = f"yardstick{'s' * (len(used) != 1)}"
        lines += [f"compared using {len(used)} {noun}: {', '.join(used)}", _BY_YARDSTICKS]
    if not all(verdict.yardsticks for verdict in judgement.verdicts):
        lines.append(_ABSOLUTE)
    more = max((verdict.more_samples for verdict in judgement.verdicts), default=0)
    if more:
        lines.append(f"the least precise cell needs about {more:,} more rounds to see 2 %")
    return lines
