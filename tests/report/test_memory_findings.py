from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.results.documents import FOLDER

from tlsbench.report.findings import findings
from tlsbench.report.findings.memory import memory_findings
from tlsbench.results import Run
from tlsbench.results.reader import read_file


def stored() -> Run:
    run = read_file(FOLDER / "memory.json").result
    assert isinstance(run, Run)
    return run


def test_a_run_of_memory_says_for_each_side_which_keeps_least_and_most() -> None:
    run = stored()
    kib = {cell.axes["implementation"]: cell.figures["server"].median / 1024 for cell in run.cells}
    least, most = min(kib, key=kib.__getitem__), max(kib, key=kib.__getitem__)
    server, client = memory_findings(run)
    assert server.headline.startswith(
        f"An open connection keeps {kib[least]:,.1f} KiB on the server's side with {least}, "
        f"{kib[most]:,.1f} KiB with {most}"
    )
    assert "the client's side" in client.headline
    assert {server, client} <= set(findings(run))


def test_of_one_cell_it_says_what_that_keeps_and_what_a_hundred_thousand_take() -> None:
    run = replace(stored(), cells=stored().cells[:1])
    server, _ = memory_findings(run)
    kib = run.cells[0].figures["server"].median / 1024
    assert server.headline == f"An open connection keeps {kib:,.1f} KiB on the server's side"
    assert f"100,000 connections take {100_000 * kib * 1024 / 1e9:.1f} GB" in server.details[0]


def test_a_run_of_times_says_nothing_of_memory(run_of: Callable[[str], Run]) -> None:
    assert list(memory_findings(run_of("implementation=fake"))) == []
