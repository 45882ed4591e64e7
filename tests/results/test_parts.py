"""The ledger of a side: parts and a rest, which add up to what was measured."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.results.test_schema import VALIDATOR

from tlsbench.errors import RequestError
from tlsbench.results import Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.cell import cell_from_series
from tlsbench.results.environment import machine_info
from tlsbench.results.parts import by_part
from tlsbench.results.reader import parse
from tlsbench.sampling import WALL, Series
from tlsbench.scenarios import Scenario
from tlsbench.workloads import Sample
from tlsbench.workloads.parts import Part

Find = Callable[[str], tuple[Scenario, ...]]


def sample(client: int, server: int, *costs: tuple[str, str, float]) -> Sample:
    parts = tuple(Part(side, part, "x25519/keygen", 1, 0, "RFC 8446 7.4", cost) for side, part, cost in costs)
    return Sample(client=client, server=server, total=client + server, parts=parts)


def series_of(scenario: Scenario, *samples: Sample) -> Series:
    series = Series(scenario)
    for one in samples:
        series.keep([one])
    return series


def test_the_rest_is_what_the_parts_leave_of_each_side(scenarios_of: Find) -> None:
    (one,) = scenarios_of("implementation=pyopenssl parts=yes")
    rounds = [
        sample(
            1000 + at,
            500,
            ("client", "key share", 300.0),
            ("server", "key share", 200.0),
            ("server", "signature", 250.0),
        )
        for at in range(-5, 6)
    ]
    cell = cell_from_series(series_of(one, *rounds), WALL)
    assert by_part(cell.parts, "client") == {"key share": 300, "rest": 700}
    assert by_part(cell.parts, "server") == {"key share": 200, "signature": 250, "rest": 50}


def test_a_part_that_costs_more_alone_leaves_a_rest_below_zero(scenarios_of: Find) -> None:
    (one,) = scenarios_of("implementation=pyopenssl parts=yes")
    cell = cell_from_series(series_of(one, sample(100, 100, ("client", "key share", 130.0))), WALL)
    assert by_part(cell.parts, "client")["rest"] == -30


@given(st.lists(st.tuples(st.integers(10**5, 10**6), st.integers(10**4, 10**5)), min_size=9, max_size=40))
def test_whatever_the_rounds_parts_and_rest_are_of_the_same_rounds(rounds: list[tuple[int, int]]) -> None:
    one = Scenario(workload="handshake", client="a", server="a")
    series = series_of(
        one, *(sample(whole, whole, ("client", "agreement", float(part))) for whole, part in rounds)
    )
    found = cell_from_series(series, WALL).parts
    part, rest, _ = found
    assert part.interval.low <= part.interval.median <= part.interval.high
    left = sorted(whole - cost for whole, cost in rounds)
    assert left[0] <= rest.interval.median <= left[-1]


def test_the_ledger_of_a_real_handshake_makes_what_was_measured(run_of: Callable[[str], Run]) -> None:
    run = run_of("implementation=pyopenssl,libssl parts=yes")
    for cell in run.cells:
        for side in ("client", "server"):
            costs = by_part(cell.parts, side)
            assert list(costs)[-1] == "rest"
            assert len(costs) >= 7
            interval = cell.figures[side].interval
            assert 0.99 * interval.low <= math.fsum(costs.values()) <= 1.01 * interval.high


def test_parts_are_stored_described_and_read_again(run_of: Callable[[str], Run]) -> None:
    run = run_of("implementation=pyopenssl parts=yes")
    text = to_json(run, machine_info())
    VALIDATOR.validate(json.loads(text))
    again = parse(text, "run.json").result
    assert isinstance(again, Run)
    assert again.cells[0].parts == run.cells[0].parts
    assert to_json(again, machine_info()).count('"parts"') == text.count('"parts"')


def test_a_cell_without_parts_is_stored_as_before(run_of: Callable[[str], Run]) -> None:
    (benchmark,) = json.loads(to_json(run_of("implementation=fake"), machine_info()))["benchmarks"]
    assert "parts" not in benchmark["extra_info"]["tlsbench"]


@pytest.mark.parametrize(
    ("member", "value"),
    [("side", "middle"), ("part", "overhead"), ("count", -1), ("median", "many"), ("low", 1e300)],
)
def test_a_forged_part_is_refused_in_one_line(
    member: str, value: object, run_of: Callable[[str], Run]
) -> None:
    document = json.loads(to_json(run_of("implementation=pyopenssl parts=yes"), machine_info()))
    document["benchmarks"][0]["extra_info"]["tlsbench"]["parts"][0][member] = value
    with pytest.raises(RequestError) as refused:
        parse(json.dumps(document), "run.json")
    assert "\n" not in str(refused.value)
    if member != "low":
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate(document)
