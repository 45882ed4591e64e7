from __future__ import annotations

import pytest

from tlsbench.loading.server_side import _at_work


@pytest.mark.parametrize(
    ("before", "after", "threads"),
    [
        ({1: 5.0, 2: 1.0, 3: 1.0}, {1: 5.0, 2: 2.0, 3: 1.9}, 2),  # a master that waits, and two that work
        ({1: 5.0, 2: 1.0}, {1: 5.01, 2: 2.0}, 1),  # one that reports now and then
        ({1: 5.0}, {1: 6.0, 2: 1.0}, 2),  # one that started meanwhile
        ({1: 5.0}, {1: 5.0}, 0),
        ({}, {}, 0),
    ],
)
def test_threads_that_spent_a_tenth_of_what_the_busiest_did_worked(
    before: dict[int, float], after: dict[int, float], threads: int
) -> None:
    assert _at_work(before, after) == threads
