from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest
from tests.results.documents import FOLDER

from tlsbench.forwarding import Forwarded
from tlsbench.loading import Load, parse_threshold
from tlsbench.loading.seconds import Second
from tlsbench.report.exporters import export
from tlsbench.report.loads import growing, report_of_load
from tlsbench.report.terminal import print_plain
from tlsbench.results.reader import read_file


@pytest.fixture
def load() -> Load:
    found = read_file(FOLDER / "load.json").result
    assert isinstance(found, Load)
    return found


def ending(load: Load, **outcomes: int) -> Load:
    """The load with other outcomes."""
    ends = Counter({name.replace("_", " "): count for name, count in outcomes.items()})
    return replace(load, tally=replace(load.tally, outcomes=ends, begun=ends.total()))


def test_failures_are_warnings_where_connections_succeeded_as_the_command_then_ends_with_0(
    load: Load,
) -> None:
    report = report_of_load(ending(load, success=90, connection_reset=10))
    assert "failed: 10 × connection reset" in report.warnings
    assert not report.errors


def test_failures_are_errors_where_none_succeeded_or_a_worker_died(load: Load) -> None:
    report = report_of_load(ending(load, connection_reset=10))
    assert [failure.error for failure in report.errors] == ["10 × connection reset"]
    assert not any("reset" in warning for warning in report.warnings)
    assert [one.error for one in report_of_load(ending(load)).errors] == ["no connection was started"]
    lost = report_of_load(replace(load, lost=("worker process died: signal 9",)))
    assert [failure.error for failure in lost.errors] == ["worker process died: signal 9"]


def test_the_path_and_the_line_are_said(load: Load) -> None:
    via = replace(load.plan, via="rtt=50ms,loss=1%")
    line = Forwarded(packets=2_000, lost=20, late_p50_ms=0.04, late_p99_ms=0.12, busy=0.3)
    tally = replace(
        load.tally, windows=Counter({"10": 70, "7": 20, "12": 10}), retransmissions=31, retransmitting=20
    )
    text = export(report_of_load(replace(load, plan=via, forwarded=line, tally=tally)), "table", 200)
    assert ", via rtt=50ms,loss=1%" in text
    assert (
        "TCP: the client retransmitted 31 segments, in 20 of 100 connections; its congestion window at the "
        "end: 10 segments (7 to 12)" in text
    )
    assert "via rtt=50ms,loss=1%: 2,000 packets carried, 20 lost" in text
    assert "late: 1 %" not in text
    late = replace(load, plan=via, forwarded=replace(line, late_p99_ms=3.0, busy=0.97))
    (warning,) = (one for one in report_of_load(late).warnings if "--via" in one)
    assert warning == (
        "the line of --via was late: 1 % of its packets by 3.0 ms or more (its process was busy for 97% of "
        "the time)"
    )


def test_of_a_load_that_asked_no_kernel_nothing_is_said_of_its_path(load: Load) -> None:
    assert not any("TCP:" in finding.headline for finding in report_of_load(load).findings)


def test_a_load_that_came_to_nothing_says_why_first(load: Load) -> None:
    nothing = ending(load, handshake_timeout=3, connection_refused=10)
    first, *rest = export(report_of_load(nothing), "table", 120).splitlines()
    assert first == "failed: no connection succeeded: connection refused"
    assert "handshakes a second" not in "\n".join(rest)
    assert "10 × connection refused" in "\n".join(rest)
    assert report_of_load(ending(load, success=1, connection_refused=10)).lead == ""
    assert report_of_load(ending(load)).lead.endswith("none was started")


def test_a_load_that_failed_in_its_warm_up_says_why(load: Load) -> None:
    tally = replace(ending(load).tally, warm_up_failures=Counter({"connect: timeout": 4}))
    assert report_of_load(replace(load, tally=tally)).lead.endswith(
        "no connection succeeded: connect: timeout"
    )


def test_thresholds_are_gates_that_fail_or_are_undecided(load: Load) -> None:
    thresholds = tuple(map(parse_threshold, ("p50<1us", "p50<10s", "p99.99<1us", "handshakes>1/s")))
    report = report_of_load(replace(load, thresholds=thresholds))
    (failed,) = (line for line in report.failed if "p50<1us" in line)
    assert re.fullmatch(
        r"failed 'p50<1us': connection p50 [\d.,]+ (µs|ms) \(95 % [\d.,]+ (µs|ms) to [\d.,]+ (µs|ms)\), "
        r"to be at most 1.00 µs",
        failed,
    )
    (rate,) = (line for line in report.undecided if "handshakes>1/s" in line)
    assert rate.endswith("handshakes unknown: there was none, to be at least 1/s")  # of old files no seconds
    few = replace(
        load, seconds=tuple(Second(float(at), 9, 0, 0, 0) for at in range(3)), thresholds=thresholds
    )
    (rate,) = (line for line in report_of_load(few).undecided if "handshakes>1/s" in line)
    assert rate.endswith("handshakes 9/s (too few seconds for a 95 % interval), to be at least 1/s")
    assert [line.split(":")[0] for line in report.undecided] == ["undecided 'handshakes>1/s'"]
    assert report.gates[-1] == "to decide it: load for longer (--duration)"


def test_what_belongs_to_a_finding_is_with_it(load: Load) -> None:
    report = report_of_load(ending(load, success=90, connection_reset=10))
    found = {finding.headline: finding.details for finding in report.findings}
    assert found["failed: 10 of 100 connections"] == ("10 × connection reset",)
    assert "failed: 10 of 100 connections\n  10 × connection reset\n" in export(report, "table", 120)


def test_percentiles_grow_while_it_runs_and_fit_the_terminal(load: Load) -> None:
    empty = replace(load.tally, negotiated=Counter(), requests=0, outcomes=Counter())
    rates, heading, *_ = print_plain(growing([empty, load.tally], 120), 120).splitlines()[::2]
    assert "453/s" in rates
    assert heading.split() == ["µs", "count", "p50", "p90", "p99", "p99.9", "p99.99", "max"]
    narrow = print_plain(growing([empty, load.tally], 40), 40)
    assert "columns hidden" in narrow.replace("\n", " ")
