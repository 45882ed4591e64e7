from __future__ import annotations

import os
from pathlib import Path

import pytest

from tlsbench import topology
from tlsbench.topology import PINS_THREADS, Processor, cores, numbers_in, places, processors, siblings


def system(folder: Path, shared: dict[int, str], nodes: dict[int, str]) -> Path:
    """A kernel's description of processors: the siblings of each, and the processors of each node."""
    for number, text in shared.items():
        place = folder / "cpu" / f"cpu{number}" / "topology"
        place.mkdir(parents=True)
        (place / "thread_siblings_list").write_text(f"{text}\n")
    for node, text in nodes.items():
        place = folder / "node" / f"node{node}"
        place.mkdir(parents=True)
        (place / "cpulist").write_text(f"{text}\n")
    return folder


#: Two nodes with two cores of two siblings each, numbered as in Linux.
SERVER = {0: "0,4", 4: "0,4", 1: "1,5", 5: "1,5", 2: "2,6", 6: "2,6", 3: "3,7", 7: "3,7"}
NODES = {0: "0-1,4-5", 1: "2-3,6-7"}


def test_threads_are_placed_on_cores_first_node_by_node_and_on_siblings_last(tmp_path: Path) -> None:
    found = processors(range(8), system(tmp_path, SERVER, NODES))
    assert [one.number for one in found] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert cores(found) == 4
    assert siblings(found) == [(0, 4), (1, 5), (2, 6), (3, 7)]


def test_cores_of_one_node_come_before_those_of_the_next(tmp_path: Path) -> None:
    found = processors(range(4), system(tmp_path, {}, {0: "0,2", 1: "1,3"}))
    assert [one.number for one in found] == [0, 2, 1, 3]


def test_siblings_that_are_numbered_side_by_side_still_come_last(tmp_path: Path) -> None:
    beside = {0: "0-1", 1: "0-1", 2: "2-3", 3: "2-3"}
    assert [one.number for one in processors(range(4), system(tmp_path, beside, {}))] == [0, 2, 1, 3]


def test_only_the_processors_that_may_be_used_count(tmp_path: Path) -> None:
    found = processors({4, 3}, system(tmp_path, SERVER, NODES))
    assert found == (Processor(4, 0, 0), Processor(3, 3, 1))
    assert cores(found) == 2


def test_where_the_kernel_tells_nothing_each_processor_is_a_core_of_one_node(tmp_path: Path) -> None:
    assert processors(range(2), tmp_path) == (Processor(0, 0, 0), Processor(1, 1, 0))


@pytest.mark.parametrize(("text", "numbers"), [("0-2,5\n", [0, 1, 2, 5]), ("", []), ("3", [3]), ("x,1-", [])])
def test_a_list_of_the_kernel_is_read(text: str, numbers: list[int]) -> None:
    assert list(numbers_in(text)) == numbers


def test_threads_have_places_only_where_they_are_asked_to_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PINS_THREADS, raising=False)
    assert places(3) == [None] * 3
    monkeypatch.setenv(PINS_THREADS, "1")
    monkeypatch.setattr(topology, "usable", lambda: frozenset({0, 1}))
    assert places(3)[2] == places(3)[0]  # if there are more threads than processors, they share them
    assert set(places(2)) == {0, 1}


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux tells")
def test_this_machine_has_at_least_one_core() -> None:
    found = processors()
    assert {one.number for one in found} == os.sched_getaffinity(0)
    assert 1 <= cores(found) <= len(found)
