from __future__ import annotations

import pytest

from tlsbench.comparison import parse_gate
from tlsbench.errors import RequestError
from tlsbench.results.stored import Benchmark, Foreign, Stored
from tlsbench.session.compare import compare


def stored(source: str, **times: float) -> Stored:
    return Stored(
        source=source,
        result=Foreign("5.2.0"),
        benchmarks=[
            Benchmark(name, {"name": name}, tuple(1e6 * time * (1 + step / 1000) for step in range(40)))
            for name, time in times.items()
        ],
    )


def test_a_comparison_says_what_changed_and_which_gates_fail() -> None:
    gates = [parse_gate("slower>5%"), parse_gate("faster>5%")]
    found = compare(stored("old", a=1.0, b=1.0), stored("new", a=1.0, b=1.2), gates)
    assert [(one.id, one.verdict) for one in found.judgement.verdicts] == [("a", "~"), ("b", "slower")]
    assert [(one.gate.text, [cell.id for cell in one.failed]) for one in found.answers] == [
        ("slower>5%", ["b"]),
        ("faster>5%", []),
    ]
    assert [one.undecided for one in found.answers] == [[], []]


def test_results_without_a_common_benchmark_are_refused() -> None:
    with pytest.raises(RequestError, match="old and new have no benchmark in common"):
        compare(stored("old", a=1.0), stored("new", b=1.0))


def test_a_result_without_benchmarks_is_refused() -> None:
    with pytest.raises(RequestError):
        compare(stored("old", a=1.0), stored("new"))
