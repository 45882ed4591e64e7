from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from tests.report.exporters.made import REPORTS, report

from tlsbench.report.exporters import export


@pytest.mark.parametrize("name", REPORTS)
def test_every_sheet_is_a_table_with_a_row_for_each_entry(name: str) -> None:
    made = report(name)
    html = MarkdownIt("gfm-like", {"linkify": False}).render(export(made, "markdown", 0))
    assert html.count("<table>") == len(made.sheets)
    assert html.count("<tr>") == len(made.sheets) + len(made.entries)
    assert html.count("<td") == sum(len(sheet.fields) * len(sheet.entries) for sheet in made.sheets)
    said = len(made.findings) + len(made.notes) + len(made.gates)
    assert html.count("<li>") == said


def test_a_failed_gate_is_said_in_the_summary_of_a_job() -> None:
    assert "- failed 'slower>5%': workload=handshake" in export(report("duel.json"), "markdown", 0)
