from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.loading.tally import PHASES, SUCCESS, TCP_RTT, LoadTally, histogram, record_times, total
from tlsbench.sockets import TcpInfo


def tally(times_ns: list[int], failed: int = 0) -> LoadTally:
    one = LoadTally(begun=len(times_ns) + failed, requests=3, cpu_s=0.5)
    one.outcomes[SUCCESS] = len(times_ns)
    one.outcomes["connect: connection refused"] = failed
    one.negotiated["1.3 TLS_AES_128_GCM_SHA256 x25519 resumed"] = len(times_ns)
    for time_ns in times_ns:
        one.times["handshake"].record_value(time_ns)
    return one


def test_a_tally_comes_back_from_json() -> None:
    one = tally([1_000_000, 2_000_000], failed=2)
    again = LoadTally.from_plain(json.loads(json.dumps(one.to_plain())))
    assert again.to_plain() == one.to_plain()
    assert again.open == 0
    assert again.resumed == 2
    assert again.failures == {"connect: connection refused": 2}


@given(st.lists(st.integers(0, 3_600_000_000_000), max_size=60))
def test_many_times_are_recorded_as_one_by_one(times: list[int]) -> None:
    at_once, one_by_one = histogram(), histogram()
    at_once.record_value(5000)
    one_by_one.record_value(5000)
    for took in times:
        one_by_one.record_value(max(1000, took))
    record_times(at_once, times)
    assert at_once.encode() == one_by_one.encode()
    assert at_once.get_min_value() == one_by_one.get_min_value()
    assert at_once.get_max_value() == one_by_one.get_max_value()
    assert at_once.get_total_count() == len(times) + 1


@given(st.lists(st.lists(st.integers(1_000, 10**10), max_size=20), min_size=1, max_size=4))
def test_together_the_workers_have_the_percentiles_of_all_their_times(times: list[list[int]]) -> None:
    together, one = total(tally(part) for part in times), tally([time for part in times for time in part])
    assert together.begun == one.begun
    assert together.handshakes == one.handshakes
    for percentile in (50, 90, 99, 100):
        ours, theirs = (
            each.times["handshake"].get_value_at_percentile(percentile) for each in (together, one)
        )
        assert ours == theirs
    assert set(together.times) == set(PHASES)


def test_what_kernels_say_of_paths_is_added_up() -> None:
    one, two = LoadTally(), LoadTally()
    one.see_path(TcpInfo(rtt_us=50_000, window_segments=10, retransmissions=0))
    one.see_path(TcpInfo(rtt_us=60_000, window_segments=7, retransmissions=3))
    two.see_path(TcpInfo(rtt_us=0, window_segments=10, retransmissions=1))
    together = LoadTally.from_plain(json.loads(json.dumps(total([one, two]).to_plain())))
    assert (together.retransmissions, together.retransmitting) == (4, 2)
    assert together.windows == {"10": 2, "7": 1}
    rtts = together.times[TCP_RTT]
    assert rtts.get_total_count() == 3
    assert rtts.get_max_value() == pytest.approx(60e6, rel=1e-3)
    assert rtts.get_min_value() <= 1000
