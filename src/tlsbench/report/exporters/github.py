"""Annotations for a GitHub Actions log: the workflow commands ``::error``, ``::warning``, ``::notice``."""

from __future__ import annotations

from tlsbench.escaping import for_github
from tlsbench.report.sheets import Report


def write(report: Report, _width: int) -> str:
    """What to show of the report next to a change: warnings, errors, the gates' answers and the summary."""
    errors = (*report.failed, *(f"{failure.id}: {failure.error}" for failure in report.errors))
    failing = report.undecided_as == "fail"
    said = (
        ("warning", (*report.warnings, *(() if failing else report.open_gates))),
        ("error", (*errors, *(report.open_gates if failing else ()))),
        ("notice", report.summary),
    )
    return "".join(
        f"::{command} title=tlsbench::{for_github(line)}\n" for command, lines in said for line in lines
    )
