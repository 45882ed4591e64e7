"""What makes the figures of threads void, with figures set by the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.results.scaling_cells import cell_with

from tlsbench.results.scaling import controls, efficiency, interpreter_share, why_void
from tlsbench.stats import summarise


def test_what_threads_lose_against_processes_is_what_lacks_of_their_efficiency() -> None:
    found = efficiency(cell_with())
    assert found.median == pytest.approx(500 / 520)
    assert found.low <= found.median <= found.high
    assert interpreter_share(cell_with()) == pytest.approx(0.01)


def test_controls_that_come_out_let_the_figures_speak() -> None:
    assert why_void(cell_with()) == ""
    found = controls(cell_with())
    assert (found.python, found.hash_processes, found.processors) == (1.0, 2.0, 1.98)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"python": 30.0}, "of pure Python did 1.67 times the work"),
        ({"python": 100.0}, "pure Python did 0.50 times the work"),
        ({"hash": 90.0}, "did 1.11 times the hashing of one, without the interpreter's lock"),
        ({"hash_processes": 75.0, "hash": 75.0, "hash_cpu": 99.0}, "had the time of 1.32 processors"),
        (
            {"hash_processes": 80.0, "hash": 80.0, "hash_cpu": 159.0},
            "2 processes did only 1.25 times the hashing of one thread",
        ),
    ],
)
def test_a_control_that_does_not_come_out_makes_them_void_and_is_named(
    changed: Mapping[str, float], words: str
) -> None:
    why = why_void(cell_with(**changed))
    assert why.startswith("void: ")
    assert words in why
    assert "end other programs" in why


def test_one_thread_beside_a_busy_neighbour_is_void_though_no_ratio_shows_it() -> None:
    """Everything measured on one thread is slowed equally: only its processor time shows it."""
    alone = {
        "python": 100.0,
        "python_alone": 100.0,
        "hash": 100.0,
        "hash_alone": 100.0,
        "hash_processes": 100.0,
    }
    assert why_void(cell_with(threads=1, **alone, hash_cpu=99.0)) == ""
    assert "had the time of 0.60 processors" in why_void(cell_with(threads=1, **alone, hash_cpu=60.0))


@pytest.mark.parametrize(("disturbed", "is_void"), [(1, False), (3, True)])
def test_a_neighbour_that_comes_and_goes_is_no_less_void(disturbed: int, is_void: bool) -> None:
    """In three of eight rounds, which no median shows."""
    busy, free = [[60.0]] * disturbed, [[99.0]] * (8 - disturbed)
    cell = cell_with()
    cell = replace(cell, figures={**cell.figures, "hash_cpu": summarise([*busy, *free])})
    assert controls(cell).processors == 1.98
    assert bool(why_void(cell)) is is_void


def test_more_threads_than_processors_need_no_more_than_there_are() -> None:
    assert why_void(cell_with(threads=4)) == ""


def test_siblings_of_a_core_need_not_be_as_fast_as_cores() -> None:
    slow = {"hash_processes": 80.0, "hash": 80.0, "hash_cpu": 159.0}
    assert why_void(cell_with(cores=1, **slow)) == ""
    assert why_void(cell_with(cores=2, **slow))


def test_without_the_interpreter_s_lock_pure_python_must_scale_as_processes_do() -> None:
    assert "without a lock" in why_void(cell_with(lock="free-threaded"))
    assert why_void(cell_with(lock="free-threaded", python=26.0)) == ""
