from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tlsbench.loading.tally import PHASES, SUCCESS, LoadTally, total


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
