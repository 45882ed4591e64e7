"""Results for people to read, as the command line prints them: as text, and in notebooks."""

from __future__ import annotations

from collections.abc import Sequence

from tlsbench.comparison import Answers, Judgement, Verdict
from tlsbench.escaping import for_html, lines_for_terminal
from tlsbench.loading import Load
from tlsbench.report.comparisons import report_of_comparison
from tlsbench.report.duels import report_of_duel
from tlsbench.report.exporters import export
from tlsbench.report.loads import report_of_load
from tlsbench.report.runs import report_of_run
from tlsbench.report.sheets import Report
from tlsbench.results import Run
from tlsbench.results.duel import Duel
from tlsbench.results.stored import Stored

_WIDTH = 200


def text_of_stored(stored: Stored) -> str:
    """The table of a result; for results of other benchmarks, a line for each benchmark."""
    result = stored.result
    if isinstance(result, Run):
        return _text(report_of_run(result))
    if isinstance(result, Duel):
        return _text(report_of_duel(result))
    if isinstance(result, Load):
        return _text(report_of_load(result))
    return lines_for_terminal("\n".join([stored.source, *(one.name for one in stored.benchmarks)]))


def text_of_comparison(judgement: Judgement, answers: Sequence[Answers[Verdict]]) -> str:
    """The table of a comparison, with the answers of the gates."""
    return _text(report_of_comparison(judgement, answers))


def html(text: str) -> str:
    """Lines of text as HTML that keeps their columns."""
    lines = "\n".join(map(for_html, text.split("\n")))
    return f'<pre style="white-space: pre; overflow-x: auto">{lines}</pre>'


def _text(report: Report) -> str:
    return lines_for_terminal(export(report, "table", _WIDTH)).rstrip("\n")
