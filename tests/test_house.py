"""Rules that every test follows."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parent.parent
FILES = sorted([*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])
TIME = re.compile(r"(elapsed|took|waited|monotonic|perf_counter|_(s|ms|us|ns|seconds))$")


def bounds_of_time(source: str) -> Iterator[str]:
    """The asserts that some time stays below a number, which a slower machine breaks.

    A ratio of times, or one time below another, holds on every machine, and so does a lower bound.
    """
    for node in ast.walk(ast.parse(source)):
        for test in ast.walk(node.test) if isinstance(node, ast.Assert) else ():
            if isinstance(test, ast.Compare):
                sides = [test.left, *test.comparators]
                for left, operator, right in zip(sides, test.ops, sides[1:], strict=False):
                    below = isinstance(operator, ast.Lt | ast.LtE)
                    above = isinstance(operator, ast.Gt | ast.GtE)
                    low, high = (left, right) if below else (right, left)
                    if (below or above) and is_time(low) and is_number(high):
                        yield f"line {test.lineno}: {ast.unparse(test)}"


def is_time(side: ast.expr) -> bool:
    if isinstance(side, ast.BinOp) and isinstance(side.op, ast.Div) and not is_number(side.right):
        return False  # a ratio
    if isinstance(side, ast.Attribute):
        return TIME.search(side.attr) is not None
    if isinstance(side, ast.Name):
        return TIME.search(side.id) is not None
    return any(is_time(inner) for inner in ast.iter_child_nodes(side) if isinstance(inner, ast.expr))


def is_number(side: ast.expr) -> bool:
    return not any(isinstance(node, ast.Name | ast.Attribute | ast.Call) for node in ast.walk(side))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_test_asserts_an_absolute_time(file: Path) -> None:
    assert not list(bounds_of_time(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("assert load.elapsed_s < 2", 1),
        ("assert 2.5 < time.monotonic() - began < 15", 1),
        ("assert 15 > time.monotonic() - began", 1),
        ("assert median_ns / 1e6 <= 2 * 5", 1),
        ("assert floor_ns / fastest_ns < 0.03", 0),
        ("assert one.total_ns < 3 * other.total_ns", 0),
        ("assert time.monotonic() - began > 2.5", 0),
        ("assert load.elapsed_s < load.plan.duration_s", 0),
    ],
)
def test_an_absolute_time_is_recognised(line: str, found: int) -> None:
    assert len(list(bounds_of_time(line))) == found


def test_no_property_has_a_deadline() -> None:
    assert settings().deadline is None
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "deadline":
                assert isinstance(node.value, ast.Constant), file
                assert node.value.value is None, file


@given(st.just(0.25))
def test_a_property_may_take_longer_than_hypothesis_would_allow(pause_s: float) -> None:
    time.sleep(pause_s)
