from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.exporters.made import REPORTS, holding, report

from tlsbench.report.exporters import export
from tlsbench.report.runs import report_of_run
from tlsbench.results import Run


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", REPORTS)
def test_every_entry_is_a_row_and_every_figure_a_plain_number(name: str) -> None:
    made = report(name)
    text = export(made, "csv", 0)
    rows = rows_of(text)
    assert text.count("\r\n") == len(rows) + 1 == len(made.entries) + 1
    for row, entry in zip(rows, made.entries, strict=True):
        assert list(row) == [*made.labels, *made.columns]
        for column in made.columns:
            if row[column] and column in entry.figures:
                number = entry.figures[column].number
                assert row[column] in ("true", "false") or math.isclose(
                    float(row[column]), number or 0.0, rel_tol=1e-5, abs_tol=1e-12
                )


def test_it_has_every_axis_and_columns_that_a_workload_has_not_stay_empty(
    run_of: Callable[[str], Run],
) -> None:
    run = run_of("implementation=fake workload=handshake,bulk size=1KiB")
    handshake, bulk = rows_of(export(report_of_run(run), "csv", 0))
    assert (handshake["workload"], bulk["workload"]) == ("handshake", "bulk")
    assert float(handshake["total_us"]) > float(handshake["libraries_us"]) > float(handshake["client_us"]) > 0
    assert handshake["mb_per_s"] == ""
    assert float(bulk["mb_per_s"]) > 0
    assert handshake["key"] == "ecdsa-secp256r1"
    assert int(handshake["samples"]) >= 8


def test_a_comparison_says_the_unit_of_its_medians() -> None:
    units = {name: rows_of(export(report(name), "csv", 0))[0]["unit"] for name in REPORTS if "slower" in name}
    assert units["memory.json slower"] == "kib"
    assert units["run.json slower"] == "us"


@given(st.text(max_size=30) | st.sampled_from(['=1+1"', "a,b\r\nc"]))
@pytest.mark.slow
def test_no_text_makes_another_row_or_a_formula(text: str) -> None:
    (row,) = rows_of(export(holding(text), "csv", 0))
    assert not row["cell"].lstrip().startswith(("=", "+", "-", "@"))
    assert row["total_us"] == "1.5"
