from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest
from tests.results.documents import FOLDER
from tests.results.test_schema import SCHEMA

from tlsbench.loading import Load
from tlsbench.loading.machines import MachineLoad
from tlsbench.report.exporters import export
from tlsbench.report.loads import report_of_load, why_failed
from tlsbench.results.environment import machine_info
from tlsbench.results.load_json import load_to_json
from tlsbench.results.reader import parse, read_file


@pytest.fixture
def load() -> Load:
    found = read_file(FOLDER / "load.json").result
    assert isinstance(found, Load)
    machines = (
        MachineLoad(
            name="a", connections=5, tally=found.tally, elapsed_s=1.0, late_ms=0.5, uncertain_ms=0.25
        ),
        MachineLoad(
            name="b", connections=5, tally=found.tally, elapsed_s=4.0, late_ms=2.0, uncertain_ms=0.25
        ),
        MachineLoad(name="c", connections=5, lost="its worker is gone", clock_off_ms=-3000.0),
    )
    return replace(found, machines=machines, differences=("Python differs: 3.12 on b; 3.11 on a, c",))


def test_each_machine_is_shown_with_its_share_and_when_it_began(load: Load) -> None:
    text = export(report_of_load(load), "table", 140)
    assert "by machine" in text
    assert "+0.5 ±0.2" in text
    assert "lost: its worker is gone" in text
    assert "their first connections began within 1.5 ms of each other (± 0.5 ms)" in text
    assert "the clock of c is off by -3.0 s" in text
    assert "Python differs: 3.12 on b; 3.11 on a, c" in text


def test_the_slowest_and_the_lost_are_named(load: Load) -> None:
    headlines = [finding.headline for finding in report_of_load(load).findings]
    assert any(
        one.startswith("Slowest machine: b, ") and "75% less for its share" in one for one in headlines
    )
    assert "Lost 1 of 3 machines: c" in headlines
    assert why_failed(load) == "failed: a machine was lost: c: its worker is gone"


def test_machines_that_are_as_quick_are_not_called_slow(load: Load) -> None:
    alike = replace(load, machines=tuple(replace(one, elapsed_s=1.0) for one in load.machines[:2]))
    assert not any("Slowest" in finding.headline for finding in report_of_load(alike).findings)


def test_a_load_by_one_machine_says_nothing_of_machines(load: Load) -> None:
    assert "machine" not in export(report_of_load(replace(load, machines=(), differences=())), "table", 140)


def test_it_is_stored_as_the_schema_says_and_read_as_it_was(load: Load) -> None:
    written = load_to_json(load, machine_info(), "command")
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(written))
    again = parse(written, "load.json").result
    assert isinstance(again, Load)
    assert again.differences == load.differences
    assert [replace(one, tally=load.tally) for one in again.machines] == [
        replace(one, tally=load.tally) for one in load.machines
    ]
    assert [one.tally.to_plain() for one in again.machines] == [one.tally.to_plain() for one in load.machines]
