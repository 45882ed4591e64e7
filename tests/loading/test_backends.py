"""The counts of several backends, added up, and how evenly the load is spread."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.loading import BackendLoad, LoadTally, Target, by_backend, evenness
from tlsbench.loading.tally import SUCCESS, record_times, total

A, B, C = (Target("127.0.0.1", port) for port in (8443, 8444, 8445))


def part(target: Target, *took_ns: int, moved: int = 0, downs: int = 0) -> BackendLoad:
    """A backend whose connections took these times."""
    tally = LoadTally(begun=len(took_ns), requests=2)
    tally.outcomes[SUCCESS] = len(took_ns)
    record_times(tally.times["handshake"], list(took_ns))
    return BackendLoad(target, tally, moved, downs)


def test_backends_of_several_loads_are_added_by_target_in_their_order() -> None:
    found = by_backend([[part(B, 10**6, moved=1), part(A)], [part(A, 10**6), part(B, 10**7, downs=2)], []])
    assert [one.target for one in found] == [B, A]
    assert [one.tally.outcomes[SUCCESS] for one in found] == [2, 1]
    assert [(one.moved, one.downs) for one in found] == [(1, 2), (0, 0)]
    assert [one.tally.requests for one in found] == [4, 4]


def test_the_percentiles_of_added_backends_are_those_of_all_samples_together() -> None:
    """Never a mean of the backends' percentiles."""
    draw = random.Random(1)
    samples = [[int(draw.lognormvariate(15 + number, 1)) for _ in range(400)] for number in range(3)]
    parts = [[part(A, *some), part(B, *reversed(some))] for some in samples]
    together = part(A, *(one for some in samples for one in some)).tally.times["handshake"]
    for one in by_backend(parts):
        assert one.tally.times["handshake"].encode() == together.encode()
        for percentile in (50, 90, 99, 99.9):
            found = one.tally.times["handshake"].get_value_at_percentile(percentile)
            assert found == together.get_value_at_percentile(percentile)


def test_a_backend_that_has_nothing_yet_changes_no_least_value() -> None:
    (one,) = by_backend([[part(A)], [part(A, 10**6, 10**7)]])
    assert one.tally.times["handshake"].get_min_value() == pytest.approx(10**6, rel=1e-3)


def test_what_is_added_is_left_as_it_was() -> None:
    first, second = part(A, 10**6), part(A, 10**7)
    by_backend([[first], [second]])[0].tally.begun = 99
    assert first.tally.outcomes[SUCCESS] == second.tally.outcomes[SUCCESS] == 1
    assert first.tally.times["handshake"].get_total_count() == 1


def test_the_backends_together_are_the_whole() -> None:
    parts = [[part(A, 10**6, 10**7), part(B, 10**5)], [part(B, 10**6)]]
    whole = total(one.tally for some in parts for one in some)
    assert total(one.tally for one in by_backend(parts)).to_plain() == whole.to_plain()


def test_counts_cross_between_processes() -> None:
    one = part(C, 10**6, moved=3, downs=1)
    again = BackendLoad.from_plain(json.loads(json.dumps(one.counts_to_plain())))
    assert again.counts_to_plain() == one.counts_to_plain()
    assert again.target == C


@pytest.mark.parametrize(
    ("counts", "least", "most"), [([10, 10], 1, 1), ([3, 1], 0.5, 1.5), ([4, 0, 2], 0, 2), ([7], 1, 1)]
)
def test_evenness_is_relative_to_an_even_share(counts: list[int], least: float, most: float) -> None:
    found = evenness(counts)
    assert found is not None
    assert (found.least, found.most) == pytest.approx((least, most))


def test_nothing_is_not_spread() -> None:
    assert evenness([0, 0]) is None
    assert evenness([]) is None


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_an_even_share_lies_between_the_least_and_the_most(counts: list[int]) -> None:
    found = evenness(counts)
    assert found is None or (0 <= found.least <= 1.0000001 and found.most >= 0.9999999)
