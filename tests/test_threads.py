"""The table of threads is made from a stored run, and put between the markers of its page."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from tests.results.scaling_cells import cell_with, run_with

from tlsbench.results import Failure
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.results.stored import Machine, stored_run

ROOT = Path(__file__).parent.parent
PAGE = "# A page\n\n<!-- table of threads -->\nold\n<!-- end of the table of threads -->\n\nafter\n"
WHY = "void: 2 processes had the time of 0.71 processors, where there are 2"


@pytest.fixture(scope="module")
def table() -> Iterator[ModuleType]:
    place = ROOT / "benchmarks/threads.py"
    spec = importlib.util.spec_from_file_location("threads_table", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(place.parent))
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(place.parent))


def test_a_row_has_the_controls_beside_the_figures(table: ModuleType) -> None:
    run = run_with(cell_with(threads=1, total=1000.0, processes=1000.0), cell_with())
    stored = stored_run(run, "scaling.json", Machine(processor="P", cores=2))
    lines = list(table.lines(stored))
    assert lines[0].startswith("2026-11-29, P, 2 processors, ")
    rows = [[word.strip() for word in line.strip("|").split("|")] for line in lines[2:]]
    assert len({len(row) for row in rows}) == 1
    assert rows[3][1:4] == ["full", "2", "1,923,077 ±0.0 %"]
    assert rows[3][4:6] == ["2,000,000", "96 [96, 96]"]
    assert rows[3][7:] == ["1.0", "1.00", "1.96", "2.00", "1.98"]


def test_void_cells_are_counted_with_the_reason_and_have_no_row(table: ModuleType) -> None:
    run = replace(run_with(), failures=[Failure("a", WHY), Failure("b", WHY)])
    (line,) = table.lines(stored_run(run, "scaling.json", Machine(processor="P", cores=2)))
    assert "0 cells" in line
    assert f"2 are void, the first as {WHY.removeprefix('void: ')}" in line


def test_it_is_written_between_the_markers(table: ModuleType, tmp_path: Path) -> None:
    result, page = tmp_path / "scaling.json", tmp_path / "page.md"
    result.write_text(to_json(run_with(cell_with()), machine_info()), encoding="utf-8")
    page.write_text(PAGE, encoding="utf-8")
    table.main([str(result), "--write", str(page)])
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# A page\n\n<!-- table of threads -->\n2026-11-29, ")
    assert "old" not in text
    assert text.endswith("after\n")


def test_the_page_has_the_markers() -> None:
    text = (ROOT / "docs/scaling.md").read_text(encoding="utf-8")
    assert text.index("<!-- table of threads -->") < text.index("<!-- end of the table of threads -->")
