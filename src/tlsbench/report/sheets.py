"""A result as exporters see it: sheets of figures, and remarks on them.

Each kind of result has a module that turns it into a :class:`Report`; an exporter
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
#: The units in which people read figures of instruments, as suffixes of column names.
NAMES: Final = {
    NANOSECONDS: "us",
    VIRTUAL_NANOSECONDS: "ms",
    BYTES: "kib",
    INSTRUCTIONS: "thousand_instructions",
}

#: The label that identifies an entry on its own, if there is no room for a column per label.
SHORT: Final = "short name"


@dataclass(frozen=True, slots=True)
class Field:
    """A column.

    :param name: the name of the figure, or the label, that it shows.
    :param heading: what people read.
    :param kind: a label is text that may come from outside; figures are right-aligned.
    :param weight: figures of lower weight are hidden first if a terminal is narrow.
    :param wraps: whether its text may take several lines.
    :param long: the label that replaces it if there is more room.
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

    :param number: the value for machines, in ``unit``; None if there is none.
    :param text: the value for people.
    :param unit: a suffix of column names: ``"us"``, ``"kib"``, ``"percent"``; ``""`` for plain numbers.
    :param series: what it is a quantile of, or an end of an interval of; ``""`` if its name says it all.
    :param marks: which member of the series it is, such as ``{"quantile": "0.99"}``.
    """

    number: float | None
    text: str = ""
    unit: str = ""
    series: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: a cell, a verdict, a phase.

    :param id: its full name.
    :param labels: texts by name.
    :param figures: figures by name; there may be more than its sheet has columns for.
    :param verdict: ``"faster"``, ``"slower"`` or ``"~"``; ``""`` if nothing is judged.
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
        """The text that people read in a column."""
        return self.figures[name].text if name in self.figures else self.labels.get(name, "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Entries with the same columns; ``title`` says what they have in common."""

    title: str
    fields: Sequence[Field]
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A result, ready to be exported.

    :param labels: the names of the labels that identify its entries for machines.
    :param usual: by label, the value that is omitted from series, so that a new label does not change them.
    :param columns: the names of the figures, and of further labels, in each machine-readable row.
    :param document: returns its JSON, which holds more than this: every sample.
    :param summary: the result in one line or a few.
    :param totals: figures of the result as a whole.
    :param ledgers: sheets for people only, showing what its entries consist of.
    :param lead: a line above its sheets.
    :param told: all of it in words, if that is how people read it on a terminal.
    :param warnings: reasons to doubt it.
    :param warns_first: whether they are printed above it; otherwise they are among its notes.
    :param origin: when and where it was measured, and by which command.
    :param notes: how it was obtained, and how to read it.
    :param skipped: what was left out, with the reasons; ``errors`` is what was given up.
    :param failed: a line for each gate and what failed it.
    :param undecided: a line for each gate and what it is undecided about.
    :param undecided_as: what an undecided gate counts as, ``"pass"`` or ``"fail"``; ``""`` for neither.
    :param advice: how to decide the gates, if one is undecided.
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
        """The answers of the gates: what failed, what is undecided, and how to decide it."""
        return [*self.failed, *self.open_gates]

    @property
    def open_gates(self) -> list[str]:
        """The gates that are undecided, and how to decide them."""
        return [*self.undecided, *([self.advice] if self.undecided and self.advice else [])]

    @property
    def entries(self) -> list[Entry]:
        """The entries of all sheets."""
        return [entry for sheet in self.sheets for entry in sheet.entries]


def ends(
    series: str,
    interval: Interval,
    shown: Callable[[float], float] = float,
    unit: str = "",
    **marks: str,
) -> dict[str, Figure]:
    """The ends of an interval as figures of a series.

    :param shown: converts them to ``unit``.
    """
    return {
        f"{series}_{end}": Figure(shown(number), "", unit, series, {**marks, "interval": end})
        for end, number in (("low", interval.low), ("high", interval.high))
    }
