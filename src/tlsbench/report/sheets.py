"""A result as those see it who write it down: sheets of figures, and what is said about them.

Runs, comparisons, duels and loads become a :class:`Report` each in a module of their own; an exporter
(:mod:`tlsbench.report.exporters`) knows nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from tlsbench.report.findings.finding import Finding
from tlsbench.results import Failure
from tlsbench.scenarios import Excluded
from tlsbench.stats import Interval
from tlsbench.units import BYTES, INSTRUCTIONS, NANOSECONDS, VIRTUAL_NANOSECONDS

Kind = Literal["run", "comparison", "duel", "load", "timing", "capacity"]
#: The units that people read figures of instruments in, as names of columns end.
NAMES: Final = {
    NANOSECONDS: "us",
    VIRTUAL_NANOSECONDS: "ms",
    BYTES: "kib",
    INSTRUCTIONS: "thousand_instructions",
}

#: The label that tells an entry apart by itself, for where there is no room for a column of each label.
SHORT: Final = "short name"


@dataclass(frozen=True, slots=True)
class Field:
    """A column.

    :param name: of the figure, or else the label, that is in it.
    :param heading: what people read.
    :param kind: a label is text that may have come from outside; figures are aligned to the right.
    :param weight: figures of lower weight give way first where a terminal is narrow.
    :param wraps: whether its text may take several lines.
    :param long: the label that replaces it where there is more room.
    """

    name: str
    heading: str
    kind: Literal["label", "figure", "verdict"] = "figure"
    weight: int = 10
    wraps: bool = False
    long: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure.

    :param number: for machines, in ``unit``; None if there is none.
    :param text: for people.
    :param unit: as names of columns end: ``"us"``, ``"kib"``, ``"percent"``; ``""`` of plain numbers.
    :param series: what it is a quantile, or an end of an interval of; ``""`` where its name says all.
    :param marks: which of the series it is, such as ``{"quantile": "0.99"}``.
    """

    number: float | None
    text: str = ""
    unit: str = ""
    series: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: a cell, a verdict, a phase.

    :param id: what it is called in full.
    :param labels: texts by name.
    :param figures: by name; more than its sheet has columns for.
    :param verdict: ``"faster"``, ``"slower"`` or ``"~"``; ``""`` where nothing is judged.
    :param failed: a line for each gate that it failed.
    :param undecided: a line for each gate that is undecided about it.
    """

    id: str
    labels: Mapping[str, str]
    figures: Mapping[str, Figure]
    verdict: str = ""
    failed: Sequence[str] = ()
    undecided: Sequence[str] = ()

    def text(self, name: str) -> str:
        """What people read in a column."""
        return self.figures[name].text if name in self.figures else self.labels.get(name, "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Entries with the same columns; ``title`` says what they have in common."""

    title: str
    fields: Sequence[Field]
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A result to be written down.

    :param labels: the names of the labels that tell its entries apart, for machines.
    :param usual: by label the value that is left out of series, so that a new label leaves them as they are.
    :param columns: the names of the figures, and of more labels, that a machine wants in each row.
    :param document: makes its JSON, which holds more than this: every sample.
    :param summary: what it comes to, in a line or a few.
    :param totals: figures of the result as a whole.
    :param ledgers: sheets for people alone, of what its entries are made of.
    :param lead: a line above its sheets.
    :param told: all of it in words, if that is how people read it on a terminal.
    :param warnings: what makes it hard to believe.
    :param warns_first: whether they are printed above it; else they are among its notes.
    :param origin: when and where it was measured, and by which command.
    :param notes: how it was got, and how to read it.
    :param skipped: what was left out, with the reasons; ``errors`` what was given up.
    :param failed: a line for each gate and what failed it.
    :param undecided: a line for each gate and what it is undecided about.
    :param undecided_as: what an undecided gate counts for, ``"pass"`` or ``"fail"``; ``""``: neither.
    :param advice: what would decide the gates, where one is undecided.
    """

    kind: Kind
    sheets: Sequence[Sheet]
    labels: Sequence[str]
    columns: Sequence[str]
    document: Callable[[], str]
    summary: Sequence[str]
    usual: Mapping[str, str] = field(default_factory=dict)
    totals: Sequence[Entry] = ()
    ledgers: Sequence[Sheet] = ()
    lead: str = ""
    told: str = ""
    warnings: Sequence[str] = ()
    warns_first: bool = False
    findings: Sequence[Finding] = ()
    origin: Sequence[str] = ()
    notes: Sequence[str] = ()
    skipped: Sequence[Excluded] = ()
    errors: Sequence[Failure] = ()
    failed: Sequence[str] = ()
    undecided: Sequence[str] = ()
    undecided_as: str = ""
    advice: str = ""

    @property
    def gates(self) -> list[str]:
        """What the gates say: what failed, what is undecided, and what would decide it."""
        return [*self.failed, *self.undecided, *([self.advice] if self.undecided and self.advice else [])]

    @property
    def entries(self) -> list[Entry]:
        """Those of all sheets."""
        return [entry for sheet in self.sheets for entry in sheet.entries]


def ends(
    series: str,
    interval: Interval,
    shown: Callable[[float], float] = float,
    unit: str = "",
    **marks: str,
) -> dict[str, Figure]:
    """The ends of an interval as figures of a series.

    :param shown: turns them into ``unit``.
    """
    return {
        f"{series}_{end}": Figure(shown(number), "", unit, series, {**marks, "interval": end})
        for end, number in (("low", interval.low), ("high", interval.high))
    }
