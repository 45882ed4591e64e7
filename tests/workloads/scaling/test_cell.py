from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tlsbench.errors import ProofError
from tlsbench.implementations.registry import ends_of
from tlsbench.results.collect import collect
from tlsbench.sampling import WALL, Plan, measure
from tlsbench.sampling.instruments import SCALING
from tlsbench.scenarios import Scenario
from tlsbench.workloads.prepare import lanes_of, prepare
from tlsbench.workloads.scaling.cell import Scaling, _at_rank
from tlsbench.workloads.scaling.crew import Crew
from tlsbench.workloads.scaling.turns import Batch, Turn

Find = Callable[[str], tuple[Scenario, ...]]
OF = "workload=scaling implementation=fake threads=2"


class Beside(Crew):
    """Processes that do an operation in 5 µs each, on their own processors."""

    def __init__(self, operations: int = 1000) -> None:
        super().__init__()
        self.operations = operations
        self.asked: list[tuple[str, int]] = []

    def prepare(self, scenario: Scenario, count: int) -> list[int]:
        self.asked.append((scenario.id, count))
        return [0] * count

    def turn(self, lanes: Sequence[int | str], window_ns: int) -> Batch:
        return Batch(0, [Turn(5_000_000, self.operations, 4_900_000) for _ in lanes])


@pytest.fixture
def cell_of(scenarios_of: Find) -> Callable[..., Scaling]:
    def make(selector: str, crew: Crew) -> Scaling:
        (scenario,) = scenarios_of(selector)
        return Scaling(scenario, lanes_of(scenario, ends_of(scenario)), crew=crew)

    return make


def test_a_sample_has_the_time_on_the_wall_and_every_control(cell_of: Callable[..., Scaling]) -> None:
    crew = Beside()
    cell = cell_of(OF, crew)
    (sample,) = cell.visit(5, 1)
    assert sample.figures is not None
    assert {"total", *sample.figures} == set(SCALING.parts)
    assert sample.of("total") == sample.total / sample.operations
    assert sample.of("processes") == 5_000_000 / 2000
    assert sample.of("hash_cpu") == 4_900 * 2 / 2
    assert sample.of("p50") <= sample.of("p99")
    assert cell.proof()["processors"]
    cell.close()


def test_the_processes_beside_have_one_thread_each_and_contexts_of_their_own(
    cell_of: Callable[..., Scaling],
) -> None:
    crew = Beside()
    cell_of(f"{OF} context=own", crew).close()
    ((asked, count),) = crew.asked
    assert "threads" not in asked
    assert "context" not in asked
    assert count == 2


def test_every_kind_of_batch_comes_first_once(
    cell_of: Callable[..., Scaling], monkeypatch: pytest.MonkeyPatch
) -> None:
    first: list[str] = []
    cell = cell_of(OF, Beside())
    kinds = dict(cell._kinds())

    def noting() -> object:
        taken: list[str] = []

        def noted(name: str) -> Batch:
            if not taken:
                first.append(name)
            taken.append(name)
            return kinds[name]()

        return iter([(name, lambda name=name: noted(name)) for name in kinds])

    monkeypatch.setattr(Scaling, "_kinds", lambda _cell: noting())
    for _ in kinds:
        cell.sample()
    assert sorted(first) == sorted(kinds)
    cell.close()


def test_what_a_thread_did_is_proved_before_it_is_given(
    cell_of: Callable[..., Scaling], monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = cell_of(OF, Beside())

    second = cell._own[1]

    def fail(lane: object) -> None:
        if lane is second:
            raise ProofError("resumption", wanted="none", got="psk", witness="wire")

    monkeypatch.setattr(type(cell._own[0]), "prove", fail)
    with pytest.raises(ProofError):
        cell.sample()
    monkeypatch.undo()
    cell.close()


def test_a_void_cell_is_a_failure_and_not_a_cell_with_figures(scenarios_of: Find) -> None:
    """Processes that had a hundredth of the processors: the library's figures exist, but are not shown."""

    class Starved(Beside):
        def turn(self, lanes: Sequence[int | str], window_ns: int) -> Batch:
            return Batch(0, [Turn(5_000_000, self.operations, 50_000) for _ in lanes])

    scenarios = scenarios_of(f"{OF} context=shared,own")
    plan = Plan(time_budget_s=0.0, precision=0.0, seed=1, warm_up_s=0.0)
    outcome = measure(scenarios, lambda one: Scaling(one, lanes_of(one, ends_of(one)), crew=Starved()), plan)
    run = collect(
        outcome.series,
        [],
        plan,
        meter=WALL,
        command="",
        elapsed_s=1.0,
        stopped_by="time budget",
    )
    assert not run.cells
    assert [failure.id for failure in run.failures] == [scenario.id for scenario in scenarios]
    assert all(failure.error.startswith("void: 2 processes had the time of 0.0") for failure in run.failures)


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert _at_rank(range(1, 101), share) == value
    assert _at_rank([7], share) == 7


@pytest.mark.slow
def test_threads_of_pure_python_get_no_further_than_one_with_real_processes_beside_them(
    scenarios_of: Find,
) -> None:
    """The fake is pure Python, so its threads must behave as the control says."""
    (scenario,) = scenarios_of(OF)
    cell = prepare(scenario, ends_of(scenario), WALL.clock)
    samples = [cell.sample() for _ in range(5)]
    cell.close()
    assert all(sample.figures for sample in samples)
    # If other load takes the processor from the single one, the others seem to gain: the minimum counts.
    assert min(sample.of("python_alone") / sample.of("python") for sample in samples) < 1.5
