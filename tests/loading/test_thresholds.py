from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.loading import Load, LoadPlan, LoadTally, Target, parse_threshold
from tlsbench.loading.seconds import Second
from tlsbench.loading.tally import SUCCESS
from tlsbench.loading.thresholds import Threshold


def load(times_ms: range = range(1, 1001), failed: int = 0, rates: tuple[int, ...] = (500,) * 10) -> Load:
    tally = LoadTally(begun=len(times_ms) + failed)
    tally.outcomes[SUCCESS] = len(times_ms)
    tally.outcomes["connect: connection refused"] = failed
    for time_ms in times_ms:
        for phase in ("handshake", "connection"):
            tally.times[phase].record_value(time_ms * 1_000_000)
    seconds = tuple(Second(float(at), rate, 0, 0, 0) for at, rate in enumerate(rates))
    return replace(Load(LoadPlan(target=Target("127.0.0.1", 1))), tally=tally, seconds=seconds)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("p50<600ms", "pass"),
        ("p50<400ms", "fail"),
        ("p50<500ms", "undecided"),
        ("handshake p99<999ms", "pass"),
        ("p99<900ms", "fail"),
        ("p99<1s", "pass"),
        ("p99.9<1s", "undecided"),  # with 1,000 times, the interval of that quantile has no upper end
        ("failed<1%", "pass"),
        ("handshakes>400/s", "pass"),
        ("handshakes>600/s", "fail"),
        ("request p99<1ms", "undecided"),  # there were none
    ],
)
def test_it_is_kept_missed_or_undecided_by_the_whole_interval(text: str, answer: str) -> None:
    assert parse_threshold(text).answer(load()) == answer


def test_few_seconds_and_few_connections_decide_nothing() -> None:
    assert parse_threshold("handshakes>400/s").answer(load(rates=(500,) * 5)) == "undecided"
    assert parse_threshold("failed<1%").answer(load(range(1, 100))) == "undecided"


def test_failures_are_a_share_of_what_was_begun() -> None:
    assert parse_threshold("failed<1%").answer(load(failed=100)) == "fail"
    assert parse_threshold("failed<1%").interval(load(failed=100)).median == pytest.approx(100 / 1100)


@pytest.mark.parametrize(
    ("goal", "miss"),
    [("p99<50ms", "p99>50ms"), ("failed<1%", "failed>1%"), ("requests>5/s", "requests<5/s")],
)
def test_the_goal_and_what_misses_it_are_the_same_threshold(goal: str, miss: str) -> None:
    assert parse_threshold(goal) == replace(parse_threshold(miss), text=goal)


def test_a_threshold_is_read_with_its_phase_and_unit() -> None:
    assert parse_threshold(" first byte  p99.9 < 1.5ms") == Threshold(
        "first byte p99.9 < 1.5ms", "first byte", 1.5e6, is_most=True, quantile=0.999
    )
    assert parse_threshold("p50<200µs").bound == parse_threshold("p50<200us").bound == 200_000
    assert parse_threshold("p50<2s").figure == "connection"


@given(st.text(max_size=30))
def test_what_is_none_is_refused_in_one_line(text: str) -> None:
    try:
        assert parse_threshold(text).text
    except RequestError as error:
        assert "is not a threshold: write p99<50ms" in str(error)


@pytest.mark.parametrize(
    "text", ["p100<5ms", "p0<5ms", "p99<5", "p99=5ms", "speed>5/s", "handshakes>5", "p99<1e3ms"]
)
def test_what_only_looks_like_one_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="is not a threshold"):
        parse_threshold(text)
