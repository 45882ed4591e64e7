from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.exporters.made import REPORTS, holding, report

from tlsbench.report.exporters import export

COMMAND = re.compile(r"::(warning|error|notice) title=tlsbench::(.*)")


@pytest.mark.parametrize("name", REPORTS)
def test_every_line_is_a_workflow_command(name: str) -> None:
    made = report(name)
    found = [COMMAND.fullmatch(line) for line in export(made, "github", 0).splitlines()]
    kinds = [match[1] for match in found if match]
    assert len(kinds) == len(found)
    assert kinds.count("warning") == len(made.warnings) + len(made.open_gates)
    assert kinds.count("error") == len(made.failed) + len(made.errors)
    assert kinds.count("notice") == len(made.summary) > 0


def test_a_run_annotates_what_failed_and_what_was_in_the_way() -> None:
    lines = export(report("run.json incomplete"), "github", 0).splitlines()
    assert lines[0] == "::warning title=tlsbench::other load: 12; wait"
    assert lines[1] == "::error title=tlsbench::a cell: wanted x25519"
    assert lines[2] == "::notice title=tlsbench::cells: 8 measured, 2 excluded, 1 failed"


@given(st.text(max_size=30) | st.sampled_from(["a\n::error::b", "100%0Ab"]))
def test_no_text_becomes_another_command(text: str) -> None:
    lines = export(holding(text), "github", 0).split("\n")
    assert len(lines) == 5
    for line in lines[:-1]:
        data = line.split("::", 2)[2]
        assert "%" not in data.replace("%25", "")
