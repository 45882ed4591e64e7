from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import MeasurementError
from tlsbench.fleet.clocks import Exchange, Offset, offset_of

WAYS = st.tuples(st.integers(0, 10**8), st.integers(0, 10**8))


@given(st.integers(-(10**15), 10**15), st.lists(WAYS, min_size=1, max_size=12), st.integers(0, 10**12))
def test_the_true_offset_is_within_what_is_said_however_slow_each_way_is(
    ahead_ns: int, ways: list[tuple[int, int]], now_ns: int
) -> None:
    exchanges = []
    for there_ns, back_ns in ways:
        exchanges.append(Exchange(now_ns, now_ns + there_ns + ahead_ns, now_ns + there_ns + back_ns))
        now_ns += there_ns + back_ns + 1
    found = offset_of(exchanges)
    assert abs(found.ahead_ns - ahead_ns) <= found.uncertain_ns
    shortest_ns = min(there_ns + back_ns for there_ns, back_ns in ways)
    assert found.uncertain_ns <= (shortest_ns + 1) // 2


def test_a_slow_exchange_does_not_spoil_a_quick_one() -> None:
    quick, slow = Exchange(0, 1_050, 100), Exchange(200, 51_200, 90_200)
    assert offset_of([quick, slow]) == offset_of([quick])


def test_a_clock_that_is_set_meanwhile_is_refused() -> None:
    with pytest.raises(MeasurementError, match="a clock was set while it was read"):
        offset_of([Exchange(0, 1_000, 100), Exchange(200, 3_000_001_200, 300)])


def test_an_offset_tells_what_the_other_clock_says() -> None:
    assert Offset(1_000, 5).theirs(70) == 1_070
