"""A capacity in words, tables and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from tlsbench.report.capacity import answer, document, report_of_capacity, scaling_words
from tlsbench.report.exporters import EXPORTERS, export
from tlsbench.results import Cell, Run
from tlsbench.session.capacity import Capacity, capacity_of
from tlsbench.session.capacity_request import CapacityRequest
from tlsbench.session.sizing import Demand, Scaling, size
from tlsbench.stats import Estimate

DEMAND = Demand(connections_per_s=20_000, resumed=0.6, transfer_bytes=51_200, headroom=0.3)
FAKE = "implementation=fake version=1.3 key=ecdsa-secp256r1,rsa-2048"


def in_rounds(cell: Cell) -> Cell:
    """The cell as if it had been measured in twenty rounds."""
    server = cell.figures["server"]
    rounds = tuple(server.median * (1 + step / 1000) for step in range(-10, 10))
    return replace(cell, figures={**cell.figures, "server": replace(server, round_medians=rounds)})


@pytest.fixture
def capacity(run_of: Callable[[str], Run]) -> Capacity:
    run, records = run_of(f"resumption=none,psk {FAKE}"), run_of(f"workload=bulk {FAKE}")
    cells = [in_rounds(cell) for cell in (*run.cells, *records.cells)]
    return capacity_of(CapacityRequest(demand=DEMAND), replace(run, cells=cells))


def test_the_answer_has_cores_and_line_with_headroom(capacity: Capacity) -> None:
    told = answer(capacity)
    assert told.startswith("It takes ")
    assert " cores [" in told
    assert "Mbit/s to clients" in told
    assert told.endswith("30 % of each free")


def test_what_is_left_out_is_said(capacity: Capacity) -> None:
    notes = "\n".join(report_of_capacity(capacity).notes)
    assert "linear, not proved here" in notes
    assert "NOT included: the kernel and the server's own program" in notes
    with_beyond = replace(
        capacity,
        request=replace(capacity.request, beyond_ns=Estimate.exact(1.0), beyond_words="1ns, as given"),
    )
    notes = "\n".join(report_of_capacity(with_beyond).notes)
    assert "beyond TLS: 1ns, as given" in notes
    assert "NOT included" not in notes


def test_scaling_that_was_measured_is_said_with_how_far_it_goes(capacity: Capacity) -> None:
    costs = replace(
        capacity.costs,
        scaling=Scaling({1: Estimate.exact(1.0), 2: Estimate.exact(0.9)}),
        full_ns=Estimate.exact(1e6),
    )
    scaled = replace(
        capacity, costs=costs, choices=[replace(capacity.choices[0], sizing=size(DEMAND, costs))]
    )
    assert scaling_words(scaled) == (
        "cores: with the measured efficiency of threads (2: 90 % [90, 90]); beyond 2 it is assumed to stay "
        "the same"
    )


def test_the_table_has_the_parts_and_the_choices(capacity: Capacity) -> None:
    text = export(report_of_capacity(capacity), "table", 160)
    for words in (
        "full handshakes",
        "resumed handshakes",
        "records",
        "what is asked",
        "rsa-2048",
        "ticket lifetime",
    ):
        assert words in text


@pytest.mark.parametrize("name", [name for name, kinds in EXPORTERS.items() if "capacity" in kinds])
def test_every_format_writes_it(capacity: Capacity, name: str) -> None:
    assert export(report_of_capacity(capacity), name, 160)


def test_json_has_every_figure_with_its_interval(capacity: Capacity) -> None:
    found = json.loads(document(capacity))["capacity"]
    assert found["demand"]["connections_per_s"] == 20_000
    assert [part["name"] for part in found["parts"]] == ["full handshakes", "resumed handshakes", "records"]
    first = found["choices"][0]
    assert first["of"] == "asked"
    assert first["cores"]["low"] <= first["cores"]["value"] <= first["cores"]["high"]
    assert first["cores"]["value"] == pytest.approx(first["busy_cores"]["value"] / 0.7)
    assert found["cells"]["records"].startswith("workload=bulk")
