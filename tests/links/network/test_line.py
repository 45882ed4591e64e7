"""One direction of a network: rate, delay and losses, in virtual time."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.links.network import Line, Network


def line(**network: float) -> Line:
    return Line(Network(**network), random.Random(1))  # type: ignore[arg-type]


def test_a_packet_takes_its_time_on_the_line_and_half_a_round_trip() -> None:
    assert line(rtt_ms=50, bandwidth_mbit=10).arrival_ms(100, 1500) == pytest.approx(100 + 1.2 + 25)


def test_packets_wait_for_those_before_them() -> None:
    one = line(rtt_ms=50, bandwidth_mbit=10)
    assert [one.arrival_ms(0, 1500) for _ in range(3)] == pytest.approx([26.2, 27.4, 28.6])
    assert one.arrival_ms(90, 1500) == pytest.approx(116.2), "and no longer than they are there"


def test_a_lost_packet_took_its_time_on_the_line_too() -> None:
    one = line(rtt_ms=0, bandwidth_mbit=10, loss=0.5)
    arrivals = [one.arrival_ms(0, 1500) for _ in range(100)]
    assert 30 < arrivals.count(None) < 70
    assert [time for time in arrivals if time is not None] == pytest.approx(
        [1.2 * number for number, time in enumerate(arrivals, start=1) if time is not None]
    )


@given(
    entries=st.lists(st.tuples(st.floats(0, 50), st.integers(40, 1500)), max_size=20),
    rtt=st.floats(0, 500),
    mbit=st.floats(0.1, 1000),
)
def test_packets_leave_in_order_and_never_early(
    entries: list[tuple[float, int]], rtt: float, mbit: float
) -> None:
    one, now_ms, last_ms = line(rtt_ms=rtt, bandwidth_mbit=mbit), 0.0, 0.0
    for later_ms, packet_bytes in entries:
        now_ms += later_ms
        arrival_ms = one.arrival_ms(now_ms, packet_bytes)
        assert arrival_ms is not None
        assert arrival_ms >= max(last_ms, now_ms + rtt / 2)
        last_ms = arrival_ms
