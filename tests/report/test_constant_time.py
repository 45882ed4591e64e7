"""A check for constant time in words, tables and JSON."""

from __future__ import annotations

import json

import pytest

from tlsbench.report.constant_time import check_to_json, report_of_check, sentence
from tlsbench.report.exporters import EXPORTERS, export
from tlsbench.scenarios import Scenario
from tlsbench.session.constant_time import Checked, ConstantTime
from tlsbench.stats import Interval, TimingDifference

SCENARIO = Scenario(
    workload="primitive", client="cryptography", server="cryptography", algorithm="bytes/compare", size=32
)


def checked(difference: Interval, t: float, *, differs_in_outcome: bool = False) -> Checked:
    found = TimingDifference(difference, 2.0, t, 0.0 if abs(t) > 4.5 else 0.5, 0.1, 400.0, 1000, 20)
    return Checked(SCENARIO, "first", "last", differs_in_outcome, found)


LEAK = checked(Interval(90.0, 100.0, 110.0), 30.0)
QUIET = checked(Interval(-3.0, 0.5, 4.0), 0.7)
PUBLIC = checked(Interval(-1100.0, -1000.0, -900.0), -40.0, differs_in_outcome=True)
CHECK = ConstantTime(results=[LEAK, QUIET, PUBLIC], method="20 epochs", seed=1, engines={"cryptography": "E"})


def test_a_difference_is_told_with_its_size_and_none_with_its_resolution() -> None:
    assert sentence(LEAK) == (
        "bytes/compare: last takes 100 ns longer than first (95 % 90.0–110 ns, 25 % of a call)"
    )
    assert sentence(QUIET) == (
        "bytes/compare: no difference found between first and last, at a resolution of 4.00 ns"
    )
    assert sentence(PUBLIC).startswith("bytes/compare: first takes 1,000 ns longer than last")


def test_only_what_is_answered_alike_is_a_leak_and_fails_a_gate() -> None:
    assert [one.leaks for one in CHECK.results] == [True, False, False]
    assert not report_of_check(CHECK).failed
    (failed,) = report_of_check(CHECK, fails_on_leaks=True).failed
    assert failed.startswith("failed 'constant time': bytes/compare: last takes 100 ns")


def test_the_table_says_what_was_found_of_each() -> None:
    text = export(report_of_check(CHECK), "table", 160)
    assert "DIFFERENCE" in text
    assert "none found, at 4.00 ns" in text
    assert "difference (the outcome differs too)" in text


@pytest.mark.parametrize("name", [name for name, kinds in EXPORTERS.items() if "timing" in kinds])
def test_every_format_writes_it(name: str) -> None:
    assert export(report_of_check(CHECK), name, 160)


def test_too_few_epochs_have_no_resolution() -> None:
    told = sentence(checked(Interval(float("-inf"), 3.0, float("inf")), 9.0))
    assert told.endswith("at a resolution of unknown, as there are too few epochs")
    few = ConstantTime(results=[checked(Interval(float("-inf"), 3.0, float("inf")), 9.0)], method="", seed=1)
    assert json.loads(check_to_json(few))["constant_time"][0]["difference_ns"]["low"] is None
