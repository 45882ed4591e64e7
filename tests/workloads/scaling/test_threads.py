from __future__ import annotations

import os
import threading
import time

import pytest

from tlsbench.topology import PINS_THREADS
from tlsbench.workloads.scaling.threads import Threads


def test_each_job_has_a_thread_of_its_own_and_keeps_it() -> None:
    threads = Threads(3)
    first = threads.each([threading.get_ident] * 3)
    assert len(set(first)) == 3
    assert threads.each([threading.get_ident] * 3) == first
    assert threading.get_ident() not in first
    threads.close()


def test_they_take_their_turns_at_the_same_time() -> None:
    threads = Threads(4)
    batch = threads.turn([lambda: time.sleep(0.001)] * 4, 30_000_000)
    assert len(batch.turns) == 4
    assert all(turn.operations for turn in batch.turns)
    in_a_row = sum(sum(turn.latencies_ns) for turn in batch.turns)
    assert batch.wall_ns < in_a_row / 2, "four that sleep side by side take no longer than one"
    threads.close()


def test_fewer_operations_are_turns_of_fewer_threads() -> None:
    threads = Threads(2)
    assert len(threads.turn([lambda: None], 1_000_000).turns) == 1
    threads.close()


def test_what_goes_wrong_in_one_is_raised() -> None:
    threads = Threads(2)
    with pytest.raises(ZeroDivisionError):
        threads.turn([lambda: None, lambda: 1 // 0], 1_000_000)
    threads.close()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux lets a thread choose")
def test_a_thread_stays_on_its_processor_and_the_process_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.sched_getaffinity(0)
    monkeypatch.setenv(PINS_THREADS, "1")
    threads = Threads(len(before) + 1)
    found = threads.each([lambda: os.sched_getaffinity(0)] * (len(before) + 1))
    assert all(len(places) == 1 for places in found)
    assert set().union(*found) == before
    assert found[-1] == found[0]
    assert os.sched_getaffinity(0) == before
    threads.close()
