from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tlsbench.report.findings import findings
from tlsbench.report.runs import sheets_of_run
from tlsbench.results import Cell, Run
from tlsbench.stats import summarise

RunOf = Callable[[str], Run]


def timed(run: Run, totals_ns: dict[str, float], opening_ns: float, floor: float = 0.01) -> Run:
    """The run with these totals by link, and the time taken to open TCP."""

    def with_times(cell: Cell) -> Cell:
        total = summarise([[totals_ns[cell.axes["link"]] + step * 5 % 12] for step in range(12)])
        phases = {"tcp_open": opening_ns} if cell.axes["link"] == "tcp" and opening_ns else {}
        return replace(cell, figures={**cell.figures, "total": total}, phases=phases)

    return replace(run, cells=[with_times(cell) for cell in run.cells], noise_floor={"handshake": floor})


def told(run: Run) -> list[str]:
    return [str(one) for one in findings(run) if one.headline.startswith("TCP on loopback instead of memory")]


def test_the_kernel_s_share_of_a_new_connection_is_what_memory_does_without(run_of: RunOf) -> None:
    run = run_of("implementation=fake link=memory,tcp")
    (said,) = told(timed(run, {"memory": 800_000, "tcp": 900_000}, opening_ns=100_000))
    assert "handshakes take 12 % more total time" in said
    assert "800 → 900 µs, +12 % [+11, +14]; opening TCP takes another 100 µs; " in said
    assert "the kernel's share of a new connection with its handshake is 20 % [19, 21]" in said


def test_without_its_opening_the_share_is_of_the_handshake_alone(run_of: RunOf) -> None:
    run = run_of("implementation=fake link=memory,tcp")
    (said,) = told(timed(run, {"memory": 750_000, "tcp": 1_000_000}, opening_ns=0))
    assert "the kernel's share of the handshake is 25 % [24, 26]" in said
    assert "to open" not in said


def test_the_least_and_the_largest_share_are_told_of_several_pairs(run_of: RunOf) -> None:
    run = run_of("implementation=fake version=1.2,1.3 key=ecdsa-secp256r1,rsa-2048 link=memory,tcp")
    slow = timed(run, {"memory": 2_000_000, "tcp": 2_100_000}, opening_ns=100_000)
    fast = timed(run, {"memory": 300_000, "tcp": 400_000}, opening_ns=100_000)
    by_id = {cell.id: cell for cell in fast.cells}
    mixed = [by_id[cell.id] if cell.axes["version"] == "1.3" else cell for cell in slow.cells]
    (said,) = told(replace(slow, cells=mixed))
    assert "handshakes take 5 to 33 % more total time (4 comparisons)" in said
    assert "is 9 % [8, 10]" in said
    assert "is 40 % [39, 41]" in said


@pytest.mark.parametrize(
    ("totals_ns", "floor"),
    [
        ({"memory": 800_000, "tcp": 810_000}, 0.05),
        ({"memory": 800_000, "tcp": 800_000}, 0.0),
        ({"memory": 900_000, "tcp": 800_000}, 0.01),
    ],
    ids=["below the floor", "equal", "faster than memory"],
)
def test_where_tcp_is_not_slower_for_certain_nothing_is_told(
    totals_ns: dict[str, float], floor: float, run_of: RunOf
) -> None:
    assert not told(timed(run_of("implementation=fake link=memory,tcp"), totals_ns, 100_000, floor))


def test_unix_sockets_and_other_scenarios_are_no_pair(run_of: RunOf) -> None:
    run = run_of("implementation=fake link=unix,tcp")
    assert not told(timed(run, {"unix": 700_000, "tcp": 900_000}, 100_000))


def test_what_it_takes_to_open_tcp_is_a_column_where_it_was_measured(run_of: RunOf) -> None:
    sheet, *_ = sheets_of_run(run_of("implementation=fake link=memory,tcp"))
    assert "tcp_open_us" in [one.name for one in sheet.fields]
    sheet, *_ = sheets_of_run(run_of("implementation=fake link=memory,unix"))
    assert "tcp_open_us" not in [one.name for one in sheet.fields]
