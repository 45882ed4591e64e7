from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources import files

import jsonschema
import pytest

from tlsbench.errors import RequestError
from tlsbench.fleet.combining import combined
from tlsbench.report.exporters import export
from tlsbench.report.runs import report_of_run
from tlsbench.results import Cell, Run
from tlsbench.results.benchmark_json import to_json
from tlsbench.results.by_machine import of_machine
from tlsbench.results.environment import machine_info
from tlsbench.results.reader import parse
from tlsbench.results.stored import Machine, Stored
from tlsbench.scenarios import Excluded
from tlsbench.scenarios import parse as parse_selectors
from tlsbench.scenarios.scenario import Scenario

SCHEMA = json.loads(files("tlsbench.results").joinpath("schema.json").read_text("utf-8"))
AMD = Machine(processor="AMD EPYC", cores=2, architecture="x86_64")
ARM = Machine(processor="Neoverse", cores=4, architecture="aarch64")


@pytest.fixture
def stored(run_of: Callable[[str], Run]) -> Mapping[str, Stored]:
    """Results of three machines, two of the same type, and the third twice as slow."""

    def of(name: str, machine: Machine) -> Stored:
        run = run_of("implementation=fake resumption=none,psk")
        return replace(parse(to_json(run, machine_info()), name), machine=machine)

    return {"a": of("a", AMD), "b": of("b", AMD), "c": of("c", ARM)}


def test_each_cell_has_its_machine_and_keeps_its_figures(stored: Mapping[str, Stored]) -> None:
    run = combined(stored, "command")
    assert len(run.cells) == 6
    assert {cell.axes["machine"] for cell in run.cells} == {"a", "b", "c"}
    for name, one in stored.items():
        assert isinstance(one.result, Run)
        alone = of_machine(run, name)
        assert isinstance(alone.result, Run)
        assert [cell.id for cell in alone.result.cells] == [cell.id for cell in one.result.cells]
        assert [cell.figures for cell in alone.result.cells] == [cell.figures for cell in one.result.cells]
        assert alone.result.yardsticks == one.result.yardsticks


def test_a_combined_run_is_described_by_the_schema_and_read_as_it_was(stored: Mapping[str, Stored]) -> None:
    run = combined(stored, "command", lost={"d": "its worker is gone"})
    written = to_json(run, machine_info())
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(written))
    again = parse(written, "fleet.json").result
    assert isinstance(again, Run)
    assert [cell.id for cell in again.cells] == [cell.id for cell in run.cells]
    assert [replace(one, yardsticks=()) for one in again.machines] == [
        replace(one, yardsticks=()) for one in run.machines
    ]
    assert again.cells[0].scenario == Scenario(
        **{name: getattr(run.cells[0].scenario, name) for name in Scenario.__dataclass_fields__}
    )


def test_what_was_left_out_everywhere_is_said_once_and_elsewhere_with_the_machine(
    stored: Mapping[str, Stored],
) -> None:
    def without(name: str, *excluded: Excluded) -> Stored:
        result = stored[name].result
        assert isinstance(result, Run)
        return replace(stored[name], result=replace(result, excluded=excluded))

    everywhere, once = Excluded("x", "no"), Excluded("y", "not installed")
    run = combined({"a": without("a", everywhere), "b": without("b", everywhere, once)}, "command")
    assert [(one.id, one.reason) for one in run.excluded] == [
        ("x", "no"),
        ("y machine=b", "b: not installed"),
    ]


def test_machines_of_one_type_are_pooled_and_each_is_beside_the_first(stored: Mapping[str, Stored]) -> None:
    text = export(report_of_run(combined(stored, "command")), "table", 160)
    assert "machines, each compared with a" in text
    assert "pooled: 2 machines of AMD EPYC, x86_64, 2 cores" in text
    assert "machines of Neoverse" not in text
    assert "3 machines measured the same matrix" in text


def test_a_pooled_cell_is_the_middle_of_its_machines_and_says_how_far_they_lie_apart(
    stored: Mapping[str, Stored],
) -> None:
    report = report_of_run(combined(stored, "command"))
    pooled = report.ledgers[-1].entries[0].figures
    medians_us = [
        stored[name].result.cells[0].main.median / 1e3  # type: ignore[union-attr]
        for name in ("a", "b")
    ]
    assert pooled["median"].number == pytest.approx(sum(medians_us) / 2)
    assert (pooled["low"].number, pooled["high"].number) == (min(medians_us), max(medians_us))


def test_cells_of_two_machines_are_never_ranked_as_if_they_were_of_one(
    stored: Mapping[str, Stored], taking: Callable[[Run, Callable[[Cell], float]], Run]
) -> None:
    def time_of(cell: Cell) -> float:
        return (4e6 if cell.axes["machine"] == "c" else 2e6) / (1 if cell.axes["resumption"] == "none" else 2)

    run = taking(combined(stored, "command"), time_of)
    found = [one.headline for one in report_of_run(run).findings if "psk" in one.headline]
    alone = [headline for headline in found if "instead" not in headline]
    assert alone
    for headline in alone:  # across two machines, it would be no difference, or 75 %
        assert headline.endswith("handshakes take 50 % less time (3 comparisons)")


def test_no_selector_names_a_machine() -> None:
    with pytest.raises(RequestError, match="machine=a: all machines of a fleet measure"):
        parse_selectors(["machine=a"], ())
