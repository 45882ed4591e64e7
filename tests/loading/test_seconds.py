from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.loading.test_tally import tally

from tlsbench.loading.seconds import second
from tlsbench.loading.tally import LoadTally, total

TIMES_NS = st.lists(st.integers(1_000_000, 10**10), min_size=1, max_size=50)


@given(TIMES_NS, TIMES_NS)
def test_a_second_has_the_quantiles_of_its_own_times_alone(before: list[int], within: list[int]) -> None:
    earlier = tally(before)
    found = second(2.0, total([earlier, tally(within, failed=3)]), earlier)
    assert (found.handshakes, found.requests, found.failed) == (len(within), 3, 3)
    assert set(found.times_ns) == {"handshake"}
    ordered = sorted(within)
    for value, share in zip(found.times_ns["handshake"], (0.5, 0.99), strict=True):
        exact = ordered[int(np.ceil(share * len(within))) - 1]
        assert value == pytest.approx(exact, rel=2e-3)  # three significant digits


def test_a_second_in_which_nothing_ended_has_no_times() -> None:
    same = tally([5_000_000])
    found = second(3.0, same, same)
    assert (found.handshakes, found.failed, dict(found.times_ns)) == (0, 0, {})
    assert second(1.0, same, LoadTally()).handshakes == 1
