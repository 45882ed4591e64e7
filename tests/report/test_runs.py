from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from rich.console import Console

from tlsbench.report.exporters import export
from tlsbench.report.live import ProgressView, Screen
from tlsbench.report.runs import report_of_run
from tlsbench.report.table import format_us, tables
from tlsbench.results import Failure, Run
from tlsbench.sampling import Plan, Progress
from tlsbench.scenarios import Excluded
from tlsbench.stats import Interval

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
        ["~", "0.99–1.01"],
        ["2.00", "1.98–2.02"],
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
    assert format_us(us) == text


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
