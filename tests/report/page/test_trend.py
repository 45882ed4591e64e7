"""The page of a history: what it says has changed, and what it lists."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from tlsbench.cli.app import run as tlsbench
from tlsbench.comparison import recording_of
from tlsbench.report.page import page_of_history, render
from tlsbench.results import Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.environment import machine_info
from tlsbench.results.reader import parse
from tlsbench.results.stored import Commit
from tlsbench.session.history import SavedRun, SavedRuns, histories

TWO_CELLS = "implementation=fake version=1.2,1.3"


def saved_runs(run: Run, factors: Sequence[float], *, name: str = "nightly") -> SavedRuns:
    """Runs of one commit each; in each, all cells but the first take that many times as long."""
    document = json.loads(to_json(run, machine_info()))
    document["tlsbench"]["noise_floor"] = {"handshake": 0.01}
    runs = []
    for number, factor in enumerate(factors, start=1):
        for at, benchmark in enumerate(document["benchmarks"]):
            main = benchmark["extra_info"]["tlsbench"]["figures"]["libraries"]
            main["round_medians"] = [(factor if at else 1.0) * (1000 + step) for step in range(10)]
        stored = parse(json.dumps(document), name)
        commit = Commit(id=f"{number}abcdef0123")
        runs.append(
            SavedRun(number, name, f"2026-11-0{number} 10:00", recording_of(stored), commit, stored.machine)
        )
    return SavedRuns(runs, ["x.json holds no benchmark"])


def trend(run: Run, factors: Sequence[float], **change: Any) -> str:
    saved = saved_runs(run, factors, **change)
    cells = histories([one.recording for one in saved.runs], saved.ids([]))
    return render(page_of_history(saved, cells, "tlsbench history --report trend.html"))


def grids_of(page: str) -> Any:
    (block,) = re.findall(r"<script type=\"application/octet-stream\" id=data>(.*?)</script>", page)
    return json.loads(gzip.decompress(base64.b64decode(block)))["grids"]


def test_a_change_is_a_finding_that_names_run_commit_and_size(run_of: Callable[[str], Run]) -> None:
    page = trend(run_of(TWO_CELLS), [1.0, 1.0, 2.0, 2.0])
    assert "0003 (3abcdef): 1 slower" in page
    assert "slower +100 %*" in page
    assert page.count("1 slower") == 1
    assert "left out: x.json holds no benchmark" in page
    assert "tlsbench history --report trend.html" in page


def test_without_a_change_it_says_so(run_of: Callable[[str], Run]) -> None:
    page = trend(run_of(TWO_CELLS), [1.0, 1.0, 1.0])
    assert "No run changed a cell" in page
    assert "slower" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_cells_that_changed_come_first_and_every_run_is_listed(run_of: Callable[[str], Run]) -> None:
    cells, runs = grids_of(trend(run_of(TWO_CELLS), [1.0, 1.0, 2.0]))
    changed, unchanged = cells["rows"]
    headings = [heading["heading"] for heading in cells["headings"]]
    at = headings.index("last/first")
    assert changed["values"][at][0] == 2.0
    assert unchanged["values"][at][0] == 1.0
    assert changed["values"][headings.index("latest change")] == "0003 (3abcdef): slower +100 %*"
    assert [row["values"][0] for row in runs["rows"]] == ["0001", "0002", "0003"]
    assert runs["rows"][0]["values"][2] == "1abcdef"


def test_names_of_runs_are_text_and_no_code(run_of: Callable[[str], Run]) -> None:
    page = trend(run_of(TWO_CELLS), [1.0, 1.0], name="<img src=x onerror=alert(1)>")
    assert "<img" not in page


def test_one_run_alone_has_a_page_too(run_of: Callable[[str], Run]) -> None:
    cells, _ = grids_of(trend(run_of(TWO_CELLS), [1.0]))
    assert len(cells["rows"]) == 2


def test_a_page_of_nothing_saved_is_refused(in_empty_folder: object) -> None:
    assert tlsbench(["history", "--report", "trend.html"]) == 2
