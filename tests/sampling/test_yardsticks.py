from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tlsbench.errors import ProofError
from tlsbench.sampling import WALL, meter_named, yardsticks
from tlsbench.sampling.instruments import INSTRUMENTS
from tlsbench.sampling.placement import placement
from tlsbench.sampling.yardsticks import YARDSTICKS, Yardstick, yardstick_named, yardsticks_for
from tlsbench.scenarios import Scenario

Find = Callable[[str], tuple[Scenario, ...]]


@pytest.fixture
def measurable(scenarios_of: Find) -> list[Yardstick]:
    """Those that can be measured here: a scenario of `fake` shares its engine with few others."""
    return yardsticks_for(scenarios_of("implementation=fake,ssl"), WALL)


def test_every_yardstick_that_can_be_measured_gives_proved_times(measurable: list[Yardstick]) -> None:
    assert {"handshake", "resumption", "bulk", "primitive", "arithmetic", "interpreter"} == {
        one.nature for one in measurable
    }
    for one in measurable:
        workload = one.prepare(WALL)
        assert all(sample.of("libraries") > 0 for sample in workload.visit(1, 2)), one.name
        workload.close()


def test_each_has_a_name_and_an_identity_of_its_own(measurable: list[Yardstick]) -> None:
    assert len({one.name for one in YARDSTICKS}) == len(YARDSTICKS)
    assert len({one.identity(WALL) for one in measurable}) == len(measurable)
    assert all(yardstick_named(one.name) is one for one in measurable)


def test_an_identity_changes_with_what_runs(
    measurable: list[Yardstick], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [one.identity(WALL) for one in measurable]
    assert [one.identity(WALL) for one in measurable] == before
    assert not set(before) & {one.identity(meter_named("cpu")) for one in measurable}
    with monkeypatch.context() as other:
        other.setattr(yardsticks, "CODE_VERSION", yardsticks.CODE_VERSION + 1)
        assert not set(before) & {one.identity(WALL) for one in measurable}
    with monkeypatch.context() as other:
        other.setattr("platform.python_version", lambda: "3.99.0")
        assert not set(before) & {one.identity(WALL) for one in measurable}
    for one, identity in zip(measurable, before, strict=True):
        assert all(engine in identity for engine in one.engines.values())


def test_a_yardstick_of_the_implementation_of_every_cell_is_left_out(scenarios_of: Find) -> None:
    of_one = {one.name for one in yardsticks_for(scenarios_of("implementation=pyopenssl"), WALL)}
    assert "pyopenssl full handshake" not in of_one
    assert {"AES-256-GCM of 16 KiB", "counting in a dictionary"} <= of_one
    of_two = {one.name for one in yardsticks_for(scenarios_of("implementation=pyopenssl,fake"), WALL)}
    assert of_two == of_one | {"pyopenssl full handshake", "pyopenssl PSK handshake"}


def test_what_the_meter_does_not_count_has_no_yardsticks(scenarios_of: Find) -> None:
    assert yardsticks_for(scenarios_of("workload=memory implementation=ssl"), WALL) == []


def test_a_library_that_is_not_there_is_no_error(monkeypatch: pytest.MonkeyPatch, scenarios_of: Find) -> None:
    absent = Yardstick(name="absent", nature="handshake", selector="implementation=fake key=rsa-1")
    twice = Yardstick(name="twice", nature="handshake", selector="implementation=fake key=rsa-2048,ed25519")
    present = Yardstick(name="present", nature="handshake", selector="implementation=fake", unless="ssl")
    monkeypatch.setattr(yardsticks, "YARDSTICKS", (absent, twice, present))
    assert yardsticks_for(scenarios_of("implementation=ssl"), WALL) == []
    monkeypatch.setattr(yardsticks, "YARDSTICKS", (replace(present, unless=""),))
    assert len(yardsticks_for(scenarios_of("implementation=ssl"), WALL)) == 1


def test_an_operation_that_gives_something_else_is_an_error() -> None:
    results: Iterator[int] = iter([1, 2])
    operation = yardsticks._proved(lambda: next(results), 1, "count")
    operation.verify()
    with pytest.raises(ProofError, match="count"):
        operation.verify()


@pytest.mark.slow
def test_yardsticks_are_measured_in_a_worker_where_the_cells_are(scenarios_of: Find) -> None:
    scenarios = scenarios_of("implementation=ssl cpu=no-aes")
    with placement(scenarios, WALL, processes=2) as place:
        for name in ("counting in a dictionary", "pyopenssl full handshake"):
            one = yardstick_named(name)
            remote = place.make(one)
            for turn in range(place.processes):
                place.begin_round(turn)
                assert all(sample.total > 0 for sample in remote.visit(1, 2))
            engines = [each.engines for each in remote.workloads]  # type: ignore[attr-defined] - of several
            assert engines == [one.engines] * 2


def test_no_instrument_but_a_clock_takes_yardsticks(scenarios_of: Find) -> None:
    clocks = [one for one in INSTRUMENTS.values() if one.name in ("wall", "cpu")]
    assert all(yardsticks_for(scenarios_of("implementation=ssl"), clock) for clock in clocks)
