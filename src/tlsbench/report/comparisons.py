"""Comparisons as text: for a terminal, Markdown, JSON, and GitHub's annotations."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import fields as fields_of

from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from tlsbench.comparison import Gate, Judgement, Verdict
from tlsbench.escaping import for_markdown, for_terminal
from tlsbench.report.pictures.compared import verdict_names
from tlsbench.report.table import format_us
from tlsbench.report.terminal import line, print_plain
from tlsbench.results.benchmark_json import finite
from tlsbench.stats import Interval
from tlsbench.stats.units import Unit

_COLOURS = {"faster": "green", "slower": "red", "~": "dim"}
_METHOD = (
    "two runs at different times: new/base is the Hodges-Lehmann ratio, p the Mann-Whitney test after "
    "Benjamini and Hochberg; what is below the floor (noise floor and drift of the runs) is ~"
)
#: A gate with the cells that it failed.
Failed = Sequence[tuple[Gate, Sequence[Verdict]]]


def terminal(judgement: Judgement, failed: Failed, width: int) -> RenderableType:
    """The verdicts and what belongs under them, for a terminal of so many columns."""
    table = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    headings = _headings(judgement)
    hidden = _MINOR if width < _WIDE_COLUMNS else ()
    for heading in headings:
        if heading not in hidden:
            words = heading in _WORDS
            table.add_column(
                heading, justify="left" if words else "right", overflow="fold", no_wrap=not words
            )
    for name, verdict in zip(verdict_names(judgement.verdicts), judgement.verdicts, strict=True):
        texts = zip(headings, _texts(name, verdict), strict=True)
        shown = (line(text) for heading, text in texts if heading not in hidden)
        table.add_row(*shown, style=_COLOURS[verdict.verdict] if verdict.verdict != "~" else "")
    warnings = (line(f"WARNING: {warning}", "bold yellow") for warning in judgement.warnings)
    footnotes = (line(text, "dim") for text in _footnotes(judgement))
    failures = (line(text, "bold red") for text in gate_lines(failed))
    common = _common(judgement)
    title = line(" ".join(common), "bold") if common else Text()
    return Group(*warnings, title, table, Text(), *footnotes, *failures)


def plain(judgement: Judgement, failed: Failed, width: int) -> str:
    """The same without colour."""
    return print_plain(terminal(judgement, failed, width), width)


def markdown(judgement: Judgement, failed: Failed) -> str:
    """The same in GitHub's Markdown."""
    lines = [f"> **Warning**: {for_markdown(warning)}" for warning in judgement.warnings]
    common = _common(judgement)
    lines += [f"**{for_markdown(' '.join(common))}**"] if common else []
    lines += [
        "",
        "| " + " | ".join(_headings(judgement)) + " |",
        "|" + "".join(" --- |" if heading in _WORDS else " ---: |" for heading in _headings(judgement)),
    ]
    for name, verdict in zip(_names(judgement), judgement.verdicts, strict=True):
        lines.append("| " + " | ".join(_texts(for_markdown(name), verdict)) + " |")
    lines += ["", *(f"- {for_markdown(text)}" for text in (*_footnotes(judgement), *gate_lines(failed)))]
    return "\n".join(lines) + "\n"


def as_json(judgement: Judgement, failed: Failed) -> str:
    """Every figure, for machines; what is not finite becomes null."""
    document = {
        "base": judgement.base.source,
        "new": judgement.new.source,
        "verdicts": [_plain(verdict) for verdict in judgement.verdicts],
        "geometric_mean": judgement.geometric_mean,
        "only_base": list(judgement.only_base),
        "only_new": list(judgement.only_new),
        "warnings": list(judgement.warnings),
        "failed": [{"gate": gate.text, "ids": [one.id for one in verdicts]} for gate, verdicts in failed],
    }
    return json.dumps(finite(document), indent=2, allow_nan=False) + "\n"


def _plain(verdict: Verdict) -> dict[str, object]:
    fields = {field.name: getattr(verdict, field.name) for field in fields_of(verdict)}
    fields["instrument"], fields["unit"] = verdict.instrument.name, verdict.instrument.unit.symbol
    return {name: asdict(one) if isinstance(one, Interval) else one for name, one in fields.items()}


def github(judgement: Judgement, failed: Failed) -> str:
    """Annotations for a GitHub Actions log (workflow commands ``::error`` and ``::warning``)."""
    lines = [f"::warning title=tlsbench::{_escaped(warning)}" for warning in judgement.warnings]
    lines += [f"::error title=tlsbench::{_escaped(line)}" for line in gate_lines(failed)]
    lines.append(f"::notice title=tlsbench::{_escaped(_footnotes(judgement)[0])}")
    return "\n".join(lines) + "\n"


def gate_lines(failed: Failed) -> list[str]:
    """A line for each cell that failed a gate."""
    return [
        f"failed '{gate.text}': {verdict.id}: {_percent_change(verdict.ratio.median)}, "
        f"95 % {_percent_change(verdict.ratio.low)} to {_percent_change(verdict.ratio.high)}"
        for gate, verdicts in failed
        for verdict in verdicts
    ]


#: What a narrow terminal has no room for; other formats have it.
_MINOR = ("p", "floor")
_WIDE_COLUMNS = 100
_WORDS = ("cell", "verdict")


def _headings(judgement: Judgement) -> tuple[str, ...]:
    units = dict.fromkeys(verdict.instrument.unit.shown for verdict in judgement.verdicts)
    unit = " or ".join(sorted(units, reverse=True))
    return ("cell", f"base {unit}", f"new {unit}", "new/base", "95 %", "p", "floor", "verdict")


def _texts(name: str, verdict: Verdict) -> list[str]:
    return [
        name,
        _median(verdict.base, verdict.instrument.unit),
        _median(verdict.new, verdict.instrument.unit),
        f"{verdict.ratio.median:.3f}",
        _interval(verdict.ratio),
        f"{verdict.p_value:.3f}",
        f"{100 * verdict.floor:.1f}%" if math.isfinite(verdict.floor) else "?",
        verdict.word,
    ]


def _median(interval: Interval, unit: Unit) -> str:
    half = interval.relative_half_width
    width = f" ±{100 * half:.1f}%" if math.isfinite(half) else ""
    return format_us(unit.to_shown(interval.median)) + width


def _interval(ratio: Interval) -> str:
    return f"{ratio.low:.3f}–{ratio.high:.3f}" if math.isfinite(ratio.high) else "unknown"


def _percent_change(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f} %"


def _common(judgement: Judgement) -> list[str]:
    """The words that all names have in common, where names are words of selectors."""
    names = [verdict.id.split() for verdict in judgement.verdicts]
    if len(names) < 2 or not all("=" in word for words in names for word in words):
        return []
    return [word for word in names[0] if all(word in words for words in names)]


def _names(judgement: Judgement) -> list[str]:
    common = _common(judgement)
    return [
        " ".join(word for word in verdict.id.split() if word not in common) or verdict.id
        for verdict in judgement.verdicts
    ]


def _footnotes(judgement: Judgement) -> list[str]:
    counts = {
        name: sum(1 for verdict in judgement.verdicts if verdict.verdict == name)
        for name in ("slower", "faster", "~")
    }
    summary = (
        f"geometric mean of new/base {judgement.geometric_mean:.3f}; {counts['slower']} slower, "
        f"{counts['faster']} faster, {counts['~']} not to be told apart"
    )
    lines = [summary]
    lines += [f"only in {judgement.base.source}: {name}" for name in judgement.only_base]
    lines += [f"only in {judgement.new.source}: {name}" for name in judgement.only_new]
    lines.append(_METHOD)
    more = max((verdict.more_samples for verdict in judgement.verdicts), default=0)
    if more:
        lines.append(f"the least precise cell needs about {more:,} more rounds to see 2 %")
    return lines


def _escaped(text: str) -> str:
    """A workflow command's data: a percent sign begins an escape, and a line end would end the command."""
    return for_terminal(text).replace("%", "%25")
