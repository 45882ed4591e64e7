from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from tlsbench.implementations.registry import capabilities_of
from tlsbench.report.findings import findings
from tlsbench.report.runs import sheets_of_run
from tlsbench.results import Cell, Run
from tlsbench.stats import summarise

RunOf = Callable[[str], Run]
#: The time that both libraries take, by a cell's value of an axis.
Times = Mapping[str, float]


@pytest.fixture(autouse=True)
def libssl() -> None:
    if "padding" not in capabilities_of("libssl").supports:
        pytest.skip("the system has no libssl 3")


def timed(run: Run, axis: str, times_ns: Times, floor: float = 0.01) -> Run:
    """The run with these times of its cells, by their values of an axis; the server takes a third of each."""

    def with_times(cell: Cell) -> Cell:
        figures = dict(cell.figures)
        for part, share in (("libraries", 1), ("client", 2 / 3), ("server", 1 / 3), ("total", 1)):
            middle = share * times_ns[cell.axes[axis]]
            figures[part] = summarise([[middle * (1 + step * 5 % 12 / 1000)] for step in range(12)])
        return replace(cell, figures=figures)

    workloads = {cell.axes["workload"] for cell in run.cells}
    return replace(
        run, cells=[with_times(cell) for cell in run.cells], noise_floor=dict.fromkeys(workloads, floor)
    )


def told(run: Run, *beginnings: str) -> list[str]:
    return [str(one) for one in findings(run) if one.headline.startswith(beginnings)]


def test_padding_is_told_in_time_and_in_bytes_by_what_costs_most(run_of: RunOf) -> None:
    run = run_of("workload=bulk implementation=libssl version=1.3 size=1000B padding=none,128,4096")
    (said,) = told(timed(run, "padding", {"none": 10_000, "128": 10_010, "4096": 25_000}), "Padding")
    assert said.startswith(
        "Padding to 4096 bytes: bulk data takes 2.5 times the time, and 312 % of overhead on the wire "
        "instead of 2.2 %. "
    )
    assert "padding=128: 10.1 → 10.1 µs, no significant difference; 2 → 2 records; 4.5 % of overhead" in said


def test_small_records_are_told_with_how_many_there_are(run_of: RunOf) -> None:
    run = run_of("workload=echo implementation=libssl version=1.3 size=16KiB record_size=default,512")
    (said,) = told(timed(run, "record_size", {"default": 40_000, "512": 60_000}), "Records of")
    assert said.startswith("Records of 512 bytes: an echo takes 50 % more time, and 4.3 % of overhead")
    assert "2 → 64 records" in said


def test_what_is_not_told_apart_is_told_in_bytes_alone(run_of: RunOf) -> None:
    run = run_of("workload=bulk implementation=libssl version=1.2 max_fragment_length=default,512")
    same = {"default": 40_000, "512": 40_000}
    (said,) = told(timed(run, "max_fragment_length", same), "A max_fragment_length")
    assert "of 512 bytes: bulk data takes no measurably different time, and 5.7 % of overhead" in said


def test_a_size_without_the_usual_one_beside_it_is_not_told(run_of: RunOf) -> None:
    run = run_of("workload=bulk implementation=libssl version=1.3 record_size=512,1024")
    assert not told(timed(run, "record_size", {"512": 2_000, "1024": 1_000}), "Records of")


def test_an_update_is_told_beyond_the_echo_of_a_byte_and_in_full_records(run_of: RunOf) -> None:
    updates = "workload=key_update request_update=update_requested,update_not_requested"
    run = run_of(f"{updates} implementation=libssl version=1.3")
    for other in ("workload=echo size=1B", "workload=bulk size=16KiB"):
        run = replace(run, cells=[*run.cells, *run_of(f"{other} implementation=libssl version=1.3").cells])
    times = {"key_update": 60_000, "echo": 10_000, "bulk": 20_000}
    answered, not_answered = told(timed(run, "workload", times), "A KeyUpdate")
    assert answered.startswith("A KeyUpdate that requests an answer costs 50.3 µs beyond the echo of a byte")
    assert (
        "(client 33.5 µs, server 16.8 µs), as much as 5.0 records of 16 KiB, sealed and opened; 54 bytes"
        in answered
    )
    assert not_answered.startswith("A KeyUpdate that requests no answer costs 50.3 µs")
    assert "; 27 bytes" in not_answered


def test_an_update_without_the_echo_of_a_byte_beside_it_is_not_told(run_of: RunOf) -> None:
    run = run_of("workload=key_update implementation=libssl version=1.3")
    assert not told(timed(run, "workload", {"key_update": 60_000}), "A KeyUpdate")


def test_over_a_network_the_first_byte_is_told_beside_the_last(run_of: RunOf) -> None:
    over = "workload=completion link=network rtt=50ms bandwidth=10mbit size=64KiB"
    run = run_of(f"{over} implementation=libssl version=1.3 record_size=default,1435")
    (said,) = told(run, "Records of 1435", "No size of records")
    # A record of 16 KiB does not fit the initial window of ten segments: its last bytes wait a round trip.
    assert "show the first byte of an answer" in said
    assert "sooner over a network, and the last" in said


def test_records_and_their_overhead_are_columns_of_data(run_of: RunOf) -> None:
    sheet, *_ = sheets_of_run(
        run_of("workload=bulk implementation=libssl version=1.3 size=1000B padding=none,4096")
    )
    named = {field.name: at for at, field in enumerate(sheet.fields)}
    assert {"records", "overhead_percent"} <= set(named)
    sheet, *_ = sheets_of_run(run_of("implementation=libssl version=1.3"))
    assert not {"records", "overhead_percent"} & {field.name for field in sheet.fields}
