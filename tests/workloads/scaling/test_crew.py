"""The processes alongside the threads: real ones, few and small."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tlsbench.errors import MeasurementError
from tlsbench.scenarios import Scenario
from tlsbench.workloads.scaling.crew import Crew

Find = Callable[[str], tuple[Scenario, ...]]
WINDOW_NS = 5_000_000


@pytest.fixture
def crew() -> Iterator[Crew]:
    made = Crew()
    made.join()
    yield made
    made.leave()


def test_processes_take_their_turns_on_lanes_and_controls(crew: Crew, scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("workload=scaling implementation=fake threads=1")
    lanes = crew.prepare(scenario, 2)
    again = crew.prepare(scenario, 2)
    assert (lanes, again) == ([0, 0], [1, 1]), "a second cell has lanes of its own in the same processes"
    for turns in (lanes, ["hash", "hash"], ["python"]):
        batch = crew.turn(turns, WINDOW_NS)
        assert len(batch.turns) == len(turns)
        assert all(turn.operations for turn in batch.turns)
        assert batch.wall_ns >= WINDOW_NS


def test_they_end_with_the_last_cell_that_needs_them(crew: Crew, scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("workload=scaling implementation=fake threads=1")
    crew.prepare(scenario, 1)
    (member,) = crew._members
    crew.join()
    crew.leave()
    assert member._process.poll() is None
    crew.leave()
    assert member._process.poll() is not None
    assert not crew._members
    crew.join()


def test_what_one_of_them_cannot_is_said_in_one_line(crew: Crew, scenarios_of: Find) -> None:
    (scenario,) = scenarios_of("workload=scaling implementation=fake threads=1")
    crew.prepare(scenario, 1)
    with pytest.raises(MeasurementError, match="a process beside the threads: "):
        crew.turn([7], WINDOW_NS)
