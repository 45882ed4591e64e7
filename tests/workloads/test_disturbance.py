from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tlsbench.workloads import Workload, disturbance
from tlsbench.workloads.disturbance import involuntary_switches, stolen_ticks, watched

Make = Callable[[str], Workload]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the counters are Linux's")


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which no thread is ever interrupted."""
    monkeypatch.setattr(disturbance, "involuntary_switches", lambda: 7)
    monkeypatch.setattr(disturbance, "stolen_ticks", dict)


def switched_out_in(monkeypatch: pytest.MonkeyPatch, samples: set[int]) -> Callable[[], int]:
    """A fake operation that numbers its samples; the thread is switched out during some of them."""
    switches = 0
    numbers = itertools.count()

    def sample() -> int:
        nonlocal switches
        number = next(numbers)
        switches += 3 * (number in samples)
        return number

    monkeypatch.setattr(disturbance, "involuntary_switches", lambda: switches)
    return sample


@pytest.mark.usefixtures("quiet")
def test_a_sample_is_disturbed_if_the_thread_was_switched_out_during_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample = switched_out_in(monkeypatch, {0, 3, 4})
    assert watched(sample, str, 0, 6) == [(0, True), (1, False), (2, False), (3, True), (4, True), (5, False)]


@pytest.mark.usefixtures("quiet")
def test_after_a_switch_as_many_samples_are_disturbed_as_it_takes_to_warm_the_caches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    discarded: list[int] = []
    taken = watched(switched_out_in(monkeypatch, {4, 8}), discarded.append, 2, 8)
    assert discarded == [0, 1]
    assert [number for number, disturbed in taken if disturbed] == [4, 5, 6, 8, 9]


@pytest.mark.usefixtures("quiet")
def test_a_switch_while_the_caches_are_warmed_leaves_the_first_samples_cold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken = watched(switched_out_in(monkeypatch, {1}), str, 3, 4)
    assert [number for number, disturbed in taken if disturbed] == [3, 4]


@pytest.mark.usefixtures("quiet")
def test_no_sample_is_disturbed_for_being_slow(workload_of: Make) -> None:
    cell = workload_of("implementation=fake")
    times = itertools.chain(range(0, 40_000, 1000), itertools.count(10**12, 10**9))
    cell.clock = times.__next__  # type: ignore[attr-defined] - the cell of a connection
    samples = cell.visit(0, 6)
    assert max(one.total for one in samples) > 1000 * min(one.total for one in samples)
    assert not any(one.disturbed for one in samples)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "cell",
    [
        "implementation=fake",
        "implementation=fake workload=bulk",
        "implementation=fake workload=echo",
        "workload=primitive algorithm=sha-256/digest",
    ],
)
def test_every_workload_marks_its_disturbed_samples(
    cell: str, workload_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    workload = workload_of(cell)
    workload.sample()
    counts = iter([0, 0, 0, 1, 1, 1])
    monkeypatch.setattr(disturbance, "involuntary_switches", counts.__next__)
    assert [one.disturbed for one in workload.visit(1, 4)] == [False, True, True, False]


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("stolen_from", "disturbed"), [(b"cpu1", True), (b"cpu0", False)])
def test_a_visit_is_disturbed_if_the_host_took_the_processor_that_it_ran_on(
    stolen_from: bytes, disturbed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {b"cpu0": 5, b"cpu1": 9}
    looks = iter([before, {**before, stolen_from: before[stolen_from] + 1}])
    monkeypatch.setattr(disturbance, "stolen_ticks", looks.__next__)
    monkeypatch.setattr(disturbance, "processor", lambda: b"cpu1")
    assert watched(lambda: "sample", str, 0, 2) == [("sample", disturbed)] * 2


def test_where_the_system_tells_nothing_no_sample_is_disturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disturbance, "_STAT", Path("/nowhere"))
    monkeypatch.setattr(disturbance, "_getcpu", lambda: lambda: -1)
    monkeypatch.setattr(disturbance, "_switches", lambda: lambda: 0)
    assert watched(lambda: "sample", str, 0, 2) == [("sample", False)] * 2


def test_steal_is_not_watched_where_that_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disturbance, "_look", lambda: {b"cpu0": 1})
    disturbance._is_cheap.cache_clear()
    assert stolen_ticks() == {b"cpu0": 1}
    monkeypatch.setattr(disturbance, "_DEAREST_LOOK_NS", -1)
    disturbance._is_cheap.cache_clear()
    assert stolen_ticks() == {}
    disturbance._is_cheap.cache_clear()


@on_linux
def test_the_kernel_names_the_processor_that_the_thread_is_on() -> None:
    assert disturbance.processor() in disturbance._look()


@pytest.fixture
def crowded_processor() -> Iterator[None]:
    """One processor for this thread and for a process that never rests."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
        yield
        other.kill()
    os.sched_setaffinity(0, allowed)


@on_linux
@pytest.mark.usefixtures("crowded_processor")
def test_the_kernel_counts_when_another_process_gets_the_processor() -> None:
    before, deadline = involuntary_switches(), time.monotonic() + 30
    while involuntary_switches() == before and time.monotonic() < deadline:
        pass
    assert involuntary_switches() > before
