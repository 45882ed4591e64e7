"""Reports of every kind, from stored results and made by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from tests.results.documents import FOLDER, NAMES

from tlsbench.comparison import judge, parse_gate, recording_of
from tlsbench.loading import Load
from tlsbench.report.comparisons import report_of_comparison
from tlsbench.report.duels import report_of_duel
from tlsbench.report.loads import report_of_load
from tlsbench.report.runs import report_of_run
from tlsbench.report.sheets import Entry, Field, Figure, Report, Sheet
from tlsbench.results import Failure, Run
from tlsbench.results.duel import Duel
from tlsbench.results.reader import read_file
from tlsbench.scenarios import Excluded

#: Names for :func:`report`: every stored result, and comparisons.
REPORTS = [*NAMES, *(f"{name} slower" for name in NAMES if "duel" not in name), "run.json incomplete"]


@cache
def report(name: str) -> Report:
    """The report of a stored result, of a comparison with itself slowed down, or of an incomplete run."""
    file, _, what = name.partition(" ")
    stored = read_file(FOLDER / file)
    result = stored.result
    if what == "slower":
        base = recording_of(stored)
        slow = {one: tuple(2 * figure for figure in figures) for one, figures in base.figures.items()}
        judgement = judge(base, replace(base, figures=slow))
        gates = [parse_gate("slower>5%"), parse_gate("slower>50%")]
        return report_of_comparison(judgement, [gate.answers(judgement.verdicts) for gate in gates])
    if isinstance(result, Duel):
        return report_of_duel(result, [parse_gate("slower>5%")])
    if isinstance(result, Load):
        return report_of_load(result)
    assert isinstance(result, Run)
    if what == "incomplete":
        excluded = [Excluded("one cell", "no tickets"), Excluded("another cell", "no tickets")]
        warned = replace(result.conditions, warnings=["other load: 12; wait"])
        result = replace(
            result, excluded=excluded, failures=[Failure("a cell", "wanted x25519")], conditions=warned
        )
    return report_of_run(result)


def holding(text: str) -> Report:
    """A report with a given text wherever text may come from outside."""
    entry = Entry(text, {"cell": text}, {"total_us": Figure(1.5, "1.50", "us")}, failed=[text])
    return Report(
        kind="run",
        sheets=[Sheet(text, [Field("cell", "cell", "label"), Field("total_us", "µs")], [entry])],
        labels=("cell",),
        columns=("total_us",),
        document=lambda: "{}",
        summary=[text],
        warnings=[text],
        notes=[text],
        skipped=[Excluded(text, text)],
        errors=[Failure(text, text)],
        failed=[text],
    )
