from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from rich.console import Console

from tlsbench.errors import MeasurementError
from tlsbench.report.digits import format_duration_ms, format_duration_us, format_us
from tlsbench.report.exporters import export
from tlsbench.report.live import ProgressView, Screen
from tlsbench.report.meanings import MEANINGS
from tlsbench.report.runs import report_of_run
from tlsbench.report.table import COLUMNS, tables
from tlsbench.results import Cell, Failure, Run
from tlsbench.sampling import Plan, Progress, Series
from tlsbench.scenarios import Excluded
from tlsbench.session.run import RunRequest
from tlsbench.session.run import run as measure
from tlsbench.session.selecting import matrix_of
from tlsbench.stats import Interval, summarise

RunOf = Callable[[str], Run]


@pytest.fixture
def run(run_of: RunOf) -> Run:
    return run_of("implementation=fake version=1.2,1.3 key=rsa-2048,ecdsa-secp256r1")


def lines(run: Run, width: int = 200) -> list[str]:
    return export(report_of_run(run), "table", width).splitlines()


def test_axes_that_never_change_stand_in_the_heading_and_the_others_are_columns(run: Run) -> None:
    heading, columns, *rows = lines(run)
    assert heading.startswith("handshake implementation=fake group=secp256r1")
    assert columns.split()[:2] == ["version", "key"]
    assert [row.split()[:2] for row in rows[:4]] == [
        ["1.2", "rsa-2048"],
        ["1.2", "ecdsa-secp256r1"],
        ["1.3", "rsa-2048"],
        ["1.3", "ecdsa-secp256r1"],
    ]


def test_a_cipher_suite_that_follows_from_the_columns_stands_in_the_heading(run: Run) -> None:
    assert "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA" in lines(run)[0]
    assert "cipher" not in lines(run)[1]


def test_machines_get_a_column_for_a_rare_axis_only_where_a_cell_has_something_special_of_it(
    run_of: RunOf,
) -> None:
    plain = report_of_run(run_of("implementation=pyopenssl version=1.3 hello_retry=no")).labels
    asked = report_of_run(run_of("implementation=pyopenssl version=1.3 hello_retry=no,yes")).labels
    assert [name for name in asked if name not in plain] == ["hello_retry"]
    assert {"ocsp", "link", "size"} < set(plain), "which are no rare ones"


def test_each_workload_has_its_own_table_with_its_own_columns(run_of: RunOf) -> None:
    run = run_of("implementation=fake workload=handshake,bulk,echo size=1KiB")
    made = tables(run)
    assert [table.workload for table in made] == ["handshake", "bulk", "echo"]
    headings = {table.workload: [column.heading for column in table.columns] for table in made}
    assert "MB/s" in headings["bulk"]
    assert "MB/s" not in headings["handshake"]
    assert "flights" in headings["handshake"]


def test_a_primitive_has_one_time_and_a_throughput(run_of: RunOf) -> None:
    (table,) = tables(run_of("workload=primitive algorithm=sha-256/digest,x25519/exchange size=16KiB"))
    assert "client µs" not in [column.heading for column in table.columns]
    throughput = next(column for column in table.columns if column.heading == "MB/s")
    digest, exchange = table.rows
    assert throughput.value(digest) == pytest.approx(16384 * 1e3 / digest.cell.main.median)
    assert throughput.value(exchange) is None


def test_the_baseline_is_the_first_row_or_the_one_asked_for(run: Run) -> None:
    (table,) = tables(run)
    assert [row.is_baseline for row in table.rows] == [True, False, False, False]
    (table,) = tables(run, lambda cell: cell.axes["key"] == "ecdsa-secp256r1")
    assert [row.is_baseline for row in table.rows] == [False, True, False, False]
    assert table.rows[1].ratio.median == 1


def test_unlike_sizes_and_operations_have_a_baseline_each(run_of: RunOf) -> None:
    run = run_of(
        "workload=primitive algorithm=aes-128-gcm/encrypt,aes-256-gcm/encrypt,sha-256/digest size=16B,16KiB"
    )
    (table,) = tables(run)
    by_work: dict[tuple[str, str], list[bool]] = {}
    for row in table.rows:
        axes = row.cell.axes
        by_work.setdefault((axes["size"], axes["algorithm"].split("/")[1]), []).append(row.is_baseline)
    assert by_work == {
        (size, operation): marks
        for size in ("16B", "16KiB")
        for operation, marks in (("encrypt", [True, False]), ("digest", [True]))
    }
    (table,) = tables(run, lambda cell: cell.axes["algorithm"].startswith("aes-256"))
    marked = [(row.cell.axes["size"], row.cell.axes["algorithm"]) for row in table.rows if row.is_baseline]
    assert ("16B", "aes-256-gcm/encrypt") in marked
    assert ("16KiB", "sha-256/digest") in marked  # if it selects none, the first


def test_a_ratio_is_shown_only_where_one_is_not_in_its_interval(run: Run) -> None:
    first, second, third, fourth = run.cells

    def medians(scale: float, spread: float) -> tuple[float, ...]:
        return tuple(1000 * scale * (1 + spread * (-1) ** at) for at in range(20))

    def cell(one: object, scale: float, spread: float) -> object:
        both = replace(first.main, round_medians=medians(scale, spread))
        return replace(one, figures={**first.figures, "libraries": both})  # type: ignore[type-var]

    cells = [cell(first, 1, 0), cell(second, 1.001, 0.01), cell(third, 2, 0.01), cell(fourth, 0.5, 0.01)]
    text = export(report_of_run(replace(run, cells=cells)), "table", 200)  # type: ignore[arg-type]
    rows = [line.split() for line in text.splitlines()[2:6]]
    assert rows[0][-1] == "="
    assert [row[-2:] for row in rows[1:]] == [
        ["~", "0.99–1.02"],
        ["2.00", "1.97–2.03"],
        ["0.50", "0.49–0.51"],
    ]


def test_the_interval_of_a_ratio_gives_way_before_the_ratio_and_is_in_csv_always(run: Run) -> None:
    main = replace(run.cells[0].main, round_medians=tuple(range(1000, 1020)))
    run = replace(
        run, cells=[replace(cell, figures={**cell.figures, "libraries": main}) for cell in run.cells]
    )
    wide, narrow = lines(run, 250), lines(run, 100)
    assert any("× base 95 %" in line.split("hidden")[0] for line in wide)
    assert any(line.rstrip().endswith("× base") for line in narrow)
    header, first, *_ = export(report_of_run(run), "csv", 0).splitlines()
    found = dict(zip(header.split(","), first.split(","), strict=True))
    assert (found["ratio_low"], found["ratio"], found["ratio_high"]) == ("1", "1", "1")


def test_cells_that_missed_the_precision_are_marked(run: Run) -> None:
    main = run.cells[0].main
    times = {**run.cells[0].figures, "libraries": replace(main, interval=Interval(90.0, 100.0, 110.0))}
    wide = replace(run.cells[0], figures=times)
    strict = replace(run, cells=[wide], conditions=replace(run.conditions, precision=0.05, elapsed_s=1.0))
    assert "10.0%*" in export(report_of_run(strict), "table", 200)
    assert "0 of 1 cells reached ±5 %" in export(report_of_run(strict), "table", 200)
    loose = replace(strict, conditions=replace(strict.conditions, precision=0.2))
    assert "10.0%*" not in export(report_of_run(loose), "table", 200)


def test_columns_give_way_on_a_narrow_terminal_and_the_reader_is_told(run: Run) -> None:
    narrow = lines(run, 80)
    assert max(map(len, narrow)) <= 80
    assert any("both µs" in line for line in narrow)
    assert any("columns hidden" in line for line in narrow)


def test_what_was_not_measured_is_counted_by_its_reason(run: Run) -> None:
    odd = replace(
        run,
        excluded=[Excluded("a", "no tickets"), Excluded("b", "no tickets"), Excluded("c", "no group")],
        failures=[Failure("workload=handshake", "group: wanted x25519, got x448")],
    )
    text = "\n".join(report_of_run(odd).notes)
    assert "excluded 2: no tickets" in text
    assert "excluded 1: no group" in text
    assert "failed: workload=handshake: group: wanted x25519, got x448" in text


def test_nothing_in_a_result_is_taken_for_markup(run: Run) -> None:
    axes = {**run.cells[0].axes, "key": "[red]x[/red]"}
    hostile = replace(run, cells=[replace(run.cells[0], axes=axes), *run.cells[1:]])
    assert "[red]x[/red]" in export(report_of_run(hostile), "table", 200)


@pytest.mark.parametrize(
    ("us", "text"), [(1234.5, "1,234"), (123.4, "123"), (12.34, "12.3"), (1.234, "1.23")]
)
def test_microseconds_have_three_or_four_digits(us: float, text: str) -> None:
    assert format_us(us) == format_duration_us(us) == text


@pytest.mark.parametrize(
    ("us", "text"),
    [(9999.0, "9,999"), (12_345.0, "12.3 ms"), (1_234_567.0, "1,235 ms"), (98_765_432.0, "98.8 s")],
)
def test_many_microseconds_become_milliseconds_and_seconds(us: float, text: str) -> None:
    assert format_duration_us(us) == text


def test_many_milliseconds_become_seconds() -> None:
    assert [format_duration_ms(ms) for ms in (9_876.0, 12_345.0, 98_765_432.0)] == [
        "9,876",
        "12.3 s",
        "98,765 s",
    ]


def test_every_column_has_a_meaning() -> None:
    assert {column.name for column in COLUMNS} == set(MEANINGS)


def progress_lines(run: Run, *stages: str, terminal: bool, quiet: bool = False) -> Sequence[str]:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120)
    plan = Plan(time_budget_s=40, precision=0.02, seed=1)
    with Screen(console, quiet=quiet) as screen:
        view = ProgressView(screen, plan, None)
        for at, stage in enumerate(stages):
            view(Progress(stage, at, 4, float(at), []), lambda: run)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_progress_in_a_pipe_is_a_line_for_each_stage_and_no_more(run: Run) -> None:
    assert progress_lines(
        run, "preparing", "preparing", "warming up", "measuring", "measuring", terminal=False
    ) == [
        "preparing 4 cells",
        "warming up 4 cells",
        "measuring at most 37 s left, 0 of 0 cells at ±2 %, round 3",
    ]


def test_progress_counts_the_cells_of_the_result(in_empty_folder: object) -> None:
    seen: list[tuple[str, int, int]] = []

    def observe(progress: Progress, _so_far: object) -> None:
        seen.append((progress.stage, progress.of, len(progress.series)))

    matrix = matrix_of(["implementation=fake", "version=1.2,1.3"])
    plan = Plan(time_budget_s=0.05, precision=0.5, seed=1)
    done = measure(RunRequest(matrix=matrix, plan=plan), observe)
    assert len(done.cells) == 2
    assert {series for _, _, series in seen} == {2}
    assert {of for stage, of, _ in seen if stage != "measuring"} == {2}
    assert {stage for stage, _, _ in seen} == {"preparing", "warming up", "measuring"}


def test_a_cell_that_failed_is_not_among_those_to_become_precise(run: Run) -> None:
    console = Console(file=io.StringIO(), width=120)
    scenarios = [cell.scenario for cell in run.cells if cell.scenario is not None]
    series = [Series(one, precision=0.01) for one in scenarios]
    series[0].error = MeasurementError("it failed")
    with Screen(console) as screen:
        view = ProgressView(screen, Plan(time_budget_s=40, precision=0.02, seed=1), None)
        view(Progress("measuring", 3, 0, 1.0, series), lambda: run)
    assert isinstance(console.file, io.StringIO)
    assert "3 of 3 cells at ±2 %" in console.file.getvalue()


def test_rows_appear_on_a_terminal_while_measuring(run: Run) -> None:
    text = "\n".join(progress_lines(run, "preparing", "measuring", terminal=True))
    assert "ecdsa-secp256r1" in text
    assert "at most" in text


def test_quiet_shows_nothing(run: Run) -> None:
    for terminal in (False, True):
        assert not progress_lines(run, "preparing", "measuring", terminal=terminal, quiet=True)


def test_a_bar_on_a_terminal_tells_how_much_is_done(run: Run) -> None:
    text = "\n".join(progress_lines(run, *["measuring"] * 2, terminal=True))
    assert "█" in text or "▏" in text or "0%" in text


def test_it_is_said_of_how_many_cells_too_few_rounds_were_measured_for_an_interval(run: Run) -> None:
    few = [replace(cell, figures=dict.fromkeys(cell.figures, summarise([[1e6]]))) for cell in run.cells[:1]]
    said = [line for line in lines(replace(run, cells=[*few, *known(run.cells[1:])])) if "marked ?" in line]
    assert [line.split(" (")[0] for line in said] == ["too few rounds for an interval in 1 of 4 cells"]
    assert not any("marked ?" in line for line in lines(replace(run, cells=known(run.cells))))


def test_a_run_without_a_cell_does_not_count_cells(run: Run) -> None:
    conditions = replace(run.conditions, elapsed_s=1.0)
    said = lines(replace(run, cells=[], conditions=conditions))
    assert any("; no cell was measured; seed" in line for line in said)


def known(cells: Sequence[Cell]) -> list[Cell]:
    rounds = [[1e6 + at * 5 % 12] for at in range(12)]
    return [replace(cell, figures=dict.fromkeys(cell.figures, summarise(rounds))) for cell in cells]


def test_each_round_trip_time_has_a_baseline_of_its_own(run_of: RunOf) -> None:
    run = run_of("workload=completion implementation=pyopenssl version=1.3 rtt=20ms,150ms initcwnd=10,30")
    (table,) = tables(run)
    bases = [row.cell.axes["rtt"] for row in table.rows if row.is_baseline]
    assert sorted(bases) == ["150ms", "20ms"]
    assert len(table.rows) == 4
