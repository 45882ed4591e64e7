"""The JSON Schema that is shipped describes what is written, now and by 0.1.0."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hdrh.histogram import HdrHistogram
from tests.results.documents import NAMES, document
from tests.results.scaling_cells import cell_with, run_with

from tlsbench.links import Ledger
from tlsbench.loading import Load
from tlsbench.results import Run
from tlsbench.results.benchmark_json import extra_info, to_json
from tlsbench.results.duel import Duel
from tlsbench.results.duel_json import duel_to_json
from tlsbench.results.environment import machine_info
from tlsbench.results.load_json import load_to_json
from tlsbench.results.reader import parse
from tlsbench.results.run import Conditions
from tlsbench.results.scaling import efficiency
from tlsbench.results.stored import FORMAT

SCHEMA: dict[str, Any] = json.loads(files("tlsbench.results").joinpath("schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def faults(stored: Any) -> list[str]:
    return [error.message[:300] for error in VALIDATOR.iter_errors(stored)]


def test_it_is_a_schema_of_the_format_that_is_written() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == f"urn:tlsbench:result:{FORMAT}"
    assert SCHEMA["$defs"]["format"]["maximum"] == FORMAT


@pytest.mark.parametrize("name", NAMES)
def test_what_0_1_0_stored_is_described(name: str) -> None:
    assert faults(document(name)) == []


def test_what_is_written_is_described(run_of: Callable[[str], Run]) -> None:
    run = run_of("implementation=fake resumption=none,psk")
    written = json.loads(to_json(run, machine_info()))
    assert written["tlsbench"]["format"] == FORMAT
    assert faults(written) == []
    assert json.dumps([extra_info(cell) for cell in run.cells], allow_nan=False), "as the pytest plugin does"


def test_a_cell_of_threads_is_described_and_read_as_it_was() -> None:
    run = run_with(cell_with(threads=1), cell_with())
    written = to_json(run, machine_info())
    assert faults(json.loads(written)) == []
    again = parse(written, "threads").result
    assert isinstance(again, Run)
    for cell, before in zip(again.cells, run.cells, strict=True):
        assert cell.instrument is before.instrument
        assert cell.figures == before.figures
        assert efficiency(cell) == efficiency(before)


@pytest.mark.parametrize(
    "selector", ["transport=dtls address_check=yes", "workload=bulk transport=dtls size=16KiB"]
)
def test_what_is_written_of_datagrams_is_described_and_read_back(
    selector: str, run_of: Callable[[str], Run]
) -> None:
    run = run_of(f"implementation=libssl {selector}")
    text = to_json(run, machine_info())
    assert faults(json.loads(text)) == []
    again = parse(text, "here").result
    assert isinstance(again, Run)
    assert [cell.ledger for cell in again.cells] == [cell.ledger for cell in run.cells]
    assert run.cells[0].ledger.client_datagrams


def test_nothing_of_datagrams_is_written_over_a_stream(run_of: Callable[[str], Run]) -> None:
    (cell,) = run_of("implementation=fake").cells
    wire = extra_info(cell)["tlsbench"]["wire"]
    assert set(wire) == {"flights", "client_bytes", "server_bytes", "round_trips", "handshake_flights"}


@pytest.mark.parametrize("name", ["load.json", "load-hold.json", "duel.json", "run.json", "pytest.json"])
def test_what_is_read_and_written_again_is_described_and_the_same(name: str) -> None:
    stored = parse(json.dumps(document(name)), name)
    result = stored.result
    if isinstance(result, Run):
        text = to_json(result, stored.machine.noted)
    elif isinstance(result, Load):
        text = load_to_json(result, stored.machine.noted, stored.command)
    else:
        assert isinstance(result, Duel)
        text = duel_to_json(result)
    again = json.loads(text)
    assert faults(again) == []
    assert again["tlsbench"]["format"] == FORMAT
    if isinstance(result, Load):
        before = document(name)
        for ours, theirs in zip(again["benchmarks"], before["benchmarks"], strict=True):
            assert facts(ours) == facts(theirs)
            assert ours["stats"]["data"] == pytest.approx(theirs["stats"]["data"])
        kept, now = before["tlsbench"]["load"], again["tlsbench"]["load"]
        assert kept["plan"].items() <= now["plan"].items()
        assert kept["server"].items() <= now["server"].items()
        same = kept.keys() - {"plan", "server", "tally"}
        assert {key: now[key] for key in same} == {key: kept[key] for key in same}
    elif isinstance(result, Duel):
        assert {**again, "tlsbench": 0, "interrupted": 0} == {
            **document(name),
            "tlsbench": 0,
            "interrupted": 0,
        }


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("run.json", ["tlsbench", "conditions", "seed"], "one"),
        ("run.json", ["benchmarks", 0, "stats", "data"], 0),
        ("run.json", ["benchmarks", 0, "extra_info", "tlsbench", "wire", "server_bytes"], [None]),
        ("load.json", ["tlsbench", "load", "plan", "workers"], 0),
        ("duel.json", ["duel", 0, "comparisons", "total", "epochs"], 0),
        ("duel.json", ["tlsbench"], {"format": FORMAT + 1}),
    ],
)
def test_what_the_reader_refuses_is_no_instance_of_it(name: str, place: list[Any], value: object) -> None:
    stored = document(name)
    within: Any = stored
    for key in place[:-1]:
        within = within[key]
    within[place[-1]] = value
    assert faults(stored)


def facts(benchmark: dict[str, Any]) -> dict[str, Any]:
    """The data that does not depend on the versions of pytest-benchmark (statistics) and zlib (packing)."""
    histogram = HdrHistogram.decode(benchmark["extra_info"]["histogram_ns"])
    recorded = histogram.get_recorded_iterator()
    counts = [(one.value_iterated_to, one.count_at_value_iterated_to) for one in recorded]
    return {**benchmark, "stats": benchmark["stats"].keys(), "extra_info": counts}


def test_every_member_of_a_run_is_described() -> None:
    described = SCHEMA["$defs"]["conditions"]["properties"]
    assert set(described) == {field.name for field in fields(Conditions)}
    assert set(SCHEMA["$defs"]["ledger"]["properties"]) == {field.name for field in fields(Ledger)}
    stored = document("run.json")["benchmarks"][0]
    renamed = {"instrument", "unit", "figures", "phases", "disturbed"}  # older files do not have these
    asked_for = {"parts"}
    assert (
        set(SCHEMA["$defs"]["cell"]["properties"])
        == set(stored["extra_info"]["tlsbench"]) | renamed | asked_for
    )
    assert set(stored) <= set(SCHEMA["$defs"]["benchmark"]["properties"])


def test_a_duel_keeps_the_wire_of_its_sides() -> None:
    name = "duel.json"
    result = parse(json.dumps(document(name)), name).result
    assert isinstance(result, Duel)
    (one,) = result.results
    assert one.a.ledger is None, "0.1.0 did not store it"
    sides = replace(one, a=replace(one.a, ledger=Ledger(4, 300, 1000, 1, 3)))
    text = duel_to_json(replace(result, results=[sides]))
    assert faults(json.loads(text)) == []
    again = parse(text, name).result
    assert isinstance(again, Duel)
    assert again.results[0].a.ledger == Ledger(4, 300, 1000, 1, 3)
    assert again.results[0].b.ledger is None
