from __future__ import annotations

from dataclasses import replace

import pytest
from tests.results.scaling_cells import cell_with, run_with

from tlsbench.loading import Load, LoadPlan, Target
from tlsbench.loading.seconds import Second
from tlsbench.loading.server_side import Spent
from tlsbench.report.findings import findings
from tlsbench.report.pictures.scaling import scaling, serving
from tlsbench.report.pictures.shapes import Lines
from tlsbench.report.runs import report_of_run
from tlsbench.results import Failure

ONE = cell_with(threads=1, total=1000.0, processes=1000.0)


def test_what_threads_lose_is_said_with_its_interval_and_the_controls() -> None:
    (said,) = findings(run_with(ONE, cell_with(total=800.0, processes=500.0)))
    assert said.headline == (
        "libssl: 2 threads do 1,250,000 operations a second and lose 38 % [38, 38] against 2 processes"
    )
    told = " ".join(said.details)
    assert "1.25 times [1.25, 1.25] what one thread does" in told
    assert "interpreter's own share of an operation is 1.0 %" in told
    assert "pure Python did 1.00 times" in told
    assert "a hash without the interpreter's lock 1.96 times, and 2.00 times with processes" in told


def test_what_is_within_the_noise_is_no_loss() -> None:
    (said,) = findings(run_with(ONE, cell_with(total=502.0, processes=500.0)))
    assert "no significant difference from 2 processes was found" in said.headline


def test_the_library_that_loses_most_comes_first() -> None:
    cells = [cell_with(library="ssl", total=510.0), cell_with(library="rtls", total=1000.0)]
    said = [one.headline for one in findings(run_with(*cells)) if "threads do" in one.headline]
    assert [line.partition(":")[0] for line in said] == ["rtls", "ssl"]


def test_void_cells_are_told_and_have_no_figures() -> None:
    run = replace(
        run_with(), failures=[Failure("a", "void: a hash got 1.0 times as far; end other programs")]
    )
    (said,) = findings(run)
    assert said.headline == "1 cell is void: the controls failed"
    assert said.details == ("a hash got 1.0 times as far; end other programs",)


def test_the_table_has_the_controls_beside_the_figures() -> None:
    report = report_of_run(run_with(ONE, cell_with()))
    (sheet,) = report.sheets
    entry = sheet.entries[1]
    texts = {field.heading: entry.text(field.name) for field in sheet.fields}
    assert texts["threads"] == "2"
    assert texts["ops/s"] == "1,923,077"
    assert texts["per thread"] == "961,538"
    assert texts["processes"] == "2,000,000"
    assert texts["efficiency"] == "96%"
    assert texts["interp."] == "1.0%"
    assert (texts["Python ×"], texts["hash ×"], texts["hash procs ×"], texts["CPUs"]) == (
        "1.00",
        "1.96",
        "2.00",
        "1.98",
    )
    assert entry.figures["efficiency_percent_low"].number == pytest.approx(100 * 500 / 520)
    assert {"efficiency_percent_low", "efficiency_percent_high"} < set(report.columns)


def test_the_picture_has_threads_and_processes_by_their_number() -> None:
    picture = scaling(run_with(ONE, cell_with(total=800.0, processes=500.0)))
    assert picture is not None
    assert isinstance(picture.shape, Lines)
    assert {line.name: (list(line.x), list(line.y)) for line in picture.shape.lines} == {
        "threads": ([1.0, 2.0], [1e6, 1.25e6]),
        "processes": ([1.0, 2.0], [1e6, 2e6]),
    }


def test_one_number_of_threads_is_no_picture() -> None:
    assert scaling(run_with(cell_with())) is None


def load_with(threads: int, handshakes: int, name: str = "nginx") -> tuple[str, Load]:
    load = Load(LoadPlan(target=Target("127.0.0.1", 443)), elapsed_s=4.0)
    load.tally.negotiated["1.3 full"] = 4 * handshakes
    load.server = Spent(name, 3.0, 0.9, 4.0, threads)
    load.seconds = tuple(Second(float(at), handshakes, 0, 0, 0) for at in range(8))
    return f"{name}-{threads}", load


def test_loads_of_servers_with_several_numbers_of_threads_are_a_picture_of_them() -> None:
    loads = [load_with(2, 1900), load_with(1, 1000), load_with(1, 300, "python"), load_with(2, 310, "python")]
    picture = serving(loads)
    assert picture is not None
    assert isinstance(picture.shape, Lines)
    nginx, python = picture.shape.lines
    assert (nginx.name, list(nginx.x), list(nginx.y)) == ("nginx", [1.0, 2.0], [1000.0, 1900.0])
    assert list(nginx.low) == [1000.0, 1900.0]
    assert list(python.y) == [300.0, 310.0]


def test_loads_of_servers_with_the_same_threads_or_unknown_ones_are_none() -> None:
    assert serving([load_with(2, 1900), load_with(2, 1800)]) is None
    assert serving([load_with(0, 1900), load_with(0, 1800)]) is None
